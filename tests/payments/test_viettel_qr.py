"""Viettel's wire: sums without separators, confirmed with our own amount, searched for before anything is booked."""

import json
from urllib.parse import parse_qsl, urlencode

import pytest

from payments.errors import BadAnswer, GatewayMisconfigured, NoAnswer
from payments.gateways.protocol import Asked, Authenticity, Due, Order, Outcome, Raw, Verdict
from payments.gateways.replying import answer_to
from payments.gateways.wire import hmac_hex
from payments.money import Money
from tests.payments.gates import VIETTEL, viettel_qr
from tests.payments.scene import AT, VECTORS, Peer, json_answer

COMPUTED = VECTORS["computed"]["vectors"]
CONFIRM = VECTORS["viettel_confirm"]
REF = "12___HS1"
ASKED = Asked("pa_1", 1, "viettel_qr", REF, Money(150_000), AT)
RESULT = {
    "billcode": "AGENCY___INV1", "cust_msisdn": "84900000001", "error_code": "00", "merchant_code": "MC01",
    "order_id": REF, "payment_status": "1", "trans_amount": "150000", "vt_transaction_id": "VT20260322001",
    "check_sum": COMPUTED["viettel_result_notice_sandbox"]["check_sum"],
}  # fmt: skip
FOUND = {
    "error_code": "00", "merchant_code": "MC01", "order_id": REF, "payment_status": "1", "vt_transaction_id": "VT1",
}  # fmt: skip


def form(fields: dict[str, str]) -> Raw:
    return Raw("POST", {}, b"", urlencode(fields).encode())


def confirmed(due: Money | None, **changed: str) -> dict[str, str]:
    asked = {"billcode": "AGENCY___INV1", "merchant_code": "MC01", "order_id": REF}
    asked["check_sum"] = CONFIRM["check_sum_hex_hmac_sha1"]
    own = None if due is None else Due(due, "AGENCY___INV1")
    answer: dict[str, str] = json.loads(viettel_qr(Peer()).confirm(form(asked | changed), due=own).body)
    return answer


def read(raw: Raw, **more: object):
    return viettel_qr(Peer(), **more).parse_notice(raw, now=AT)


def test_the_code_that_the_app_reads():
    order = Order("ref1", Money(150_000), "HP00000013", "970436", "1", AT, AT, "https://p.test/r", "127.0.0.1")
    assert json.loads(viettel_qr(Peer()).create(order, now=AT).qr) == {
        "priority": "1", "version": "2.0", "type": "1", "billcode": "HP00000013", "order_id": "ref1",
        "amount": "150000", "merchant_code": "MC01",
    }  # fmt: skip


def test_confirming_is_signed_with_our_own_amount():
    right = confirmed(Money(150_000))
    assert (right["error_code"], right["trans_amount"], right["order_id"]) == ("00", "150000", REF)
    # The same sum over another amount of ours: what Viettel would take is not what is due.
    other = confirmed(Money(150_001))
    assert (other["error_code"], other["trans_amount"]) == ("02", "")
    assert confirmed(Money(150_000), check_sum="")["error_code"] == "02"
    assert confirmed(None)["error_code"] == "01"
    assert confirmed(Money(150_000), merchant_code="MC02")["error_code"] == "01"
    assert confirmed(Money(150_000), billcode="HP00000014")["error_code"] == "01"
    assert json.loads(viettel_qr(Peer()).confirm(Raw("POST", {}, b"", b"{}"), due=None).body)["error_code"] == "01"
    assert viettel_qr(Peer()).confirmed_ref(Raw("POST", {}, b"", b"{}")) is None


def test_a_right_result_is_a_hint():
    found = read(form(RESULT)).finding
    assert (found.outcome, found.provider_txn_id, found.amount) == (Outcome.HINT, None, Money(150_000))
    assert found.merchant_ref == REF


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"check_sum": ""}, "not_authentic"),
        ({"check_sum": "0" * 40}, "not_authentic"),
        ({"trans_amount": "150001"}, "not_authentic"),
        ({"payment_status": "0"}, "not_authentic"),
        ({"order_id": "other"}, "not_authentic"),
    ],
)
def test_a_wrong_sum_is_02(changed, expected):
    raw = form(RESULT | changed)
    assert read(raw).authenticity == expected
    assert json.loads(answer_to(viettel_qr(Peer()), raw, Verdict.NOT_AUTHENTIC).body)["error_code"] == "02"


def test_what_cannot_be_read():
    fewer = {name: value for name, value in RESULT.items() if name != "billcode"}
    for raw in (form(fewer), Raw("POST", {}, b"", b"{}"), Raw("POST", {}, b"", b"a=1&a=2")):
        assert read(raw).authenticity is Authenticity.UNREADABLE


def test_a_result_is_answered_with_its_order_and_a_sum():
    answer = json.loads(answer_to(viettel_qr(Peer()), form(RESULT), Verdict.RECORDED).body)
    assert answer == {
        "error_code": "00", "merchant_code": "MC01", "order_id": REF, "return_url": "", "return_bill_code": "",
        "return_other_info": "", "check_sum": COMPUTED["viettel_result_answer"]["check_sum"],
    }  # fmt: skip


def test_answers():
    wanted = {
        Verdict.NOT_AUTHENTIC: "02", Verdict.UNREADABLE: "03", Verdict.ORDER_UNKNOWN: "01",
        Verdict.AMOUNT_DIFFERS: "01", Verdict.SEEN: "00", Verdict.RECORDED: "00", Verdict.OUR_FAULT: "03",
    }  # fmt: skip
    for verdict, code in wanted.items():
        reply = viettel_qr(Peer()).reply(verdict)
        assert (reply.status, json.loads(reply.body)["error_code"]) == (200, code)


def test_searching_signs_what_is_sent():
    vector = COMPUTED["viettel_search"]
    assert hmac_hex("sha1", vector["key"], vector["canonical"].encode()) == vector["check_sum"]
    peer = Peer(json_answer(FOUND))
    found = viettel_qr(peer).query(ASKED, now=AT)
    assert dict(parse_qsl(peer.asked[0]["body"].decode()))["check_sum"] == vector["check_sum"]
    assert (found.outcome, found.provider_txn_id, found.amount) == (Outcome.PAID, "VT1", Money(150_000))


@pytest.mark.parametrize(
    ("changed", "reason"), [({"payment_status": "0"}, "waiting"), ({"error_code": "01"}, "not_found")]
)
def test_not_paid_yet(changed, reason):
    found = viettel_qr(Peer(json_answer(FOUND | changed))).query(ASKED, now=AT)
    assert (found.outcome, found.reason) == (Outcome.PENDING, reason)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"error_code": "02"}, GatewayMisconfigured),
        ({"error_code": "03"}, NoAnswer),
        ({"order_id": "other"}, BadAnswer),
        ({"merchant_code": "MC02"}, BadAnswer),
        ({"vt_transaction_id": ""}, BadAnswer),
    ],
)
def test_what_is_no_answer(changed, error):
    with pytest.raises(NoAnswer) as caught:
        viettel_qr(Peer(json_answer(FOUND | changed))).query(ASKED, now=AT)
    assert type(caught.value) is error


def test_two_keys_live_and_none_is_shown():
    for keys, expected in ((("new", "hk"), "authentic"), (("new",), "not_authentic")):
        assert read(form(RESULT), keys=keys).authenticity == expected
    shown = repr(viettel_qr(Peer(), keys=("a-very-secret-key",)))
    assert "a-very-secret-key" not in shown
    assert VIETTEL["access_code"] not in shown
