"""A bill that was looked up: paying books it once, and what changes after the look-up."""

import json
from typing import Any

import pytest
from sqlalchemy import func, select

import payments
from payments import breaker
from payments.errors import GatewayResting, NoAnswer, RequestBegun
from payments.models import Movement, Request
from payments.money import Money
from payments.v1 import intents
from payments.v1.errors import InvalidRequest
from payments.v1.intents import Caller
from portal.db import begin
from portal.pay.due import _query
from portal.pay.health import note_call
from portal.pay.starting import start
from tests.payments.scene import Peer, json_answer
from tests.portal.pay.looking_up import NOTHING, PAGE, intent_id, keypay_of, look_up, notice, pay
from tests.portal.pay.making import School, asked, attempts, choose, pay_by_transfer, text


@pytest.fixture
def peer(app: Any, world: Any, school: School) -> Peer:
    return keypay_of(app, world, school)


def test_paid_after_the_look_up_it_is_booked_once(
    app: Any, client: Any, world: Any, session: Any, school: School, peer: Peer
) -> None:
    request = asked(world, school)
    bill = look_up(client, request.code).json["message"]
    assert pay(client, app, peer, bill) == {"return_code": 0, "return_msg": "success"}
    assert client.post("/hooks/keypay", json=notice(bill)).json["return_code"] == 0
    assert not _query(app.extensions["world"])
    assert attempts(session) == [("keypay", "succeeded")]
    assert session.get_one(Request, request.seq).status == "paid"
    assert session.scalar(select(func.count()).select_from(Movement)) == 1
    assert look_up(client, request.code).json == NOTHING


def test_a_notice_turned_to_paid_is_asked_about(
    app: Any, client: Any, world: Any, session: Any, school: School, peer: Peer
) -> None:
    request = asked(world, school)
    bill = look_up(client, request.code).json["message"]
    pay(client, app, peer, bill, status="2", transaction_code="")
    assert attempts(session) == [("keypay", "failed")]
    again = look_up(client, request.code).json["message"]
    assert again["transaction_id"] != bill["transaction_id"]
    assert session.scalar(select(func.count()).select_from(Movement)) == 0


def test_a_bill_that_was_left_ends_and_money_that_comes_after_is_booked_once(
    app: Any, client: Any, world: Any, session: Any, school: School, peer: Peer, clock: Any
) -> None:
    request = asked(world, school)
    bill = look_up(client, request.code).json["message"]
    clock.move(minutes=32)
    peer.answers.append(json_answer({"error": "1"}))
    assert _query(app.extensions["world"])
    assert attempts(session) == [("keypay", "expired")]
    page = text(client.get(f"/pay/requests/{request.id}", headers={"Accept-Language": "en"}))
    assert "The last try was not paid" not in page
    again = look_up(client, request.code).json["message"]
    assert again["transaction_id"] != bill["transaction_id"]
    pay(client, app, peer, bill)
    assert attempts(session)[0] == ("keypay", "succeeded")
    assert session.get_one(Request, request.seq).status == "paid"
    assert session.scalar(select(func.count()).select_from(Movement)) == 1


def test_another_sum_is_another_bill_and_the_older_one_still_counts(
    app: Any, client: Any, world: Any, session: Any, school: School, peer: Peer
) -> None:
    request = asked(world, school)
    whole = look_up(client, request.code).json["message"]
    pay_by_transfer(client, world, school, memo=request.code, amount=150_000)
    rest = look_up(client, request.code).json["message"]
    assert rest["PhiLePhi"][0]["SoTien"] == "300000"
    assert rest["transaction_id"] != whole["transaction_id"]
    assert look_up(client, request.code).json["message"] == rest
    pay(client, app, peer, whole)  # paid as it was shown an hour ago
    session.expire_all()
    paid = session.get_one(Request, request.seq)
    assert (paid.status, paid.received_minor, paid.over_minor) == ("paid", 600_000, 150_000)
    assert session.scalar(select(func.count()).select_from(Movement)) == 2


