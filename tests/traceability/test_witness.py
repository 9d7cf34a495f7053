"""The witness: it says what it saw for itself, and once; its state is its own; its command."""

import base64
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.traceability.making import NOW, ORIGIN
from tests.traceability.paper_log import KEYS, PaperLog, serving
from tests.traceability.witnessing import COSIGNER, SEED, Desk, desk, grown, log, run, shrunken
from traceability import Checkpoint, Cosigner, SigningKeys, WitnessKey
from traceability.errors import LogMisbehaves, LogUnreachable, NoteInvalid, StateUnusable
from traceability.notes import VerifierKey, open_checkpoint, open_note

__all__ = ["desk", "log"]


def test_the_form_of_a_cosignature_by_the_definition() -> None:
    text = Checkpoint(ORIGIN, 7, bytes(32)).text()
    line = COSIGNER.cosign(text, time=1_700_000_000)
    dash, name, blob = line.rstrip("\n").split(" ")
    raw = base64.b64decode(blob)
    public = COSIGNER.public.public
    assert (dash, name, len(raw)) == ("\u2014", "witness.example/w1", 4 + 8 + 64)
    assert raw[:4] == sha256(b"witness.example/w1\n\x04" + public).digest()[:4]
    assert int.from_bytes(raw[4:12], "big") == 1_700_000_000
    message = f"cosignature/v1\ntime 1700000000\n{ORIGIN}\n7\n{'A' * 43}=\n"
    Ed25519PublicKey.from_public_bytes(public).verify(raw[12:], message.encode())
    assert WitnessKey.parse(COSIGNER.public.text()) == COSIGNER.public
    for wrong in (VerifierKey("witness.example/w1", public).text(), "w+00000000+AAAA", "nonsense"):
        with pytest.raises(NoteInvalid):
            WitnessKey.parse(wrong)


def test_a_cosignature_opens_with_its_checkpoint_and_stands_for_no_log() -> None:
    text = Checkpoint(ORIGIN, 7, bytes(32)).text()
    note = KEYS.sign(text, ORIGIN) + COSIGNER.cosign(text, time=5)
    keys = KEYS.verifiers(ORIGIN)
    assert open_checkpoint(note, [*keys, COSIGNER.public]).size == 7
    assert open_note(note, [COSIGNER.public])[1] == [COSIGNER.public]
    with pytest.raises(NoteInvalid):  # known, and it does not verify: over another time
        open_checkpoint(KEYS.sign(text, ORIGIN) + COSIGNER.cosign(text, time=2**63), [*keys, COSIGNER.public])
    named_as_the_log = Cosigner(ORIGIN, SEED)
    alone = f"{text}\n{named_as_the_log.cosign(text, time=5)}"
    with pytest.raises(NoteInvalid):
        open_checkpoint(alone, [named_as_the_log.public])


def test_it_cosigns_what_it_saw_and_posts_that(desk: Desk, log: PaperLog) -> None:
    assert len(log.posted) == 1
    key, note = log.posted[0]
    assert key == "Bearer ck_secret"
    text, signed = open_note(note, [COSIGNER.public])
    assert signed == [COSIGNER.public]
    assert log.note.startswith(text)
    grown(log, 700)
    desk.at += timedelta(seconds=60)
    done = desk.witness.once()
    assert (done.head.checkpoint.size, done.posted) == (700, True)
    assert open_note(log.posted[1][1], [COSIGNER.public])[0].split("\n")[1] == "700"


def test_it_says_the_same_thing_once(desk: Desk, log: PaperLog) -> None:
    desk.at += timedelta(seconds=60)
    again = desk.witness.once()
    assert again.line in log.posted[0][1] == log.posted[1][1]  # the log does not show it yet
    log.show(log.entries, cosignatures=again.line)
    assert desk.witness.once().posted is False
    assert len(log.posted) == 2
    log.show(log.entries, cosignatures=again.line[:-6] + "AAAA=\n")  # a broken line in its name is none
    assert desk.witness.once().posted is True


def test_what_was_not_posted_is_posted_the_next_time(desk: Desk, log: PaperLog) -> None:
    grown(log, 400)
    log.post_answer = lambda note: (503, b'{"code": "unready"}')
    with pytest.raises(LogUnreachable, match="unready"):
        desk.witness.once()
    log.post_answer = lambda note: (200, b"{}")
    assert desk.witness.once().posted is True
    assert log.posted[-1] == log.posted[-2]


