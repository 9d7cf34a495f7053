"""The balance through the official SDK: what lies where, each change once, the sum of them what the books say."""

from typing import Any

import pytest
import stripe
from sqlalchemy import select

import payments
from payments import suspense
from payments.models import Allocation, Suspense
from payments.settlement import adjustments
from portal.db import begin
from portal.worker import work
from tests.portal.pay.making import School, pay_by_transfer
from tests.portal.pay.sdk import Wire, sdk_of
from tests.portal.pay.test_refunds import DONE, paid, says  # noqa: F401  a fixture


@pytest.fixture
def sdk(client: Any, world: Any, school: School) -> tuple[stripe.StripeClient, Wire]:
    return sdk_of(client, world, school.payee.id)


def figures(sdk: Any) -> tuple[int, int]:
    told = sdk[0].v1.balance.retrieve()
    return told.available[0].amount, told.pending[0].amount


def test_what_is_available_and_what_a_gateway_still_holds(
    sdk: Any,
    client: Any,
    world: Any,
    school: School,
    app: Any,
    says: list[Any],  # noqa: F811
) -> None:
    assert figures(sdk) == (0, 0)
    made = paid(sdk, client, world)
    other = sdk[0].v1.payment_intents.create({"amount": 300_000, "currency": "vnd"})
    pay_by_transfer(client, world, school, memo=other["payment_code"], amount=350_000, number=1, balance=350_000)
    pay_by_transfer(client, world, school, memo="hoc phi", amount=70_000, number=2, balance=420_000)
    assert figures(sdk) == (300_000, 450_000)
    sdk[0].v1.refunds.create({"payment_intent": made.id, "amount": 100_000})
    assert figures(sdk) == (200_000, 450_000)
    says.append(DONE)
    work(app, once=True)
    assert figures(sdk) == (300_000, 350_000)


def test_each_change_is_listed_once_paged_found_and_adds_up(
    sdk: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    made = paid(sdk, client, world)
    refund = sdk[0].v1.refunds.create({"payment_intent": made.id, "amount": 6_000})
    other = sdk[0].v1.payment_intents.create({"amount": 300_000, "currency": "vnd"})
    pay_by_transfer(client, world, school, memo="hoc phi", amount=300_000, number=2, balance=420_000)
    now = world.clock.now()
    with begin() as rows:
        item = rows.scalars(select(Suspense)).one()
        suspense.assign(rows, suspense_id=item.id, request_id=f"pr_{other.id[3:]}", now=now, actor="x")
    charge = sdk[0].v1.payment_intents.retrieve(other.id).latest_charge
    with begin() as rows:
        mine = rows.scalars(select(Allocation).where(Allocation.suspense_id == item.id)).one()
        payments.undo_allocation(rows, allocation_id=mine.id, why="x", now=now, actor="x")
    by_hand = adjustments.propose(
        session, payee_id=school.payee.id, debit="adjustments", credit="provider:vnpay", amount=payments.Money(2_000),
        reason="x", now=now, actor="maker",
    )  # fmt: skip
    session.commit()
    with begin() as rows:
        adjustments.approve(rows, adjustment_id=by_hand.id, now=now, actor="checker")
    listed = list(sdk[0].v1.balance_transactions.list({"limit": 2}).auto_paging_iter())
    assert [(one.type, one.amount, one.reporting_category) for one in listed] == [
        ("adjustment", -2_000, "other_adjustment"), ("adjustment", -300_000, "other_adjustment"),
        ("payment", 300_000, "charge"), ("payment_refund", -6_000, "refund"), ("payment", 450_000, "charge"),
    ]  # fmt: skip
    assert len({one.id for one in listed}) == 5
    assert [sdk[0].v1.balance_transactions.retrieve(one.id).amount for one in listed] == [one.amount for one in listed]
    assert sum(one.net for one in listed) == sum(figures(sdk))
    assert [one.id for one in sdk[0].v1.balance_transactions.list({"source": charge}).data] == [
        listed[1].id, listed[2].id,
    ]  # fmt: skip
    assert [one.id for one in sdk[0].v1.balance_transactions.list({"type": "payment_refund"}).data] == [listed[3].id]
    whole = sdk[0].v1.refunds.retrieve(refund.id, {"expand": ["balance_transaction"]})
    assert (whole.balance_transaction.id, whole.balance_transaction.source) == (listed[3].id, refund.id)
    first = sdk[0].v1.charges.list({"expand": ["data.balance_transaction", "data.payment_intent"]}).data[0]
    assert (first.balance_transaction.id, first.payment_intent.id) == (listed[4].id, made.id)
    back = sdk[0].v1.balance_transactions.list({"limit": 2, "ending_before": listed[4].id})
    assert [one.id for one in back.data] == [listed[2].id, listed[3].id]
    for asked in ({"type": "nonsense"}, {"starting_after": "txn_none"}):
        with pytest.raises(stripe.InvalidRequestError):
            sdk[0].v1.balance_transactions.list(asked)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk[0].v1.balance_transactions.retrieve("txn_none")
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")