def test_a_sum_is_not_changed_while_its_bill_is_out(
    app: Any, client: Any, world: Any, session: Any, school: School, peer: Peer, clock: Any
) -> None:
    request = asked(world, school)
    page = Caller(school.payee.id, False, "http://localhost/pay/requests/%s")
    bill = look_up(client, request.code).json["message"]
    with pytest.raises(RequestBegun), begin() as rows:
        payments.revise_request(
            rows, request_id=request.id, amount=Money(400_000), item=request.item, expires_at=None, now=clock.now()
        )
    with pytest.raises(InvalidRequest), begin() as rows:
        intents.modify(rows, page, intent_id(request), {"amount": 400_000})
    clock.move(minutes=32)
    peer.answers.append(json_answer({"error": "1"}))
    assert _query(app.extensions["world"])
    with begin() as rows:
        intents.modify(rows, page, intent_id(request), {"amount": 500_000})
    assert look_up(client, request.code).json["message"]["PhiLePhi"][0]["SoTien"] == "500000"
    pay(client, app, peer, bill)  # money for the older sum is money: booked once, and the rest is due
    session.expire_all()
    paid = session.get_one(Request, request.seq)
    assert (paid.status, paid.received_minor, paid.due_minor) == ("open", 450_000, 50_000)
    assert session.scalar(select(func.count()).select_from(Movement)) == 1


def test_the_payer_s_page_goes_on_as_before_a_look_up(
    app: Any, payer: Any, world: Any, session: Any, school: School, peer: Peer
) -> None:
    request = asked(world, school)
    here = f"/pay/requests/{request.id}"
    before = payer.get(here)
    bill = look_up(payer, request.code).json["message"]
    assert text(payer.get(here)) == text(before)
    assert "Waiting for the bank" not in text(before)
    page = Caller(school.payee.id, False, "http://localhost/pay/requests/%s")
    shown = intents.find(session, page, intent_id(request))
    assert (shown.live, intents.shapes.status_of(shown)) == (None, "requires_payment_method")
    # Who chooses KeyPay here is led to a page of its own, the same twice.
    peer.answers.append(json_answer(PAGE))
    first = choose(payer, request, "keypay")
    assert (first.status_code, first.location) == (303, PAGE["payment_url"])
    assert choose(payer, request, "keypay").location == PAGE["payment_url"]
    assert (len(peer.asked), attempts(session)) == (1, [("keypay", "pending"), ("keypay", "pending")])
    assert json.loads(peer.asked[0]["body"])["transaction_id"] != bill["transaction_id"]
    assert look_up(payer, request.code).json["message"] == bill


def test_a_bill_that_ends_begins_no_second_page(
    payer: Any, world: Any, session: Any, school: School, peer: Peer, clock: Any
) -> None:
    request = asked(world, school)
    look_up(payer, request.code)
    clock.move(minutes=10)
    peer.answers.append(json_answer(PAGE))
    choose(payer, request, "keypay")
    clock.move(minutes=6)
    assert choose(payer, request, "keypay").location == PAGE["payment_url"]
    assert (len(peer.asked), len(attempts(session))) == (1, 2)


def test_a_bill_does_not_have_a_resting_keypay_called(
    app: Any, payer: Any, world: Any, session: Any, school: School, peer: Peer
) -> None:
    request = asked(world, school)
    look_up(payer, request.code)
    with begin() as rows:
        for _ in range(breaker.OPENS_AFTER):
            note_call(rows, world, "keypay", NoAnswer(reason="time_out"))
    with pytest.raises(GatewayResting):
        start(
            app.extensions["world"], acting=school.cashier, request_id=request.id, way="keypay", payer_ip="127.0.0.1",
            language="vi",
        )  # fmt: skip
    assert (peer.asked, attempts(session)) == ([], [("keypay", "pending")])


def test_the_payer_s_page_waits_once_keypay_said_something(
    payer: Any, world: Any, session: Any, school: School, peer: Peer
) -> None:
    request = asked(world, school)
    bill = look_up(payer, request.code).json["message"]
    payer.post("/hooks/keypay", json=notice(bill))
    assert attempts(session) == [("keypay", "unknown")]
    assert "Waiting for the bank" in text(payer.get(f"/pay/requests/{request.id}"))
    assert look_up(payer, request.code).json["message"] == bill  # one transaction at KeyPay, which takes it once
