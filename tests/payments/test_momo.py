"""MoMo's wire: thirteen keys in order, byte for byte; what its codes mean; what is not MoMo's."""

import json

import pytest

from payments.errors import BadAnswer, GatewayMisconfigured, NoAnswer, ProviderRefused
from payments.gateways.http import Answer
from payments.gateways.momo_codes import outcome_of
from payments.gateways.protocol import Asked, Authenticity, Order, Outcome, Raw, RefundOrder, RefundOutcome, Verdict
from payments.gateways.wire import hmac_hex
from payments.money import Money
from tests.payments.gates import MOMO, momo
from tests.payments.scene import AT, VECTORS, Peer, json_answer

IPN = VECTORS["computed"]["vectors"]["momo_ipn"]
ORDER = Order("pa01", Money(50_000), "HP00000013", "970436", "1", AT, AT, "https://momo.vn/return", "127.0.0.1")
ASKED = Asked("pa_1", 1, "momo", "pa01", Money(50_000), AT)
CREATED = {"partnerCode": "MOMO", "orderId": "pa01", "amount": 50_000, "payUrl": "https://test-payment.momo.vn/x"}


def notice(canonical: str = IPN["canonical"], *, signature: object = None, **changed: object) -> Raw:
    """Return the notice whose canonical text this is, changed after signing."""
    fields: dict[str, object] = dict(part.split("=", 1) for part in canonical.split("&"))
    del fields["accessKey"]
    for name in ("amount", "responseTime", "resultCode", "transId"):
        fields[name] = int(str(fields[name]))
    fields["signature"] = hmac_hex("sha256", MOMO["secret"], canonical.encode()) if signature is None else signature
    body = {name: value for name, value in (fields | changed).items() if value is not ...}
    return Raw("POST", {}, b"", json.dumps(body).encode())


def signed(**changed: object) -> Raw:
    """Return a notice with other values, signed again."""
    fields = dict(part.split("=", 1) for part in IPN["canonical"].split("&")) | {k: str(v) for k, v in changed.items()}
    return notice("&".join(f"{name}={fields[name]}" for name in sorted(fields)))


def read(raw: Raw, **more: object):
    return momo(Peer(), **more).parse_notice(raw, now=AT)


def test_the_vectors():
    created = VECTORS["momo_create"]
    asked = {part.split("=", 1)[0]: part.split("=", 1)[1] for part in created["canonical"].split("&")}
    peer = Peer(json_answer({"resultCode": 0, **CREATED, "orderId": asked["orderId"]}))
    order = Order(asked["orderId"], Money(50_000), "x", "970436", "1", AT, AT, asked["redirectUrl"], "127.0.0.1", "en")
    momo(peer, notify_url=asked["ipnUrl"]).create(order, now=AT)
    sent = json.loads(peer.asked[0]["body"])
    # The sample says "pay with MoMo" where we say what is paid; the rest of the signed text is the sample's.
    text = created["canonical"].replace("pay with MoMo", sent["orderInfo"])
    assert sent["signature"] == hmac_hex("sha256", created["secretKey"], text.encode())
    assert hmac_hex("sha256", created["secretKey"], created["canonical"].encode()) == created["signature"]
    assert (sent["amount"], sent["requestType"], peer.asked[0]["url"]) == (
        50_000, "captureWallet", "https://momo.test/v2/gateway/api/create",
    )  # fmt: skip
    assert "accessKey" not in sent
    peer = Peer(json_answer({"resultCode": 42}))
    momo(peer).query(ASKED, now=AT)
    assert json.loads(peer.asked[0]["body"])["signature"] == VECTORS["computed"]["vectors"]["momo_query"]["signature"]


def test_a_notice_with_all_thirteen_keys_is_read():
    found = read(notice(signature=IPN["signature"])).finding
    assert (found.outcome, found.amount, found.provider_txn_id) == (Outcome.PAID, Money(50_000), "4088878653")
    assert (found.merchant_ref, found.paid_at.isoformat()) == ("pa01", "2024-07-23T07:44:23.942000+00:00")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"orderType": ...}, "unreadable"),
        ({"payType": ...}, "unreadable"),
        ({"amount": 50_001}, "not_authentic"),
        ({"amount": 50_000.5}, "unreadable"),
        ({"amount": True}, "unreadable"),
        ({"resultCode": 1006}, "not_authentic"),
        ({"transId": 1}, "not_authentic"),
        ({"signature": ...}, "not_authentic"),
        ({"signature": 5}, "not_authentic"),
        ({"signature": ""}, "not_authentic"),
        ({"message": "Successful. "}, "not_authentic"),
        ({"extra": "unsigned fields do not matter"}, "authentic"),
    ],
)
def test_what_is_left_out_or_changed(changed, expected):
    assert read(notice(**changed)).authenticity == expected


def test_another_partners_notice_and_an_older_key():
    assert read(signed(partnerCode="OTHER")).authenticity is Authenticity.NOT_AUTHENTIC
    for keys, expected in (((MOMO["secret"], "new"), "authentic"), (("new",), "not_authentic")):
        assert read(signed(), keys=keys).authenticity == expected
    for body in (b"", b"[]", b"amount=1", b'{"amount":1,"amount":1}'):
        assert read(Raw("POST", {}, b"", body)).authenticity is Authenticity.UNREADABLE
    assert read(signed(responseTime="9" * 15)).authenticity is Authenticity.UNREADABLE


