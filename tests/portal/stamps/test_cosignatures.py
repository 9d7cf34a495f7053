"""A witness's word: taken with a scoped key, kept only if it verifies over a checkpoint of ours, and passed on."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.acting import Acting
from portal.cases import open_cases
from portal.db import begin
from portal.limits import KEY_WRITES
from portal.people.actions import make_api_key
from portal.stamps.due import grow_log
from tests.portal.stamps.making import Stamps
from tests.portal.stamps.test_cli import run
from traceability import Checkpoint, Cosigner, SigningKeys, latest_checkpoint
from traceability.cli import main
from traceability.models import TraceCosignature
from traceability.notes import open_checkpoint

WITNESS = Cosigner("witness.example/w1", bytes([5]) * 32)
SECOND = Cosigner("witness.example/w2", bytes([6]) * 32)
STRANGER = Cosigner("witness.example/w1", bytes([8]) * 32)
Post = Callable[..., Any]


@pytest.fixture
def log(app: Any, stamps: Stamps) -> Stamps:
    """The shop's log with two witnesses in the settings."""
    signer = replace(stamps.world.log_signer, witnesses=(WITNESS.public, SECOND.public))
    stamps.world = replace(stamps.world, log_signer=signer)
    app.extensions["world"] = stamps.world
    stamps.issue(10)
    stamps.publish()
    return stamps


@pytest.fixture
def post(client: Any, log: Stamps, clock: Any) -> Post:
    with begin() as session:
        cli = Acting.system("test")
        key = make_api_key(session, now=clock.now(), acting=cli, name="w1", scopes=["log:cosign"])
        other = make_api_key(session, now=clock.now(), acting=cli, name="shop", scopes=["sellers:read"])

    def send(note: str | bytes, *, wrong_scope: bool = False, keyless: bool = False) -> Any:
        headers = {} if keyless else {"Authorization": f"Bearer {other if wrong_scope else key}"}
        return client.post("/log/cosignatures", data=note, headers=headers, content_type="text/plain")

    return send


def served(client: Any) -> str:
    text: str = client.get("/log/checkpoint").get_data(as_text=True)
    return text


def said(note: str, *cosigners: Cosigner, at: Any) -> str:
    """Give the checkpoint's text with these cosigners' lines."""
    text = note.partition("\n\n")[0] + "\n"
    return text + "\n" + "".join(one.cosign(text, time=int(at.timestamp())) for one in cosigners)


def test_a_cosignature_is_kept_and_served_with_the_checkpoint(client: Any, post: Post, log: Stamps, clock: Any) -> None:
    bare = served(client)
    answer = post(said(bare, WITNESS, at=clock.now()))
    assert (answer.status_code, answer.get_json()) == (200, {"size": 1, "kept": ["witness.example/w1"]})
    both = served(client)
    assert both.startswith(bare)
    assert both.count("\n— witness.example/w1 ") == 1
    log_keys = log.world.log_signer.keys.verifiers(log.world.log_signer.origin)
    assert open_checkpoint(both, [*log_keys, WITNESS.public]).size == 1
    assert post(said(both, SECOND, at=clock.now())).status_code == 200
    assert served(client).count("— witness.example/") == 2
    log.issue(10)
    log.publish()
    assert "witness.example" not in served(client)  # it has not seen this one


def test_the_whole_note_with_its_line_added_is_taken_too(client: Any, post: Post, clock: Any) -> None:
    note = served(client)
    line = WITNESS.cosign(note.partition("\n\n")[0] + "\n", time=int(clock.now().timestamp()))
    assert post(note + line).status_code == 200
    assert served(client) == note + line


def test_the_same_again_is_once_and_a_later_word_replaces_an_earlier(
    client: Any, post: Post, session: Any, clock: Any
) -> None:
    note = served(client)
    first = said(note, WITNESS, at=clock.now())
    assert {post(first).status_code, post(first).status_code} == {200}
    later = said(note, WITNESS, at=clock.now() + timedelta(seconds=60))
    assert post(later).status_code == 200
    assert post(first).status_code == 200
    assert later.splitlines()[-1] in served(client)
    assert session.query(TraceCosignature).count() == 1


def test_only_a_key_with_the_scope_may_post(client: Any, post: Post, clock: Any) -> None:
    good = said(served(client), WITNESS, at=clock.now())
    assert post(good, keyless=True).status_code == 401
    assert post(good, wrong_scope=True).status_code == 403
    assert "witness" not in served(client)


