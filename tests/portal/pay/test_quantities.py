"""How many a payer takes: chosen on the session's own page, within limits, until she begins to pay."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe
from sqlalchemy import select
from sqlalchemy import text as sql

import payments
from payments import rows
from payments.models import Attempt, Request
from payments.v1 import recovering, sessions
from payments.v1.intents import Caller
from payments.v1.quantities import QuantityOutside
from payments.v1.session_tables import SessionLine
from portal.audit.models import AuditRow
from portal.db import begin, db
from portal.worker import work
from tests.portal.pay.making import HERE, School, pay_by_transfer, soup, text
from tests.portal.pay.sdk import Wire, sdk_of
from tests.portal.pay.test_asking_more import FIELDS, filled
from tests.portal.pay.test_at_once import real  # noqa: F401  a fixture
from tests.portal.pay.test_sessions import ASK, LINE, code_of
from tests.supervisor import until

TICKETS: dict[str, Any] = {**LINE, "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 5}}
BOOKS: dict[str, Any] = {
    "price_data": {"currency": "vnd", "unit_amount": 20_000, "product_data": {"name": "Sách"}}, "quantity": 1,
    "adjustable_quantity": {"enabled": True},
}  # fmt: skip
WAITING = sql("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))")


@pytest.fixture
def sdk(client: Any, world: Any, school: School) -> tuple[stripe.StripeClient, Wire]:
    return sdk_of(client, world, school.payee.id)


def made_of(sdk: Any, *lines: Any, **more: Any) -> Any:
    """Make a session of some lines; its page stands at `url`."""
    return sdk[0].v1.checkout.sessions.create({**ASK, "line_items": list(lines), "expand": ["line_items"], **more})


def as_it_is(sdk: Any, made: Any) -> tuple[Any, ...]:
    """Return sums and lines of a session, and what its intent asks for, in what words."""
    seen = sdk[0].v1.checkout.sessions.retrieve(made.id, {"expand": ["line_items", "payment_intent"]})
    lines = [(one.description, one.quantity, one.amount_total) for one in seen.line_items.data]
    assert seen.amount_subtotal == seen.amount_total == sum(cost for _, _, cost in lines)
    assert sdk[0].v1.checkout.sessions.line_items.list(made.id).data == seen.line_items.data
    return seen.amount_total, lines, seen.payment_intent.amount, seen.payment_intent.description


def choose(payer: Any, made: Any, *counts: object) -> Any:
    """Send the form of a session's page with a number for each of its lines."""
    ids = [one.id for one in made.line_items.data]
    answers = dict(zip(ids, map(str, counts), strict=True))
    return payer.post(f"/pay/sessions/{made.id}", data={"form_id": "f", **answers}, headers=HERE)


def answered(made: Any, count: int) -> None:
    """Keep a number as the page does once it has checked the form."""
    with begin() as session:
        one = rows.lock_request(session, f"pr_{made.payment_intent[3:]}")
        recovering.answer(session, one, filled=(), wanted={made.line_items.data[0].id: count})


def test_the_payer_chooses_and_everything_follows(
    sdk: Any, client: Any, payer: Any, world: Any, school: School, session: Any
) -> None:
    made = made_of(sdk, TICKETS)
    line, path = made.line_items.data[0], urlsplit(made.url).path
    assert (path, line.quantity) == (f"/pay/sessions/{made.id}", 3)
    assert line.adjustable_quantity.to_dict() == {"enabled": True, "minimum": 1, "maximum": 5}
    page = soup(payer.get(path))
    asked = page.find("input", {"name": line.id})
    assert [asked[name] for name in ("type", "min", "max", "value")] == ["number", "1", "5", "3"]
    assert "₫50,000 each. From 1 to 5." in page.get_text()
    led = payer.post(path, data=filled(payer, path, **{line.id: "4"}), headers=HERE)
    assert (led.status_code, as_it_is(sdk, made)) == (303, (200_000, [("Vé", 4, 200_000)], 200_000, "4 × Vé"))
    changed = session.scalars(select(AuditRow).where(AuditRow.act == "request.changed")).one()
    assert (changed.actor, changed.changed["amount_minor"]) == ("system:payer", ["150000", "200000"])
    # She thinks again: the page of the ways leads back, where her own number stands.
    ways = urlsplit(led.location).path
    assert soup(payer.get(ways)).find("a", href=path).get_text() == "Change how many"
    assert soup(payer.get(path)).find("input", {"name": line.id})["value"] == "4"
    assert choose(payer, made, 2).status_code == 303
    assert payer.post(ways, data={"way": "vietqr", "due": "200000"}, headers=HERE).status_code == 409
    assert session.scalars(select(Attempt)).all() == []
    shown = payer.post(ways, data={"way": "vietqr", "due": "100000"}, headers=HERE)
    assert "₫100,000" in text(payer.get(urlsplit(shown.location).path))
    pay_by_transfer(client, world, school, memo=code_of(sdk, made), amount=100_000, number=1, balance=100_000)
    done = sdk[0].v1.checkout.sessions.retrieve(made.id)
    assert (done.payment_status, done.amount_total, done.exceptions) == ("paid", 100_000, [])
    told = sdk[0].v1.events.list({"type": "checkout.session.completed"}).data[0].data.object
    assert (told["amount_total"], told["amount_subtotal"]) == (100_000, 100_000)
    assert as_it_is(sdk, made) == (100_000, [("Vé", 2, 100_000)], 100_000, "2 × Vé")


