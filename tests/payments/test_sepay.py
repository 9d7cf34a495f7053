"""SePay's wire: signature over the raw body, lines with whole amounts, the list it can be asked for."""

import json
from datetime import timedelta

import pytest

from payments.errors import BadAnswer, NoAnswer
from payments.gateways.http import Answer
from payments.gateways.protocol import Authenticity, Raw, Verdict
from payments.gateways.wire import Unreadable, read_object
from payments.money import Money
from tests.payments.scene import ACCOUNT, AT, SEPAY_KEY, VECTORS, Peer, bank_notice, bank_raw, json_answer, sepay

VECTOR = VECTORS["sepay_hmac"]


def read(raw: Raw, *, keys=(SEPAY_KEY,), now=AT):
    return sepay(keys=keys).parse_notice(raw, now=now)


def test_the_published_signature():
    at = AT.fromtimestamp(int(VECTOR["timestamp"]), AT.tzinfo)
    raw = bank_raw(VECTOR["raw_body"].encode(), key=VECTOR["secret"], at=at)
    assert raw.headers["x-sepay-signature"] == VECTOR["header_X-SePay-Signature"]
    line = read(raw, now=at).line
    assert (line.number, line.account, line.memo) == (92704, "0123499999", "HP0001 nop hoc phi")
    assert (line.amount, line.balance_after_minor, line.code_hint) == (Money(1_500_000), 19_077_000, "HP0001")
    assert line.paid_at.isoformat() == "2026-03-25T07:02:37+00:00"


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_of_drift_are_taken(seconds):
    raw = bank_notice(number=1, amount=1, memo="x")
    assert read(raw, now=AT + timedelta(seconds=seconds)).authenticity is Authenticity.AUTHENTIC


@pytest.mark.parametrize("seconds", [-301, 301])
def test_more_is_not(seconds):
    raw = bank_notice(number=1, amount=1, memo="x")
    assert read(raw, now=AT + timedelta(seconds=seconds)).authenticity is Authenticity.NOT_AUTHENTIC


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-sepay-signature": ""},
        {"x-sepay-timestamp": ""},
        {"x-sepay-timestamp": "-1"},
        {"x-sepay-timestamp": "٣"},
        {"x-sepay-signature": "sha256="},
        {"x-sepay-signature": "é"},
    ],
)
def test_a_missing_signature_is_a_wrong_one(headers):
    raw = bank_notice(number=1, amount=1, memo="x")
    given = dict(raw.headers) | headers if headers else {}
    assert read(Raw("POST", given, b"", raw.body)).authenticity is Authenticity.NOT_AUTHENTIC


def test_one_blank_in_the_body_is_another_body():
    raw = bank_notice(number=1, amount=1, memo="x")
    spoiled = Raw("POST", raw.headers, b"", raw.body.replace(b'"id": 1', b'"id":  1'))
    assert spoiled.body != raw.body
    assert read(spoiled).authenticity is Authenticity.NOT_AUTHENTIC


def test_two_keys_live_during_a_change():
    for key, expected in (("new", "authentic"), (SEPAY_KEY, "authentic"), ("older", "not_authentic")):
        raw = bank_notice(number=1, amount=1, memo="x", key=key)
        assert read(raw, keys=("new", SEPAY_KEY)).authenticity == expected


@pytest.mark.parametrize(
    "more",
    [
        {"id": 0},
        {"id": "x"},
        {"id": True},
        {"transferAmount": 50000.5},
        {"transferAmount": 5e4},
        {"transferAmount": 0},
        {"transferAmount": -5},
        {"transferType": "sideways"},
        {"transactionDate": "22/03/2026"},
        {"content": ["HP00000013"]},
        {"accumulated": "1,000"},
        {"accumulated": 10.25},
    ],
)
def test_fields_that_are_not_as_documented(more):
    assert read(bank_notice(number=1, amount=1000, memo="x", **more)).authenticity is Authenticity.UNREADABLE


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"id":1,"id":2}', b'{"id":NaN}', b"\xff", b'{"a":' * 40 + b"1" + b"}" * 40]
)
def test_bodies_that_are_not_as_documented(body):
    assert read(bank_raw(body)).authenticity is Authenticity.UNREADABLE


