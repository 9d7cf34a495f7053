"""However the operations centre misbehaves, it ends with exactly the province's figures, in order and once."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.acting import Acting
from portal.adoption import feed
from portal.adoption.backlog import waiting
from portal.adoption.feed_wire import Outcome, packed, read_answer, signed
from portal.cases import open_cases
from portal.config import Settings, SettingsError
from portal.marketplaces.channels.transport import Answer
from tests.portal.adoption.conftest import MAY_1, NOW, Province
from tests.portal.adoption.feeding import Fed, feeding


@pytest.fixture
def fed(on_thirty_of_a_closed_april: None, province: Province, world: Any, clock: Any, tmp_path: Path) -> Iterator[Fed]:
    with feeding(province, world, clock, tmp_path) as found:
        yield found


def kinds(fed: Fed) -> set[str]:
    return {case.kind for case in open_cases(fed.province.session)}


def test_the_centre_gets_every_figure_once_and_nothing_hidden(fed: Fed) -> None:
    done = fed.push()
    assert (done.failed, waiting(fed.province.session)) == (0, {})
    held = fed.held()
    assert held == fed.published()
    assert held["HH_ACCOUNT", "_T", "80@20210101", "2022-04"] == (2, 30, "A", "final")
    hidden = held["HH_ACCOUNT", "_T", fed.province.communes[0], "2022-04"]
    assert hidden[1:3] == (None, "Q")
    assert fed.push().sent == 0
    fed.account()
    assert 0 < fed.push().sent < 6
    assert fed.held() == fed.published()
    assert fed.held()["HH_ACCOUNT", "_T", "80@20210101", "2022-04"] == (3, 31, "A", "revised")


@pytest.mark.parametrize(
    "mood",
    [
        "drop_before",
        "status:500",
        "status:503",
        "status:429",
        "ack_low",
        "ack_high",
        "garbage",
        "html_200",
        "drop_after",
    ],
)
def test_a_failure_waits_and_is_sent_again_as_it_was(fed: Fed, mood: str) -> None:
    fed.push()
    fed.account()
    fed.misbehave(mood)
    before = fed.mark().acked_seq
    done = fed.push()
    assert done.failed == 1
    [batch] = fed.batches("retry_wait")
    assert batch.next_attempt_at is not None
    assert batch.next_attempt_at - fed.clock.now() == timedelta(seconds=60)
    assert (batch.attempts, fed.mark(batch.indicator, batch.cut).acked_seq) == (
        1, before if (batch.indicator, batch.cut) == ("HH_ACCOUNT", "_T") else batch.prev_seq,
    )  # fmt: skip
    assert fed.push().sent == 0
    fed.clock.move(seconds=61)
    assert fed.push().failed == 0
    assert fed.held() == fed.published()


@pytest.mark.parametrize("mood", ["expire_token", "duplicate", "reorder"])
def test_what_does_no_harm_is_not_even_noticed(fed: Fed, mood: str) -> None:
    fed.push()
    fed.account()
    fed.misbehave(mood)
    assert fed.push().failed == 0
    assert fed.held() == fed.published()


@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_misbehaviour_the_centre_holds_the_province_s_figures(fed: Fed, seed: int) -> None:
    rng = random.Random(seed)
    moods = ["drop_before", "drop_after", "status:500", "status:503", "status:429", "status:410", "expire_token",
             "ack_low", "ack_high", "garbage", "html_200", "conflict", "duplicate", "reorder"]  # fmt: skip
    fed.misbehave(*rng.choices(moods, k=60))
    for turn in range(200):
        if turn < 6:
            fed.account(rng.randrange(3))
        if turn == 4:
            fed.misbehave(f"forget:{rng.randrange(3)}")
        done = fed.push(at_once=fed.row().gone_at is not None if turn else False)
        if not done.sent and not waiting(fed.province.session):
            break
        for batch in fed.batches("conflict"):  # what a person does about a lane that waits for one
            session = fed.province.session
            feed.rewind(session, now=fed.clock.now(), acting=Acting.system("cli"), indicator=batch.indicator,
                        cut=batch.cut, seq=0)  # fmt: skip
        fed.clock.move(hours=1)
    for code, cut in {(key[0], key[1]) for key in fed.published()}:  # what the old backup lost is sent again
        feed.rewind(
            fed.province.session, now=fed.clock.now(), acting=Acting.system("cli"), indicator=code, cut=cut, seq=0
        )
    fed.push()
    assert fed.held() == fed.published()
    assert (
        fed.held()["HH_ACCOUNT", "_T", "80@20210101", "2022-04"][1]
        == fed.province.figure("HH_ACCOUNT", "2022-04").value
    )


def test_four_failures_open_the_breaker_which_tries_one_and_then_all(fed: Fed) -> None:
    fed.misbehave(*["status:500"] * 4)
    assert fed.push().sent == 4
    assert (fed.row().breaker, fed.push().sent) == ("open", 0)
    fed.clock.move(seconds=59)
    assert fed.push().sent == 0
    fed.misbehave("status:500")
    fed.clock.move(seconds=2)
    assert (fed.push().sent, fed.row().breaker, fed.row().pause_s) == (1, "open", 120)
    fed.clock.move(seconds=121)
    assert fed.push().failed == 0
    assert (fed.row().breaker, fed.row().pause_s, waiting(fed.province.session)) == ("closed", 0, {})
    assert fed.held() == fed.published()


def test_a_longer_wait_that_the_centre_asks_for_is_kept(fed: Fed) -> None:
    answer = Answer(503, {"Retry-After": "7200"}, b"")
    assert read_answer(answer, "ob_1", prev_seq=0, to_seq=1, ack="body").retry_after_s == 7200
    fed.push()
    fed.account()
    claimed = feed.claim(fed.province.session, fed.province.catalogue, fed.lgsp, now=fed.clock.now())
    assert claimed is not None
    feed.settle(fed.province.session, fed.lgsp, claimed, Outcome("failed", retry_after_s=7200), now=fed.clock.now())
    [batch] = fed.batches("retry_wait")
    assert batch.next_attempt_at == fed.clock.now() + timedelta(hours=2)


def test_a_lane_that_failed_every_time_waits_for_a_person_and_drops_nothing(fed: Fed) -> None:
    fed.push()
    fed.account()
    session = fed.province.session
    others = waiting(session).keys() - {("HH_ACCOUNT", "_T")}
    for _ in range(6):
        claimed = feed.claim(session, fed.province.catalogue, fed.lgsp, now=fed.clock.now(), at_once=True, past=others)
        assert claimed is not None
        feed.settle(session, fed.lgsp, claimed, Outcome("failed", "status 500"), now=fed.clock.now())
        fed.clock.move(days=3)
    assert fed.mark().held == "tries"
    assert "feed.stuck" in kinds(fed)
    feed.rewind(session, now=fed.clock.now(), acting=Acting.system("cli"), indicator="HH_ACCOUNT", cut="_T", seq=10**6)
    fed.push(at_once=True)
    assert fed.held() == fed.published()


def test_a_conflict_stops_its_lane_alone_until_a_new_revision(fed: Fed) -> None:
    fed.push()
    fed.account()
    fed.misbehave("conflict")
    fed.push()
    [batch] = fed.batches("conflict")
    assert "feed.conflict" in kinds(fed)
    assert set(waiting(fed.province.session)) == {(batch.indicator, batch.cut)}
    fed.clock.move(days=2)
    assert fed.push().sent == 0
    fed.account()
    assert fed.push().failed == 0
    assert fed.held() == fed.published()
    assert fed.mark(batch.indicator, batch.cut).left_out == []


def test_a_centre_that_went_back_to_an_old_backup_is_healed_by_a_rewind(fed: Fed) -> None:
    fed.push()
    fed.account()
    fed.misbehave("forget:1")
    fed.push()
    assert "feed.gap" in kinds(fed)
    for code, cut in {(key[0], key[1]) for key in fed.published()}:
        feed.rewind(
            fed.province.session, now=fed.clock.now(), acting=Acting.system("cli"), indicator=code, cut=cut, seq=1
        )
    fed.push()
    assert fed.held() == fed.published()


def test_a_centre_that_is_gone_stops_everything_and_asks_for_a_person(fed: Fed) -> None:
    fed.misbehave("status:410")
    assert fed.push().sent == 1
    assert fed.row().gone_at is not None
    assert "feed.recipient_gone" in kinds(fed)
    fed.clock.move(days=3)
    assert fed.push().sent == 0
    assert fed.push(at_once=True).failed == 0
    assert fed.held() == fed.published()


def test_a_sender_that_dies_is_replaced_and_its_late_answer_changes_nothing(fed: Fed) -> None:
    session = fed.province.session
    first = feed.claim(session, fed.province.catalogue, fed.lgsp, now=fed.clock.now())
    assert first is not None
    fed.clock.move(minutes=3)
    again = feed.claim(session, fed.province.catalogue, fed.lgsp, now=fed.clock.now())
    assert again is not None
    assert (again.id, again.body, again.lease) == (first.id, first.body, first.lease + 1)
    assert not feed.settle(session, fed.lgsp, first, Outcome("acknowledged", to=first.to_seq), now=fed.clock.now())
    assert feed.settle(session, fed.lgsp, again, Outcome("acknowledged", to=again.to_seq), now=fed.clock.now())


@pytest.mark.parametrize("profile", ["A", "B", "C"])
def test_the_three_ways_of_signing_in(
    on_thirty_of_a_closed_april: None, province: Province, world: Any, clock: Any, tmp_path: Path, profile: str
) -> None:
    with feeding(province, world, clock, tmp_path, LGSP_PROFILE=profile) as fed:
        assert fed.push().failed == 0
        assert fed.held() == fed.published()
        wrong = replace(fed.lgsp, client_secret="wrong", tokens={})
        assert wrong.send("ob_1", b"{}", prev_seq=0, to_seq=1, now=clock.now()).note == "sign-in: status 401"


def test_a_batch_that_was_changed_on_its_way_is_not_taken(fed: Fed) -> None:
    session = fed.province.session
    claimed = feed.claim(session, fed.province.catalogue, fed.lgsp, now=fed.clock.now())
    assert claimed is not None
    body = claimed.body.replace(b'"value":', b'"value": ')
    outcome = fed.lgsp.send("ob_other", body, prev_seq=0, to_seq=claimed.to_seq, now=fed.clock.now())
    assert outcome.note == "status 400"
    forged = replace(fed.lgsp, keys={1: bytes(32)}, tokens={})
    assert (
        forged.send(claimed.id, claimed.body, prev_seq=0, to_seq=claimed.to_seq, now=fed.clock.now()).note
        == "status 401"
    )
    assert fed.held() == {}


def test_the_same_rows_are_the_same_bytes_and_every_key_signs() -> None:
    rows = [{"seq": 4, "value": 2, "area": "80@20210101"}]
    body, digest = packed("ob_1", rows, indicator="X", cut="_T", unit="thing", prev_seq=3, fields={"value": "giaTri"})
    read = json.loads(body)
    assert (read["from_seq"], read["to_seq"], read["prev_seq"], read["rows_sha256"]) == (4, 4, 3, digest)
    assert read["rows"] == [{"seq": 4, "giaTri": 2, "area": "80@20210101", "unit": "thing"}]
    headers = signed("ob_1", body, now=NOW, keys={1: bytes(32), 2: bytes([1]) * 32})
    assert headers["webhook-signature"].count("v1a,") == 2


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"batch":"ob_1","acknowledged_to":7,"conflicts":[]}', "acknowledged"),
        (b'{"batch":"ob_1","acknowledged_to":5,"conflicts":[]}', "acknowledged"),
        (b'{"batch":"ob_1","acknowledged_to":8,"conflicts":[]}', "failed"),
        (b'{"batch":"ob_1","acknowledged_to":4,"conflicts":[]}', "failed"),
        (b'{"batch":"ob_1","acknowledged_to":2,"conflicts":[]}', "failed"),
        (b'{"batch":"ob_1","acknowledged_to":true,"conflicts":[]}', "failed"),
        (b'{"batch":"ob_1","acknowledged_to":"7"}', "failed"),
        (b'{"batch":"ob_2","acknowledged_to":7}', "failed"),
        (b'{"batch":"ob_1","acknowledged_to":4,"conflicts":[{"seq":5}]}', "conflict"),
        (b"<!doctype html>", "failed"),
        (b'{"batch":', "failed"),
        (b"[]", "failed"),
    ],
)
def test_an_acknowledgement_counts_inside_what_was_sent_alone(body: bytes, kind: str) -> None:
    assert read_answer(Answer(200, {}, body), "ob_1", prev_seq=4, to_seq=7, ack="body").kind == kind


def test_where_a_bare_status_is_the_answer_it_is_enough() -> None:
    assert read_answer(Answer(204, {}, b""), "ob_1", prev_seq=4, to_seq=7, ack="status").to == 7


def test_production_refuses_the_stand_in() -> None:
    with pytest.raises(SettingsError, match="LGSP_URL points to a sandbox"):
        Settings.from_env({"PORTAL_ENV": "production", "LGSP_URL": "http://127.0.0.1:8001/ioc"})


def test_the_command_counts_sends_and_goes_back(fed: Fed, app: Any) -> None:
    app.extensions["lgsp"] = (app.extensions["world"].settings, fed.lgsp)
    fed.province.session.commit()
    run = app.test_cli_runner()
    dry = json.loads(run.invoke(args=["adoption", "push", "--dry-run", "--json"]).output)
    assert dry["sent"] == 0
    assert dry["waiting"] > 30
    fed.misbehave("status:500")
    first = run.invoke(args=["adoption", "push", "--once", "--json"])
    assert first.exit_code == 1
    assert len(json.loads(first.output)["failed"]) == 1
    second = run.invoke(args=["adoption", "push", "--once", "--json"])
    assert (second.exit_code, json.loads(second.output)["waiting"]) == (0, 0)
    back = run.invoke(args=["adoption", "push", "--indicator", "HH_ACCOUNT", "--rewind", "1", "--json"])
    assert json.loads(back.output)["begins"] == 2
    assert json.loads(run.invoke(args=["adoption", "push", "--once", "--json"]).output)["sent"] == 1
    assert fed.held() == fed.published()
    assert fed.clock.now() == MAY_1
    del app.extensions["lgsp"]