@pytest.mark.parametrize("typed", ["0", "6", "-1", "2.5", "", "x", "9" * 30])
def test_outside_the_limits_nothing_changes(sdk: Any, payer: Any, typed: str) -> None:
    made = made_of(sdk, TICKETS, {**LINE, "quantity": 1}, custom_fields=FIELDS[:1])
    before = as_it_is(sdk, made)
    path = urlsplit(made.url).path
    refused = payer.post(path, data=filled(payer, path, lop="2B", **{made.line_items.data[0].id: typed}), headers=HERE)
    assert (refused.status_code, "Enter a number from 1 to 5." in text(refused)) == (422, True)
    assert as_it_is(sdk, made) == before
    assert sdk[0].v1.checkout.sessions.retrieve(made.id).custom_fields[0].text.value is None


def test_no_other_way_leads_past_the_limits(sdk: Any) -> None:
    made = made_of(sdk, TICKETS)
    before = as_it_is(sdk, made)
    for count in (0, 6):
        with pytest.raises(QuantityOutside):
            answered(made, count)
    assert as_it_is(sdk, made) == before


def test_none_of_a_line_leaves_it_out_and_none_of_all_is_no_sum(sdk: Any, payer: Any) -> None:
    made = made_of(sdk, {**TICKETS, "adjustable_quantity": {"enabled": True}}, BOOKS)
    assert made.line_items.data[1].adjustable_quantity.to_dict() == {"enabled": True, "minimum": 0, "maximum": 99}
    assert choose(payer, made, 0, 99).status_code == 303
    assert as_it_is(sdk, made) == (1_980_000, [("Sách", 99, 1_980_000)], 1_980_000, "99 × Sách")
    refused = choose(payer, made, 0, 0)
    assert (refused.status_code, "Choose so that the sum is from ₫1,000" in text(refused)) == (422, True)
    assert as_it_is(sdk, made) == (1_980_000, [("Sách", 99, 1_980_000)], 1_980_000, "99 × Sách")
    # What was left out is offered again.
    assert choose(payer, made, 1, 0).status_code == 303
    assert as_it_is(sdk, made) == (50_000, [("Vé", 1, 50_000)], 50_000, "Vé")


def test_one_sum_in_other_words(sdk: Any, payer: Any) -> None:
    same = {**BOOKS, "price_data": LINE["price_data"] | {"product_data": {"name": "Nón"}}}
    made = made_of(sdk, TICKETS, same, payment_intent_data={"description": "Đơn 7"})
    choose(payer, made, 1, 3)
    assert as_it_is(sdk, made) == (200_000, [("Vé", 1, 50_000), ("Nón", 3, 150_000)], 200_000, "Đơn 7")
    assert "3 × Nón" in text(payer.get(f"/pay/requests/pr_{made.payment_intent[3:]}"))


def _begins(sdk: Any, payer: Any, made: Any, way: str) -> None:
    page = f"/pay/requests/pr_{made.payment_intent[3:]}"
    assert payer.post(page, data={"way": way, "due": "150000"}, headers=HERE).status_code == 303


def _begins_to_pay(sdk: Any, payer: Any, made: Any, **_: Any) -> None:
    _begins(sdk, payer, made, "vietqr")


