"""Casso's wire: a signature over the body written again, lines with signed amounts, a list of pages."""

import json
from datetime import timedelta

import pytest

from payments.errors import BadAnswer, NoAnswer
from payments.gateways.casso import written_again
from payments.gateways.http import Answer
from payments.gateways.protocol import Authenticity, Raw, Verdict
from payments.gateways.wire import hmac_hex
from payments.money import Money
from tests.payments.gates import CASSO, casso
from tests.payments.scene import ACCOUNT, AT, VECTORS, Peer, json_answer

SAMPLE = VECTORS["computed"]["vectors"]["casso_v2"]
STAMP = int(AT.timestamp() * 1000)


def raw_of(body: bytes, *, stamp: int = STAMP, key: str = CASSO["secret"], header: str | None = None) -> Raw:
    """Return bytes signed as Casso signs what they say."""
    try:
        text = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except ValueError:
        text = ""
    signature = f"t={stamp},v1=" + hmac_hex("sha512", key, f"{stamp}.{text}".encode())
    return Raw("POST", {"x-casso-signature": signature if header is None else header}, b"", body)


def notice(**changed: object) -> Raw:
    return raw_of(json.dumps({"error": 0, "data": SAMPLE["body"]["data"] | changed}).encode())


def read(raw: Raw, *, keys: tuple[str, ...] = (CASSO["secret"],), now=AT):
    return casso(Peer(), keys=keys).parse_notice(raw, now=now)


def test_the_vector():
    body = json.dumps(SAMPLE["body"], ensure_ascii=False).encode()
    assert f"{SAMPLE['t']}.{written_again(body)}" == SAMPLE["canonical"]
    at = AT.fromtimestamp(int(SAMPLE["t"]) / 1000, AT.tzinfo)
    raw = Raw("POST", {"x-casso-signature": f"t={SAMPLE['t']},v1={SAMPLE['v1']}"}, b"", body)
    line = read(raw, now=at).line
    assert (line.number, line.account, line.memo) == (811, "1031933430", "HP00000013 nộp học phí")
    assert (line.amount, line.incoming, line.balance_after_minor) == (Money(150_000), True, 2_150_000)
    assert line.paid_at.isoformat() == "2026-03-22T08:34:56+00:00"


def test_numbers_keep_their_text_and_keys_are_sorted_at_every_depth():
    body = '{"b": [1.50, {"z": 1e3, "a": -0}], "a": {"é": "\\u00e9\\n", "B": null}, "c": true}'
    assert written_again(body.encode()) == '{"a":{"B":null,"é":"é\\n"},"b":[1.50,{"a":-0,"z":1e3}],"c":true}'


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (notice(), "authentic"),
        (raw_of(notice().body, stamp=STAMP - 300_000), "authentic"),
        (raw_of(notice().body, stamp=STAMP - 301_000), "not_authentic"),
        (raw_of(notice().body, stamp=STAMP + 301_000), "not_authentic"),
        (raw_of(notice().body, key="other"), "not_authentic"),
        (raw_of(notice().body, header=""), "not_authentic"),
        (raw_of(notice().body, header="t=1,v1="), "not_authentic"),
        (raw_of(notice(amount=1).body, header=notice().headers["x-casso-signature"]), "not_authentic"),
        (raw_of(b'{"error":0}'), "unreadable"),
        (raw_of(b"[]"), "unreadable"),
        (raw_of(b'{"data":{"id":1,"id":2}}'), "unreadable"),
        (notice(amount=150_000.5), "unreadable"),
        (notice(amount=0), "unreadable"),
        (notice(id=-1), "unreadable"),
        (notice(transactionDateTime="22/03/2026"), "unreadable"),
        (notice(runningBalance="1,000"), "unreadable"),
    ],
)
def test_what_is_casso_s(raw, expected):
    assert read(raw).authenticity == expected


def test_the_body_may_come_in_any_order_and_with_blanks():
    fields = json.loads(notice().body)
    other = {"data": dict(reversed(fields["data"].items())), "error": 0}
    spaced = Raw("POST", notice().headers, b"", json.dumps(other, indent=2).encode())
    assert read(spaced).authenticity is Authenticity.AUTHENTIC


def test_the_test_call_is_about_no_money():
    answer = read(notice(id=0))
    assert (answer.authenticity, answer.moneyless, answer.line) == (Authenticity.AUTHENTIC, True, None)


def test_money_that_leaves_is_below_zero():
    line = read(notice(amount=-5000, runningBalance=-1)).line
    assert (line.incoming, line.amount, line.balance_after_minor) == (False, Money(5000), -1)


