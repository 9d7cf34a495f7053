"""KeyPay's wire: what its check_sum covers and what it does not, and what is asked before anything is booked."""

import json

import pytest

from payments.errors import BadAnswer, NoAnswer, ProviderRefused
from payments.gateways.http import Answer
from payments.gateways.protocol import Asked, Authenticity, Order, Outcome, Raw, Verdict
from payments.gateways.wire import hmac_hex
from payments.money import Money
from tests.payments.gates import KEYPAY, keypay
from tests.payments.scene import AT, VECTORS, Peer, json_answer

COMPUTED = VECTORS["computed"]["vectors"]
REF = "pa0123456789abcdefgh"
ORDER = Order(REF, Money(150_000), "HP00000013", "970436", "1031933430", AT, AT, "https://p.test/r", "127.0.0.1")
ASKED = Asked("pa_1", 1, "keypay", REF, Money(150_000), AT)
NOTICE = {
    "client_id": "HPG01", "transaction_id": REF, "transaction_code": "KP1", "trans_amount": "150000",
    "payment_fee": "0", "command": "PAY", "addition_fee": "0", "version": "3.0", "status": "0",
    "check_sum": COMPUTED["keypay_notice"]["check_sum"],
}  # fmt: skip
PAID = {"error": "0", "status": "0", "transaction_id": REF, "transaction_code": "KP1", "trans_amount": "150000"}


def read(**changed: object):
    body = {name: value for name, value in (NOTICE | changed).items() if value is not ...}
    return keypay(Peer()).parse_notice(Raw("POST", {}, b"", json.dumps(body).encode()), now=AT)


def test_the_vectors():
    for vector in (COMPUTED["keypay_create"], COMPUTED["keypay_notice"], COMPUTED["keypay_detail"]):
        assert hmac_hex("sha256", vector["key"], vector["canonical"].encode()) == vector["check_sum"]
    peer = Peer(json_answer({"error": "0", "payment_url": "https://keypay.test/p"}))
    assert keypay(peer).create(ORDER, now=AT).redirect_url == "https://keypay.test/p"
    sent = json.loads(peer.asked[0]["body"])
    assert sent["check_sum"] == COMPUTED["keypay_create"]["check_sum"]
    assert (sent["bill_info"]["TKThuHuong"], sent["bill_info"]["HoTenNguoiNop"]) == ("1031933430", "")
    peer = Peer(json_answer(PAID))
    keypay(peer).query(ASKED, now=AT)
    assert json.loads(peer.asked[0]["body"])["check_sum"] == COMPUTED["keypay_detail"]["check_sum"]


@pytest.mark.parametrize("status", ["0", "1", "2", 0, None, ...])
def test_a_notice_is_a_hint_whatever_it_says_of_its_result(status):
    # A refused one whose status was turned to 0 has the same check_sum.
    found = read(status=status, transaction_code="KP999").finding
    assert (found.outcome, found.provider_txn_id, found.amount) == (Outcome.HINT, None, Money(150_000))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"trans_amount": "150001"}, "not_authentic"),
        ({"transaction_id": "other"}, "not_authentic"),
        ({"check_sum": ""}, "not_authentic"),
        ({"check_sum": ...}, "not_authentic"),
        ({"check_sum": COMPUTED["keypay_create"]["check_sum"]}, "not_authentic"),
        ({"client_id": "OTHER"}, "not_authentic"),
        ({"version": ...}, "unreadable"),
        ({"trans_amount": 150_000.0}, "unreadable"),
    ],
)
def test_what_is_not_a_notice_of_ours(changed, expected):
    assert read(**changed).authenticity == expected


def test_a_body_that_is_none():
    assert keypay(Peer()).parse_notice(Raw("POST", {}, b"", b"[]"), now=AT).authenticity is Authenticity.UNREADABLE


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_answer({"error": "3", "msg": "no"}), ProviderRefused),
        (json_answer({}), BadAnswer),
        (json_answer({"error": "0", "payment_url": "ftp://x"}), BadAnswer),
        (Answer(500, b""), BadAnswer),
        (NoAnswer(reason="time_out"), NoAnswer),
    ],
)
def test_what_create_may_be_answered(answer, error):
    with pytest.raises((NoAnswer, ProviderRefused)) as caught:
        keypay(Peer(answer)).create(ORDER, now=AT)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("answer", "outcome", "number"),
    [
        (PAID, Outcome.PAID, "KP1"),
        (PAID | {"status": "1"}, Outcome.PENDING, None),
        (PAID | {"status": "2"}, Outcome.FAILED, None),
        (PAID | {"status": "7"}, Outcome.UNKNOWN, None),
        ({"error": "1"}, Outcome.PENDING, None),
    ],
)
def test_what_detail_says(answer, outcome, number):
    found = keypay(Peer(json_answer(answer))).query(ASKED, now=AT)
    assert (found.outcome, found.provider_txn_id) == (outcome, number)


@pytest.mark.parametrize(
    "answer", [{"error": "2"}, {}, PAID | {"transaction_id": "x"}, PAID | {"transaction_code": ""}]
)
def test_what_is_no_answer(answer):
    with pytest.raises(NoAnswer):
        keypay(Peer(json_answer(answer))).query(ASKED, now=AT)


def test_answers():
    said = {verdict: json.loads(keypay(Peer()).reply(verdict).body)["return_code"] for verdict in Verdict}
    assert {verdict for verdict, code in said.items() if code == 0} == {Verdict.SEEN, Verdict.RECORDED}
    assert json.loads(keypay(Peer()).reply(Verdict.NOT_AUTHENTIC).body)["return_msg"] == "check_sum invalid"
    assert {keypay(Peer()).reply(verdict).status for verdict in Verdict} == {200}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"MaHoSo": "HP00000013"}, "HP00000013"),
        ({"MaHoSo": " hp00000013\n", "more": 1}, "HP00000013"),
        ({"MaHoSo": ""}, None),
        ({"MaHoSo": "H" * 65}, None),
        ({"MaHoSo": ["HP00000013"]}, None),
        ({}, None),
        ([], None),
    ],
)
def test_which_bill_is_looked_up(body, code):
    assert keypay(Peer()).asked_code(Raw("POST", {}, b"", json.dumps(body).encode())) == code


def test_a_bill_is_what_create_tells_of_an_order():
    peer = Peer(json_answer({"error": "0", "payment_url": "https://keypay.test/p"}))
    keypay(peer).create(ORDER, now=AT)
    told = json.loads(keypay(Peer()).bill(ORDER, known=True).body)
    named = {"client_id": "HPG01", "transaction_id": REF, "MaTraCuuTT": "HP00000013"}
    assert told == {"error_code": 1, "message": named | json.loads(peer.asked[0]["body"])["bill_info"]}
    assert json.loads(keypay(Peer()).bill(None, known=True).body) == {"error_code": 0, "message": []}
    assert json.loads(keypay(Peer()).bill(None, known=False).body) == {"error_code": -1, "message": []}


def test_two_second_keys_live_and_none_is_shown():
    raw = Raw("POST", {}, b"", json.dumps(NOTICE).encode())
    for keys, expected in ((("new", "hk2"), "authentic"), (("new",), "not_authentic")):
        assert keypay(Peer(), keys=keys).parse_notice(raw, now=AT).authenticity == expected
    assert not any(KEYPAY[name] in repr(keypay(Peer())) for name in ("key1", "key2"))
