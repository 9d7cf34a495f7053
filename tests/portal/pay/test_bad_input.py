"""What `/v1` answers to bad input, row by row: status, type, code and param, and nothing is made."""

from typing import Any

from sqlalchemy import func, select

from payments.models import Request
from portal.db import reading
from tests.portal.pay.making import School, open_school
from tests.portal.pay.sdk import sdk_of
from tests.portal.pay.test_interface import ASK

INTENTS = "/v1/payment_intents"
BASE = "amount=50000&currency=vnd"
INVALID = "invalid_request_error"

# method, path, body or None, key or None; status, type, code, param
ROWS: tuple[tuple[str, str, str | None, str | None, int, str, str | None, str | None], ...] = (
    ("GET", "/v1/nothing", None, None, 404, INVALID, None, None),
    ("GET", f"{INTENTS}/pi_none", None, None, 404, INVALID, "resource_missing", "id"),
    ("GET", f"{INTENTS}/{{theirs}}", None, None, 404, INVALID, "resource_missing", "id"),
    ("POST", f"{INTENTS}/{{theirs}}", "description=x", None, 404, INVALID, "resource_missing", "id"),
    ("POST", f"{INTENTS}/{{theirs}}/cancel", "", None, 404, INVALID, "resource_missing", "id"),
    ("POST", "/v1/refunds", "payment_intent={theirs}", None, 404, INVALID, "resource_missing", "payment_intent"),
    ("GET", "/v1/charges/ch_none", None, None, 404, INVALID, "resource_missing", "id"),
    ("GET", "/v1/refunds/re_none", None, None, 404, INVALID, "resource_missing", "id"),
    ("GET", "/v1/checkout/sessions/cs_none", None, None, 404, INVALID, "resource_missing", "id"),
    ("GET", "/v1/payment_links/plink_none", None, None, 404, INVALID, "resource_missing", "id"),
    ("GET", "/v1/balance_transactions/txn_none", None, None, 404, INVALID, "resource_missing", "id"),
    ("DELETE", "/v1/webhook_endpoints/we_none", None, None, 404, INVALID, "resource_missing", "id"),
    ("POST", INTENTS, f"{BASE}&colour=red", None, 400, INVALID, "parameter_unknown", "colour"),
    ("POST", INTENTS, "currency=vnd", None, 400, INVALID, "parameter_missing", "amount"),
    ("POST", INTENTS, "amount=50000.5&currency=vnd", None, 400, INVALID, "parameter_invalid_integer", "amount"),
    ("POST", INTENTS, "amount=0&currency=vnd", None, 400, INVALID, "amount_too_small", "amount"),
    ("POST", INTENTS, "amount=999&currency=vnd", None, 400, INVALID, "amount_too_small", "amount"),
    ("POST", INTENTS, "amount=10000000000&currency=vnd", None, 400, INVALID, "amount_too_large", "amount"),
    ("POST", INTENTS, "amount=50000&currency=usd", None, 400, INVALID, "currency_not_taken", "currency"),
    ("POST", INTENTS, f"{BASE}&amount=50000", None, 400, INVALID, "parameter_repeated", "amount"),
    ("POST", INTENTS, f"{BASE}&payment_method_types[1]=vietqr", None, 400, INVALID, "parameter_invalid",
     "payment_method_types"),
    ("POST", INTENTS, f"{BASE}&expand[]=customer", None, 400, INVALID, "parameter_invalid_value", "expand[0]"),
    ("GET", f"{INTENTS}?limit=0", None, None, 400, INVALID, "parameter_invalid_integer", "limit"),
    ("GET", f"{INTENTS}?limit=101", None, None, 400, INVALID, "parameter_invalid_integer", "limit"),
    ("GET", f"{INTENTS}?starting_after={{own}}&ending_before={{own}}", None, None, 400, INVALID,
     "parameters_exclusive", "ending_before"),
    ("GET", f"{INTENTS}?starting_after=pi_none", None, None, 400, INVALID, "resource_missing", "starting_after"),
    ("GET", f"{INTENTS}?ending_before={{theirs}}", None, None, 400, INVALID, "resource_missing", "ending_before"),
    ("POST", INTENTS, f"{BASE}&description=other", "used", 400, "idempotency_error", None, None),
    ("POST", "/v1/products", f"{BASE}", "used", 400, INVALID, "parameter_unknown", "amount"),
    ("POST", "/v1/products", "name=x", "used", 400, "idempotency_error", None, None),
    ("POST", INTENTS, BASE, "k" * 256, 400, INVALID, "idempotency_key_invalid", "Idempotency-Key"),
    ("POST", f"{INTENTS}/{{own}}/capture", "", None, 400, INVALID, "payment_intent_unexpected_state", None),
    ("POST", f"{INTENTS}/{{paid}}/cancel", "", None, 400, INVALID, "payment_intent_unexpected_state", None),
    ("POST", f"{INTENTS}/{{paid}}", "amount=60000", None, 400, INVALID, "payment_intent_unexpected_state", None),
    ("POST", f"{INTENTS}/{{paid}}/confirm", "", None, 400, INVALID, "payment_intent_unexpected_state", None),
    ("POST", "/v1/refunds", "payment_intent={paid}&amount=450001", None, 400, INVALID, "amount_too_large", "amount"),
    ("POST", "/v1/refunds", "payment_intent={returned}", None, 400, INVALID, "charge_already_refunded", None),
    ("POST", "/v1/refunds", "payment_intent={own}", None, 400, INVALID, "payment_intent_unexpected_state", None),
    ("POST", "/v1/webhook_endpoints", "url=https://10.0.0.1/&enabled_events[0]=*", None, 400, INVALID, "url_invalid",
     "url"),
    ("POST", INTENTS, "&".join(f"metadata[k{n}]=v" for n in range(1_001)), None, 400, INVALID, "request_too_large",
     None),
    ("POST", INTENTS, "a[b][c][d][e][f]=1", None, 400, INVALID, "request_too_large", "a[b][c][d][e][f]"),
    ("POST", INTENTS, "description=" + "x" * 1_048_600, None, 413, INVALID, "request_too_large", None),
)  # fmt: skip


