"""Payment links: made by the SDK, paid by a visitor, closed when they were paid often enough."""

from typing import Any

import pytest
import stripe
from sqlalchemy import func, select

from payments.errors import LinkClosed
from payments.models import Request
from payments.v1 import visits
from payments.v1.visits import Chosen
from portal.db import begin, reading
from tests.portal.pay.making import HERE, School, open_school, pay_by_transfer, soup, text
from tests.portal.pay.sdk import Wire, sdk_of

FIXED = {"currency": "vnd", "unit_amount": 120_000, "product_data": {"name": "Đồng phục thể dục"}}
TOO_LOW = {"enabled": True, "minimum": 9_000, "preset": 2_000}
TYPED = {
    "currency": "vnd",
    "custom_unit_amount": {"enabled": True, "minimum": 10_000, "maximum": 2_000_000, "preset": 50_000},
}
CLASS: Any = {"key": "lop", "label": {"type": "custom", "custom": "Lớp"}, "type": "text"}
SHIFT: Any = {
    "key": "ca", "label": {"type": "custom", "custom": "Ca học"}, "type": "dropdown",
    "dropdown": {"options": [{"label": "Sáng", "value": "s"}, {"label": "Chiều", "value": "c"}]},
}  # fmt: skip


@pytest.fixture
def sdk(client: Any, world: Any, school: School) -> tuple[stripe.StripeClient, Wire]:
    return sdk_of(client, world, school.payee.id)


def link_of(sdk: Any, price: dict[str, Any], *, quantity: int = 1, **more: Any) -> Any:
    made = sdk[0].v1.prices.create(price)
    return sdk[0].v1.payment_links.create({"line_items": [{"price": made.id, "quantity": quantity}], **more})


def path_of(link: Any) -> str:
    return f"/pay/links/pl_{link.id.partition('_')[2]}"


def form_of(payer: Any, link: Any) -> dict[str, str]:
    page = soup(payer.get(path_of(link)))
    return {one["name"]: one.get("value", "") for one in page.select("form input")}


def sent(answer: Any) -> dict[str, str]:
    """Return what the form of an answer sends as it stands."""
    return {one["name"]: one.get("value", "") for one in soup(answer).select("form input")}


def test_products_and_prices_are_kept(sdk: Any) -> None:
    products, prices = sdk[0].v1.products, sdk[0].v1.prices
    shirt = products.create({"name": "Áo đồng phục", "metadata": {"size": "M"}})
    price = prices.create({"currency": "vnd", "unit_amount": 150_000, "product": shirt.id, "lookup_key": "ao-m"})
    assert (price.unit_amount, str(price.unit_amount_decimal), price.product, price.type) == (
        150_000,
        "150000",
        shirt.id,
        "one_time",
    )
    assert products.update(shirt.id, {"default_price": price.id, "description": "Vải thun"}).default_price == price.id
    assert [one.id for one in prices.list({"lookup_keys": ["ao-m"]}).data] == [price.id]
    assert [one.id for one in products.list({"active": False}).data] == []
    with pytest.raises(stripe.InvalidRequestError):
        products.delete(shirt.id)
    spare = products.create({"name": "Nón"})
    assert products.delete(spare.id).deleted is True
    kinds = [one.type for one in sdk[0].v1.events.list().data][::-1]
    assert kinds == ["product.created", "price.created", "product.updated", "product.created", "product.deleted"]


