"""Events: what was, what is on its way, how long they are shown; and the test cards with what they cause."""

from typing import Any

import pytest
import stripe

from portal.pay.sending import tell_one
from portal.worker import work
from tests.portal.marketplaces.listening import letter_box
from tests.portal.pay.making import School
from tests.portal.pay.sdk import Wire, sdk_of
from tests.portal.pay.test_interface import ASK
from tests.portal.pay.test_interface_money import kinds


@pytest.fixture
def sdk(client: Any, world: Any, school: School) -> tuple[stripe.StripeClient, Wire]:
    return sdk_of(client, world, school.payee.id)


def test_an_update_tells_what_was(sdk: Any) -> None:
    made = sdk[0].v1.products.create(
        {"name": "Vé", "metadata": {"a": "1", "b": "2"}, "images": ["https://x.example/a"]}
    )
    assert made.images == ["https://x.example/a"]
    sdk[0].v1.products.update(made.id, {"name": "Vé xe", "metadata": {"a": "", "c": "3"}})
    told = sdk[0].v1.events.list({"type": "product.updated"}).data[0].data
    assert told.previous_attributes.to_dict() == {"name": "Vé", "metadata": {"a": "1", "c": None}}
    assert told.object["name"] == "Vé xe"
    created = sdk[0].v1.events.list({"type": "product.created"}).data[0].data
    assert "previous_attributes" not in created


def test_what_is_on_its_way_is_counted_and_found(sdk: Any, world: Any, clock: Any) -> None:
    with letter_box() as (box, root):
        sdk[0].v1.webhook_endpoints.create({"url": f"{root}/hook", "enabled_events": ["payment_intent.created"]})
        sdk[0].v1.payment_intents.create(ASK)
        listing = sdk[0].v1.events.list
        event = listing().data[0]
        assert (event.pending_webhooks, listing({"delivery_success": True}).data) == (1, [])
        box.closed = True
        assert tell_one(world)
        assert [one.id for one in listing({"delivery_success": False}).data] == [event.id]
        box.closed = False
        clock.move(minutes=2)
        assert tell_one(world)
        assert [one.id for one in listing({"delivery_success": True}).data] == [event.id]
        assert sdk[0].v1.events.retrieve(event.id).pending_webhooks == 0
        clock.move(days=31)
        assert listing().data == []
        with pytest.raises(stripe.InvalidRequestError):
            sdk[0].v1.events.retrieve(event.id)


def test_a_test_card_pays_is_declined_and_goes_back(sdk: Any, app: Any) -> None:
    asked = {**ASK, "confirm": True, "payment_method": "pm_card_chargeDeclined"}
    with pytest.raises(stripe.CardError) as declined:
        sdk[0].v1.payment_intents.create(asked, {"idempotency_key": "k1"})
    said = declined.value
    assert (said.code, said.http_status, said.error.decline_code) == ("card_declined", 402, "generic_decline")
    intent = said.error.payment_intent
    assert (intent["status"], intent["last_payment_error"]["charge"]) == ("requires_payment_method", said.error.charge)
    charge = sdk[0].v1.charges.retrieve(said.error.charge)
    assert (charge.status, charge.paid, charge.failure_code) == ("failed", False, "card_declined")
    assert kinds(sdk)[-2:] == ["charge.failed", "payment_intent.payment_failed"]
    # The old key replays the decline; a new one pays the same intent.
    with pytest.raises(stripe.CardError):
        sdk[0].v1.payment_intents.create(asked, {"idempotency_key": "k1"})
    assert sdk[1].headers["Idempotent-Replayed"] == "true"
    paid = sdk[0].v1.payment_intents.confirm(
        intent["id"], {"payment_method": "pm_card_visa", "expand": ["latest_charge"]}
    )
    assert (paid.status, paid.amount_received, paid.latest_charge.paid) == ("succeeded", 450_000, True)
    assert paid.latest_charge.receipt_url.rpartition("/")[2].startswith("rc_")
    money = sdk[0].v1.balance_transactions.retrieve(paid.latest_charge.balance_transaction)
    assert (money.type, money.reporting_category, money.amount) == ("charge", "charge", 450_000)
    assert [one.id for one in sdk[0].v1.balance_transactions.list({"type": "charge"}).data] == [money.id]
    assert sdk[0].v1.balance.retrieve().pending[0].amount == 450_000
    refund = sdk[0].v1.refunds.create({"payment_intent": intent["id"], "amount": 50_000})
    work(app, once=True)
    assert sdk[0].v1.refunds.retrieve(refund.id).status == "succeeded"
    assert kinds(sdk)[-1] == "charge.refunded"


def test_a_product_names_its_price_and_a_price_its_product(sdk: Any) -> None:
    made = sdk[0].v1.products.create({"name": "Vé"})
    price = sdk[0].v1.prices.create(
        {"currency": "vnd", "unit_amount": 5_000, "product": made.id, "expand": ["product"]}
    )
    assert price.product.id == made.id
    shown = sdk[0].v1.products.update(made.id, {"default_price": price.id, "expand": ["default_price"]})
    assert shown.default_price.unit_amount == 5_000
    assert sdk[0].v1.products.list({"expand": ["data.default_price"]}).data[0].default_price.id == price.id
    assert sdk[0].v1.prices.list({"expand": ["data.product"]}).data[0].product.name == "Vé"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk[0].v1.products.create({"name": "Vé", "default_price": price.id})
    assert refused.value.param == "default_price"
