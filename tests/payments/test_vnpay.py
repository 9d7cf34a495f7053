"""VNPay's wire: signing byte for byte, verifying what arrived, asking with bars between."""

import hashlib
import hmac
import json

import pytest

from payments.errors import BadAnswer, GatewayMisconfigured, NoAnswer
from payments.gateways.http import Answer
from payments.gateways.protocol import Asked, Authenticity, Order, Outcome, Raw, RefundOrder, RefundOutcome, Verdict
from payments.gateways.vnpay_codes import outcome_of
from payments.gateways.vnpay_signing import canonical, piped, read_signed, signed_query
from payments.gateways.wire import hmac_hex
from payments.money import Money
from tests.payments.scene import AT, VECTORS, VNPAY_KEY, Peer, json_answer, vnp_query, vnpay

PAY = VECTORS["vnpay_pay"]
NOTICE = {
    "vnp_TmnCode": "DEMOV210",
    "vnp_TxnRef": "abc",
    "vnp_Amount": "45000000",
    "vnp_OrderInfo": "Thanh toan HP00000013",
    "vnp_TransactionNo": "14012345",
    "vnp_ResponseCode": "00",
    "vnp_TransactionStatus": "00",
    "vnp_PayDate": "20260322235959",
}
ASKED = Asked("pa_1", 1, "vnpay", "abc", Money(450_000), AT)


def read(query: bytes):
    return vnpay().parse_notice(Raw("GET", {}, query, b""), now=AT)


def test_the_pay_request_is_signed_as_published():
    assert canonical(PAY["params"]) == PAY["canonical"]
    assert signed_query(PAY["secret"], PAY["params"]).endswith("&vnp_SecureHash=" + PAY["vnp_SecureHash"])


def test_the_query_is_signed_as_published():
    vector = VECTORS["vnpay_querydr_request"]
    assert hmac_hex("sha512", vector["secret"], vector["canonical"].encode()) == vector["vnp_SecureHash"]


def test_a_pay_address_carries_hundredths_local_times_and_no_empty_value():
    order = Order("ref1", Money(450_000), "HP00000013", "970436", "1", AT, AT, "http://localhost/r", "127.0.0.1")
    started = vnpay().create(order, now=AT)
    address, query = started.redirect_url.split("?")
    fields = read_signed(query.encode(), (VNPAY_KEY,))
    assert address == "https://vnpay.test/pay"
    assert fields["vnp_Amount"] == "45000000"
    assert fields["vnp_CreateDate"] == fields["vnp_ExpireDate"] == "20260322153456"
    assert all(fields.values())
    assert "vnp_SecureHashType" not in fields


def test_a_notice_is_read():
    notice = read(vnp_query(NOTICE))
    assert notice.authenticity is Authenticity.AUTHENTIC
    assert notice.finding.amount == Money(450_000)
    assert notice.finding.provider_txn_id == "14012345"
    # 23:59:59 in Vietnam: the provider's own day, whenever the notice arrives.
    assert notice.finding.paid_at.isoformat() == "2026-03-22T16:59:59+00:00"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda q: q + b"&fbclid=IwAR0%2Fx&utm_source=zalo",
        lambda q: b"utm_campaign=%FF&" + q,
        lambda q: b"&".join(reversed(q.split(b"&"))),
        lambda q: q.replace(b"Thanh+toan", b"Thanh%20toan"),
        lambda q: q.replace(b"vnp_Amount", b"vnp%5FAmount"),
        lambda q: q[:-128] + q[-128:].upper(),
        lambda q: q + b"&vnp_BankTranNo=",
        lambda q: q + b"&vnp_SecureHashType=SHA256",
    ],
)
def test_what_does_not_touch_the_signed_text_does_not_matter(spoil):
    assert read(spoil(vnp_query(NOTICE))).authenticity is Authenticity.AUTHENTIC


@pytest.mark.parametrize(
    "spoil",
    [
        lambda q: q + b"&vnp_Amount=45000000",
        lambda q: q + b"&vnp%5FAmount=45000000",
        lambda q: q.replace(b"vnp_Amount=45000000", b"vnp_Amount=45000001"),
        lambda q: q[: q.index(b"&vnp_SecureHash")],
        lambda q: q[:-1],
        lambda q: q[:-128],
        lambda q: q[:-1] + (b"0" if q[-1:] != b"0" else b"1"),
        lambda q: q.replace(b"Thanh", b"Th\xc3nh"),
        lambda _q: b"",
        lambda q: q + b"&a=1" * 200,
    ],
)
def test_what_is_repeated_changed_or_unsigned_is_not_authentic(spoil):
    assert read(spoil(vnp_query(NOTICE))).authenticity is Authenticity.NOT_AUTHENTIC