def test_depth_thirty_two_is_the_limit():
    assert read_object(b'{"a":' * 31 + b"{}" + b"}" * 31)
    with pytest.raises(Unreadable):
        read_object(b'{"a":' * 33 + b"{}" + b"}" * 33)


@pytest.mark.parametrize(
    ("verdict", "status", "success"),
    [
        (Verdict.NOT_AUTHENTIC, 401, False),
        (Verdict.UNREADABLE, 400, False),
        (Verdict.ORDER_UNKNOWN, 200, True),
        (Verdict.AMOUNT_DIFFERS, 200, True),
        (Verdict.SEEN, 200, True),
        (Verdict.RECORDED, 200, True),
        (Verdict.OUR_FAULT, 500, False),
    ],
)
def test_answers(verdict, status, success):
    reply = sepay().reply(verdict)
    assert (reply.status, json.loads(reply.body)) == (status, {"success": success})


def row(number: int, **more):
    return {
        "id": str(number),
        "account_number": ACCOUNT,
        "transaction_date": "2026-03-22 15:34:56",
        "amount_in": "450000.00",
        "amount_out": "0.00",
        "accumulated": "18067000.00",
        "transaction_content": "HP00000013",
        "code": None,
    } | more


def test_a_pull_asks_from_the_last_line_and_sorts():
    peer = Peer(json_answer({"status": 200, "transactions": [row(9), row(8), row(7), row(6, account_number="9")]}))
    lines = sepay(peer).lines(ACCOUNT, after=7)
    assert peer.asked[0]["url"] == (
        f"https://sepay.test/userapi/transactions/list?account_number={ACCOUNT}&limit=500&since_id=7"
    )
    assert peer.asked[0]["headers"] == {"Authorization": "Bearer T"}
    assert [line.number for line in lines] == [8, 9]
    assert (lines[0].amount, lines[0].balance_after_minor, lines[0].incoming) == (Money(450_000), 18_067_000, True)


def test_a_line_that_left():
    peer = Peer(json_answer({"transactions": [row(8, amount_in="0.00", amount_out="1000.00")]}))
    (line,) = sepay(peer).lines(ACCOUNT, after=None)
    assert (line.incoming, line.amount) == (False, Money(1000))


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"transactions": [row(8, amount_in="450000.50")]}),
        json_answer({"transactions": [row(8, amount_in="0.00")]}),
        json_answer({"transactions": [row(8, amount_out="1.00")]}),
        json_answer({"transactions": ["x"]}),
        json_answer({"transactions": None}),
        json_answer({"transactions": []}, status=429),
        Answer(200, b"<html>"),
    ],
)
def test_a_list_that_is_not_as_documented_is_no_answer(answer):
    with pytest.raises(BadAnswer):
        sepay(Peer(answer)).lines(ACCOUNT, after=None)


def test_no_answer_stays_one():
    with pytest.raises(NoAnswer):
        sepay(Peer(NoAnswer(reason="time_out"))).lines(ACCOUNT, after=None)


def test_no_key_is_shown():
    assert SEPAY_KEY not in repr(sepay())


def test_a_text_that_is_too_long_is_cut_and_the_money_does_not_wait():
    line = read(bank_notice(number=1, amount=1000, memo="HP00000013 " + "đ" * 5000, code="Z" * 300)).line
    assert (line.memo[:10], len(line.memo), line.code_hint) == ("HP00000013", 1000, "Z" * 40)
    pulled = row(8, transaction_content="x" * 5000, code="Z" * 300)
    assert len(sepay(Peer(json_answer({"transactions": [pulled]}))).lines(ACCOUNT, after=None)[0].memo) == 1000
