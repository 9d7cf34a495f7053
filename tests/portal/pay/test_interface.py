"""`/v1` by the official SDK: intents, their pages, their errors, and each idempotency key once."""

from typing import Any

import pytest
import stripe
from sqlalchemy import func, select

from payments.models import Request
from payments.v1.tables import Told
from portal.db import reading
from tests.portal.pay.making import School, open_school
from tests.portal.pay.sdk import Wire, sdk_of

ASK = {"amount": 450_000, "currency": "vnd", "description": "Học phí tháng 11", "metadata": {"pupil": "HS0001"}}


@pytest.fixture
def sdk(client: Any, world: Any, school: School) -> tuple[stripe.StripeClient, Wire]:
    return sdk_of(client, world, school.payee.id)


def test_an_intent_is_a_request_with_what_was_noted(sdk: Any, school: School) -> None:
    made = sdk[0].v1.payment_intents.create(ASK)
    assert (made.object, made.amount, made.currency, made.status) == (
        "payment_intent",
        450_000,
        "vnd",
        "requires_payment_method",
    )
    assert (made.metadata["pupil"], made.description, made.livemode) == ("HS0001", "Học phí tháng 11", False)
    request = reading().scalars(select(Request)).one()
    assert (request.id[3:], request.payee_id, request.code) == (made.id[3:], school.payee.id, made["payment_code"])
    assert sdk[0].v1.payment_intents.retrieve(made.id).client_secret == made.client_secret


def test_confirming_says_where_the_payer_goes(sdk: Any) -> None:
    made = sdk[0].v1.payment_intents.create(ASK)
    shown = sdk[0].v1.payment_intents.confirm(made.id, {"payment_method_data": {"type": "vietqr"}})
    assert (shown.status, shown.next_action.type) == ("requires_action", "vietqr_display_qr_code")
    data = shown.next_action["vietqr_display_qr_code"]
    assert made["payment_code"] in data["data"]
    assert data["hosted_instructions_url"].endswith(f"/pay/requests/pr_{made.id[3:]}")


def test_made_and_confirmed_at_once_it_leads_to_the_gateway(sdk: Any) -> None:
    asked = {
        **ASK,
        "confirm": True,
        "payment_method_data": {"type": "vnpay"},
        "return_url": "https://truong.example/xong",
    }
    made = sdk[0].v1.payment_intents.create(asked)
    assert made.next_action.redirect_to_url.return_url == "https://truong.example/xong"
    assert "vnp_TxnRef=" in made.next_action.redirect_to_url.url
    kinds = [event.type for event in sdk[0].v1.events.list().data]
    assert kinds == ["payment_intent.requires_action", "payment_intent.created"]


def test_withdrawn_it_takes_no_payment(sdk: Any) -> None:
    made = sdk[0].v1.payment_intents.create(ASK)
    gone = sdk[0].v1.payment_intents.cancel(made.id, {"cancellation_reason": "duplicate"})
    assert (gone.status, gone.cancellation_reason, gone.canceled_at is not None) == ("canceled", "duplicate", True)
    for act in (sdk[0].v1.payment_intents.cancel, sdk[0].v1.payment_intents.confirm, sdk[0].v1.payment_intents.capture):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            act(made.id)
        assert refused.value.code == "payment_intent_unexpected_state"


def test_what_was_noted_can_change_and_the_sum_until_somebody_begins(sdk: Any) -> None:
    made = sdk[0].v1.payment_intents.create(ASK)
    changed = sdk[0].v1.payment_intents.update(made.id, {"amount": 500_000, "metadata": {"pupil": "", "class": "5A"}})
    assert (changed.amount, changed.metadata.to_dict()) == (500_000, {"class": "5A"})
    sdk[0].v1.payment_intents.confirm(made.id, {"payment_method_data": {"type": "vietqr"}})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk[0].v1.payment_intents.update(made.id, {"amount": 1_000})
    assert refused.value.code == "payment_intent_unexpected_state"