def _begun_at_a_gateway(sdk: Any, payer: Any, made: Any, **_: Any) -> None:
    _begins(sdk, payer, made, "vnpay")


def _declined(sdk: Any, made: Any, **_: Any) -> None:
    with pytest.raises(stripe.CardError):
        sdk[0].v1.payment_intents.confirm(made.payment_intent, {"payment_method": "pm_card_chargeDeclined"})


def _something_came(sdk: Any, payer: Any, made: Any, world: Any, school: School) -> None:
    pay_by_transfer(payer, world, school, memo=code_of(sdk, made), amount=50_000, number=1, balance=50_000)


def _says_she_paid(payer: Any, made: Any, **_: Any) -> None:
    payer.post(f"/pay/requests/pr_{made.payment_intent[3:]}/done", headers=HERE)


def _ended(sdk: Any, made: Any, **_: Any) -> None:
    sdk[0].v1.checkout.sessions.expire(made.id)


@pytest.mark.parametrize(
    "meanwhile", [_begins_to_pay, _begun_at_a_gateway, _declined, _something_came, _says_she_paid, _ended]
)
def test_fixed_once_anything_has_begun(
    sdk: Any, payer: Any, world: Any, school: School, clock: Any, meanwhile: Any
) -> None:
    made = made_of(sdk, TICKETS)
    before, page = as_it_is(sdk, made), f"/pay/requests/pr_{made.payment_intent[3:]}"
    meanwhile(sdk=sdk, payer=payer, made=made, world=world, school=school)
    for answer in (payer.get(f"/pay/sessions/{made.id}"), choose(payer, made, 5), choose(payer, made, 77)):
        assert (answer.status_code, urlsplit(answer.location).path) == (303, page)
    assert "Change how many" not in text(payer.get(f"{page}?choose"))
    answered(made, 5)  # nor does a form that was checked a moment before the try
    assert as_it_is(sdk, made) == before
    clock.move(minutes=20)  # a page at a gateway has ended by now; what began once stays begun
    assert choose(payer, made, 5).status_code == 303
    assert as_it_is(sdk, made) == before


def test_a_code_shown_earlier_still_asks_for_the_sum_of_the_session(sdk: Any, payer: Any) -> None:
    made = made_of(sdk, TICKETS)
    choose(payer, made, 5)
    page = f"/pay/requests/pr_{made.payment_intent[3:]}"
    payer.post(page, data={"way": "vietqr", "due": "250000"}, headers=HERE)
    shown = soup(payer.get(f"{page}/vietqr")).find("pre").get_text()
    assert "5406250000" in shown
    choose(payer, made, 1)
    assert soup(payer.get(f"{page}/vietqr")).find("pre").get_text() == shown
    assert as_it_is(sdk, made) == (250_000, [("Vé", 5, 250_000)], 250_000, "5 × Vé")


def test_a_sum_that_its_maker_changed_is_not_overwritten(sdk: Any, payer: Any) -> None:
    made = made_of(sdk, TICKETS)
    sdk[0].v1.payment_intents.update(made.payment_intent, {"amount": 140_000})
    assert urlsplit(payer.get(f"/pay/sessions/{made.id}").location).path.startswith("/pay/requests/")
    choose(payer, made, 5)
    assert sdk[0].v1.payment_intents.retrieve(made.payment_intent).amount == 140_000


def test_questions_are_asked_once_quantities_until_she_pays(sdk: Any, payer: Any) -> None:
    made = made_of(sdk, TICKETS, custom_fields=[FIELDS[1]])  # not required, so nothing but the quantity leads here
    path, line = urlsplit(made.url).path, made.line_items.data[0].id
    assert set(filled(payer, path)) == {"form_id", "ask_so", line}
    payer.post(path, data=filled(payer, path, so="12", **{line: "2"}), headers=HERE)
    assert set(filled(payer, path)) == {"form_id", line}
    payer.post(path, data=filled(payer, path, **{line: "1"}) | {"ask_so": "99"}, headers=HERE)
    kept = sdk[0].v1.checkout.sessions.retrieve(made.id)
    assert (kept.custom_fields[0].numeric.value, kept.amount_total) == ("12", 50_000)


