"""The stand-ins by themselves: their pages, what they refuse, and that a restart forgets nothing."""

import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from werkzeug.test import Client

from payments import VietQr, encode_vietqr
from payments.gateways.protocol import Order
from payments.gateways.sandbox import make_app
from payments.money import Money
from tests.payments.loopback import KEYS, opened, serving, until
from tests.payments.scene import VNPAY_KEY, vnp_query, vnpay

NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def sandbox(tmp_path):
    app = opened(tmp_path, NOBODY)
    yield Client(app)
    app.close()


def order(*, expires_in: float = 15.0) -> Order:
    now = datetime.now(UTC)
    return Order(
        merchant_ref="ref1",
        amount=Money(450_000),
        code="HP00000013",
        bank_bin="970436",
        bank_account="1031933430",
        created_at=now,
        expires_at=now + timedelta(minutes=expires_in),
        return_url="http://localhost/pay/return/vnpay",
        payer_ip="127.0.0.1",
    )


def visit(client, **more):
    query = vnpay().create(order(**more), now=datetime.now(UTC)).redirect_url.split("?")[1]
    return client.get("/vnpay/pay", query_string=query)


class Page(HTMLParser):
    """What a page holds: its tags, and what has a label."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def check_page(answer) -> Page:
    text = answer.get_data(as_text=True)
    page = Page(text)
    assert len(page.all("h1")) == len(page.all("title")) == 1
    assert page.all("html")[0]["lang"] == "vi"
    assert "SANDBOX – mô phỏng" in text
    assert page.all("script") == []
    assert all(form["method"] == "post" for form in page.all("form"))
    labelled = {label["for"] for label in page.all("label")}
    typed = [field for field in page.all("input") + page.all("textarea") if field.get("type") != "hidden"]
    assert all(field["id"] in labelled for field in typed)
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    return page


def test_the_pay_page_offers_four_ways_on(sandbox):
    page = check_page(visit(sandbox))
    assert [button["value"] for button in page.all("button")] == ["pay", "pay_other", "decline", "close"]


def test_paying_leads_back_with_a_signed_result(sandbox):
    visit(sandbox)
    answer = sandbox.post("/vnpay/pay/ref1", data={"do": "pay"})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("http://localhost/pay/return/vnpay?")
    assert "vnp_ResponseCode=00" in answer.headers["Location"]
    check_page(visit(sandbox))
    again = sandbox.post("/vnpay/pay/ref1", data={"do": "decline"})
    assert "vnp_ResponseCode=00" in again.headers["Location"]


def test_closing_pays_nothing_and_sends_nothing(sandbox):
    visit(sandbox)
    check_page(sandbox.post("/vnpay/pay/ref1", data={"do": "close"}))
    assert [entry["way"] for entry in sandbox.get("/_log/vnpay").get_json()["messages"]] == ["in"]


@pytest.mark.parametrize(
    "data", [{"do": "pay_other", "amount": "x"}, {"do": "pay_other", "amount": "0"}, {"do": "?"}, {}]
)
def test_a_choice_that_is_none(sandbox, data):
    visit(sandbox)
    answer = sandbox.post("/vnpay/pay/ref1", data=data)
    assert answer.status_code == 400
    check_page(answer)


def test_what_the_pay_page_refuses(sandbox):
    query = vnp_query({"vnp_TmnCode": "DEMOV210"}, key="wrong").decode()
    for answer in (
        sandbox.get("/vnpay/pay", query_string=query),
        sandbox.get("/vnpay/pay", query_string=vnp_query({"vnp_TmnCode": "OTHER"}, key=VNPAY_KEY).decode()),
        sandbox.get("/vnpay/pay"),
        visit(sandbox, expires_in=-1),
    ):
        assert answer.status_code == 400
        check_page(answer)
    assert sandbox.post("/vnpay/pay/ref1", data={"do": "pay"}).status_code == 404


def test_a_query_that_is_not_signed_is_refused(sandbox):
    assert sandbox.post("/vnpay/api", json={"vnp_TxnRef": "ref1"}).get_json()["vnp_ResponseCode"] == "97"
    assert sandbox.post("/vnpay/api", data=b"{").get_json()["vnp_ResponseCode"] == "03"


def test_the_banks_page_fills_in_what_the_code_says(sandbox):
    text = VietQr().create(order(), now=datetime.now(UTC)).qr
    check_page(sandbox.get("/bank/", query_string={"payload": text}))
    page = check_page(sandbox.post("/bank/read", data={"payload": text}))
    assert {field["name"]: field["value"] for field in page.all("input")} == {
        "account": "1031933430",
        "amount": "450000",
        "memo": "HP00000013",
    }
    open_code = encode_vietqr(bank_bin="970436", account="1", amount_minor=None)
    check_page(sandbox.post("/bank/read", data={"payload": open_code}))
    for answer in (
        sandbox.post("/bank/read", data={"payload": text[:-1] + "?"}),
        sandbox.post("/bank/pay", data={"account": "1", "amount": "x"}),
        sandbox.post("/bank/pay", data={"account": "1", "amount": "0"}),
    ):
        assert answer.status_code == 400
        check_page(answer)
    check_page(sandbox.post("/bank/pay", data={"account": "1", "amount": "5000", "memo": "<b>"}))


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"account": "1", "amount": 0},
        {"account": "1", "amount": 5.5},
        {"account": "1", "amount": "5"},
        {"account": "1 2", "amount": 5},
        {"account": "1", "amount": 5, "at": "2026-03-22T00:00:00"},
        [],
    ],
)
def test_transfers_that_make_no_sense(sandbox, sent):
    assert sandbox.post("/bank/transfer", json=sent).status_code == 400


def test_the_list_wants_its_token(sandbox):
    assert sandbox.get("/sepay/userapi/transactions/list").status_code == 401


@pytest.mark.parametrize(
    ("provider", "sent", "status"),
    [
        ("vnpay", {"do": "gap"}, 400),
        ("vnpay", {"do": "delay", "seconds": -1}, 400),
        ("vnpay", {"do": "delay", "times": 1.5}, 400),
        ("vnpay", {"do": "wrong_amount", "by": "+2"}, 400),
        ("vnpay", [], 400),
        ("nosuch", {"do": "delay"}, 404),
        ("sepay", {"do": "gap", "times": 2}, 200),
    ],
)
def test_control_refuses_what_it_does_not_know(sandbox, provider, sent, status):
    assert sandbox.post(f"/_control/{provider}", data=json.dumps(sent)).status_code == status


def test_unknown_pages_and_methods(sandbox):
    assert sandbox.get("/nosuch").status_code == 404
    assert sandbox.get("/vnpay/pay/ref1").status_code == 405
    assert sandbox.get("/_log/nosuch").status_code == 404
    assert sandbox.post("/bank/transfer", data=b"x" * 300_000).status_code == 413


def test_a_notice_that_nobody_took_is_sent_after_a_restart(tmp_path):
    heard = []

    def portal(environ, start_response):
        heard.append(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"success":true}']

    slow = make_app(
        state_path=tmp_path / "sandbox.sqlite", portal_url=NOBODY, keys=KEYS, sepay_retry_seconds=(0.5,) * 4
    )
    made = Client(slow).post("/bank/transfer", json={"account": "1", "amount": 5000, "memo": "HP00000013"})
    until(lambda: bool(Client(slow).get("/_log/sepay").get_json()["messages"]))
    slow.close()
    with serving(portal) as address:
        app = opened(tmp_path, address)
        until(lambda: bool(heard))
        log = Client(app).get("/_log/sepay").get_json()["messages"]
        app.close()
    assert json.loads(heard[0])["id"] == made.get_json()["id"]
    assert log[0]["answer_status"] is None
    assert log[0]["canonical"].endswith(log[0]["body"])


def test_repeats_end(tmp_path):
    calls = []

    def portal(environ, start_response):
        calls.append(environ["PATH_INFO"])
        start_response("500 x", [])
        return [b""]

    with serving(portal) as address:
        app = opened(tmp_path, address)
        Client(app).post("/bank/transfer", json={"account": "1", "amount": 5000, "memo": "x"})
        until(lambda: len(calls) == 5)
        app.close()
    assert calls == ["/hooks/sepay"] * 5
