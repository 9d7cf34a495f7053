"""What every channel owes us, held against the stand-ins over loopback HTTP, and against partners that misbehave."""

import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.marketplaces.channels.protocol import Channel, Delivery, Offer, Receipt
from portal.marketplaces.channels.registry import make_channels
from portal.marketplaces.channels.rest import RestChannel
from portal.marketplaces.errors import CallbackForged, ChannelUnreachable, ChannelUnreadable
from portal.sandboxes.signing import signed_headers
from tests.portal.marketplaces.listening import Stage, stage

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
CODES = ("postmart", "voso")


@pytest.fixture
def partners(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as running:
        yield running


@pytest.fixture(params=CODES)
def channel(request: pytest.FixtureRequest, partners: Stage) -> Channel:
    return make_channels(partners.settings)[request.param]


def offer(**more: Any) -> Offer:
    whole = Offer(
        seller="or_1",
        title="Bưởi da xanh",
        category="VN-FRUIT-POMELO",
        description="Vườn nhà",
        variants=({"sku": "1", "quantity": "1", "unit": "kg", "gtin": None},),
        images=("http://localhost/photos/a-640.jpg",),
        origin={"province": "80", "since": "2025-07-01"},
        prices=({"sku": "1", "price": "60000", "currency": "VND", "available": "12"},),
    )
    return replace(whole, **more)


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


# The adapter against partners that no stand-in of ours would be


def adapter(base: str, **more: Any) -> RestChannel:
    whole = RestChannel(
        code="x", name="X", base=base, token="t", secrets=("s",), clock=lambda: NOW, simulation=True, total_s=1.0
    )
    return replace(whole, **more)


@contextmanager
def partner(*pieces: bytes, pause_s: float = 0.0) -> Iterator[str]:
    """Listen once on loopback, read the request, and answer these bytes piece by piece."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(5)
            _read_request(connection)
            try:
                for piece in pieces:
                    connection.sendall(piece)
                    time.sleep(pause_s)
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
        thread.join(timeout=10)


def _read_request(connection: socket.socket) -> None:
    """Read a whole request: closing with a part of it unread would reset the connection under the answer."""
    got = connection.recv(65_536)
    while b"\r\n\r\n" not in got:
        got += connection.recv(65_536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65_536)


def answer(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def pushed(base: str, **more: Any) -> Receipt:
    (receipt,) = adapter(base, **more).push([Delivery("d1", "ls_1", "content", 1, {})])
    return receipt


@pytest.mark.parametrize(
    "results",
    [
        "null", "[]", "{}", '[{"delivery":"other","outcome":"accepted"}]', '[{"delivery":"d1"}]', "[null]", "[1]",
        '[{"delivery":"d1","outcome":"postponed"}]', '[{"delivery":"d1","outcome":null}]',
        '[{"delivery":"d1","outcome":"accepted","remote_id":7}]', '[{"delivery":"d1","outcome":"refused"}]',
        '[{"delivery":"d1","outcome":"refused","problems":[]}]',
        '[{"delivery":"d1","outcome":"accepted","remote_id":""}]',
    ],
)  # fmt: skip
def test_a_drifted_shape_is_unknown_for_that_item(results: str) -> None:
    with partner(answer(f'{{"results":{results}}}'.encode())) as base:
        assert pushed(base).outcome == "unknown"


@pytest.mark.parametrize(
    "status", ["201 Created", "204 No Content", "302 Found", "400 Bad", "404 No", "502 Bad", "100 Continue"]
)
def test_any_other_status_is_unknown_and_no_redirect_is_followed(status: str) -> None:
    body = b'{"results":[{"delivery":"d1","outcome":"accepted"}]}'
    with partner(answer(body, status=status, headers="Location: http://127.0.0.1:9/\r\n")) as base:
        assert pushed(base).outcome == "unknown"


def test_a_byte_at_a_time_ends_at_the_total_limit() -> None:
    whole = answer(b'{"results":[{"delivery":"d1","outcome":"accepted"}]}')
    with partner(*(whole[i : i + 1] for i in range(len(whole))), pause_s=0.15) as base:
        receipt = pushed(base)
        assert (receipt.outcome, receipt.note) == ("unknown", "time_out")


def test_a_slow_end_without_a_length_is_cut_and_unknown() -> None:
    head = b"HTTP/1.0 200 OK\r\n\r\n"
    body = b'{"results":[{"delivery":"d1","outcome":"accepted"}]}'
    with partner(head, body, b" ", b" ", b" ", b" ", pause_s=0.4) as base:
        assert pushed(base).outcome == "unknown"


def test_an_endless_answer_is_cut_at_its_size() -> None:
    with partner(b"HTTP/1.0 200 OK\r\n\r\n", *([b"x" * 1_000_000] * 4)) as base:
        assert pushed(base, total_s=120.0).note == "too_large"


def test_a_private_target_is_refused_before_a_byte_is_sent() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    assert pushed(base, simulation=False).note == "private_target"
    connection, _ = listener.accept()
    connection.settimeout(2)
    assert connection.recv(10) == b""
    connection.close()
    listener.close()


def test_a_date_to_wait_until_is_read_by_their_own_clock() -> None:
    headers = "Retry-After: Sun, 22 Nov 2026 02:01:30 GMT\r\nDate: Sun, 22 Nov 2026 02:00:00 GMT\r\n"
    with partner(answer(b"{}", status="429 Slow", headers=headers)) as base:
        assert pushed(base).retry_after_s == 90


@pytest.mark.parametrize(("value", "seconds"), [("soon", 60), ("-5", 60), ("99999999", 86_400), ("", 60)])
def test_an_odd_wish_to_wait_is_bounded(value: str, seconds: int) -> None:
    with partner(answer(b"{}", status="429 Slow", headers=f"Retry-After: {value}\r\n")) as base:
        assert pushed(base).retry_after_s == seconds


def test_five_faults_are_five_problems_at_once() -> None:
    broken = offer(title="", category="", images=(), variants=(), prices=({"price": "0"},))
    assert {one.code for one in adapter("http://x").validate(broken)} == {
        "title.missing", "category.unmapped", "images.missing", "variants.missing", "price.missing",
    }  # fmt: skip
    assert adapter("http://x").validate(offer()) == ()


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=151, max_size=400))
def test_a_title_that_is_too_long_comes_with_a_cut_that_fits(title: str) -> None:
    if not title.strip():
        return
    (problem,) = adapter("http://x").validate(offer(title=title))
    assert problem.code == "title.too_long"
    assert len(problem.suggestion) <= 150
    assert title.startswith(problem.suggestion)


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://postmart.vn/p/1", True), ("https://m.postmart.vn/p/1", True), ("http://postmart.vn/p/1", False),
        ("https://evilpostmart.vn/p/1", False), ("https://postmart.vn.evil.example/", False),
        ("javascript:alert(1)", False),
        ("//postmart.vn/p", False), ("", False),
    ],
)  # fmt: skip
def test_only_https_on_its_own_hosts_is_its_own(url: str, ours: bool) -> None:
    assert adapter("https://postmart.vn/api", simulation=False).owns(url) is ours
