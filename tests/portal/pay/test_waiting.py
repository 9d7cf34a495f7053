"""The payer's pages while the bank is asked: "paid" only after it said so, and a way on in every state."""

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import func, select

import payments
from payments.models import Attempt, Movement, Request, StoredNotice
from portal.cashier import actions
from portal.db import begin
from portal.worker import work
from tests.payments.gates import viettel_qr
from tests.payments.scene import Peer
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

THREE = ("vnpay", "vietqr", "viettel_qr")


def events(answer: Any) -> list[dict[str, Any]]:
    assert answer.mimetype == "text/event-stream"
    body = answer.get_data(as_text=True)
    assert body.startswith("retry: 1000\n\n")
    return [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: ")]


def refuse(payer: Any, world: Any, order: dict[str, str], *, code: str = "51") -> None:
    """Have VNPay tell that a try ended without money; 51: too little in the account, 24: left by the payer."""
    query = vnpay_query(world, order, vnp_ResponseCode=code, vnp_TransactionStatus="02", vnp_TransactionNo="0")
    assert payer.get(f"/hooks/vnpay?{query}").json["RspCode"] == "00"


def live_of(answer: Any) -> str:
    """Return where a page that waits hears news."""
    return str(soup(answer).find(attrs={"data-live": True})["data-live"])


def mark_of(answer: Any) -> str:
    """Return after what the browser goes on once it has heard this."""
    found = re.search(r"^id: (.*)$", answer.get_data(as_text=True), re.M)
    assert found
    return found[1]


@pytest.fixture
def with_viettel(app: Any, world: Any, school: School) -> School:
    """The school, taking Viettel Money beside VNPay and VietQR."""
    args = ["cashier", "set-ways", school.payee.id, *(part for way in THREE for part in ("--way", way))]
    assert app.test_cli_runner().invoke(args=args).exit_code == 0
    app.extensions["world"] = replace(world, gateways={**world.gateways, "viettel_qr": viettel_qr(Peer())})
    return school


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
    refuse(payer, world, order)
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
    over = payer.get(place["data-live"], headers={"Last-Event-ID": mark_of(answer)})
    assert (over.status_code, over.get_data()) == (204, b"")


@pytest.mark.parametrize(("code", "says"), [("51", "The bank refused this try"), ("24", "This try was cancelled")])
def test_an_open_page_is_told_that_its_try_was_refused(
    payer: Any, world: Any, school: School, code: str, says: str
) -> None:
    request = asked(world, school)
    order = sent_to_vnpay(payer, request)
    live = live_of(payer.get(f"/pay/requests/{request.id}"))
    assert events(payer.get(live)) == []
    refuse(payer, world, order, code=code)
    answer = payer.get(live)
    nothing = "Nothing was paid by it. You can try again or choose another way."
    assert events(answer) == [
        {"about": request.id, "tone": "refused", "says": says, "detail": nothing, "link": f"/pay/requests/{request.id}"}
    ]
    assert "How do you want to pay?" in text(payer.get(f"/pay/requests/{request.id}"))  # where the link leads
    assert events(payer.get(live, headers={"Last-Event-ID": mark_of(answer)})) == []
    pay_by_transfer(payer, world, school, memo=request.code, amount=450_000)
    paid = events(payer.get(live, headers={"Last-Event-ID": mark_of(answer)}))
    assert [one["tone"] for one in paid] == ["paid"]


def test_a_refused_try_for_the_rest_says_what_came_before(payer: Any, world: Any, school: School) -> None:
    request = asked(world, school)
    pay_by_transfer(payer, world, school, memo=request.code, amount=200_000)
    led = choose(payer, request, "vnpay", due=250_000).location
    live = live_of(payer.get(f"/pay/requests/{request.id}"))
    refuse(payer, world, dict(parse_qsl(urlsplit(led).query)))
    told = events(payer.get(live))[0]
    assert told["tone"] == "refused"
    assert told["detail"].startswith("Nothing was paid by it.")
    assert told["detail"].endswith("Asked: ₫450,000. Came: ₫200,000.")


def test_a_page_is_told_of_its_own_try_alone(payer: Any, world: Any, session: Any, with_viettel: School) -> None:
    request, other = (asked(world, with_viettel, form_id=one) for one in "ab")
    pages = [live_of(payer.get(choose(payer, request, way).location)) for way in ("vietqr", "viettel_qr")]
    viettels = session.scalars(select(Attempt.id).where(Attempt.gateway == "viettel_qr")).one()
    assert [f"attempt={viettels}" in page for page in pages] == [False, True]
    order = sent_to_vnpay(payer, request)
    mine = live_of(payer.get(f"/pay/requests/{request.id}"))
    refuse(payer, world, order)
    assert [one["tone"] for one in events(payer.get(mine))] == ["refused"]
    for page in pages:  # their codes can still be paid
        assert "refused" not in [one["tone"] for one in events(payer.get(page))]
    elsewhere = mine.replace(request.id, other.id)
    assert [one["tone"] for one in events(payer.get(elsewhere))] == ["waiting"]


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


def test_after_a_refused_try_nothing_is_left_but_to_choose_again(payer: Any, world: Any, with_viettel: School) -> None:
    request = asked(world, with_viettel)
    choose(payer, request, "vnpay")
    assert left_to_press(payer.get(f"/pay/requests/{request.id}"), "refused") == ["Choose how to pay again"]
    led = choose(payer, request, "viettel_qr").location
    assert left_to_press(payer.get(led), "refused") == ["Choose how to pay again"]


def test_a_code_for_the_rest_stands_beside_what_is_still_due(payer: Any, world: Any, school: School) -> None:
    request = asked(world, school)
    choose(payer, request, "vietqr")
    pay_by_transfer(payer, world, school, memo=request.code, amount=200_000)
    page = soup(payer.get(choose(payer, request, "vietqr", due=250_000).location))
    told = page.find(attrs={"data-live": True})
    assert "Paid too little by ₫250,000" in told.get_text()
    assert "amber" in told["class"]
    assert [one["data-when"] for one in told.select(".disc:not([hidden])")] == ["part refused"]
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