def test_lists_are_walked_both_ways(sdk: Any) -> None:
    made = [sdk[0].v1.payment_intents.create({**ASK, "amount": 1_000 + n}).id for n in range(7)]
    walked = [one.id for one in sdk[0].v1.payment_intents.list({"limit": 3}).auto_paging_iter()]
    assert walked == made[::-1]
    back = sdk[0].v1.payment_intents.list({"limit": 3, "ending_before": made[0]})
    assert ([one.id for one in back.data], back.has_more) == (made[3:0:-1], True)
    assert [one.id for one in back.auto_paging_iter()] == made[1:]
    assert sdk[0].v1.payment_intents.list({"created": {"lt": 1}}).data == []


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"amount": 999}, "amount_too_small", "amount"),
        ({"amount": 10_000_000_000}, "amount_too_large", "amount"),
        ({"amount": "50000.5"}, "parameter_invalid_integer", "amount"),
        ({"currency": "usd"}, "currency_not_taken", "currency"),
        ({"amount": None}, "parameter_missing", "amount"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"metadata": {"k" * 41: "v"}}, "metadata_invalid", f"metadata[{'k' * 40}]"),
        ({"payment_method_types": ["momo"]}, "payment_method_not_available", "payment_method_types"),
        (
            {"automatic_payment_methods": {"enabled": "yes"}},
            "parameter_invalid_boolean",
            "automatic_payment_methods[enabled]",
        ),
    ],
)
def test_a_bad_parameter_is_named_and_changes_nothing(sdk: Any, changes: Any, code: str, param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk[0].v1.payment_intents.create({**ASK, **changes})
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, param)
    assert reading().scalar(select(func.count()).select_from(Request)) == 0


