"""The payer's pages while the bank is asked: "paid" only after it said so, and a way on in every state."""

import json
import re
from typing import Any

import pytest
from sqlalchemy import func, select

import payments
from payments.models import Attempt, Movement, Request, StoredNotice
from portal.cashier import actions
from portal.db import begin
from portal.worker import work
from tests.portal.pay.making import (
    School,
    asked,
    attempts,
    choose,
    left_to_press,
    pay_by_transfer,
    sent_to_vnpay,
    soup,
    text,
    vnpay_query,
)


def events(answer: Any) -> list[dict[str, Any]]:
    assert answer.mimetype == "text/event-stream"
    body = answer.get_data(as_text=True)
    assert body.startswith("retry: 1000\n\n")
    return [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: ")]


def test_another_way_is_offered_while_the_bank_is_silent(payer: Any, world: Any, school: School) -> None:
    request = asked(world, school)
    going_on = choose(payer, request, "vnpay").location
    page = soup(payer.get(f"/pay/requests/{request.id}"))
    assert page.h1.get_text() == "Waiting for the bank"
    assert page.find(string=re.compile("received")) is None
    assert page.find("a", href=going_on)
    other = payer.get(f"/pay/requests/{request.id}?choose=1")
    assert "Choose again only if you did not pay there" in text(other)


def test_a_refused_try_can_be_repeated_with_a_new_reference(
    payer: Any, world: Any, session: Any, school: School
) -> None:
    request = asked(world, school)
    order = sent_to_vnpay(payer, request)
    refused = vnpay_query(world, order, vnp_ResponseCode="51", vnp_TransactionStatus="02", vnp_TransactionNo="0")
    assert payer.get(f"/hooks/vnpay?{refused}").json["RspCode"] == "00"
    assert "The last try was not paid" in text(payer.get(f"/pay/requests/{request.id}"))
    again = sent_to_vnpay(payer, request)
    assert again["vnp_TxnRef"] != order["vnp_TxnRef"]
    assert attempts(session) == [("vnpay", "failed"), ("vnpay", "pending")]


@pytest.mark.parametrize("spoilt", [False, True])
def test_the_return_of_the_browser_changes_nothing(
    payer: Any, world: Any, session: Any, school: School, spoilt: bool
) -> None:
    request = asked(world, school)
    query = vnpay_query(world, sent_to_vnpay(payer, request), **({"vnp_TmnCode": "OTHER001"} if spoilt else {}))
    answer = payer.get(f"/pay/return/vnpay?{query}&fbclid=x")
    if spoilt:
        assert "We are checking with VNPay" in text(answer)
        assert request.id not in answer.get_data(as_text=True)
    else:
        assert answer.location == f"/pay/requests/{request.id}"
        assert soup(payer.get(answer.location)).h1.get_text() == "Waiting for the bank"
    session.expire_all()
    assert session.get_one(Request, request.seq).status == "open"
    assert attempts(session) == [("vnpay", "pending")]
    assert session.scalar(select(func.count()).select_from(StoredNotice)) == 0
    payer.get(f"/hooks/vnpay?{vnpay_query(world, {**_order(session), 'vnp_OrderInfo': 'x'})}")
    payer.get(f"/pay/return/vnpay?{query}")
    assert session.scalar(select(func.count()).select_from(Movement)) == 1


def _order(session: Any) -> dict[str, str]:
    attempt = session.scalars(select(Attempt)).one()
    return {"vnp_TxnRef": attempt.merchant_ref, "vnp_Amount": "45000000", "vnp_TmnCode": "DEMOV210"}


def test_a_part_payment_shows_both_sums_and_asks_for_the_rest(
    payer: Any, world: Any, session: Any, school: School
) -> None:
    request = asked(world, school)
    choose(payer, request, "vietqr")
    pay_by_transfer(payer, world, school, memo=request.code, amount=200_000)
    shown = text(payer.get(f"/pay/requests/{request.id}"))
    assert "Paid too little by ₫250,000" in shown
    assert "Asked: ₫450,000. Came: ₫200,000." in shown
    assert choose(payer, request, "vietqr", due=450_000).status_code == 409
    answer = payer.get(choose(payer, request, "vietqr", due=250_000).location)
    assert payments.read_vietqr(soup(answer).find("pre").get_text()).amount_minor == 250_000
    assert attempts(session) == [("vietqr", "succeeded"), ("vietqr", "pending")]


def test_an_expired_or_canceled_link_takes_nothing(
    payer: Any, world: Any, clock: Any, app: Any, session: Any, school: School
) -> None:
    first, second = asked(world, school), asked(world, school, form_id="form2")
    seq = first.seq
    with begin() as rows:
        actions.cancel(rows, now=world.clock.now(), acting=school.cashier, request_id=second.id, reason="twice")
    assert soup(payer.get(f"/pay/requests/{second.id}")).h1.get_text() == "This request was cancelled"
    clock.move(days=8)
    assert soup(payer.get(f"/pay/requests/{first.id}")).h1.get_text() == "This link has expired"
    for request in (first, second):
        assert choose(payer, request, "vnpay", due=450_000).location == f"/pay/requests/{request.id}"
    assert attempts(session) == []
    work(app, once=True)
    session.expire_all()
    assert session.get_one(Request, seq).status == "expired"


def test_the_stream_tells_once_and_then_says_that_it_is_over(
    payer: Any, world: Any, session: Any, school: School
) -> None:
    request = asked(world, school)
    payer.get(choose(payer, request, "vietqr").location)
    page = soup(payer.get(f"/pay/requests/{request.id}/vietqr"))
    place = page.find(attrs={"data-live": True})
    assert place["data-about"] == request.id
    assert events(payer.get(place["data-live"])) == []
    pay_by_transfer(payer, world, school, memo=request.code, amount=450_000)
    answer = payer.get(place["data-live"])
    news = events(answer)
    assert news == [
        {
            "about": request.id,
            "tone": "paid",
            "says": "₫450,000 received",
            "detail": "",
            "link": f"/pay/requests/{request.id}",
        }
    ]
    found = re.search(r"^id: (.*)$", answer.get_data(as_text=True), re.M)
    assert found
    over = payer.get(place["data-live"], headers={"Last-Event-ID": found[1]})
    assert (over.status_code, over.get_data()) == (204, b"")


@pytest.mark.parametrize("tone", ["paid", "part", "expired", "canceled"])
@pytest.mark.parametrize("way", ["vnpay", "vietqr"])
def test_nothing_to_pay_by_stays_where_the_stream_has_told_news(
    payer: Any, world: Any, school: School, way: str, tone: str
) -> None:
    request = asked(world, school)
    led = choose(payer, request, way).location
    page = payer.get(led if way == "vietqr" else f"/pay/requests/{request.id}")
    assert len(left_to_press(page, "waiting")) > 2
    assert left_to_press(page, tone) == ["Pay what is missing" if tone == "part" else "See what the bank said"]


def test_a_code_for_the_rest_stands_beside_what_is_still_due(payer: Any, world: Any, school: School) -> None:
    request = asked(world, school)
    choose(payer, request, "vietqr")
    pay_by_transfer(payer, world, school, memo=request.code, amount=200_000)
    page = soup(payer.get(choose(payer, request, "vietqr", due=250_000).location))
    told = page.find(attrs={"data-live": True})
    assert "Paid too little by ₫250,000" in told.get_text()
    assert "amber" in told["class"]
    assert [one["data-when"] for one in told.select(".disc:not([hidden])")] == ["part"]
    assert all(not part.has_attr("hidden") for part in page.select("[data-when=waiting]"))


def test_looking_has_the_worker_ask_the_provider_again(
    payer: Any, world: Any, session: Any, clock: Any, school: School
) -> None:
    request = asked(world, school)
    choose(payer, request, "vnpay")
    before = session.scalars(select(Attempt.next_query_at)).one()
    payer.get(f"/pay/requests/{request.id}")
    session.expire_all()
    assert session.scalars(select(Attempt.next_query_at)).one() == before
    clock.move(seconds=16)
    assert payer.get(f"/pay/requests/{request.id}").status_code == 200
    session.expire_all()
    assert session.scalars(select(Attempt.next_query_at)).one() == clock.now()


def test_the_words_of_each_state_in_vietnamese(client: Any, world: Any, school: School) -> None:
    request = asked(world, school)
    choose(client, request, "vnpay")
    assert soup(client.get(f"/pay/requests/{request.id}")).h1.get_text() == "Đang chờ ngân hàng"
    pay_by_transfer(client, world, school, memo=request.code, amount=200_000, number=1, balance=1_200_000)
    assert "Trả thiếu 250.000 đồng" in text(client.get(f"/pay/requests/{request.id}?choose=1"))
    pay_by_transfer(client, world, school, memo=request.code, amount=250_000, number=2, balance=1_450_000)
    assert soup(client.get(f"/pay/requests/{request.id}")).h1.get_text() == "Đã nhận 450.000 đồng"
