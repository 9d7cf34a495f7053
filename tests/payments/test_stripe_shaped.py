"""A Stripe-shaped gateway's wire, through our own client: sessions made once, events believed when just signed."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest

from payments.errors import BadAnswer, GatewayMisconfigured, NoAnswer, ProviderRefused
from payments.gateways.http import Answer
from payments.gateways.protocol import Asked, Authenticity, Order, Outcome, Raw, RefundOrder, RefundOutcome, Verdict
from payments.gateways.wire import hmac_hex
from payments.money import Money
from tests.payments.gates import STRIPE_SHAPED, stripe_shaped
from tests.payments.scene import AT, VECTORS, Peer, json_answer

VECTOR = VECTORS["stripe_webhook"]
SECRET = STRIPE_SHAPED["webhook_secret"]
ORDER = Order("pa01", Money(50_000), "HP00000013", "970436", "1", AT, AT, "https://p.test/r", "127.0.0.1")
ASKED = Asked("pa_1", 1, "stripe_shaped", "pa01", Money(50_000), AT, "cs_1")
REFUND = RefundOrder("re01", "pa01", "cs_1", "pi_1", Money(20_000), Money(50_000), AT, AT, AT)
SESSION = {
    "id": "cs_1", "object": "checkout.session", "client_reference_id": "pa01", "amount_total": 50_000,
    "currency": "vnd", "payment_status": "paid", "status": "complete", "payment_intent": "pi_1",
    "url": "https://checkout.stripe.test/cs_1",
}  # fmt: skip
MINE = {"id": "re_1", "object": "refund", "status": "succeeded", "metadata": {"refund_ref": "re01"}}


def event(kind: str = "checkout.session.completed", *, at: int = 0, secret: str = SECRET, **changed: object) -> Raw:
    """Return an event about a session, signed so many seconds ago."""
    told = {"id": "evt_1", "object": "event", "type": kind, "created": int(AT.timestamp())}
    return signed(json.dumps({**told, "data": {"object": SESSION | changed}}).encode(), at=at, secret=secret)


def signed(body: bytes, *, at: int = 0, secret: str = SECRET) -> Raw:
    stamp = int(AT.timestamp()) - at
    header = f"t={stamp},v1=" + hmac_hex("sha256", secret, f"{stamp}.".encode() + body)
    return Raw("POST", {"stripe-signature": header}, b"", body)


def read(raw: Raw, **more: Any):
    return stripe_shaped(Peer(), **more).parse_notice(raw, now=AT)


def refused(status: int, code: str = "x") -> Answer:
    return json_answer({"error": {"type": "invalid_request_error", "code": code, "message": "no"}}, status=status)


def page(*rows: object, more: bool = False) -> Answer:
    return json_answer({"object": "list", "url": "/", "has_more": more, "data": list(rows)})


def test_the_vector_verifies_and_is_about_no_session():
    raw = Raw("POST", {"stripe-signature": VECTOR["header"]}, b"", VECTOR["payload"].encode())
    at = AT.fromtimestamp(VECTOR["t"], AT.tzinfo)
    notice = stripe_shaped(Peer(), keys=(VECTOR["secret"],)).parse_notice(raw, now=at)
    assert (notice.authenticity, notice.moneyless) == (Authenticity.AUTHENTIC, True)


@pytest.mark.parametrize(
    ("kind", "changed", "outcome"),
    [
        ("completed", {}, Outcome.PAID),
        ("completed", {"payment_status": "unpaid"}, Outcome.PENDING),
        ("async_payment_succeeded", {}, Outcome.PAID),
        ("async_payment_failed", {"payment_status": "unpaid"}, Outcome.FAILED),
        ("expired", {"payment_status": "unpaid"}, Outcome.EXPIRED),
    ],
)
def test_paid_is_what_the_session_says(kind, changed, outcome):
    found = read(event(f"checkout.session.{kind}", **changed)).finding
    assert (found.outcome, found.amount, found.merchant_ref) == (outcome, Money(50_000), "pa01")
    assert (found.provider_txn_id == "pi_1") is (outcome is Outcome.PAID)


def test_what_is_about_something_else_is_about_no_money_here():
    assert read(event("payment_intent.succeeded")).moneyless


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (event(at=300), "authentic"),
        (event(at=301), "not_authentic"),
        (event(at=-301), "not_authentic"),
        (event(secret="other"), "not_authentic"),
        (Raw("POST", {}, b"", event().body), "not_authentic"),
        (Raw("POST", event().headers, b"", event().body + b" "), "not_authentic"),
        (signed(b"\xff"), "unreadable"),
        (signed(b"{"), "unreadable"),
        (signed(b'{"type":"checkout.session.completed"}'), "unreadable"),
        (event(amount_total=1.5), "unreadable"),
        (event(currency="usd"), "unreadable"),
        (event(payment_intent=None), "unreadable"),
        (event(payment_intent="p" * 65), "unreadable"),
    ],
)
def test_what_is_not_an_event_of_ours(raw, expected):
    assert read(raw).authenticity == expected


def test_a_session_is_asked_for_under_our_reference():
    peer = Peer(json_answer(SESSION))
    started = stripe_shaped(peer).create(ORDER, now=AT)
    assert (started.redirect_url, started.provider_ref) == ("https://checkout.stripe.test/cs_1", "cs_1")
    assert started.expires_at == AT + timedelta(minutes=31)
    sent = peer.asked[0]
    fields = dict(parse_qsl(sent["body"].decode()))
    assert (sent["url"], sent["headers"]["Idempotency-Key"]) == ("https://stripe.test/v1/checkout/sessions", "pa01")
    assert fields["line_items[0][price_data][unit_amount]"] == "50000"
    assert (fields["line_items[0][price_data][currency]"], fields["client_reference_id"]) == ("vnd", "pa01")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refused(400, "amount_too_small"), ProviderRefused),
        (refused(401), ProviderRefused),
        (refused(409), NoAnswer),
        (refused(429), NoAnswer),
        (refused(500), NoAnswer),
        (Answer(200, b"<html>"), BadAnswer),
        (json_answer(SESSION | {"client_reference_id": "pa02"}), BadAnswer),
        (json_answer(SESSION | {"url": "ftp://x"}), BadAnswer),
        (NoAnswer(reason="time_out"), BadAnswer),
    ],
)
def test_what_create_may_be_answered(answer, error):
    peer = Peer(answer)
    with pytest.raises((NoAnswer, ProviderRefused)) as caught:
        stripe_shaped(peer).create(ORDER, now=AT)
    assert type(caught.value) is error
    assert len(peer.asked) == 1, "tried once: a second create is the janitor's to avoid"
    assert STRIPE_SHAPED["secret_key"] not in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, Outcome.PAID),
        ({"payment_status": "unpaid", "status": "open"}, Outcome.PENDING),
        ({"payment_status": "unpaid", "status": "complete"}, Outcome.PENDING),
        ({"payment_status": "unpaid", "status": "expired"}, Outcome.EXPIRED),
    ],
)
def test_a_session_whose_id_is_known_is_asked_for(changed, outcome):
    peer = Peer(json_answer(SESSION | changed))
    assert stripe_shaped(peer).query(ASKED, now=AT).outcome is outcome
    assert peer.asked[0]["url"] == "https://stripe.test/v1/checkout/sessions/cs_1"


def test_one_whose_id_was_never_heard_is_looked_for():
    unheard = Asked("pa_1", 1, "stripe_shaped", "pa01", Money(50_000), AT)
    others = SESSION | {"client_reference_id": "pa02"}
    peer = Peer(page(others, more=True), page(SESSION))
    assert stripe_shaped(peer).query(unheard, now=AT).outcome is Outcome.PAID
    assert f"created[gte]={int(AT.timestamp()) - 300}" in peer.asked[0]["url"]
    assert "starting_after=cs_1" in peer.asked[1]["url"]
    assert stripe_shaped(Peer(page(others))).query(unheard, now=AT).reason == "not_found"
    assert stripe_shaped(Peer(refused(404, "resource_missing"))).query(ASKED, now=AT).reason == "not_found"
    with pytest.raises(BadAnswer):
        stripe_shaped(Peer(*[page(others, more=True)] * 20)).query(unheard, now=AT)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refused(401), GatewayMisconfigured),
        (refused(403), GatewayMisconfigured),
        (refused(400), BadAnswer),
        (refused(503), NoAnswer),
        (json_answer(SESSION | {"client_reference_id": "pa02"}), BadAnswer),
    ],
)
def test_what_is_no_answer(answer, error):
    with pytest.raises(NoAnswer) as caught:
        stripe_shaped(Peer(answer)).query(ASKED, now=AT)
    assert type(caught.value) is error


def test_refunds():
    peer = Peer(json_answer(MINE))
    assert stripe_shaped(peer).refund(REFUND, now=AT).outcome is RefundOutcome.DONE
    assert peer.asked[0]["headers"]["Idempotency-Key"] == "re01"
    for status, outcome in (("pending", RefundOutcome.PENDING), ("failed", RefundOutcome.FAILED)):
        assert stripe_shaped(Peer(json_answer(MINE | {"status": status}))).refund(REFUND, now=AT).outcome is outcome
    found = stripe_shaped(Peer(refused(400, "charge_already_refunded"))).refund(REFUND, now=AT)
    assert (found.outcome, found.reason) == (RefundOutcome.FAILED, "charge_already_refunded")
    other = MINE | {"metadata": {}}
    assert stripe_shaped(Peer(page(other, MINE))).query_refund(REFUND, now=AT).provider_ref == "re_1"
    assert stripe_shaped(Peer(page(other))).query_refund(REFUND, now=AT).outcome is RefundOutcome.NOT_FOUND
    for answer in (refused(500), json_answer(MINE | {"id": None})):
        with pytest.raises(NoAnswer):
            stripe_shaped(Peer(answer)).refund(REFUND, now=AT)


def test_answers():
    wanted = {Verdict.NOT_AUTHENTIC: 400, Verdict.UNREADABLE: 400, Verdict.OUR_FAULT: 500}
    for verdict in Verdict:
        assert stripe_shaped(Peer()).reply(verdict).status == wanted.get(verdict, 200)


def test_two_secrets_live_and_none_is_shown():
    for keys, expected in ((("new", SECRET), "authentic"), (("new",), "not_authentic")):
        assert read(event(), keys=keys).authenticity == expected
    assert not any(key in repr(stripe_shaped(Peer())) for key in STRIPE_SHAPED.values())