@pytest.mark.usefixtures("one_minute")
def test_a_key_that_posts_without_end_is_stopped_and_no_other(
    client: Any, post: Post, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KEY_WRITES, "most", 3)
    note = said(served(client), WITNESS, at=clock.now())
    answers = [post(note) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert (answers[-1].get_json()["code"], answers[-1].headers["Retry-After"]) == ("too_many", "60")
    with begin() as session:
        other = make_api_key(
            session, now=clock.now(), acting=Acting.system("test"), name="w2", scopes=["log:cosign"]
        )  # fmt: skip
    again = client.post("/log/cosignatures", data=note, headers={"Authorization": f"Bearer {other}"})
    assert again.status_code == 200
    assert client.get("/log/checkpoint").status_code == 200


def test_a_cosignature_that_does_not_verify_is_refused(
    client: Any, post: Post, session: Any, log: Stamps, clock: Any
) -> None:
    note = served(client)
    good = said(note, WITNESS, at=clock.now())
    line = good.splitlines()[-1]
    own = SigningKeys({1: bytes([5]) * 32}).sign(note.partition("\n\n")[0] + "\n", "witness.example/w1")
    broken = line[:-6] + ("A" if line[-6] != "A" else "B") + line[-5:]
    for wrong in (
        good.replace(line, broken),
        said(note, STRANGER, at=clock.now()),
        said(note, at=clock.now()),
        own,
        good[:-1],
        "",
        b"\xff" + good.encode(),
        good.replace(line, broken) + WITNESS.cosign(note.partition("\n\n")[0] + "\n", time=5),
    ):
        answer = post(wrong)
        assert (answer.status_code, answer.get_json()["code"]) == (400, "note_invalid"), wrong
    assert session.query(TraceCosignature).count() == 0
    assert open_cases(session) == []
    assert post(good + "x" * 16_384).status_code == 413


def test_a_time_that_cannot_be_is_refused(client: Any, post: Post, session: Any, clock: Any) -> None:
    note = served(client)
    for wrong in (timedelta(minutes=6), timedelta(minutes=-6), timedelta(days=2_000_000)):
        answer = post(said(note, WITNESS, at=clock.now() + wrong))
        assert (answer.status_code, answer.get_json()["code"]) == (400, "cosignature_time")
    text = note.partition("\n\n")[0] + "\n"
    assert post(f"{text}\n{WITNESS.cosign(text, time=2**62)}").get_json()["code"] == "cosignature_time"
    assert session.query(TraceCosignature).count() == 0


def test_a_checkpoint_that_we_did_not_sign_is_refused_and_is_an_alarm(
    client: Any, post: Post, session: Any, log: Stamps, clock: Any
) -> None:
    ours = latest_checkpoint(session)
    assert ours is not None
    origin = ours.checkpoint.origin
    for foreign in (
        Checkpoint(origin, 1, bytes(32)),
        Checkpoint(origin, 2, ours.checkpoint.root),
        Checkpoint("other.example/log", 1, ours.checkpoint.root),
    ):
        answer = post(said(foreign.text() + "\n", WITNESS, at=clock.now()))
        assert (answer.status_code, answer.get_json()["code"]) == (409, "checkpoint_foreign")
    session.expire_all()
    assert [case.kind for case in open_cases(session)] == ["log.foreign_checkpoint"]
    assert post(said(foreign.text() + "\n", STRANGER, at=clock.now())).status_code == 400  # hearsay is no alarm


def test_a_witness_that_left_the_settings_is_not_passed_on(app: Any, client: Any, post: Post, clock: Any) -> None:
    assert post(said(served(client), WITNESS, SECOND, at=clock.now())).get_json()["kept"] == [
        "witness.example/w1",
        "witness.example/w2",
    ]
    world = app.extensions["world"]
    app.extensions["world"] = replace(world, log_signer=replace(world.log_signer, witnesses=(SECOND.public,)))
    assert "witness.example/w1" not in served(client)
    assert "witness.example/w2" in served(client)


def test_an_older_checkpoint_of_ours_may_still_be_cosigned(client: Any, post: Post, log: Stamps, clock: Any) -> None:
    older = served(client)
    log.issue(10)
    while grow_log(log.world):
        pass
    assert post(said(older, WITNESS, at=clock.now())).get_json() == {"size": 1, "kept": ["witness.example/w1"]}
    assert "witness" not in served(client)


def test_the_proof_carries_the_witness_s_word_and_anybody_checks_it(
    client: Any, post: Post, log: Stamps, clock: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert post(said(served(client), WITNESS, at=clock.now())).status_code == 200
    proof = client.get(f"/s/{log.serial(1, 0)}/proof").get_data()
    file = tmp_path / "stamp.txt"
    file.write_bytes(proof)
    key = log.world.log_signer.keys.verifiers(log.world.log_signer.origin)[0].text()
    common = ["verify", str(file), "--log-key", key, "--json"]
    assert main([*common, "--witness-key", SECOND.public.text(), "--witness-key", WITNESS.public.text()]) == 0
    assert json.loads(capsys.readouterr().out)["witnesses"] == ["witness.example/w1"]
    assert main(common) == 0
    assert "witnesses" not in json.loads(capsys.readouterr().out)
    for other in (SECOND, STRANGER):
        assert main([*common, "--witness-key", other.public.text()]) == 1
        assert json.loads(capsys.readouterr().out)["check"] == "witness"
    assert main([*common, "--witness-key", key]) == 2  # a log is no witness


def test_the_command_that_gives_a_witness_its_key(app: Any, client: Any, log: Stamps, clock: Any) -> None:
    made = run(app, "ledger", "witness", "--name", "witness.example/w1")
    assert (made["name"], made["listed"]) == ("witness.example/w1", True)
    assert run(app, "ledger", "witness", "--name", "witness.example/w9")["listed"] is False
    note = said(served(client), WITNESS, at=clock.now())
    answer = client.post("/log/cosignatures", data=note, headers={"Authorization": f"Bearer {made['key']}"})
    assert answer.status_code == 200