def test_another_terminals_notice_is_not_ours():
    assert read(vnp_query(NOTICE | {"vnp_TmnCode": "OTHER210"})).authenticity is Authenticity.NOT_AUTHENTIC


def test_two_keys_live_during_a_change():
    changing = vnpay(keys=("new", VNPAY_KEY))
    for key in ("new", VNPAY_KEY):
        raw = Raw("GET", {}, vnp_query(NOTICE, key=key), b"")
        assert changing.parse_notice(raw, now=AT).authenticity is Authenticity.AUTHENTIC
    raw = Raw("GET", {}, vnp_query(NOTICE, key="older"), b"")
    assert changing.parse_notice(raw, now=AT).authenticity is Authenticity.NOT_AUTHENTIC


@pytest.mark.parametrize("amount", ["", "45,000", "-1", "4.5e7", "9" * 16])
def test_a_signed_amount_that_is_no_number_is_unreadable(amount):
    assert read(vnp_query(NOTICE | {"vnp_Amount": amount})).authenticity is Authenticity.UNREADABLE


def test_a_signed_time_that_is_none_is_unreadable():
    assert read(vnp_query(NOTICE | {"vnp_PayDate": "20261399000000"})).authenticity is Authenticity.UNREADABLE


def test_an_amount_in_fractions_of_a_dong_is_no_amount():
    assert read(vnp_query(NOTICE | {"vnp_Amount": "45000050"})).finding.amount is None


@pytest.mark.parametrize("number", ["0", "000", "", "x1", "٣", "1" * 16])
def test_paid_without_a_transaction_is_only_a_hint(number):
    assert read(vnp_query(NOTICE | {"vnp_TransactionNo": number})).finding.outcome is Outcome.HINT


@pytest.mark.parametrize(
    ("response", "status", "outcome", "reason"),
    [
        ("00", "00", Outcome.PAID, ""),
        ("00", "01", Outcome.PENDING, "not_complete"),
        ("00", "02", Outcome.FAILED, "error"),
        ("00", "04", Outcome.FAILED, "reversed"),
        ("00", "07", Outcome.UNKNOWN, "suspected"),
        ("00", "", Outcome.UNKNOWN, "status_unknown"),
        ("07", "00", Outcome.UNKNOWN, "suspected"),
        ("09", "02", Outcome.FAILED, "not_registered"),
        ("10", "02", Outcome.FAILED, "authentication"),
        ("11", "02", Outcome.EXPIRED, "too_late"),
        ("12", "02", Outcome.FAILED, "locked"),
        ("13", "02", Outcome.FAILED, "authentication"),
        ("24", "02", Outcome.CANCELED, "by_payer"),
        ("51", "02", Outcome.FAILED, "insufficient"),
        ("65", "02", Outcome.FAILED, "limit"),
        ("75", "02", Outcome.FAILED, "bank_down"),
        ("79", "02", Outcome.FAILED, "authentication"),
        ("99", "00", Outcome.FAILED, "other"),
        ("", "00", Outcome.FAILED, "other"),
    ],
)
def test_only_two_noughts_are_paid(response, status, outcome, reason):
    assert outcome_of(response, status) == (outcome, reason)


@pytest.mark.parametrize(
    ("verdict", "code", "message"),
    [
        (Verdict.NOT_AUTHENTIC, "97", "Invalid signature"),
        (Verdict.UNREADABLE, "97", "Invalid signature"),
        (Verdict.ORDER_UNKNOWN, "01", "Order not found"),
        (Verdict.AMOUNT_DIFFERS, "04", "Invalid amount"),
        (Verdict.SEEN, "02", "Order already confirmed"),
        (Verdict.RECORDED, "00", "Confirm Success"),
        (Verdict.OUR_FAULT, "99", "Unknown error"),
    ],
)
def test_answers_are_always_200(verdict, code, message):
    reply = vnpay().reply(verdict)
    assert (reply.status, reply.content_type) == (200, "application/json")
    assert reply.body == f'{{"RspCode":"{code}","Message":"{message}"}}'.encode()


ANSWER_ORDER = [
    "ResponseId",
    "Command",
    "ResponseCode",
    "Message",
    "TmnCode",
    "TxnRef",
    "Amount",
    "BankCode",
    "PayDate",
    "TransactionNo",
    "TransactionType",
    "TransactionStatus",
    "OrderInfo",
    "PromotionCode",
    "PromotionAmount",
]


