"""A firm's day by the unchanged official SDK: it sells, is paid, gives back, is told, and adds up its balance."""

from typing import Any
from urllib.parse import urlsplit

import stripe

from portal.pay.sending import tell_one
from portal.worker import work
from tests.portal.marketplaces.listening import letter_box
from tests.portal.pay.making import HERE, School, pay_by_transfer, soup
from tests.portal.pay.sdk import sdk_of


def test_a_day_with_the_official_sdk(client: Any, payer: Any, app: Any, world: Any, school: School) -> None:
    sdk, wire = sdk_of(client, world, school.payee.id)
    v1 = sdk.v1
    with letter_box() as (box, root):
        hook = v1.webhook_endpoints.create({"url": f"{root}/hook", "enabled_events": ["*"]})
        product = v1.products.create({"name": "Vé tham quan", "metadata": {"sku": "V1"}})
        price = v1.prices.create({"currency": "vnd", "unit_amount": 50_000, "product": product.id, "lookup_key": "ve"})
        assert v1.prices.list({"lookup_keys": ["ve"]}).data[0].id == price.id
        link = v1.payment_links.create({"line_items": [{"price": price.id, "quantity": 2}], "metadata": {"day": "1"}})
        form = {one["name"]: one["value"] for one in soup(payer.get(urlsplit(link.url).path)).form.find_all("input")}
        assert payer.post(urlsplit(link.url).path, data=form, headers=HERE).status_code == 303
        visit = v1.checkout.sessions.list({"payment_link": link.id, "expand": ["data.payment_intent"]}).data[0]
        assert (visit.metadata["day"], visit.payment_intent.amount) == ("1", 100_000)
        code = visit.payment_intent["payment_code"]
        pay_by_transfer(client, world, school, memo=code, amount=100_000, number=1, balance=100_000)

        asked = {
            "mode": "payment",
            "line_items": [{"price": price.id, "quantity": 1}],
            "success_url": "https://x.example",
        }
        own = v1.checkout.sessions.create(asked)
        assert v1.checkout.sessions.expire(own.id).status == "expired"

        ask = {"amount": 450_000, "currency": "vnd", "metadata": {"don": "7"}}
        first = v1.payment_intents.create(ask, {"idempotency_key": "don-7"})
        again = v1.payment_intents.create(ask, {"idempotency_key": "don-7"})
        assert (again.id, wire.headers["Idempotent-Replayed"]) == (first.id, "true")
        paid = v1.payment_intents.confirm(first.id, {"payment_method": "pm_card_visa", "expand": ["latest_charge"]})
        assert (paid.status, paid.latest_charge.amount) == ("succeeded", 450_000)
        unpaid = v1.payment_intents.create({"amount": 9_000, "currency": "vnd"})
        assert v1.payment_intents.cancel(unpaid.id).status == "canceled"

        refund = v1.refunds.create({"charge": paid.latest_charge.id, "amount": 150_000, "reason": "duplicate"})
        work(app, once=True)
        assert v1.refunds.retrieve(refund.id, {"expand": ["balance_transaction"]}).status == "succeeded"
        charge = v1.charges.retrieve(paid.latest_charge.id)
        assert (charge.amount_refunded, charge.refunded) == (150_000, False)

        balance = v1.balance.retrieve()
        assert (balance.available[0].amount, balance.pending[0].amount) == (100_000, 300_000)
        changes = v1.balance_transactions.list({"limit": 1})
        assert sum(one.net for one in changes.auto_paging_iter()) == 400_000
        walked = [one.id for one in v1.payment_intents.list({"limit": 2}).auto_paging_iter()]
        oldest = walked[-1]
        back = v1.payment_intents.list({"limit": 2, "ending_before": oldest}).auto_paging_iter()
        assert [one.id for one in back] == walked[:-1][::-1]
        v1.payment_links.update(link.id, {"active": False})

        while tell_one(world):
            pass
        told = [
            stripe.Webhook.construct_event(body, headers["Stripe-Signature"], hook.secret, tolerance=10**9)
            for _, headers, body in box.take()
        ]
    events = list(v1.events.list({"limit": 3}).auto_paging_iter())
    assert sorted(one.id for one in told) == sorted(one.id for one in events)
    assert {one.type for one in told} == {
        "product.created", "price.created", "payment_link.created", "payment_link.updated", "payment_intent.created",
        "payment_intent.succeeded", "payment_intent.canceled", "charge.succeeded", "charge.refunded",
        "refund.created", "refund.updated", "checkout.session.completed", "checkout.session.expired",
        "balance.available",
    }  # fmt: skip
    assert v1.events.list({"delivery_success": False}).data == []
    assert v1.webhook_endpoints.delete(hook.id).deleted
