"""What money does to an intent: one event for each change, a charge for what paid, and one object for one key."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import stripe
from sqlalchemy import func, select

from payments.models import Request
from portal.db import db, reading
from portal.worker import work
from tests.portal.pay.making import School, asked, pay_by_transfer, vnpay_query
from tests.portal.pay.sdk import Wire, sdk_of
from tests.portal.pay.test_at_once import AT_ONCE, at_once, real  # noqa: F401  a fixture
from tests.portal.pay.test_interface import ASK


@pytest.fixture
def sdk(client: Any, world: Any, school: School) -> tuple[stripe.StripeClient, Wire]:
    return sdk_of(client, world, school.payee.id)


def kinds(sdk: Any) -> list[str]:
    return [event.type for event in sdk[0].v1.events.list({"limit": 50}).data][::-1]


def test_paid_by_vnpay_it_succeeds_once(sdk: Any, world: Any, client: Any) -> None:
    made = sdk[0].v1.payment_intents.create({**ASK, "confirm": True, "payment_method_data": {"type": "vnpay"}})
    order = dict(parse_qsl(urlsplit(made.next_action.redirect_to_url.url).query))
    for _ in range(2):
        client.get(f"/hooks/vnpay?{vnpay_query(world, order)}")
    paid = sdk[0].v1.payment_intents.retrieve(made.id, {"expand": ["latest_charge"]})
    assert (paid.status, paid.amount_received, paid.next_action) == ("succeeded", 450_000, None)
    charge = paid.latest_charge
    assert (charge.object, charge.amount, charge.payment_intent, charge.paid) == ("charge", 450_000, made.id, True)
    assert charge.payment_method_details.type == "vnpay"
    assert sdk[0].v1.charges.retrieve(charge.id).id == charge.id
    assert [one.id for one in sdk[0].v1.charges.list({"payment_intent": made.id}).data] == [charge.id]
    assert kinds(sdk) == [
        "payment_intent.created", "payment_intent.requires_action", "charge.succeeded", "payment_intent.succeeded",
    ]  # fmt: skip
    told = sdk[0].v1.events.list({"type": "payment_intent.succeeded"}).data[0]
    assert (told.data.object["id"], told.data.object["status"], told.request.id) == (made.id, "succeeded", None)
    assert sdk[0].v1.events.retrieve(told.id).data.object["amount_received"] == 450_000


def test_a_part_by_transfer_is_told_and_the_rest_ends_it(sdk: Any, world: Any, client: Any, school: School) -> None:
    made = sdk[0].v1.payment_intents.create(ASK)
    for number, amount, status in ((1, 200_000, "requires_payment_method"), (2, 250_000, "succeeded")):
        pay_by_transfer(client, world, school, memo=made["payment_code"], amount=amount, number=number,
                        balance=1_000_000 + (0 if number == 1 else 250_000))  # fmt: skip
        now = sdk[0].v1.payment_intents.retrieve(made.id)
        assert (now.status, now["exceptions"]) == (status, ["partial"] if number == 1 else [])
    assert kinds(sdk) == [
        "payment_intent.created", "charge.succeeded", "payment_intent.partially_funded", "balance.available",
        "charge.succeeded", "payment_intent.succeeded", "balance.available",
    ]  # fmt: skip
    pages = sdk[0].v1.charges.list({"limit": 1}).auto_paging_iter()
    assert [one.amount for one in pages] == [250_000, 200_000]


def test_what_a_desk_asked_for_is_seen_and_its_end_is_told(
    sdk: Any, app: Any, world: Any, school: School, clock: Any
) -> None:
    request = asked(world, school)
    seen = sdk[0].v1.payment_intents.retrieve(f"pi_{request.id[3:]}")
    assert (seen.amount, seen.description, seen.client_secret) == (450_000, request.item, None)
    clock.move(days=8)
    work(app, once=True)
    over = sdk[0].v1.payment_intents.retrieve(seen.id)
    assert (over.status, over.cancellation_reason) == ("canceled", "expired")
    assert kinds(sdk) == ["payment_intent.canceled"]


def test_ten_at_once_with_one_key_make_one(real: tuple[Any, School]) -> None:  # noqa: F811
    app, school = real
    with app.app_context():
        sdk, wire = sdk_of(app.test_client(), app.extensions["world"], school.payee.id)
        sdk.v1.payment_intents.list()
        headers = {**wire.sent[-1][2], "Idempotency-Key": "don-1", "Content-Type": "application/x-www-form-urlencoded"}
        db.session.remove()

    def act(_: int) -> Any:
        return app.test_client().post("/v1/payment_intents", data="amount=50000&currency=vnd", headers=headers)

    answers = at_once(act)
    good = [one for one in answers if one.status_code == 200]
    assert {one.status_code for one in answers} <= {200, 409}
    assert len({one.get_json()["id"] for one in good}) == 1
    assert sum(1 for one in good if "Idempotent-Replayed" not in one.headers) == 1
    with app.app_context():
        assert reading().scalar(select(func.count()).select_from(Request)) == 1
        db.session.remove()
    assert len(answers) == AT_ONCE
