"""Refunds through the official SDK: reserved at once, sent by the worker, told as events, counted on their day."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import stripe
from sqlalchemy import select

import payments
from payments.gateways.protocol import RefundFinding, RefundOutcome
from payments.models import Receipt, Refund
from portal.acting import Acting
from portal.cashier.invariants import check_invariants
from portal.db import begin, reading
from portal.pay import refunding
from portal.worker import work
from tests.codes import words_on
from tests.portal.pay.making import School, pay_by_transfer, text, vnpay_query
from tests.portal.pay.sdk import Wire, sdk_of
from tests.portal.pay.test_interface_money import kinds
from tests.portal.pay.test_notices import live

DONE = RefundFinding(RefundOutcome.DONE, provider_ref="14099")


@pytest.fixture
def sdk(client: Any, world: Any, school: School) -> tuple[stripe.StripeClient, Wire]:
    return sdk_of(client, world, school.payee.id)


@pytest.fixture
def says(world: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Have VNPay say what stands here, in order; the adapter itself has its own tests over the wire."""
    answers: list[Any] = []
    for name in ("refund", "query_refund"):
        monkeypatch.setattr(type(world.gateways["vnpay"]), name, lambda *_, **__: answers.pop(0))
    return answers


def paid(sdk: Any, client: Any, world: Any, amount: int = 450_000, number: str = "14422574") -> Any:
    asked = {"amount": amount, "currency": "vnd", "confirm": True, "payment_method_data": {"type": "vnpay"}}
    made = sdk[0].v1.payment_intents.create(asked)
    order = dict(parse_qsl(urlsplit(made.next_action.redirect_to_url.url).query))
    client.get(f"/hooks/vnpay?{vnpay_query(world, order, vnp_TransactionNo=number)}")
    return made


def test_back_by_vnpay_and_told(sdk: Any, client: Any, world: Any, app: Any, session: Any, says: list[Any]) -> None:
    made = paid(sdk, client, world)
    asked = {"payment_intent": made.id, "amount": 100_000, "reason": "duplicate", "metadata": {"class": "1A"}}
    refund = sdk[0].v1.refunds.create(asked)
    assert (refund.object, refund.status, refund["pending_reason"]) == ("refund", "pending", "processing")
    assert (refund.amount, refund.payment_intent, refund.reason) == (100_000, made.id, "duplicate")
    says.append(DONE)
    work(app, once=True)
    done = sdk[0].v1.refunds.retrieve(refund.id, {"expand": ["charge", "payment_intent"]})
    assert (done.status, done.metadata["class"], done.payment_intent.id) == ("succeeded", "1A", made.id)
    assert (done.charge.amount_refunded, done.charge.refunded) == (100_000, False)
    assert (live(app, session, "PAY_N"), live(app, session, "PAY_VND")) == (1, 350_000)
    assert live(app, session, "PAY_VND", "partner@vnpay") == 350_000
    assert kinds(sdk)[-3:] == ["refund.created", "refund.updated", "charge.refunded"]
    told = sdk[0].v1.events.list({"type": "charge.refunded"}).data[0].data.object
    assert (told["id"], told["amount_refunded"]) == (done.charge.id, 100_000)
    assert all(one.breaches == () for one in check_invariants(reading()).values())


def test_the_receipt_says_what_went_back_and_not_what_is_only_asked_for(
    sdk: Any, client: Any, payer: Any, world: Any, app: Any, session: Any, says: list[Any]
) -> None:
    made = paid(sdk, client, world)
    receipt = session.scalars(select(Receipt)).one()
    page, check = f"/receipts/{receipt.id}", f"/receipts/check?number={receipt.number_text}&word={receipt.check_word}"
    for amount, back, how_much in ((300_000, "₫300,000", "Part"), (150_000, "₫450,000", "All")):
        before = text(payer.get(check))
        sdk[0].v1.refunds.create({"payment_intent": made.id, "amount": amount})
        assert text(payer.get(check)) == before
        says.append(DONE)
        work(app, once=True)
        shown = text(payer.get(page))
        assert f"{how_much} of this receipt's money went back {back} of it was paid back" in shown
        checked = text(payer.get(check))
        assert "This receipt is valid, but money of it went back" in checked
        assert "Amount ₫450,000" in checked and f"Paid back since {back}" in checked
        assert f"Paid back since: {back}" in words_on(payer.get(f"{page}/a6.pdf").get_data())


