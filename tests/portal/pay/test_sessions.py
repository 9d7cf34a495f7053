"""Checkout sessions through the official SDK: made, found, ended, paid and told; and the way back to the shop."""

import time
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe

from portal.worker import work
from tests.portal.pay.making import School, pay_by_transfer, soup, text
from tests.portal.pay.sdk import Wire, sdk_of
from tests.portal.pay.test_interface_money import kinds

LINE = {"price_data": {"currency": "vnd", "unit_amount": 50_000, "product_data": {"name": "Vé"}}, "quantity": 3}
ASK: dict[str, Any] = {
    "mode": "payment", "line_items": [LINE], "success_url": "https://shop.example/done?s={CHECKOUT_SESSION_ID}",
    "cancel_url": "https://shop.example/cart", "client_reference_id": "don-7", "metadata": {"class": "1A"},
}  # fmt: skip


@pytest.fixture
def sdk(client: Any, world: Any, school: School) -> tuple[stripe.StripeClient, Wire]:
    return sdk_of(client, world, school.payee.id)


def code_of(sdk: Any, made: Any) -> str:
    return str(sdk[0].v1.payment_intents.retrieve(made.payment_intent)["payment_code"])


def test_made_paid_told_and_led_back(sdk: Any, client: Any, payer: Any, world: Any, school: School) -> None:
    made = sdk[0].v1.checkout.sessions.create({**ASK, "expand": ["line_items"]})
    assert (made.object, made.status, made.payment_status, made.amount_total) == (
        "checkout.session", "open", "unpaid", 150_000,
    )  # fmt: skip
    assert [(one.description, one.quantity, one.amount_total) for one in made.line_items.data] == [("Vé", 3, 150_000)]
    assert sdk[0].v1.checkout.sessions.line_items.list(made.id).data[0].id == made.line_items.data[0].id
    page = urlsplit(made.url).path
    assert soup(payer.get(page)).find("a", href="https://shop.example/cart") is not None
    # Before the bank has said so, nothing leads back as paid.
    assert urlsplit(payer.get(f"{page}/back").location).path == page
    pay_by_transfer(client, world, school, memo=code_of(sdk, made), amount=150_000, number=1, balance=150_000)
    done = sdk[0].v1.checkout.sessions.retrieve(made.id, {"expand": ["payment_intent"]})
    assert (done.status, done.payment_status, done.url, done.payment_intent.status) == (
        "complete", "paid", None, "succeeded",
    )  # fmt: skip
    assert "Back to the shop" in text(payer.get(page))
    assert payer.get(f"{page}/back").location == f"https://shop.example/done?s={made.id}"
    assert kinds(sdk)[-2:] == ["checkout.session.completed", "balance.available"]
    told = sdk[0].v1.events.list({"type": "checkout.session.completed"}).data[0].data.object
    assert (told["payment_status"], told["client_reference_id"]) == ("paid", "don-7")
    assert told["metadata"].to_dict() == {"class": "1A"}


def test_ended_by_its_maker_and_by_the_clock(sdk: Any, app: Any, clock: Any, payer: Any) -> None:
    first, second = (sdk[0].v1.checkout.sessions.create(ASK) for _ in range(2))
    assert sdk[0].v1.checkout.sessions.expire(first.id).status == "expired"
    assert kinds(sdk)[-1] == "checkout.session.expired"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk[0].v1.checkout.sessions.expire(first.id)
    assert refusal.value.code == "session_unexpected_state"
    assert "without paying" in text(payer.get(f"/pay/requests/pr_{first.payment_intent[3:]}"))
    clock.move(days=2)
    work(app, once=True)
    assert sdk[0].v1.checkout.sessions.retrieve(second.id).status == "expired"
    assert kinds(sdk).count("checkout.session.expired") == 2


def test_listed_noted_and_of_a_link(sdk: Any, client: Any, world: Any, school: School, payer: Any) -> None:
    made = [sdk[0].v1.checkout.sessions.create(ASK) for _ in range(3)]
    pay_by_transfer(client, world, school, memo=code_of(sdk, made[0]), amount=150_000, number=1, balance=150_000)
    sdk[0].v1.checkout.sessions.expire(made[1].id)
    listing = sdk[0].v1.checkout.sessions.list
    assert [one.id for one in listing({"limit": 2}).auto_paging_iter()] == [one.id for one in made[::-1]]
    for status, one in (("complete", made[0]), ("expired", made[1]), ("open", made[2])):
        assert [found.id for found in listing({"status": status}).data] == [one.id]
    assert [one.id for one in listing({"payment_intent": made[2].payment_intent}).data] == [made[2].id]
    noted = sdk[0].v1.checkout.sessions.update(made[2].id, {"metadata": {"class": "", "term": "2"}})
    assert noted.metadata.to_dict() == {"term": "2"}
    after = {"type": "redirect", "redirect": {"url": "https://shop.example/thanks"}}
    link = sdk[0].v1.payment_links.create({"line_items": [LINE], "metadata": {"a": "b"}, "after_completion": after})
    path = urlsplit(link.url).path
    form = {one["name"]: one.get("value", "") for one in soup(payer.get(path)).find("form").find_all("input")}
    page = payer.post(path, data=form, headers={"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}).location
    visit = listing({"payment_link": link.id, "expand": ["data.line_items"]}).data
    assert [(one.metadata.to_dict(), one.amount_total, one.line_items.data[0].quantity) for one in visit] == [
        ({"a": "b"}, 150_000, 3)
    ]
    pay_by_transfer(client, world, school, memo=code_of(sdk, visit[0]), amount=150_000, number=2, balance=300_000)
    assert payer.get(f"{urlsplit(page).path}/back").location == "https://shop.example/thanks"


def test_what_is_refused(sdk: Any) -> None:
    typed = {"currency": "vnd", "custom_unit_amount": {"enabled": "true", "minimum": 1_000, "maximum": 9_000}}
    price = sdk[0].v1.prices.create({**typed, "product_data": {"name": "Góp"}})
    soon = int(time.time())
    for changed, code, param in (
        ({"success_url": "javascript:alert(1)"}, "url_invalid", "success_url"),
        ({"success_url": "https://user:pw@shop.example/"}, "url_invalid", "success_url"),
        ({"cancel_url": "//shop.example"}, "url_invalid", "cancel_url"),
        ({"mode": "subscription"}, "parameter_invalid_value", "mode"),
        ({"line_items": [{"price": price.id, "quantity": 1}]}, "line_items_invalid", "line_items"),
        ({"expires_at": soon - 3600 * 24 * 365 * 30}, "expires_at_invalid", "expires_at"),
        ({"expires_at": soon + 3600 * 24 * 365 * 30}, "expires_at_invalid", "expires_at"),
        ({"discounts": "x"}, "parameter_unknown", "discounts"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            sdk[0].v1.checkout.sessions.create({**ASK, **changed})
        assert (refusal.value.code, refusal.value.param) == (code, param), changed
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk[0].v1.checkout.sessions.retrieve("cs_none")
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk[0].v1.payment_intents.create({"amount": 50_000, "currency": "vnd", "return_url": "data:text/html,x"})
    assert refusal.value.param == "return_url"
    assert sdk[0].v1.checkout.sessions.list().data == []
