"""ZaloPay's wire: a callback is signed as its text stands, calls by the other key; what the codes mean."""

import json

import pytest

from payments.errors import BadAnswer, GatewayMisconfigured, NoAnswer, ProviderRefused
from payments.gateways.http import Answer
from payments.gateways.protocol import Asked, Authenticity, Order, Outcome, Raw, Verdict
from payments.gateways.wire import hmac_hex
from payments.money import Money
from tests.payments.gates import ZALOPAY, zalopay
from tests.payments.scene import AT, VECTORS, Peer, json_answer

SAMPLE = VECTORS["zalopay_callback"]
ORDER = Order("pa01", Money(50_000), "HP00000013", "970436", "1", AT, AT, "https://portal.test/r", "127.0.0.1")
ASKED = Asked("pa_1", 1, "zalopay", "pa01", Money(50_000), AT)


def callback(data: str = SAMPLE["data_string"], *, key: str = SAMPLE["key2"], **more: object) -> Raw:
    """Return a callback signed over its text."""
    fields = {"data": data, "mac": hmac_hex("sha256", key, data.encode()), "type": 1} | more
    return Raw("POST", {}, b"", json.dumps(fields).encode())


def told(**changed: object) -> str:
    """Return the sample's text with other values."""
    return json.dumps(json.loads(SAMPLE["data_string"]) | changed)


def read(raw: Raw, **more: object):
    return zalopay(Peer(), **more).parse_notice(raw, now=AT)


def test_the_published_callback_verifies_as_it_came_and_not_as_written_again():
    assert hmac_hex("sha256", SAMPLE["key2"], SAMPLE["data_string"].encode()) == SAMPLE["published"]
    found = read(callback(mac=SAMPLE["published"])).finding
    assert (found.outcome, found.amount, found.provider_txn_id) == (Outcome.PAID, Money(10_000), "200904000000389")
    assert (found.merchant_ref, found.paid_at.isoformat()) == ("2553_1598435687208", "2020-09-04T03:16:53.498000+00:00")
    again = callback(told(), mac=SAMPLE["published"])
    assert read(again).authenticity is Authenticity.NOT_AUTHENTIC


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (callback(key=ZALOPAY["key1"]), "not_authentic"),
        (callback(mac=""), "not_authentic"),
        (callback(mac=None), "not_authentic"),
        (callback(data=SAMPLE["data_string"], mac=SAMPLE["published"].upper()), "not_authentic"),
        (Raw("POST", {}, b"", json.dumps({"data": {"amount": 1}, "mac": "x"}).encode()), "not_authentic"),
        (callback(told(app_id=1)), "not_authentic"),
        (callback("{"), "unreadable"),
        (callback(told(amount=10_000.5)), "unreadable"),
        (callback(told(app_trans_id="x")), "unreadable"),
        (callback(told(server_time="9" * 15)), "unreadable"),
        (Raw("POST", {}, b"", b"mac=1"), "unreadable"),
    ],
)
def test_what_is_not_a_callback_of_ours(raw, expected):
    assert read(raw).authenticity == expected


def test_an_agreement_is_authentic_and_about_no_money():
    notice = read(callback(type=2))
    assert (notice.authenticity, notice.moneyless, notice.finding) == (Authenticity.AUTHENTIC, True, None)


def test_two_second_keys_live_during_a_change():
    for keys, expected in (((ZALOPAY["key2"], "new"), "authentic"), (("new",), "not_authentic")):
        assert read(callback(), keys=keys).authenticity == expected


def test_paid_without_a_number_is_only_a_hint():
    assert read(callback(told(zp_trans_id=0))).finding.outcome is Outcome.HINT


