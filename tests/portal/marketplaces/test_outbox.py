"""Calls fail in every way; the partner ends with one offer, and we with the right state."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.cases import open_cases
from portal.db import begin, db
from portal.marketplaces import operations, outbox
from portal.marketplaces.channels.protocol import Receipt
from portal.marketplaces.models import Attempt, ChannelSwitch, Outbox
from portal.marketplaces.outbox import TRIES_S, claim, delay_s
from portal.marketplaces.recording import record_batch
from tests.portal.marketplaces.conftest import Shop
from tests.portal.onboarding.making import CLI


def with_account(shop: Shop) -> Shop:
    """Publish and stop where the account is open and the content is due."""
    shop.publish()
    shop.work()
    shop.stage.decide()
    for letter in shop.stage.box.take():
        shop.deliver(*letter)
    from portal.marketplaces import due

    while due.apply_due(shop.world):
        pass
    assert (shop.account().state, shop.listing().state) == ("created", "queued")
    return shop


def row(flow: str = "content") -> Outbox:
    query = select(Outbox).where(Outbox.flow == flow).order_by(Outbox.version.desc()).limit(1)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def test_a_lost_answer_is_asked_again_with_the_same_id_and_makes_one_offer(shop: Shop) -> None:
    with_account(shop)
    shop.stage.mood("answer_lost")
    shop.work()
    first = row()
    assert (shop.listing().state, first.status, first.attempts) == ("queued", "due", 1)
    assert shop.stage.stats()["offers"] == 1
    shop.clock.move(seconds=70)
    shop.work()
    assert (row().id, row().status) == (first.id, "done")
    assert (shop.stage.stats()["offers"], shop.stage.stats()["repeats"]) == (1, 1)
    shop.hear()
    assert (shop.listing().state, shop.listing().live_version) == ("live", 1)


def test_a_callback_settles_a_call_whose_answer_was_lost(shop: Shop) -> None:
    shop.go_live()
    shop.clock.move(seconds=61)
    shop.stage.mood("answer_lost")
    shop.rename("Bưởi da xanh loại một")
    shop.work()
    assert (shop.listing().state, shop.listing().live_version) == ("queued", 1)
    calls = shop.stage.stats()["calls"]
    shop.hear()
    listing = shop.listing()
    assert (listing.state, listing.live_version, row().status) == ("live", 2, "done")
    shop.clock.move(hours=1)
    shop.work()
    assert shop.stage.stats()["calls"] == calls


@pytest.mark.parametrize("mood", ["500", "html_200", "time_out"])
def test_no_answer_of_the_documented_shape_is_an_unknown_outcome(shop: Shop, mood: str) -> None:
    with_account(shop)
    object.__setattr__(shop.world.channels["postmart"], "total_s", 0.4)
    shop.stage.mood(mood, seconds=1.0)
    shop.work()
    assert (shop.listing().state, row().attempts) == ("queued", 1)
    attempt = db.session.scalars(select(Attempt).order_by(Attempt.id.desc()).limit(1)).one()
    assert attempt.outcome == "unknown"


def test_asked_to_wait_uses_no_try_and_other_channels_flow(shop: Shop) -> None:
    with_account(shop)
    shop.stage.mood("429", seconds=90)
    shop.work()
    assert (row().status, row().attempts, shop.listing().state) == ("due", 0, "queued")
    shop.go_live("voso")
    calls = shop.stage.stats()["calls"]
    shop.clock.move(seconds=60)
    shop.work()
    assert shop.stage.stats()["calls"] == calls
    shop.clock.move(seconds=31)
    shop.work()
    assert shop.listing().state == "accepted"


def test_a_refused_key_pauses_the_channel_and_blames_no_listing(shop: Shop) -> None:
    with_account(shop)
    channel = shop.world.channels["postmart"]
    right = channel.token
    object.__setattr__(channel, "token", "wrong")
    shop.work()
    switch = db.session.get_one(ChannelSwitch, "postmart", populate_existing=True)
    assert (switch.pause_reason, row().attempts, shop.listing().problems) == ("locked_out", 0, [])
    assert [case.kind for case in open_cases(db.session)] == ["channel.locked_out"]
    object.__setattr__(channel, "token", right)
    shop.clock.move(minutes=61)
    shop.work()
    assert shop.listing().state == "accepted"


def test_four_failures_in_a_row_pause_the_channel_and_one_probe_ends_it(shop: Shop) -> None:
    with_account(shop)
    channel = shop.world.channels["postmart"]
    base = channel.base
    object.__setattr__(channel, "base", "http://127.0.0.1:9/postmart")  # nobody listens there
    for _ in range(3):
        shop.work()
        shop.clock.move(hours=2)
    shop.work()
    switch = db.session.get_one(ChannelSwitch, "postmart", populate_existing=True)
    assert (switch.failures, switch.pause_s) == (4, 60)
    shop.clock.move(days=2)
    shop.work()
    switch = db.session.get_one(ChannelSwitch, "postmart", populate_existing=True)
    assert (switch.failures, switch.pause_s) == (5, 120)
    object.__setattr__(channel, "base", base)
    shop.clock.move(days=3)
    shop.work()
    switch = db.session.get_one(ChannelSwitch, "postmart", populate_existing=True)
    assert (switch.failures, switch.paused_until, shop.listing().state) == (0, None, "accepted")


def test_spent_tries_are_a_case_and_a_redrive_keeps_id_and_version(shop: Shop) -> None:
    with_account(shop)
    channel = shop.world.channels["postmart"]
    base = channel.base
    object.__setattr__(channel, "base", "http://127.0.0.1:9/postmart")
    for _ in TRIES_S:
        shop.work()
        shop.clock.move(days=3)
    dead = row()
    assert (dead.status, dead.attempts, shop.listing().state) == ("dead", len(TRIES_S), "error")
    assert [case.kind for case in open_cases(db.session)] == ["channel.dead_letter"]
    object.__setattr__(channel, "base", base)
    with begin() as session:
        operations.redrive(session, now=shop.clock.now(), acting=CLI, outbox_id=dead.id)
    shop.work()
    assert (row().id, row().version, row().status) == (dead.id, 1, "done")
    assert shop.stage.stats()["offers"] == 1


def test_a_redriven_message_that_was_overtaken_stays_where_it_is(shop: Shop) -> None:
    with_account(shop)
    channel = shop.world.channels["postmart"]
    object.__setattr__(channel, "base", "http://127.0.0.1:9/postmart")
    for _ in TRIES_S:
        shop.work()
        shop.clock.move(days=3)
    dead = row()
    shop.withdraw()
    with begin() as session:
        operations.redrive(session, now=shop.clock.now(), acting=CLI, outbox_id=dead.id)
    assert db.session.get_one(Outbox, dead.id, populate_existing=True).status == "superseded"


def _claim(shop: Shop) -> Any:
    with begin() as session:
        return claim(session, now=shop.clock.now(), channel="postmart", limit=10)


def _record(shop: Shop, claims: Any, *receipts: Receipt) -> None:
    with begin() as session:
        record_batch(session, now=shop.clock.now(), channel="postmart", claims=claims, receipts=receipts, ms=1)


def test_a_late_worker_writes_nothing(shop: Shop) -> None:
    with_account(shop)
    late = _claim(shop)
    assert _claim(shop) == []  # one under way a line
    shop.clock.move(seconds=outbox.LEASE.total_seconds() + 1)
    again = _claim(shop)
    assert [one.delivery.id for one in again] == [one.delivery.id for one in late]
    _record(shop, late, Receipt(late[0].delivery.id, "refused", problems=()))
    assert (shop.listing().state, row().status) == ("sent", "leased")
    _record(shop, again, Receipt(again[0].delivery.id, "accepted", remote_id="PO-1"))
    assert (shop.listing().state, row().status) == ("accepted", "done")


def test_a_withdrawal_overtakes_what_is_under_way(shop: Shop) -> None:
    with_account(shop)
    under_way = _claim(shop)
    shop.withdraw()
    _record(shop, under_way, Receipt(under_way[0].delivery.id, "accepted", remote_id="PO-1"))
    assert (shop.listing().state, shop.listing().wish, shop.listing().remote_id) == ("queued", "withdraw", None)
    shop.work()
    assert shop.listing().state == "withdrawn"
    assert {one.status for one in db.session.scalars(select(Outbox))} == {"done", "superseded"}
    assert shop.stage.stats()["live"] == 0


def test_a_claim_takes_the_newest_and_supersedes_the_older(shop: Shop) -> None:
    with_account(shop)
    shop.rename("Bưởi da xanh loại hai")
    from portal.marketplaces import due

    assert due.follow_edits(shop.world)
    assert shop.listing().state == "queued"
    claims = _claim(shop)
    assert [one.delivery.version for one in claims] == [2]
    statuses = {one.version: one.status for one in db.session.scalars(select(Outbox).where(Outbox.flow == "content"))}
    assert statuses == {1: "superseded", 2: "leased"}


def test_receipts_are_matched_by_id_and_what_is_missing_is_unknown(shop: Shop) -> None:
    with_account(shop)
    claims = _claim(shop)
    _record(shop, claims, Receipt("somebody-else", "accepted", remote_id="PO-1"))
    assert (shop.listing().state, shop.listing().remote_id, row().status) == ("queued", None, "due")


def test_a_switched_off_channel_is_not_called_and_is_no_connection(shop: Shop) -> None:
    from tests.portal.marketplaces.test_publishing import counts

    shop.go_live("postmart")
    with begin() as session:
        operations.switch_channel(session, now=shop.clock.now(), acting=CLI, channel="postmart", on=False)
    assert ("MARKETPLACE_CONN", "_T") not in counts()
    calls = shop.stage.stats()["calls"]
    shop.rename("Bưởi khác")
    shop.work()
    assert shop.stage.stats()["calls"] == calls
    shop.go_live("voso")
    with begin() as session:
        operations.switch_channel(session, now=shop.clock.now(), acting=CLI, channel="postmart", on=True)
    shop.work()
    assert counts()[("MARKETPLACE_CONN", "_T")] == 2


def test_the_schedule_is_the_promise_s() -> None:
    for attempts, seconds in enumerate(TRIES_S[1:], 1):
        waits = [delay_s(f"row{number}", attempts) for number in range(200)]
        assert all(wait is not None and 0.9 * seconds <= wait <= 1.1 * seconds for wait in waits)
        assert len(set(waits)) > 100
    assert delay_s("row", len(TRIES_S)) is None
    assert timedelta(seconds=TRIES_S[-1]) == timedelta(days=2)
