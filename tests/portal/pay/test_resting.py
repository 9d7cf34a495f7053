"""A gateway that is down: greyed with words, the other ways offered, seen by who must know, back by itself (B21)."""

from typing import Any

import pytest
import stripe
from sqlalchemy import select

from payments import breaker
from payments.breaker import GatewayHealth
from payments.errors import GatewayResting, NoAnswer
from payments.gateways.protocol import Finding, Outcome
from payments.models import Attempt, Case
from portal.db import begin, reading
from portal.pay.due import _query
from portal.pay.health import note_call
from portal.pay.starting import start
from tests.portal.pay.making import School, asked, cashier_browser, choose, soup, text
from tests.portal.pay.sdk import sdk_of


def rests(world: Any, gateway: str = "vnpay") -> None:
    """Have a gateway not answer five times."""
    with begin() as session:
        for _ in range(breaker.OPENS_AFTER):
            note_call(session, world, gateway, NoAnswer(reason="time_out"))


def ways(page: Any) -> list[str]:
    return [button["value"] for button in soup(page).find_all("button", {"name": "way"})]


def test_the_payer_sees_it_grey_and_is_offered_the_others(payer: Any, world: Any, school: School, clock: Any) -> None:
    request = asked(world, school)
    assert ways(payer.get(f"/pay/requests/{request.id}")) == ["vietqr", "vnpay"]
    rests(world)
    page = payer.get(f"/pay/requests/{request.id}")
    assert ways(page) == ["vietqr"]
    (grey,) = soup(page).find_all("button", disabled=True)
    assert grey.get_text() == "VNPay: card, e-wallet, bank account"
    assert "What is grey does not answer just now. Please pay in another way." in text(page)
    rests(world, "vietqr")
    none = payer.get(f"/pay/requests/{request.id}")
    assert ways(none) == []
    assert "No way to pay answers just now." in text(none)
    assert "cannot be paid here" not in text(none)
    # Who had the page open is led back to it, and no try begins.
    answer = choose(payer, request, "vnpay")
    assert (answer.status_code, answer.location) == (303, f"/pay/requests/{request.id}")
    assert reading().scalars(select(Attempt)).all() == []
    clock.move(seconds=30)
    assert ways(payer.get(f"/pay/requests/{request.id}")) == ["vietqr", "vnpay"]


def test_it_is_back_as_soon_as_one_question_is_answered(
    payer: Any, world: Any, school: School, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(world, school)
    choose(payer, request, "vnpay")
    calls: list[Any] = []

    def silent(_self: Any, given: Any, **_more: Any) -> Finding:
        calls.append(given)
        raise NoAnswer(reason="time_out")

    kind = type(world.gateways["vnpay"])
    monkeypatch.setattr(kind, "query", silent)
    rests(world)
    clock.move(minutes=6)  # the question is due, and the rest over: one probes, in vain
    assert _query(world)
    assert breaker.resting(reading(), now=clock.now()) == {"vnpay"}
    clock.move(seconds=59)
    assert not _query(world)
    clock.move(minutes=2)
    pending = lambda *_, **__: Finding(Outcome.PENDING, "", calls[0].merchant_ref)  # noqa: E731
    monkeypatch.setattr(kind, "query", pending)
    assert _query(world)
    assert (breaker.down(reading()), len(calls)) == ([], 1)


def test_only_who_calls_takes_the_turn_to_probe(payer: Any, world: Any, school: School, clock: Any) -> None:
    """VNPay's page is built here: payers who come without end must not keep the worker from ever asking."""
    first, second = asked(world, school, form_id="a"), asked(world, school, form_id="b")
    choose(payer, first, "vnpay")
    goes_on = reading().scalars(select(Attempt)).one()
    rests(world)
    given = {"acting": school.cashier, "way": "vnpay", "payer_ip": "127.0.0.1", "language": "vi"}
    assert start(world, request_id=first.id, **given).id == goes_on.id  # nothing is called for it
    with pytest.raises(GatewayResting):
        start(world, request_id=second.id, **given)
    clock.move(seconds=30)
    assert start(world, request_id=second.id, **given).redirect_url
    with begin() as session:
        breaker.before_call(session, gateway="vnpay", now=clock.now())
    with pytest.raises(GatewayResting), begin() as session:
        breaker.before_call(session, gateway="vnpay", now=clock.now())


def test_it_is_seen_by_who_must_know(client: Any, app: Any, world: Any, school: School, clock: Any) -> None:
    rests(world)
    assert "gateway_vnpay" in client.get("/readyz").json["degraded"]
    assert reading().scalars(select(Case.kind).where(Case.closed_at.is_(None))).all() == ["gateway_down"]
    browser = cashier_browser(app, world, school)
    browser.set_cookie("lang", "en")
    assert "VNPay has not answered since" in text(browser.get("/exceptions"))
    with begin() as session:
        note_call(session, world, "vnpay")
    assert "gateway_vnpay" not in client.get("/readyz").json["degraded"]
    assert "has not answered" not in text(browser.get("/exceptions"))


def test_a_system_is_told_to_choose_another_way(client: Any, world: Any, school: School) -> None:
    rests(world)
    sdk, _ = sdk_of(client, world, school.payee.id)
    given = {"amount": 50_000, "currency": "vnd", "confirm": True, "payment_method_data": {"type": "vnpay"}}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.payment_intents.create(given)
    assert (refused.value.code, refused.value.param) == ("payment_method_not_available", "payment_method_data[type]")


def test_a_providers_clock_far_from_ours_is_an_alarm(world: Any, school: School) -> None:
    """B8: the calls go on, nothing is refused for it; a person hears of it until it is right again."""
    world.clocks.hear("vnpay", 600.0)
    with begin() as session:
        note_call(session, world, "vnpay")
    assert reading().scalars(select(GatewayHealth.skew_s)).all() == [600]
    assert reading().scalars(select(Case.kind).where(Case.closed_at.is_(None))).all() == ["clock_skew"]
    world.clocks.hear("vnpay", 1.0)
    with begin() as session:
        note_call(session, world, "vnpay")
    assert reading().scalars(select(Case.kind).where(Case.closed_at.is_(None))).all() == []