def test_each_bad_input_has_its_exact_answer(client: Any, world: Any, school: School) -> None:
    sdk, wire = sdk_of(client, world, school.payee.id)
    other = open_school(world, name="Trường khác", number="0099887766", prefix="TK", phone="0911111111")
    theirs = sdk_of(client, world, other.payee.id)[0].v1.payment_intents.create(ASK).id
    own = sdk.v1.payment_intents.create({"amount": 50_000, "currency": "vnd"}, {"idempotency_key": "used"}).id
    visa = {**ASK, "confirm": True, "payment_method": "pm_card_visa"}
    paid, returned = (sdk.v1.payment_intents.create(visa).id for _ in range(2))
    sdk.v1.refunds.create({"payment_intent": returned})
    headers = {name: value for name, value in wire.sent[0][2].items() if name != "Idempotency-Key"}
    names = {"own": own, "theirs": theirs, "paid": paid, "returned": returned}
    made = reading().scalar(select(func.count()).select_from(Request))
    for method, path, body, key, status, kind, code, param in ROWS:
        for name, value in names.items():
            path, body = path.replace(f"{{{name}}}", value), body and body.replace(f"{{{name}}}", value)
        more = {"Idempotency-Key": key} if key else {}
        answer = client.open(path, method=method, data=body, headers=headers | more)
        error = answer.get_json()["error"]
        got = (answer.status_code, error["type"], error.get("code"), error.get("param"))
        assert got == (status, kind, code, param), (method, path, (body or "")[:80])
        assert answer.headers["Request-Id"].startswith("req_")
    reading().expire_all()
    assert reading().scalar(select(func.count()).select_from(Request)) == made


def test_without_a_key_or_with_a_wrong_one_the_answer_is_exact(client: Any) -> None:
    for headers, message in (
        ({"Authorization": "Bearer sk_test_0123456789abcd"}, "Invalid API Key provided: sk_test_****abcd"),
        ({"Authorization": "Bearer sk_live_0123456789abcd"}, "Invalid API Key provided: sk_live_****abcd"),
        ({}, "You did not provide an API key. Send it as Authorization: Bearer sk_…."),
    ):
        answer = client.get(INTENTS, headers=headers)
        assert answer.status_code == 401
        assert answer.get_json() == {"error": {"type": INVALID, "message": message}}