@pytest.mark.parametrize(
    ("asked", "code", "param"),
    [
        ({"limit": 0}, "parameter_invalid_integer", "limit"),
        ({"limit": 101}, "parameter_invalid_integer", "limit"),
        ({"starting_after": "pi_x", "ending_before": "pi_y"}, "parameters_exclusive", "ending_before"),
        ({"starting_after": "pi_nobody"}, "resource_missing", "starting_after"),
    ],
)
def test_a_bad_page_is_refused(sdk: Any, asked: Any, code: str, param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk[0].v1.payment_intents.list(asked)
    assert (refused.value.code, refused.value.param) == (code, param)


def test_without_a_living_key_nothing_is_said(client: Any, world: Any, sdk: Any) -> None:
    made = sdk[0].v1.payment_intents.create(ASK)
    stranger = stripe.StripeClient(
        "sk_test_nobodynobodynobodyabcd", http_client=sdk[1], base_addresses={"api": "http://localhost"}
    )
    with pytest.raises(stripe.AuthenticationError) as refused:
        stranger.v1.payment_intents.retrieve(made.id)
    assert "sk_test_****abcd" in str(refused.value)
    assert client.get("/v1/payment_intents").get_json()["error"]["type"] == "invalid_request_error"
    other = sdk_of(client, world, open_school(world, number="9988776655", prefix="YT", phone="0912345679").payee.id)[0]
    for ask in (other.v1.payment_intents.retrieve, other.v1.payment_intents.cancel, other.v1.charges.retrieve):
        with pytest.raises(stripe.InvalidRequestError) as foreign:
            ask(made.id)
        assert (foreign.value.http_status, foreign.value.code) == (404, "resource_missing")
    assert other.v1.events.list().data == other.v1.payment_intents.list().data == []


def test_the_same_key_is_carried_out_once(sdk: Any) -> None:
    options = {"idempotency_key": "don-1"}
    first = sdk[0].v1.payment_intents.create(ASK, options)
    again = sdk[0].v1.payment_intents.create(ASK, options)
    assert (again.id, sdk[1].headers["Idempotent-Replayed"], sdk[1].headers["Idempotency-Key"]) == (
        first.id,
        "true",
        "don-1",
    )
    with pytest.raises(stripe.IdempotencyError) as refused:
        sdk[0].v1.payment_intents.create({**ASK, "amount": 2_000}, options)
    assert refused.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        sdk[0].v1.payment_intents.cancel(first.id, {}, options)
    assert reading().scalar(select(func.count()).select_from(Request)) == 1


def test_a_key_is_free_after_a_bad_parameter_and_kept_after_a_refusal(sdk: Any) -> None:
    options = {"idempotency_key": "don-2"}
    with pytest.raises(stripe.InvalidRequestError):
        sdk[0].v1.payment_intents.create({**ASK, "amount": "many"}, options)
    made = sdk[0].v1.payment_intents.create(ASK, options)
    sdk[0].v1.payment_intents.cancel(made.id)
    for replayed in (None, "true"):
        with pytest.raises(stripe.InvalidRequestError):
            sdk[0].v1.payment_intents.cancel(made.id, {}, {"idempotency_key": "don-3"})
        assert sdk[1].headers.get("Idempotent-Replayed") == replayed
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk[0].v1.payment_intents.create(ASK, {"idempotency_key": "k" * 256})
    assert refused.value.param == "Idempotency-Key"


def test_a_confirmation_is_replayed_and_begins_one_try(sdk: Any) -> None:
    made = sdk[0].v1.payment_intents.create(ASK)
    options = {"idempotency_key": "don-4"}
    first = sdk[0].v1.payment_intents.confirm(made.id, {"payment_method_data": {"type": "vnpay"}}, options)
    again = sdk[1].again()
    assert (again.headers["Idempotent-Replayed"], again.get_json()["next_action"]["redirect_to_url"]["url"]) == (
        "true", first.next_action.redirect_to_url.url,
    )  # fmt: skip


def test_a_refusal_leaves_nothing_of_what_was_begun_and_is_kept(sdk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from payments.v1 import intents
    from payments.v1.errors import InvalidRequest

    whole = intents.create

    def refused_late(*given: Any, **named: Any) -> None:
        whole(*given, **named)
        raise InvalidRequest("Too late.", code="too_late")

    with monkeypatch.context() as patched:
        patched.setattr(intents, "create", refused_late)
        with pytest.raises(stripe.InvalidRequestError):
            sdk[0].v1.payment_intents.create(ASK, {"idempotency_key": "don-6"})
    assert reading().scalar(select(func.count()).select_from(Request)) == 0
    with pytest.raises(stripe.InvalidRequestError) as again:
        sdk[0].v1.payment_intents.create(ASK, {"idempotency_key": "don-6"})
    assert (again.value.code, sdk[1].headers["Idempotent-Replayed"]) == ("too_late", "true")


def test_a_fault_of_ours_is_told_the_same_again(sdk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from payments.v1 import intents

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("boom")

    with monkeypatch.context() as patched:
        patched.setattr(intents, "create", broken)
        with pytest.raises(stripe.APIError):
            sdk[0].v1.payment_intents.create(ASK, {"idempotency_key": "don-5"})
        assert sdk[1].headers["Stripe-Should-Retry"] == "false"
    with pytest.raises(stripe.APIError):
        sdk[0].v1.payment_intents.create(ASK, {"idempotency_key": "don-5"})
    assert sdk[1].headers["Idempotent-Replayed"] == "true"
    assert reading().scalar(select(func.count()).select_from(Told)) == 0


def test_an_unknown_address_and_too_much_are_said_in_the_same_shape(client: Any, sdk: Any) -> None:
    sdk[0].v1.payment_intents.create(ASK)
    headers = sdk[1].sent[-1][2]
    assert client.get("/v1/nothing", headers=headers).get_json()["error"]["type"] == "invalid_request_error"
    many = "&".join(f"metadata[k{n}]=v" for n in range(1_001))
    answer = client.post("/v1/payment_intents", data=many, headers=headers)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "request_too_large")
    answer = client.post("/v1/payment_intents", data="a[b][c][d][e][f]=1", headers=headers)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "request_too_large")
    answer = client.post("/v1/payment_intents", data="description=" + "x" * 1_048_600, headers=headers)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (413, "request_too_large")