@pytest.mark.parametrize(
    ("price", "code", "param"),
    [
        ({"currency": "vnd", "product_data": {"name": "a"}}, "parameter_missing", "unit_amount"),
        ({"currency": "vnd", "unit_amount": 5_000}, "parameter_missing", "product"),
        ({**FIXED, "unit_amount": 999}, "amount_too_small", "unit_amount"),
        ({**TYPED, "product": "prod_nobody"}, "resource_missing", "product"),
        ({**TYPED, "product_data": {"name": "a"}, "custom_unit_amount": TOO_LOW}, "parameter_invalid_value",
         "custom_unit_amount"),
        ({**FIXED, "product_data": {"name": ""}}, "parameter_missing", "product_data[name]"),
    ],
)  # fmt: skip
def test_a_price_that_cannot_be_is_refused(sdk: Any, price: Any, code: str, param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk[0].v1.prices.create(price)
    assert (refused.value.code, refused.value.param) == (code, param)


def test_a_link_says_what_it_sells(sdk: Any) -> None:
    link = link_of(sdk, FIXED, quantity=2, metadata={"term": "1"}, expand=["line_items"])
    assert (link.active, link.url.endswith(path_of(link)), link.metadata["term"]) == (True, True, "1")
    assert (link.line_items.data[0].amount_total, link.line_items.data[0].description) == (240_000, "Đồng phục thể dục")
    assert [one.quantity for one in sdk[0].v1.payment_links.line_items.list(link.id).data] == [2]
    assert [one.id for one in sdk[0].v1.payment_links.list().data] == [link.id]


def test_a_visitor_pays_the_sum_of_a_link_once(sdk: Any, payer: Any, world: Any, school: School) -> None:
    link = link_of(sdk, FIXED, quantity=2, payment_intent_data={"metadata": {"from": "link"}})
    page = text(payer.get(path_of(link)))
    assert "₫240,000" in page
    assert "Đồng phục thể dục" in page
    form = form_of(payer, link)
    answers = [payer.post(path_of(link), data=form, headers=HERE) for _ in range(2)]
    assert {one.location for one in answers} == {answers[0].location}
    request = reading().scalars(select(Request)).one()
    assert (request.amount_minor, request.item, answers[0].status_code) == (240_000, "2 × Đồng phục thể dục", 303)
    pay_by_transfer(payer, world, school, memo=request.code, amount=240_000)
    intent = sdk[0].v1.payment_intents.list().data[0]
    assert (intent.status, intent.metadata["from"]) == ("succeeded", "link")
    assert "payment_intent.succeeded" in [one.type for one in sdk[0].v1.events.list().data]


def test_a_visitor_types_a_sum_between_the_bounds(sdk: Any, payer: Any) -> None:
    link = link_of(sdk, {**TYPED, "product_data": {"name": "Quỹ khuyến học"}})
    form = form_of(payer, link)
    assert form["amount"] == "50,000"
    for typed in ("", "9999", "2.000.001", "abc", "-50000"):
        answer = payer.post(path_of(link), data={**form, "amount": typed}, headers=HERE)
        assert answer.status_code == 422
        assert soup(answer).title.string.startswith("Error: ")
    assert reading().scalar(select(func.count()).select_from(Request)) == 0
    asked = payer.post(path_of(link), data={**form, "amount": "75.000"}, headers=HERE)
    assert payer.post(path_of(link), data=sent(asked), headers=HERE).status_code == 303
    assert reading().scalars(select(Request.amount_minor)).one() == 75_000


def test_a_typed_sum_is_shown_once_more_before_anything_begins(sdk: Any, payer: Any) -> None:
    link = link_of(sdk, {**TYPED, "product_data": {"name": "Quỹ khuyến học"}}, custom_fields=[CLASS, SHIFT])
    typed = {**form_of(payer, link), "amount": "75k", "ask_lop": "1A", "ask_ca": "s"}
    asked = payer.post(path_of(link), data=typed, headers=HERE)
    assert (asked.status_code, soup(asked).h1.get_text()) == (200, "Is this right?")
    for fact in ("Trường Tiểu học Tân Thạnh", "₫75,000", "bảy mươi lăm nghìn đồng", "Quỹ khuyến học", "1A", "Sáng"):
        assert fact in text(asked)
    assert reading().scalar(select(func.count()).select_from(Request)) == 0
    # Another sum than the one she was shown is shown to her first.
    other = payer.post(path_of(link), data={**sent(asked), "amount": "750.000"}, headers=HERE)
    assert (other.status_code, "₫750,000" in text(other)) == (200, True)
    back = payer.post(path_of(link), data={**sent(asked), "change": "yes"}, headers=HERE)
    kept = {one["name"]: one.get("value") for one in soup(back).select("form input")}
    assert (back.status_code, kept["amount"], kept["ask_lop"], "checked" in kept) == (200, "75k", "1A", False)
    assert soup(back).select_one("option[selected]")["value"] == "s"
    assert reading().scalar(select(func.count()).select_from(Request)) == 0
    led = [payer.post(path_of(link), data=sent(asked), headers=HERE) for _ in range(2)]
    assert [one.status_code for one in led] == [303, 303]
    assert led[0].location == led[1].location
    # The same first form with another sum is another request: what she confirmed is what she is asked for.
    again = payer.post(path_of(link), data={**typed, "amount": "80k"}, headers=HERE)
    assert payer.post(path_of(link), data=sent(again), headers=HERE).location != led[0].location
    assert sorted(reading().scalars(select(Request.amount_minor))) == [75_000, 80_000]


def test_a_sum_of_the_links_own_is_not_asked_about(sdk: Any, payer: Any) -> None:
    link = link_of(sdk, FIXED)
    assert payer.post(path_of(link), data=form_of(payer, link), headers=HERE).status_code == 303


def test_a_closed_link_asks_nothing_more(sdk: Any, payer: Any) -> None:
    link = link_of(sdk, {**TYPED, "product_data": {"name": "Quỹ"}})
    form = {**form_of(payer, link), "amount": "75k"}
    sdk[0].v1.payment_links.update(link.id, {"active": False})
    for more in ({}, {"change": "yes"}, {"checked": "75000"}):
        assert payer.post(path_of(link), data={**form, **more}, headers=HERE).status_code == 410


def test_a_price_that_is_typed_stands_alone(sdk: Any) -> None:
    typed = sdk[0].v1.prices.create({**TYPED, "product_data": {"name": "Quỹ"}})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk[0].v1.payment_links.create({"line_items": [{"price": typed.id, "quantity": 2}]})
    assert refused.value.code == "line_items_invalid"


def test_paid_often_enough_a_link_is_closed(sdk: Any, payer: Any, world: Any, school: School) -> None:
    link = link_of(
        sdk, FIXED, restrictions={"completed_sessions": {"limit": 1}}, inactive_message="Đã đủ số lượng.",
    )  # fmt: skip
    form = form_of(payer, link)
    payer.post(path_of(link), data=form, headers=HERE)
    assert payer.get(path_of(link)).status_code == 200  # asked for, not paid yet
    pay_by_transfer(payer, world, school, memo=reading().scalars(select(Request.code)).one(), amount=120_000)
    for answer in (
        payer.get(path_of(link)),
        payer.post(path_of(link), data={**form, "form_id": "other"}, headers=HERE),
    ):
        assert answer.status_code == 410
        assert "Đã đủ số lượng." in text(answer)
    shown = sdk[0].v1.payment_links.retrieve(link.id)
    assert shown.restrictions.completed_sessions.to_dict() == {"count": 1, "limit": 1}


def test_a_closed_link_and_one_that_is_none(sdk: Any, payer: Any, client: Any, world: Any) -> None:
    link = link_of(sdk, FIXED)
    assert sdk[0].v1.payment_links.update(link.id, {"active": False}).active is False
    assert payer.get(path_of(link)).status_code == 410
    assert payer.get("/pay/links/pl_nobody").status_code == 404
    other = sdk_of(client, world, open_school(world, number="9988776655", prefix="YT", phone="0912345679").payee.id)[0]
    with pytest.raises(stripe.InvalidRequestError) as foreign:
        other.v1.payment_links.update(link.id, {"active": True})
    assert foreign.value.code == "resource_missing"
    price = sdk[0].v1.prices.list().data[0]
    with pytest.raises(stripe.InvalidRequestError) as theirs:
        other.v1.payment_links.create({"line_items": [{"price": price.id, "quantity": 1}]})
    assert (theirs.value.code, theirs.value.param) == ("resource_missing", "line_items[0][price]")


def test_a_link_closed_meanwhile_takes_no_visit(sdk: Any, payer: Any, world: Any, session: Any) -> None:
    link = link_of(sdk, FIXED)
    sdk[0].v1.payment_links.update(link.id, {"active": False})
    with pytest.raises(LinkClosed), begin() as writing:
        visits.visit(writing, link.id, form_id="f1", chosen=Chosen(), now=world.clock.now())
    assert reading().scalar(select(func.count()).select_from(Request)) == 0
