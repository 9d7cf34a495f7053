"""Every call of every resource sends what the official SDK sends; a call that there is not is refused unsent."""

from typing import Any

import pytest
import stripe

from payments.client import Reply
from tests.payments.client.test_calling import GOOD, Caught, client_of

LINE = {"price_data": {"currency": "vnd", "unit_amount": 50_000, "product_data": {"name": "Vé & sách"}}, "quantity": 2}
NOTED = {"metadata": {"lớp": "1A", "gỡ": ""}}
# Ours and the SDK's word for a call where they differ.
OTHER_WORDS = {"modify": "update"}
LISTED = Reply(200, {}, b'{"object": "list", "data": [], "has_more": false}')

CALLS: tuple[tuple[str, str, str | None, dict[str, Any]], ...] = (
    ("products", "create", None, {"name": "Học phí", "images": ["https://x.example/a.png"], **NOTED}),
    ("products", "retrieve", "prod_1", {"expand": ["default_price"]}),
    ("products", "modify", "prod_1", {"active": False, "default_price": "price_1"}),
    ("products", "delete", "prod_1", {}),
    ("products", "list", None, {"active": True, "ids": ["prod_1", "prod_2"]}),
    ("prices", "create", None, {"currency": "vnd", "product": "prod_1",
                                "custom_unit_amount": {"enabled": True, "minimum": 10_000, "preset": 50_000}}),
    ("prices", "retrieve", "price_1", {"expand": ["product"]}),
    ("prices", "modify", "price_1", {"nickname": "cũ", "lookup_key": "k"}),
    ("prices", "list", None, {"lookup_keys": ["a", "b"], "created": {"gte": 1}, "type": "one_time"}),
    ("payment_links", "create", None, {
        "line_items": [{**LINE, "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 9}}],
        "custom_fields": [{"key": "lop", "label": {"type": "custom", "custom": "Lớp"}, "type": "text"}],
        "restrictions": {"completed_sessions": {"limit": 3}}, "allow_promotion_codes": False,
    }),
    ("payment_links", "retrieve", "plink_1", {"expand": ["line_items"]}),
    ("payment_links", "modify", "plink_1", {"active": False, "inactive_message": "Hết"}),
    ("payment_links", "list", None, {"active": True, "limit": 100}),
    ("payment_links", "list_line_items", "plink_1", {"limit": 3}),
    ("checkout.sessions", "create", None, {
        "mode": "payment", "success_url": "https://x.example/?s={CHECKOUT_SESSION_ID}",
        "line_items": [{**LINE, "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 9}}],
        "after_expiration": {"recovery": {"enabled": True}}, "expires_at": 1_800_000_000,
    }),
    ("checkout.sessions", "retrieve", "cs_1", {}),
    ("checkout.sessions", "modify", "cs_1", NOTED),
    ("checkout.sessions", "list", None, {"payment_link": "plink_1", "status": "open"}),
    ("checkout.sessions", "list_line_items", "cs_1", {}),
    ("checkout.sessions", "expire", "cs_1", {}),
    ("payment_intents", "create", None, {"amount": 450_000, "currency": "vnd", "confirm": True,
                                         "payment_method": "pm_card_visa"}),
    ("payment_intents", "retrieve", "pi_1", {"expand": ["latest_charge"]}),
    ("payment_intents", "modify", "pi_1", {"amount": 1_000, **NOTED}),
    ("payment_intents", "list", None, {"created": {"gte": 1, "lt": 9}, "expand": ["data.latest_charge"]}),
    ("payment_intents", "confirm", "pi_1", {"payment_method_data": {"type": "vietqr"}}),
    ("payment_intents", "cancel", "pi_1", {"cancellation_reason": "duplicate"}),
    ("payment_intents", "capture", "pi_1", {}),
    ("refunds", "create", None, {"payment_intent": "pi_1", "amount": 1_000, "reason": "duplicate"}),
    ("refunds", "retrieve", "re_1", {"expand": ["charge"]}),
    ("refunds", "modify", "re_1", NOTED),
    ("refunds", "list", None, {"charge": "ch_1"}),
    ("refunds", "cancel", "re_1", {}),
    ("charges", "retrieve", "ch_1", {}),
    ("charges", "list", None, {"payment_intent": "pi_1"}),
    ("events", "retrieve", "evt_1", {}),
    ("events", "list", None, {"types": ["refund.failed"], "delivery_success": False}),
    ("webhook_endpoints", "create", None, {"url": "https://x.example/hook", "enabled_events": ["*"]}),
    ("webhook_endpoints", "retrieve", "we_1", {}),
    ("webhook_endpoints", "modify", "we_1", {"disabled": True}),
    ("webhook_endpoints", "delete", "we_1", {}),
    ("webhook_endpoints", "list", None, {"limit": 1}),
    ("balance", "retrieve", None, {}),
    ("balance_transactions", "retrieve", "txn_1", {}),
    ("balance_transactions", "list", None, {"type": "payment", "source": "ch_1"}),
)  # fmt: skip


def reached(root: Any, path: str) -> Any:
    """Follow the dots of a resource's name."""
    for name in path.split("."):
        root = getattr(root, name)
    return root


@pytest.mark.parametrize(("resource", "what", "object_id", "values"), CALLS)
def test_each_call_sends_what_the_official_sdk_sends(
    resource: str, what: str, object_id: str | None, values: dict[str, Any]
) -> None:
    wire = Caught()
    sdk = stripe.StripeClient("sk_test_1", http_client=wire, base_addresses={"api": "http://shop"})
    named = [object_id] if object_id else []
    theirs = reached(sdk.v1, resource)
    if what == "list_line_items":
        theirs.line_items.list(*named, values)
    else:
        getattr(theirs, OTHER_WORDS.get(what, what))(*named, *([values] if values else []))
    client, script, _ = client_of(LISTED if what.startswith("list") else GOOD)
    getattr(reached(client, resource), what)(*named, **values)
    method, url, headers, body = script.sent[0]
    assert (method, url, body or None) == (wire.last[0], wire.last[1], wire.last[2].encode() if wire.last[2] else None)
    assert ("Idempotency-Key" in headers) == (method == "POST")


def test_what_an_interface_has_not_got_is_not_sent() -> None:
    client, script, _ = client_of(GOOD)
    for call in (client.charges.create, client.events.create, client.balance_transactions.create):
        with pytest.raises(ValueError, match="cannot create"):
            call(amount=1)
    for act in (client.charges.cancel, client.prices.delete, client.refunds.confirm, client.products.list_line_items):
        with pytest.raises(ValueError, match="cannot"):
            act("x_1")
    assert script.sent == []


def test_an_id_cannot_lead_elsewhere() -> None:
    client, script, _ = client_of(GOOD)
    client.payment_intents.retrieve("../balance?x=1")
    assert script.sent[0][1] == "http://shop/v1/payment_intents/..%2Fbalance%3Fx%3D1"