def test_what_is_sent():
    peer = Peer(json_answer({"return_code": 1, "order_url": "https://qcgateway.zalopay.vn/x"}))
    started = zalopay(peer).create(ORDER, now=AT)
    sent = json.loads(peer.asked[0]["body"])
    text = f"2553|260322_pa01|payer|50000|{sent['app_time']}|{sent['embed_data']}|[]"
    assert sent["mac"] == hmac_hex("sha256", ZALOPAY["key1"], text.encode())
    assert (sent["expire_duration_seconds"], sent["callback_url"]) == (300, "https://portal.test/hooks/zalopay")
    assert json.loads(sent["embed_data"]) == {"redirecturl": "https://portal.test/r"}
    assert started.redirect_url == "https://qcgateway.zalopay.vn/x"
    peer = Peer(json_answer({"return_code": 3}))
    zalopay(peer).query(ASKED, now=AT)
    assert json.loads(peer.asked[0]["body"])["mac"] == VECTORS["computed"]["vectors"]["zalopay_query"]["mac"]


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        ({"return_code": 2, "sub_return_code": -68}, NoAnswer, "duplicate"),
        ({"return_code": 2, "sub_return_code": -401}, ProviderRefused, "configuration"),
        ({"return_code": 2, "sub_return_code": -402}, ProviderRefused, "configuration"),
        ({"return_code": 2, "sub_return_code": -429}, NoAnswer, "too_many"),
        ({"return_code": 2, "sub_return_code": -500}, NoAnswer, "system"),
        ({"return_code": 2, "sub_return_code": -999}, NoAnswer, "maintenance"),
        ({"return_code": 2, "sub_return_code": -1}, ProviderRefused, "other"),
        ({"return_code": 3}, NoAnswer, "unclear"),
        ({}, NoAnswer, "unclear"),
        ({"return_code": 1, "order_url": "http://elsewhere.test"}, BadAnswer, "unreadable"),
    ],
)
def test_what_create_may_be_answered(answer, error, reason):
    with pytest.raises((NoAnswer, ProviderRefused)) as caught:
        zalopay(Peer(json_answer(answer))).create(ORDER, now=AT)
    assert (type(caught.value), caught.value.fields["reason"]) == (error, reason)
    assert not any(key in str(caught.value) for key in (ZALOPAY["key1"], ZALOPAY["key2"]))


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        ({"return_code": 1, "amount": 50_000, "zp_trans_id": 7}, Outcome.PAID, ""),
        ({"return_code": 1, "amount": 50_000, "zp_trans_id": 0}, Outcome.HINT, ""),
        ({"return_code": 2, "sub_return_code": -54}, Outcome.EXPIRED, "too_late"),
        ({"return_code": 2, "sub_return_code": -101}, Outcome.PENDING, "not_found"),
        ({"return_code": 2, "sub_return_code": -1}, Outcome.FAILED, "other"),
        ({"return_code": 2, "sub_return_code": -1, "is_processing": True}, Outcome.PENDING, "waiting"),
        ({"return_code": 3, "is_processing": True}, Outcome.PENDING, "waiting"),
    ],
)
def test_what_a_query_may_be_answered(answer, outcome, reason):
    found = zalopay(Peer(json_answer(answer))).query(ASKED, now=AT)
    assert (found.outcome, found.reason, found.amount) == (outcome, reason, Money(50_000))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_answer({"return_code": 2, "sub_return_code": -402}), GatewayMisconfigured),
        (json_answer({"return_code": 2, "sub_return_code": -500}), NoAnswer),
        (json_answer({"return_code": 1}), BadAnswer),
        (json_answer({"return_code": 9}), BadAnswer),
        (Answer(502, b"{}"), BadAnswer),
    ],
)
def test_what_is_no_answer(answer, error):
    with pytest.raises(NoAnswer) as caught:
        zalopay(Peer(answer)).query(ASKED, now=AT)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Verdict.NOT_AUTHENTIC, -1),
        (Verdict.UNREADABLE, -1),
        (Verdict.ORDER_UNKNOWN, 1),
        (Verdict.AMOUNT_DIFFERS, -1),
        (Verdict.SEEN, 1),
        (Verdict.RECORDED, 1),
        (Verdict.OUR_FAULT, 0),
    ],
)
def test_answers(verdict, code):
    reply = zalopay(Peer()).reply(verdict)
    assert (reply.status, json.loads(reply.body)["return_code"]) == (200, code)


def test_no_key_is_shown():
    assert not any(key in repr(zalopay(Peer())) for key in (ZALOPAY["key1"], ZALOPAY["key2"]))