def test_without_a_key_nothing_is_posted(desk: Desk, log: PaperLog) -> None:
    grown(log, 400)
    desk.open(post_key=None)
    done = desk.witness.once()
    assert (done.posted, len(log.posted)) == (False, 1)
    assert done.line.startswith("— witness.example/w1 ")


def test_a_clock_that_was_put_back_makes_no_earlier_word(desk: Desk, log: PaperLog) -> None:
    grown(log, 400)
    desk.at = NOW - timedelta(days=1)
    material = base64.b64decode(desk.witness.once().line.split(" ")[2])
    assert datetime.fromtimestamp(int.from_bytes(material[4:12], "big"), UTC) == NOW


def test_the_start_is_a_person_s_word_and_is_given_once(log: PaperLog, tmp_path: Path) -> None:
    desk = Desk(log, tmp_path)
    with pytest.raises(StateUnusable, match="begin"):
        desk.witness.once()
    log.tiles[1, 0] = bytes(32)
    with pytest.raises(LogMisbehaves, match="root_differs"):  # also the first one is rebuilt from its tiles
        desk.witness.once(begin=True)
    log.show(log.entries)
    desk.witness.once(begin=True)
    with pytest.raises(StateUnusable, match="begun already"):
        desk.witness.once(begin=True)


def test_an_empty_log_is_not_cosigned(tmp_path: Path) -> None:
    with serving(PaperLog([])) as log:
        desk = Desk(log, tmp_path)
        with pytest.raises(LogUnreachable, match="empty"):
            desk.witness.once(begin=True)
        assert log.posted == []
        log.sign(root=bytes(32))
        with pytest.raises(LogMisbehaves, match="root_differs"):
            desk.witness.once(begin=True)


def test_a_state_that_was_tampered_with_or_is_another_s_is_refused(desk: Desk, log: PaperLog, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = json.loads(path.read_text())
    note = SigningKeys({1: bytes([3]) * 32}).sign(Checkpoint(ORIGIN, 5, bytes(32)).text(), ORIGIN)
    for wrong in (
        {**state, "head": {**state["head"], "size": 299}},
        {**state, "head": {**state["head"], "note": note}},
        {**state, "origin": "other.example/log"},
        {**state, "role": "monitor"},
        {name: value for name, value in state.items() if name != "head"},
        [],
    ):
        path.write_text(json.dumps(wrong))
        with pytest.raises(StateUnusable):
            desk.witness.once()
    path.write_text("{")
    with pytest.raises(StateUnusable):
        desk.witness.once()
    assert len(log.posted) == 1


def test_two_witnesses_do_not_share_one_state(desk: Desk) -> None:
    with desk.memory.held(), pytest.raises(StateUnusable, match="another process"):
        desk.witness.once()


def test_the_command(log: PaperLog, tmp_path: Path) -> None:
    made = run(tmp_path, "witness-key", "secret", "--name", "witness.example/w1")
    assert (made.returncode, made.stderr) == (0, "")
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert run(tmp_path, "witness-key", "secret", "--name", "witness.example/w1").stdout == made.stdout
    public = WitnessKey.parse(made.stdout.strip())
    (tmp_path / "post").write_text("ck_secret\n")
    common = [
        "witness", log.url, "--log-key", KEYS.verifiers(ORIGIN)[0].text(), "--state", "state", "--json",
        "--name", "witness.example/w1", "--key-file", "secret", "--post-key-file", "post",
    ]  # fmt: skip
    assert run(tmp_path, *common).returncode == 2
    begun = run(tmp_path, *common, "--begin")
    assert (begun.returncode, begun.stderr) == (0, "")
    assert json.loads(begun.stdout)["posted"] is True
    assert open_note(log.posted[0][1], [public])[1] == [public]
    shrunken(log)
    alarm = run(tmp_path, *common, "--every", "0.1")
    assert (alarm.returncode, alarm.stderr) == (1, "")
    said = json.loads(alarm.stdout)
    assert (said["in_order"], said["kind"], Path(said["evidence"]).name) == (
        False,
        "shrunken",
        next((tmp_path).glob("state.evidence-*-shrunken.json")).name,
    )
    assert len(log.posted) == 1
    gone = run(tmp_path, *common[:1], "http://127.0.0.1:9/log", *common[2:])
    assert (gone.returncode, json.loads(gone.stdout)["code"]) == (2, "log_unreachable")
