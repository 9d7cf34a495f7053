"""The third way: the bank's line of a batch, what differs, what is explained by two persons, what is booked late."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

import payments
from payments.errors import IllegalTransition, LeaseLost, ReasonMissing
from payments.gateways.protocol import Finding, Outcome, RefundWay
from payments.models import Suspense
from payments.money import Money
from payments.refunds import asking
from payments.settlement import adjustments, inquiries, payouts
from payments.settlement.errors import AccountsInvalid, OwnAdjustment
from payments.settlement.tables import Adjustment, Difference, Payout
from payments.settlement.tables import Outcome as Outcomes
from tests.payments.scene import (
    ACCOUNT,
    AT,
    ask,
    bank_notice,
    books,
    case_kinds,
    hear,
    ipn,
    school,
    sepay,
    try_vnpay,
    vnpay,
)
from tests.payments.settlement.days import BATCH, FEE, counts, csv, paid, row, settled

MORNING = AT + timedelta(days=1)
NET = 600_000 - 2 * FEE


def imported(session, tmp_path, payee, *more, net_of=(450_000, 150_000)):
    transactions = paid(session, payee, *net_of)
    rows = [row(one.provider_txn_id, one.amount_minor) for one in transactions]
    settled(session, csv(tmp_path, [*rows, *more]))
    return session.scalars(select(Payout)).one()


def credit(session, amount, memo, *, number=1):
    hear(session, sepay(), bank_notice(number=number, amount=amount, memo=memo, at=MORNING), now=MORNING)


def take(session, *, now=MORNING):
    return payouts.take_bank_lines(session, now=now, actor="worker")


def test_the_banks_line_pays_the_batch_and_leaves_the_suspense(session, tmp_path):
    payee = school(session)
    payout = imported(session, tmp_path, payee)
    credit(session, NET, f"VNPAY TT {BATCH[:3]} {BATCH[3:]}")
    assert case_kinds(session) == ["unmatched"]
    assert take(session) == 1
    assert payout.status == "paid"
    assert books(session, payee) == {"owed": -600_000, "fees": 2 * FEE, f"bank:{ACCOUNT}": NET}
    assert session.scalars(select(Suspense.status)).all() == ["payout"]
    assert case_kinds(session) == []
    assert payouts.reconcile(session, now=MORNING) == 1
    assert payout.status == "reconciled"
    assert take(session) == 0


def test_a_sum_alone_proves_nothing(session, tmp_path):
    payee = school(session)
    payout = imported(session, tmp_path, payee)
    credit(session, NET, "chuyen tien")
    assert take(session) == 0
    credit(session, NET - 1, "VNPAY thanh toan", number=2)
    assert take(session) == 0
    assert payout.status == "expected"


def test_two_lines_that_could_be_it_are_left_to_a_person(session, tmp_path):
    payee = school(session)
    payout = imported(session, tmp_path, payee)
    for number in (1, 2):
        credit(session, NET, "VNPAY thanh toan", number=number)
    assert take(session) == 0
    assert payout.status == "expected"


def test_a_payout_that_differs_is_explained_by_an_adjustment_of_two_persons(session, tmp_path):
    payee = school(session)
    payout = imported(session, tmp_path, payee)
    credit(session, NET - 5_500, f"VNPAY {BATCH}")
    take(session)
    house = payments.payees.house_payee(session, now=MORNING)
    assert (payout.status, payout.came_minor) == ("differs", NET - 5_500)
    assert case_kinds(session) == ["payout_differs"]
    assert books(session, house) == {f"bank:{ACCOUNT}": -5_500, "provider:vnpay": 5_500}
    proposed = adjustments.propose(
        session, payee_id=house.id, debit="fees", credit="provider:vnpay", amount=Money(5_500),
        reason="phí chuyển khoản theo thư 12", now=MORNING, actor="lo_one", payout_id=payout.id,
    )  # fmt: skip
    before = books(session, house)
    with pytest.raises(OwnAdjustment):
        adjustments.approve(session, adjustment_id=proposed.id, now=MORNING, actor="lo_one")
    assert books(session, house) == before
    adjustments.approve(session, adjustment_id=proposed.id, now=MORNING, actor="lo_two")
    assert books(session, house) == {f"bank:{ACCOUNT}": -5_500, "fees": 5_500}
    assert payout.status == "explained"
    assert case_kinds(session) == []
    assert payouts.reconcile(session, now=MORNING) == 1
    with pytest.raises(IllegalTransition):
        adjustments.approve(session, adjustment_id=proposed.id, now=MORNING, actor="lo_two")


def test_an_adjustment_needs_accounts_a_sum_and_a_reason(session, tmp_path):
    payee = school(session)
    good = {"debit": "fees", "credit": "owed", "amount": Money(5), "reason": "x"}
    for wrong, error in (
        ({"debit": "owed"}, AccountsInvalid),
        ({"debit": "nobody"}, AccountsInvalid),
        ({"amount": Money(0)}, AccountsInvalid),
        ({"amount": Money(-5)}, AccountsInvalid),
        ({"reason": "  "}, ReasonMissing),
    ):
        with pytest.raises(error):
            adjustments.propose(session, payee_id=payee.id, now=AT, actor="lo_one", **(good | wrong))
    row_ = adjustments.propose(session, payee_id=payee.id, now=AT, actor="lo_one", **good)
    with pytest.raises(OwnAdjustment):
        adjustments.withdraw(session, adjustment_id=row_.id, now=AT, actor="lo_two")
    adjustments.withdraw(session, adjustment_id=row_.id, now=AT, actor="lo_one")
    other = adjustments.propose(session, payee_id=payee.id, now=AT, actor="lo_one", **good)
    adjustments.refuse(session, adjustment_id=other.id, now=AT, actor="lo_two")
    assert [one.status for one in session.scalars(select(Adjustment).order_by(Adjustment.seq))] == [
        "withdrawn", "refused",
    ]  # fmt: skip
    assert adjustments.proposed(session) == []


def test_a_payout_without_a_line_is_missing_after_two_working_days():
    friday = date(2026, 3, 27)
    overdue = [payouts.is_overdue(friday, today=friday + timedelta(days=days)) for days in range(7)]
    assert overdue == [False, False, False, False, False, True, True]


def test_what_is_missing_may_still_come(session, tmp_path):
    payee = school(session)
    payout = imported(session, tmp_path, payee)
    late = AT + timedelta(days=9)
    take(session, now=late)
    assert (payout.status, case_kinds(session)) == ("missing", ["payout_missing"])
    credit(session, NET, f"VNPAY {BATCH}")
    assert take(session, now=late) == 1
    assert (payout.status, case_kinds(session)) == ("paid", [])


def lacking(session, payee):
    """Return an attempt that was paid at VNPay, whose notice never came."""
    return try_vnpay(session, ask(session, payee, 90_000))


def said(outcome, attempt):
    return Finding(outcome, "", attempt.merchant_ref, "14999999", Money(90_000), AT)


def test_what_is_missing_here_is_asked_about_and_booked_once(session, tmp_path):
    payee = school(session)
    attempt = lacking(session, payee)
    payout = imported(session, tmp_path, payee, row("14999999", 90_000, merchant_ref=attempt.merchant_ref))
    credit(session, NET + 90_000 - FEE, f"VNPAY {BATCH}")
    take(session)
    house = payments.payees.house_payee(session, now=AT)
    assert books(session, house)["provider:vnpay"] == -(90_000 - FEE)
    inquiry = inquiries.claim(session, now=AT)
    assert inquiries.claim(session, now=AT) is None
    settled_ = inquiries.record(session, inquiry=inquiry, finding=said(Outcome.PAID, attempt), now=MORNING, actor="w")
    assert [one.amount_minor for one in settled_.booked.allocations] == [90_000]
    assert books(session, payee) == {
        "owed": -690_000, "fees": 3 * FEE, f"bank:{ACCOUNT}": NET + 90_000 - FEE,
    }  # fmt: skip
    assert books(session, house) == {}
    assert session.scalars(select(Difference.state)).all() == ["settled"]
    assert payouts.reconcile(session, now=MORNING) == 1
    assert payout.status == "reconciled"
    with pytest.raises(LeaseLost):
        inquiries.record(session, inquiry=inquiry, finding=said(Outcome.PAID, attempt), now=MORNING, actor="w")


def test_what_the_provider_does_not_confirm_is_for_a_person(session, tmp_path):
    payee = school(session)
    attempt = lacking(session, payee)
    imported(session, tmp_path, payee, row("14999999", 90_000, merchant_ref=attempt.merchant_ref))
    before = books(session, payee)
    inquiry = inquiries.claim(session, now=AT)
    assert inquiries.record(session, inquiry=inquiry, finding=said(Outcome.FAILED, attempt), now=AT, actor="w") is None
    difference = session.scalars(select(Difference)).one()
    assert (difference.state, difference.note) == ("open", "provider says failed")
    assert books(session, payee) == before
    assert inquiries.claim(session, now=AT + timedelta(days=30)) is None


def test_money_that_comes_by_its_own_way_meets_its_row(session, tmp_path):
    payee = school(session)
    attempt = lacking(session, payee)
    imported(session, tmp_path, payee, row("14000003", 90_000, merchant_ref=attempt.merchant_ref))
    assert inquiries.meet_late(session, now=AT, actor="w") == 0
    hear(session, vnpay(), ipn(attempt, vnp_TransactionNo="14000003"))
    assert inquiries.meet_late(session, now=AT, actor="w") == 1
    assert books(session, payee)["fees"] == 3 * FEE


@pytest.mark.parametrize("comes", ["after both", "between"])
def test_what_two_files_had_before_it_came_counts_in_one(session, tmp_path, comes):
    payee = school(session)
    attempt = lacking(session, payee)
    late = row("14000003", 90_000, merchant_ref=attempt.merchant_ref)
    imported(session, tmp_path, payee, late)
    if comes == "between":
        hear(session, vnpay(), ipn(attempt, vnp_TransactionNo="14000003"))
    settled(session, csv(tmp_path, [late], name="once-more.csv"))
    if comes == "after both":
        hear(session, vnpay(), ipn(attempt, vnp_TransactionNo="14000003"))
    while inquiries.meet_late(session, now=AT, actor="w"):
        pass
    assert books(session, payee)["fees"] == 3 * FEE
    states = session.execute(select(Difference.outcome, Difference.state)).all()
    assert (Outcomes.DUPLICATE, "open") in states
    assert not [one for one in states if one[0] == Outcomes.MISSING_HERE and one[1] == "open"]
    assert case_kinds(session) == ["file_differs"]


def test_a_refund_in_the_file_is_held_against_ours(session, tmp_path):
    payee = school(session)
    transactions = paid(session, payee, 450_000)
    ways = {"vnpay": RefundWay.FULL}
    refund = asking.ask_refund(
        session, request_id=payments.get_attempt(session, transactions[0].attempt_id).request_id,
        wanted=asking.Wanted(why="nộp thừa"), ways=ways, now=AT, actor="lo_cashier",
    )  # fmt: skip
    back = row("R1", 450_000, type="refund", merchant_ref=refund.merchant_ref, fee=0, net=-450_000)
    strange = row("R2", 5_000, type="refund", merchant_ref="nobody", fee=0, net=-5_000)
    done = settled(session, csv(tmp_path, [row(transactions[0].provider_txn_id, 450_000), back, strange]))
    assert counts(done) == {"matched": 1, "status_differs": 1, "missing_here": 1}