def test_begun_anew_she_may_choose_again(sdk: Any, app: Any, clock: Any, payer: Any) -> None:
    made = made_of(sdk, TICKETS, BOOKS, after_expiration={"recovery": {"enabled": True}})
    choose(payer, made, 2, 0)
    clock.move(days=2)
    work(app, once=True)
    path = f"/pay/sessions/{made.id}"
    form = filled(payer, path)
    assert set(form) == {"form_id"}
    anew = urlsplit(payer.post(path, data=form, headers=HERE).location).path
    begun = sdk[0].v1.checkout.sessions.retrieve(anew.rpartition("/")[2], {"expand": ["line_items"]})
    assert as_it_is(sdk, begun) == (100_000, [("Vé", 2, 100_000)], 100_000, "2 × Vé")
    numbers = [value for name, value in filled(payer, anew).items() if name != "form_id"]
    assert numbers == ["2", "0"]
    payer.post(anew, data=filled(payer, anew, **{begun.line_items.data[0].id: "3"}), headers=HERE)
    assert as_it_is(sdk, begun)[0] == 150_000
    assert as_it_is(sdk, made)[0] == 100_000


def test_limits_that_cannot_be(sdk: Any) -> None:
    for limits, param in (
        ({"enabled": True, "minimum": 4}, "line_items[0][adjustable_quantity]"),
        ({"enabled": True, "maximum": 2}, "line_items[0][adjustable_quantity]"),
        ({"enabled": True, "minimum": -1}, "line_items[0][adjustable_quantity][minimum]"),
        ({"enabled": True, "maximum": 0}, "line_items[0][adjustable_quantity][maximum]"),
        ({"enabled": True, "maximum": 1_000}, "line_items[0][adjustable_quantity][maximum]"),
        ({"maximum": 5}, "line_items[0][adjustable_quantity][enabled]"),
        ({"enabled": True, "step": 2}, "line_items[0][adjustable_quantity][step]"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            made_of(sdk, {**LINE, "adjustable_quantity": limits})
        assert refused.value.param == param, limits
    fixed = made_of(sdk, {**LINE, "adjustable_quantity": {"enabled": False, "minimum": 9}})
    assert (fixed.line_items.data[0].adjustable_quantity, urlsplit(fixed.url).path[:14]) == (None, "/pay/requests/")
    assert len(sdk[0].v1.checkout.sessions.list().data) == 1


def test_a_line_of_a_link_says_its_limits_too(sdk: Any, payer: Any, school: School) -> None:
    link = sdk[0].v1.payment_links.create({"line_items": [TICKETS]})
    line = sdk[0].v1.payment_links.line_items.list(link.id).data[0]
    assert line.adjustable_quantity.to_dict() == {"enabled": True, "minimum": 1, "maximum": 5}
    path = urlsplit(link.url).path
    page = urlsplit(payer.post(path, data=filled(payer, path, **{line.id: "2"}), headers=HERE).location).path
    # A visit to a link has chosen there.
    assert "Change how many" not in text(payer.get(page))
    visit = sdk[0].v1.checkout.sessions.list({"payment_link": link.id}).data[0]
    assert urlsplit(visit.url).path == page
    with begin() as session:
        row = sessions.find(session, Caller(school.payee.id, visit.livemode, "%s"), visit.id)
        assert recovering.choosable(session, row, rows.request(session, row.request_id)) == []


def test_who_begins_to_pay_meanwhile_pays_what_she_saw(real: tuple[Any, School]) -> None:  # noqa: F811
    app, school = real
    with app.app_context(), ThreadPoolExecutor(1) as other:
        world = app.extensions["world"]
        made = made_of(sdk_of(app.test_client(), world, school.payee.id), TICKETS)
        able = world.gateways["vietqr"].capabilities
        with begin() as session:
            payments.start_attempt(
                session, request_id=f"pr_{made.payment_intent[3:]}", gateway="vietqr", capabilities=able, key="k",
                now=world.clock.now(),
            )  # fmt: skip
            chosen = other.submit(choose, app.test_client(), made, 5)
            if session.get_bind().dialect.name == "postgresql":  # on SQLite her write waits before it reads
                until(lambda: session.scalar(WAITING), why="nobody waited for the try")
        assert chosen.result().status_code == 303
        request, attempt = db.session.scalars(select(Request)).one(), db.session.scalars(select(Attempt)).one()
        line = db.session.scalars(select(SessionLine)).one()
        assert {request.amount_minor, attempt.amount_minor, line.amount_minor} == {150_000}
        db.session.remove()