def test_two_keys_live_during_a_change():
    for keys, expected in ((("new", CASSO["secret"]), "authentic"), (("new",), "not_authentic")):
        assert read(notice(), keys=keys).authenticity == expected


def row(number: int, **more: object) -> dict[str, object]:
    return {
        "id": number, "tid": "FT1", "description": "HP00000013", "amount": 450_000, "cusum_balance": 18_067_000,
        "when": "2026-03-22 15:34:56", "bankSubAccId": ACCOUNT,
    } | more  # fmt: skip


def page(*rows: object, more: int | None = None) -> Answer:
    return json_answer({"error": 0, "data": {"nextPage": more, "records": list(rows)}})


def test_a_pull_walks_the_pages_and_takes_new_lines_of_this_account():
    peer = Peer(page(row(6), row(7), row(8, bankSubAccId="9"), more=2), page(row(9, amount=-1000)))
    lines = casso(peer, now=lambda: AT).lines(ACCOUNT, after=6)
    assert [(line.number, line.incoming) for line in lines] == [(7, True), (9, False)]
    assert peer.asked[1]["url"] == (
        "https://casso.test/transactions?fromDate=2026-02-20&toDate=2026-03-22&page=2&pageSize=100&sort=ASC"
    )
    assert peer.asked[0]["headers"]["Authorization"] == f"Apikey {CASSO['api_key']}"


def test_a_line_that_has_only_its_day_is_of_that_day():
    at = AT + timedelta(days=3)
    peer = Peer(page(row(7, when="2026-03-22"), row(8, when="2026-03-25")))
    first, second = casso(peer, now=lambda: at).lines(ACCOUNT, after=None)
    assert (first.paid_at.isoformat(), second.paid_at) == ("2026-03-22T16:59:59+00:00", at)


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"error": 1, "data": {"records": []}}),
        json_answer({"error": 0, "data": None}),
        json_answer({"error": 401}, status=401),
        page("x"),
        page(row(7, amount=0)),
        page(row(7, when="yesterday")),
        Answer(200, b"<html>"),
        NoAnswer(reason="time_out"),
    ],
)
def test_what_is_no_list(answer):
    with pytest.raises(NoAnswer):
        casso(Peer(answer)).lines(ACCOUNT, after=None)


def test_a_list_without_an_end_is_given_up():
    with pytest.raises(BadAnswer):
        casso(Peer(*[page(row(7), more=number) for number in range(2, 202)])).lines(ACCOUNT, after=None)


@pytest.mark.parametrize(("days", "first"), [(0, "2026-03-20"), (5, "2026-03-15"), (99, "2026-02-20")])
def test_a_pull_asks_for_the_days_that_are_not_known_and_two_before(days, first):
    peer = Peer(page(row(9)))
    casso(peer, now=lambda: AT).lines(ACCOUNT, after=6, since=AT - timedelta(days=days))
    assert f"fromDate={first}&" in peer.asked[0]["url"]


def test_all_pages_share_one_call_s_time():
    peer = Peer(page(row(7), more=2), page(row(8), more=3), page(row(9)))
    casso(peer, now=lambda: AT).lines(ACCOUNT, after=6, seconds=7.0)
    given = [asked["seconds"] for asked in peer.asked]
    assert 7.0 >= given[0] > given[1] > given[2]


@pytest.mark.parametrize("last", [page(row(9)), page(row(9), more=2), page(row(9), more=0), page(more=3)])
def test_a_list_ends_where_a_page_is_empty_or_leads_nowhere_new(last):
    peer = Peer(page(row(7), more=2), last)
    assert {line.number for line in casso(peer, now=lambda: AT).lines(ACCOUNT, after=None)} <= {7, 9}
    assert len(peer.asked) == 2


@pytest.mark.parametrize(
    ("verdict", "status", "success"),
    [
        (Verdict.NOT_AUTHENTIC, 401, 0),
        (Verdict.UNREADABLE, 400, 0),
        (Verdict.ORDER_UNKNOWN, 200, 1),
        (Verdict.AMOUNT_DIFFERS, 200, 1),
        (Verdict.SEEN, 200, 1),
        (Verdict.RECORDED, 200, 1),
        (Verdict.OUR_FAULT, 500, 0),
    ],
)
def test_answers(verdict, status, success):
    reply = casso(Peer()).reply(verdict)
    assert (reply.status, json.loads(reply.body)) == (status, {"success": success})


def test_no_key_is_shown():
    assert not any(key in repr(casso(Peer())) for key in CASSO.values())
