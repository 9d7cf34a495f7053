"""The two simulated gateways' wires, which are ours: signatures, codes, answers, and that they say what they are."""

import json
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import pytest

from payments.errors import BadAnswer, GatewayMisconfigured, NoAnswer, ProviderRefused
from payments.gateways.paygov import signature
from payments.gateways.protocol import Asked, Authenticity, Order, Outcome, Raw, Verdict
from payments.gateways.vnpt_pay import secure_code
from payments.money import Money
from tests.payments.gates import PAYGOV, VNPT_PAY, paygov, vnpt_pay
from tests.payments.scene import AT, VECTORS, Peer, json_answer

GOV, VNPT = VECTORS["computed"]["vectors"]["paygov_sim_notice"], VECTORS["computed"]["vectors"]["vnpt_pay_sim_notice"]
BODY = GOV["raw_body"].encode()
STAMP = GOV["canonical"].split("\n")[2]
GOV_AT = AT.fromtimestamp(int(STAMP), AT.tzinfo)
FORM = dict(zip(VNPT["parts"].split(", "), VNPT["canonical"].split("|"), strict=True))
ORDER = Order("pa01", Money(150_000), "HP00000013", "970436", "1", AT, AT, "https://p.test/r", "127.0.0.1")
ASKED = Asked("pa_1", 1, "x", "pa01", Money(150_000), AT)


def gov_notice(body: bytes = BODY, *, stamp: str = STAMP, key: str = PAYGOV["secret"], **headers: str) -> Raw:
    code = signature(key, "POST", "/hooks/paygov", stamp, body)
    sent = {"x-sim-key": "demo", "x-sim-timestamp": stamp, "x-sim-signature": code}
    return Raw("POST", sent | {f"x-sim-{name}": value for name, value in headers.items()}, b"", body)


def form(*, key: str = VNPT_PAY["secret"], **changed: str) -> Raw:
    fields = FORM | changed
    fields.setdefault("secure_code", secure_code(key, fields))
    return Raw("POST", {}, b"", urlencode(fields).encode())


def vnpt_answer(**fields: str):
    return json_answer(fields | {"secure_code": secure_code(VNPT_PAY["secret"], fields)})


def test_both_say_that_they_are_simulated():
    assert paygov(Peer()).capabilities.simulated
    assert vnpt_pay(Peer()).capabilities.simulated


def test_the_vectors():
    raw = gov_notice()
    assert raw.headers["x-sim-signature"] == GOV["X-Sim-Signature"]
    found = paygov(Peer()).parse_notice(raw, now=GOV_AT).finding
    assert (found.outcome, found.provider_txn_id, found.amount) == (Outcome.PAID, "PG000001", Money(150_000))
    assert secure_code(VNPT["key"], FORM) == VNPT["secure_code"]
    found = vnpt_pay(Peer()).parse_notice(form(), now=AT).finding
    assert (found.outcome, found.provider_txn_id, found.amount) == (Outcome.PAID, "VP000001", Money(150_000))
    assert found.paid_at.isoformat() == "2026-03-22T08:34:56+00:00"


@pytest.mark.parametrize(
    ("raw", "drift", "expected"),
    [
        (gov_notice(), 300, "authentic"),
        (gov_notice(), 301, "not_authentic"),
        (gov_notice(), -301, "not_authentic"),
        (gov_notice(key="other"), 0, "not_authentic"),
        (gov_notice(signature=""), 0, "not_authentic"),
        (gov_notice(key="demo-paygov-secret", timestamp="x"), 0, "not_authentic"),
        (Raw("POST", gov_notice().headers, b"", BODY + b" "), 0, "not_authentic"),
        (Raw("PUT", gov_notice().headers, b"", BODY), 0, "not_authentic"),
        (gov_notice(b"[]"), 0, "unreadable"),
        (gov_notice(BODY.replace(b"150000", b"1.5")), 0, "unreadable"),
        (gov_notice(BODY.replace(b"VND", b"USD")), 0, "unreadable"),
        (gov_notice(BODY.replace(b"+07:00", b"")), 0, "unreadable"),
    ],
)
def test_paygov_s_notices(raw, drift, expected):
    assert paygov(Peer()).parse_notice(raw, now=GOV_AT + timedelta(seconds=drift)).authenticity == expected


def test_paygov_s_key_must_be_ours():
    raw = gov_notice()
    other = Raw("POST", {**raw.headers, "x-sim-key": "other"}, b"", raw.body)
    assert paygov(Peer()).parse_notice(other, now=GOV_AT).authenticity is Authenticity.NOT_AUTHENTIC


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (form(key="other"), "not_authentic"),
        (form(secure_code=""), "not_authentic"),
        (form(amount="1", secure_code=VNPT["secure_code"]), "not_authentic"),
        (Raw("POST", {}, b"", form().body + b"&amount=150000"), "unreadable"),
        (Raw("POST", {}, b"", b"{}"), "unreadable"),
        (Raw("POST", {}, b"", b"\xff=1"), "unreadable"),
        (form(currency="USD"), "unreadable"),
        (form(amount="1.5"), "unreadable"),
        (form(paid_at="today"), "unreadable"),
    ],
)
def test_vnpt_pay_s_notices(raw, expected):
    assert vnpt_pay(Peer()).parse_notice(raw, now=AT).authenticity == expected