def told(key=VNPAY_KEY, **more):
    fields = {
        "vnp_ResponseId": "1",
        "vnp_Command": "querydr",
        "vnp_ResponseCode": "00",
        "vnp_TmnCode": "DEMOV210",
        "vnp_TxnRef": "abc",
        # Numbers are taken too, as some clients send them.
        "vnp_Amount": 45_000_000,
        "vnp_PayDate": "20260322153500",
        "vnp_TransactionNo": 14_012_345,
        "vnp_TransactionStatus": "00",
    } | more
    joined = "|".join(str(fields.get(f"vnp_{name}", "")) for name in ANSWER_ORDER)
    return fields | {"vnp_SecureHash": hmac.new(key.encode(), joined.encode(), hashlib.sha512).hexdigest()}


def test_a_query_asks_with_bars_and_the_original_time():
    peer = Peer(json_answer(told()))
    finding = vnpay(peer).query(ASKED, now=AT)
    asked = json.loads(peer.asked[0]["body"])
    order = [
        "RequestId",
        "Version",
        "Command",
        "TmnCode",
        "TxnRef",
        "TransactionDate",
        "CreateDate",
        "IpAddr",
        "OrderInfo",
    ]
    joined = "|".join(asked[f"vnp_{name}"] for name in order)
    assert joined == "R1|2.1.0|querydr|DEMOV210|abc|20260322153456|20260322153456|127.0.0.1|query abc"
    assert piped(tuple(order), asked) == joined
    assert asked["vnp_SecureHash"] == hmac.new(VNPAY_KEY.encode(), joined.encode(), hashlib.sha512).hexdigest()
    assert peer.asked[0]["seconds"] == 30
    assert (finding.outcome, finding.provider_txn_id, finding.amount) == (Outcome.PAID, "14012345", Money(450_000))


@pytest.mark.parametrize(
    ("code", "outcome", "reason"),
    [
        ("91", Outcome.PENDING, "not_found"),
        ("94", Outcome.UNKNOWN, "asked_too_soon"),
        ("99", Outcome.UNKNOWN, "other"),
    ],
)
def test_a_query_that_finds_nothing(code, outcome, reason):
    finding = vnpay(Peer(json_answer(told(vnp_ResponseCode=code)))).query(ASKED, now=AT)
    assert (finding.outcome, finding.reason) == (outcome, reason)


@pytest.mark.parametrize("kind", ["02", "03", "99"])
def test_a_refund_that_is_told_in_place_of_the_payment_is_no_payment(kind):
    finding = vnpay(Peer(json_answer(told(vnp_TransactionType=kind)))).query(ASKED, now=AT)
    assert (finding.outcome, finding.provider_txn_id, finding.amount) == (Outcome.UNKNOWN, None, None)
    assert vnpay(Peer(json_answer(told(vnp_TransactionType="01")))).query(ASKED, now=AT).outcome is Outcome.PAID


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("00", RefundOutcome.NOT_FOUND),
        ("05", RefundOutcome.PENDING),
        ("06", RefundOutcome.PENDING),
        ("09", RefundOutcome.UNKNOWN),
        ("04", RefundOutcome.UNKNOWN),
        ("", RefundOutcome.UNKNOWN),
    ],
)
def test_what_the_payment_says_of_its_refund(status, outcome):
    order = RefundOrder("re01", "abc", None, "14012345", Money(450_000), Money(450_000), AT, AT, AT)
    answer = told(vnp_TransactionType="01", vnp_TransactionStatus=status)
    finding = vnpay(Peer(json_answer(answer))).query_refund(order, now=AT)
    assert (finding.outcome, finding.of_last) == (outcome, outcome is RefundOutcome.NOT_FOUND)


@pytest.mark.parametrize(
    "answer",
    [
        json_answer(told(key="wrong")),
        json_answer({k: v for k, v in told().items() if k != "vnp_SecureHash"}),
        json_answer(told(vnp_TxnRef="another")),
        json_answer(told(vnp_TmnCode="OTHER210")),
        json_answer(told(vnp_Amount=450000.5)),
        json_answer([1]),
        Answer(200, b'{"vnp_ResponseCode":"00","vnp_ResponseCode":"00"}'),
        Answer(200, b"<html>maintenance</html>"),
        Answer(200, b"[" * 100_000),
        json_answer(told(), status=500),
        json_answer(told(), status=302),
    ],
)
def test_an_answer_that_is_not_vnpays_is_no_answer(answer):
    with pytest.raises(BadAnswer):
        vnpay(Peer(answer)).query(ASKED, now=AT)


@pytest.mark.parametrize("code", ["02", "03", "97"])
def test_a_refusal_of_our_terminal_is_an_alarm_and_no_answer(code):
    with pytest.raises(GatewayMisconfigured) as refusal:
        vnpay(Peer(json_answer({"vnp_ResponseCode": code}))).query(ASKED, now=AT)
    assert isinstance(refusal.value, NoAnswer)
    assert refusal.value.fields == {"gateway": "vnpay", "response_code": code}


def test_no_key_is_shown():
    assert VNPAY_KEY not in repr(vnpay())