@pytest.mark.parametrize(
    ("code", "outcome", "reason"),
    [
        (0, Outcome.PAID, ""),
        (9000, Outcome.HINT, "authorised"),
        (1000, Outcome.PENDING, "waiting"),
        (7002, Outcome.PENDING, "processing"),
        (10, Outcome.UNKNOWN, "maintenance"),
        (11, Outcome.FAILED, "configuration"),
        (1001, Outcome.FAILED, "insufficient"),
        (1005, Outcome.EXPIRED, "too_late"),
        (1006, Outcome.CANCELED, "by_payer"),
        (424242, Outcome.UNKNOWN, "code_unknown"),
    ],
)
def test_codes(code, outcome, reason):
    assert outcome_of(code) == (outcome, reason)
    found = read(signed(resultCode=code)).finding
    assert (found.outcome, found.reason) == (outcome, reason)
    assert (found.provider_txn_id is None) is (outcome is not Outcome.PAID)


def test_paid_without_a_transaction_is_only_a_hint():
    assert read(signed(transId=0)).finding.outcome is Outcome.HINT


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (json_answer({"resultCode": 13}, status=400), ProviderRefused, "configuration"),
        (json_answer({"resultCode": 1004}, status=400), ProviderRefused, "limit"),
        (json_answer({"resultCode": 41}, status=400), NoAnswer, "duplicate"),
        (json_answer({"resultCode": 10}), NoAnswer, "maintenance"),
        (json_answer({"resultCode": 77}), NoAnswer, "code_unknown"),
        (json_answer({"resultCode": 0, **CREATED, "amount": 50_001}), BadAnswer, "unreadable"),
        (json_answer({"resultCode": 0, **CREATED, "orderId": "pa02"}), BadAnswer, "unreadable"),
        (json_answer({"resultCode": 0, **CREATED, "payUrl": "javascript:alert(1)"}), BadAnswer, "unreadable"),
        (json_answer({}, status=503), BadAnswer, "http_503"),
        (Answer(200, b"<html>"), BadAnswer, "unreadable_200"),
        (NoAnswer(reason="time_out"), NoAnswer, "time_out"),
    ],
)
def test_what_create_may_be_answered(answer, error, reason):
    with pytest.raises(NoAnswer if error is not ProviderRefused else error) as caught:
        momo(Peer(answer)).create(ORDER, now=AT)
    assert type(caught.value) is error
    assert caught.value.fields["reason"] == reason
    assert MOMO["secret"] not in str(caught.value)


def test_a_query_that_is_refused_is_an_alarm_and_one_about_another_order_no_answer():
    with pytest.raises(GatewayMisconfigured):
        momo(Peer(json_answer({"resultCode": 13}, status=400))).query(ASKED, now=AT)
    with pytest.raises(BadAnswer):
        momo(Peer(json_answer({"resultCode": 0, "partnerCode": "MOMO", "orderId": "x"}))).query(ASKED, now=AT)


REFUND = RefundOrder("re01", "pa01", None, "2547483650", Money(20_000), Money(50_000), AT, AT, AT)
LISTED = {"orderId": "re01", "resultCode": 0, "transId": 7, "amount": 20_000, "createdTime": 1_774_168_496_000}


@pytest.mark.parametrize(
    ("code", "listed", "outcome"),
    [
        (0, [LISTED], RefundOutcome.DONE),
        (0, [LISTED | {"amount": 19_999}], RefundOutcome.UNKNOWN),
        (0, [], RefundOutcome.NOT_FOUND),
        (0, None, RefundOutcome.NOT_FOUND),
        # Who does not know the payment just now cannot say that it has no such refund.
        (10, None, RefundOutcome.UNKNOWN),
        (40, None, RefundOutcome.UNKNOWN),
        (42, None, RefundOutcome.UNKNOWN),
        (99, None, RefundOutcome.UNKNOWN),
        (7002, None, RefundOutcome.UNKNOWN),
    ],
)
def test_only_an_answer_that_knows_the_payment_says_that_a_refund_was_never_taken(code, listed, outcome):
    told = {"partnerCode": "MOMO", "orderId": "pa01", "resultCode": code, "refundTrans": listed}
    assert momo(Peer(json_answer(told))).query_refund(REFUND, now=AT).outcome is outcome


@pytest.mark.parametrize("code", [11, 12, 13, 20])
def test_our_keys_refused_about_a_refund_are_an_alarm(code):
    with pytest.raises(GatewayMisconfigured):
        momo(Peer(json_answer({"resultCode": code}))).query_refund(REFUND, now=AT)


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Verdict.NOT_AUTHENTIC, 400),
        (Verdict.UNREADABLE, 400),
        (Verdict.ORDER_UNKNOWN, 204),
        (Verdict.AMOUNT_DIFFERS, 400),
        (Verdict.SEEN, 204),
        (Verdict.RECORDED, 204),
        (Verdict.OUR_FAULT, 500),
    ],
)
def test_answers_are_a_status_and_nothing_else(verdict, status):
    reply = momo(Peer()).reply(verdict)
    assert (reply.status, reply.body) == (status, b"")


def test_no_key_is_shown():
    shown = repr(momo(Peer()))
    assert MOMO["secret"] not in shown
    assert MOMO["access_key"] not in shown