@pytest.mark.parametrize("make", [paygov, vnpt_pay])
def test_paid_without_a_transaction_is_only_a_hint(make):
    raw, at = (gov_notice(BODY.replace(b"PG000001", b"")), GOV_AT) if make is paygov else (form(provider_txn_id=""), AT)
    assert make(Peer()).parse_notice(raw, now=at).finding.outcome is Outcome.HINT


def test_what_is_sent_is_signed():
    peer = Peer(json_answer({"error": "conflict"}, status=409))
    with pytest.raises(NoAnswer):
        paygov(peer).create(ORDER, now=AT)
    sent = peer.asked[0]
    stamp = str(int(AT.timestamp()))
    assert sent["headers"]["X-Sim-Signature"] == signature(
        PAYGOV["secret"], "POST", "/sim/paygov/v1/orders", stamp, sent["body"]
    )
    peer = Peer(vnpt_answer(code="94"))
    with pytest.raises(NoAnswer):
        vnpt_pay(peer).create(ORDER, now=AT)
    fields = dict(parse_qsl(peer.asked[0]["body"].decode()))
    assert fields["secure_code"] == secure_code(VNPT_PAY["secret"], fields)


@pytest.mark.parametrize(
    ("make", "answer", "error"),
    [
        (paygov, json_answer({"error": "unauthorised"}, status=401), ProviderRefused),
        (paygov, json_answer({"error": "conflict"}, status=409), NoAnswer),
        (paygov, json_answer({"pay_url": "x"}), BadAnswer),
        (vnpt_pay, json_answer({"code": "97"}), ProviderRefused),
        (vnpt_pay, json_answer({"code": "00", "pay_url": "https://x.test"}), BadAnswer),
        (vnpt_pay, vnpt_answer(code="94"), NoAnswer),
        (vnpt_pay, vnpt_answer(code="00", pay_url="x"), BadAnswer),
    ],
)
def test_what_create_may_be_answered(make, answer, error):
    with pytest.raises((NoAnswer, ProviderRefused)) as caught:
        make(Peer(answer)).create(ORDER, now=AT)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("make", "answer", "error"),
    [
        (paygov, json_answer({"error": "unauthorised"}, status=401), GatewayMisconfigured),
        (paygov, json_answer({"error": "odd"}, status=418), NoAnswer),
        (paygov, json_answer({"merchant_ref": "pa02", "status": "SUCCESS"}), BadAnswer),
        (vnpt_pay, json_answer({"code": "97"}), GatewayMisconfigured),
        (vnpt_pay, vnpt_answer(code="99"), NoAnswer),
        (vnpt_pay, json_answer({"code": "00", "status": "paid", "amount": "1"}), BadAnswer),
    ],
)
def test_what_a_query_may_be_answered(make, answer, error):
    with pytest.raises(NoAnswer) as caught:
        make(Peer(answer)).query(ASKED, now=AT)
    assert type(caught.value) is error


def test_answers():
    wanted = {
        Verdict.NOT_AUTHENTIC: (401, "97"),
        Verdict.UNREADABLE: (400, "96"),
        Verdict.ORDER_UNKNOWN: (404, "01"),
        Verdict.AMOUNT_DIFFERS: (409, "04"),
        Verdict.SEEN: (200, "02"),
        Verdict.RECORDED: (200, "00"),
        Verdict.OUR_FAULT: (500, "99"),
    }
    for verdict, (status, code) in wanted.items():
        gov, vnpt = paygov(Peer()).reply(verdict), vnpt_pay(Peer()).reply(verdict)
        assert (gov.status, json.loads(gov.body)) == (status, {"code": code})
        assert (vnpt.status, json.loads(vnpt.body)) == (200, {"code": code})


def test_two_keys_live_and_none_is_shown():
    for keys, expected in ((("new", PAYGOV["secret"]), "authentic"), (("new",), "not_authentic")):
        assert paygov(Peer(), keys=keys).parse_notice(gov_notice(), now=GOV_AT).authenticity == expected
    for keys, expected in ((("new", VNPT_PAY["secret"]), "authentic"), (("new",), "not_authentic")):
        assert vnpt_pay(Peer(), keys=keys).parse_notice(form(), now=AT).authenticity == expected
    assert PAYGOV["secret"] not in repr(paygov(Peer()))
    assert VNPT_PAY["secret"] not in repr(vnpt_pay(Peer()))