def test_what_is_refused_and_why(sdk: Any, client: Any, world: Any, says: list[Any]) -> None:
    made, refunds = paid(sdk, client, world), sdk[0].v1.refunds
    charge = sdk[0].v1.payment_intents.retrieve(made.id).latest_charge
    unpaid = sdk[0].v1.payment_intents.create({"amount": 50_000, "currency": "vnd"})
    for asked, code, param in (
        ({"payment_intent": made.id, "amount": 450_001}, "amount_too_large", "amount"),
        ({"charge": charge, "amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": 1_000}, "parameter_missing", "payment_intent"),
        ({"payment_intent": unpaid.id}, "payment_intent_unexpected_state", None),
        ({"payment_intent": "pi_none"}, "resource_missing", "payment_intent"),
        ({"charge": "ch_none"}, "resource_missing", "charge"),
        ({"charge": charge, "payment_intent": unpaid.id}, "parameters_differ", "charge"),
        ({"charge": charge, "origin": "customer_balance"}, "parameter_unknown", "origin"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            refunds.create(asked)
        assert (refusal.value.code, refusal.value.param) == (code, param), asked
    whole = refunds.create({"charge": charge})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        refunds.create({"charge": charge})
    assert (refusal.value.http_status, refusal.value.code) == (400, "charge_already_refunded")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        refunds.cancel(whole.id)
    assert refusal.value.code == "refund_unexpected_state"
    assert says == []


def test_above_the_limit_it_waits_for_a_person_and_can_be_withdrawn(
    sdk: Any, client: Any, world: Any, app: Any, school: School
) -> None:
    made = paid(sdk, client, world, amount=9_000_000)
    refund = sdk[0].v1.refunds.create({"payment_intent": made.id, "amount": 5_000_001})
    assert (refund.status, refund["pending_reason"]) == ("pending", "second_person")
    work(app, once=True)
    assert sdk[0].v1.refunds.retrieve(refund.id).status == "pending"
    assert sdk[0].v1.refunds.cancel(refund.id).status == "canceled"
    again = sdk[0].v1.refunds.create({"payment_intent": made.id})
    assert again.amount == 9_000_000
    checker = Acting(login_id="lo_checker", role="institution", organisation_id=school.cashier.organisation_id)
    with begin() as session:
        refunding.decide(session, now=world.clock.now(), acting=checker, refund_id=again.id, agreed=False)
    charge = sdk[0].v1.payment_intents.retrieve(made.id, {"expand": ["latest_charge"]}).latest_charge
    assert (sdk[0].v1.refunds.retrieve(again.id).status, charge.amount_refunded) == ("canceled", 0)


def test_a_gateway_that_says_no_and_money_that_came_back(
    sdk: Any, client: Any, world: Any, app: Any, session: Any, says: list[Any]
) -> None:
    made = paid(sdk, client, world)
    first = sdk[0].v1.refunds.create({"payment_intent": made.id})
    says.append(RefundFinding(RefundOutcome.FAILED, "original_not_paid"))
    work(app, once=True)
    failed = sdk[0].v1.refunds.retrieve(first.id)
    assert (failed.status, failed.failure_reason) == ("failed", "original_not_paid")
    assert failed.failure_balance_transaction.startswith("txn_")
    assert kinds(sdk)[-3:] == ["refund.created", "refund.updated", "refund.failed"]
    second = sdk[0].v1.refunds.create({"payment_intent": made.id})
    says.append(DONE)
    work(app, once=True)
    assert live(app, session, "PAY_VND") == 0
    with begin() as rows:
        now = world.clock.now()
        returned = payments.came_back(rows, refund_id=second.id, why="account closed", now=now, actor="worker")
        refunding.follow_came_back(
            rows, now=now, acting=Acting.system("worker"), refund_id=second.id, returned=returned
        )
    assert (live(app, session, "PAY_VND"), sdk[0].v1.refunds.retrieve(second.id).status) == (450_000, "failed")


def test_a_transfer_goes_back_by_hand_and_the_bank_line_ends_it(
    sdk: Any, client: Any, world: Any, school: School, app: Any, session: Any
) -> None:
    made = sdk[0].v1.payment_intents.create({"amount": 450_000, "currency": "vnd"})
    pay_by_transfer(client, world, school, memo=made["payment_code"], amount=450_000, number=1, balance=1_450_000)
    refund = sdk[0].v1.refunds.create({"payment_intent": made.id, "amount": 50_000})
    assert (refund.status, refund["pending_reason"]) == ("pending", "transfer_by_hand")
    code = reading().query(Refund).one().code
    pay_by_transfer(client, world, school, memo=f"{code} hoan", amount=50_000, number=2, balance=1_400_000, way="out")
    assert sdk[0].v1.refunds.retrieve(refund.id).status == "succeeded"
    assert live(app, session, "PAY_VND") == 400_000


def test_listed_noted_and_paged(sdk: Any, client: Any, world: Any) -> None:
    one, other = paid(sdk, client, world), paid(sdk, client, world, number="15")
    made = [sdk[0].v1.refunds.create({"payment_intent": one.id, "amount": 1_000}).id for _ in range(3)]
    last = sdk[0].v1.refunds.create({"payment_intent": other.id, "amount": 1_000})
    assert [each.id for each in sdk[0].v1.refunds.list({"limit": 2}).auto_paging_iter()] == [last.id, *made[::-1]]
    own = sdk[0].v1.refunds.list({"charge": last.charge, "expand": ["data.charge"]}).data
    assert [(each.id, each.charge.id) for each in own] == [(last.id, own[0].charge.id)]
    assert len(sdk[0].v1.refunds.list({"payment_intent": one.id}).data) == 3
    sdk[0].v1.refunds.update(last.id, {"metadata": {"a": "b"}})
    assert sdk[0].v1.refunds.retrieve(last.id).metadata.to_dict() == {"a": "b"}
