"""What every channel owes us, held against the stand-ins over loopback HTTP."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.marketplaces.channels.protocol import Channel, Delivery
from portal.marketplaces.channels.registry import make_channels
from portal.marketplaces.errors import CallbackForged, ChannelUnreachable, ChannelUnreadable
from portal.sandboxes.signing import signed_headers
from tests.portal.marketplaces.listening import Stage, stage
from tests.portal.marketplaces.offering import NOW, offer

CODES = ("postmart", "voso")


@pytest.fixture
def partners(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as running:
        yield running


@pytest.fixture(params=CODES)
def channel(request: pytest.FixtureRequest, partners: Stage) -> Channel:
    return make_channels(partners.settings)[request.param]


def delivery(flow: Any, *, ref: str = "ls_1", version: int = 1, payload: Any = None) -> Delivery:
    standard = {
        "content": offer().content(),
        "price_stock": offer().price_stock(),
        "account": {"seller": "or_1", "kind": "household", "name": "Nguyễn Thị Hạnh"},
    }
    return Delivery(str(uuid.uuid4()), ref, flow, version, payload or standard[flow])


def open_account(channel: Channel, partners: Stage) -> None:
    (receipt,) = channel.push([delivery("account", ref="ac_1")])
    assert receipt.outcome == "accepted"
    partners.decide()


def heard(channel: Channel, partners: Stage) -> list[Any]:
    partners.decide()
    return [
        event
        for code, headers, body in partners.box.take()
        if code == channel.code
        for event in channel.parse_callback(headers, body, now=datetime.now(UTC))
    ]


def test_it_says_what_it_can(channel: Channel) -> None:
    can = channel.capabilities()
    assert can.batch_max >= 1
    assert channel.simulation
    assert channel.name


def test_an_account_is_accepted_then_said_to_exist(channel: Channel, partners: Stage) -> None:
    first = delivery("account", ref="ac_1")
    (receipt,) = channel.push([first])
    assert (receipt.delivery, receipt.outcome) == (first.id, "accepted")
    (event,) = heard(channel, partners)
    assert (event.type, event.ref, event.version) == ("account.created", "ac_1", 1)
    assert event.remote_id


def test_an_offer_is_accepted_and_live_only_with_a_price(channel: Channel, partners: Stage) -> None:
    open_account(channel, partners)
    partners.box.take()
    (receipt,) = channel.push([delivery("content")])
    assert receipt.outcome == "accepted"
    assert heard(channel, partners) == []
    channel.push([delivery("price_stock")])
    (event,) = heard(channel, partners)
    assert (event.type, event.ref, event.version, event.remote_id) == ("offer.live", "ls_1", 1, receipt.remote_id)
    assert channel.owns(event.url)


def test_the_same_delivery_again_gets_the_same_receipt_and_makes_one_offer(channel: Channel, partners: Stage) -> None:
    open_account(channel, partners)
    one = delivery("content")
    assert channel.push([one]) == channel.push([one])
    assert partners.stats(channel.code)["offers"] == 1


def test_receipts_of_a_mixed_batch_belong_to_their_deliveries(channel: Channel, partners: Stage) -> None:
    open_account(channel, partners)
    good, bad = (
        delivery("content"),
        delivery("content", ref="ls_2", payload=offer(title="x" * 151, images=()).content()),
    )
    by_id = {receipt.delivery: receipt for receipt in channel.push([bad, good])}
    assert by_id[good.id].outcome == "accepted"
    assert {problem.code for problem in by_id[bad.id].problems} == {"too_long", "missing"}
    assert all(problem.sentence for problem in by_id[bad.id].problems)


def test_an_older_version_is_stale(channel: Channel, partners: Stage) -> None:
    open_account(channel, partners)
    channel.push([delivery("content", version=7)])
    assert channel.push([delivery("content", version=6)])[0].outcome == "stale"
    channel.push([delivery("price_stock", version=3)])
    assert channel.push([delivery("price_stock", version=3)])[0].outcome == "stale"


def test_a_withdrawal_takes_it_off_and_an_older_content_does_not_bring_it_back(
    channel: Channel, partners: Stage
) -> None:
    open_account(channel, partners)
    channel.push([delivery("content")])
    channel.push([delivery("price_stock")])
    heard(channel, partners)
    assert channel.withdraw([delivery("content", version=3, payload={"seller": "or_1"})])[0].outcome == "accepted"
    (event,) = heard(channel, partners)
    assert (event.type, event.version) == ("offer.removed", 3)
    assert channel.push([delivery("content", version=2)])[0].outcome == "stale"
    assert channel.poll(None).offers[0].live_version is None


def test_a_withdrawal_that_overtakes_the_offer_wins(channel: Channel, partners: Stage) -> None:
    open_account(channel, partners)
    assert channel.withdraw([delivery("content", version=2, payload={"seller": "or_1"})])[0].outcome == "accepted"
    assert channel.push([delivery("content", version=1)])[0].outcome == "stale"


def test_a_poll_shows_every_offer_once(channel: Channel, partners: Stage) -> None:
    open_account(channel, partners)
    for start in range(0, 250, 50):
        batch = [delivery("content", ref=f"ls_{number:03}") for number in range(start, start + 50)]
        assert {receipt.outcome for receipt in channel.push(batch)} == {"accepted"}
    first = channel.poll(None)
    second = channel.poll(first.next)
    assert second.next is None
    assert [one.ref for one in (*first.offers, *second.offers)] == [f"ls_{number:03}" for number in range(250)]


@pytest.mark.parametrize("mood", ["answer_lost", "500", "html_200", "time_out"])
def test_without_a_documented_answer_the_outcome_is_unknown(channel: Channel, partners: Stage, mood: str) -> None:
    open_account(channel, partners)
    short = replace(channel, total_s=0.5)  # type: ignore[type-var]
    one = delivery("content")
    partners.mood(mood, channel=channel.code, seconds=1.5)
    assert [receipt.outcome for receipt in short.push([one])] == ["unknown"]
    assert channel.push([one])[0].outcome == "accepted"
    assert partners.stats(channel.code)["offers"] == 1


def test_asked_to_wait_it_says_for_how_long(channel: Channel, partners: Stage) -> None:
    partners.mood("429", channel=channel.code, seconds=42)
    (receipt,) = channel.push([delivery("account", ref="ac_1")])
    assert (receipt.outcome, receipt.retry_after_s) == ("throttled", 42)


def test_a_refused_key_is_nobody_s_refusal(channel: Channel) -> None:
    (receipt,) = replace(channel, token="wrong").push([delivery("account", ref="ac_1")])  # type: ignore[type-var]
    assert (receipt.outcome, receipt.note, receipt.problems) == ("throttled", "locked_out", ())
    with pytest.raises(ChannelUnreachable):
        replace(channel, token="wrong").poll(None)  # type: ignore[type-var]


def test_nobody_at_home_is_unknown(channel: Channel) -> None:
    closed = replace(channel, base="http://127.0.0.1:9")  # type: ignore[type-var]
    assert closed.push([delivery("content")])[0].outcome == "unknown"


def test_forged_and_old_callbacks_are_refused(channel: Channel, partners: Stage) -> None:
    channel.push([delivery("account", ref="ac_1")])
    partners.mood("callback_forged", channel=channel.code)
    partners.decide()
    ((_, headers, body),) = partners.box.take()
    with pytest.raises(CallbackForged) as raised:
        channel.parse_callback(headers, body, now=datetime.now(UTC))
    assert raised.value.fields["reason"] == "signature"


def test_the_time_of_a_callback_is_checked_on_both_sides(channel: Channel, partners: Stage) -> None:
    body = json.dumps({"type": "offer.live", "ref": "ls_1", "at": NOW.isoformat()}).encode()
    secret = partners.settings.values[f"{channel.code.upper()}_WEBHOOK_SECRET"]
    for seconds, good in [(-301, False), (-300, True), (0, True), (300, True), (301, False)]:
        stamp = int((NOW + timedelta(seconds=seconds)).timestamp())
        headers = signed_headers(secret=secret, event_id="msg_1", timestamp=stamp, body=body)
        if good:
            assert channel.parse_callback(headers, body, now=NOW)[0].event_id == "msg_1"
        else:
            with pytest.raises(CallbackForged):
                channel.parse_callback(headers, body, now=NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"type":1,"ref":"a","at":"b"}', b"[" * 100_000, b"\x00\xff"])
def test_a_signed_callback_of_no_shape_is_unreadable(channel: Channel, partners: Stage, body: bytes) -> None:
    secret = partners.settings.values[f"{channel.code.upper()}_WEBHOOK_SECRET"]
    headers = signed_headers(secret=secret, event_id="msg_1", timestamp=int(NOW.timestamp()), body=body)
    with pytest.raises(ChannelUnreadable):
        channel.parse_callback(headers, body, now=NOW)
