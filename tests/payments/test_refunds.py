"""Money that goes back: reserved, agreed to, given out, given back; the journal holds at every step."""

from datetime import timedelta

import pytest

import payments
from payments import Money, Wanted
from payments.errors import IllegalTransition, LeaseLost, NotPaid, ReasonMissing, TextMissing
from payments.gateways.protocol import RefundFinding, RefundOutcome, RefundWay
from payments.models import Approval
from payments.refunds.errors import (
    AlreadyRefunded,
    RefundableChanged,
    RefundTooLarge,
    RefundUnknown,
    SecondPersonNeeded,
)
from tests.payments.scene import (
    AT,
    CASHIER,
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

WAYS = {"vnpay": RefundWay.PARTIAL}
CHECKER = "lo_checker"
NOTHING = RefundFinding(RefundOutcome.UNKNOWN, "time_out")
DONE = RefundFinding(RefundOutcome.DONE, provider_ref="14099")


@pytest.fixture
def payee(session):
    return school(session)


def paid(session, payee, amount=450_000, *, number=14012345):
    """Return a request that was paid at VNPay."""
    request = ask(session, payee, amount)
    attempt = try_vnpay(session, request, key=f"k{number}")
    hear(session, vnpay(), ipn(attempt, vnp_TransactionNo=str(number)))
    return request


def wants(session, request, amount=None, *, actor=CASHIER, ways=WAYS, now=AT, **more):
    wanted = Wanted(why="Đóng trùng", amount_minor=amount, **more)
    return payments.ask_refund(session, request_id=request.id, wanted=wanted, ways=ways, now=now, actor=actor)


def said(session, finding, *, now=AT):
    """Claim the refund that is due and record what the provider said."""
    asked = payments.claim_refund(session, now=now)
    return payments.record_refund(session, asked=asked, finding=finding, now=now, actor="worker")


def test_reserved_sent_once_and_done(session, payee):
    request = paid(session, payee)
    row = wants(session, request, 100_000, expected_minor=450_000)
    assert (row.status, row.needs_second, request.refunded_minor) == ("approved", False, 100_000)
    assert books(session, payee) == {"provider:vnpay": 450_000, "owed": -350_000, "refunds_due": -100_000}
    asked = payments.claim_refund(session, now=AT)
    assert (asked.again, asked.order.amount, asked.order.whole) == (False, Money(100_000), False)
    assert asked.order.provider_txn_id == "14012345"
    assert payments.claim_refund(session, now=AT) is None
    changed = payments.record_refund(session, asked=asked, finding=DONE, now=AT, actor="worker")
    assert (changed.status, changed.returned.amount_minor, changed.returned.counts) == ("succeeded", 100_000, True)
    assert books(session, payee) == {"provider:vnpay": 350_000, "owed": -350_000}
    assert (request.status, row.provider_ref) == ("paid", "14099")


def test_what_is_left_is_the_most_and_nothing_is_no_refund(session, payee):
    request = paid(session, payee)
    with pytest.raises(RefundTooLarge) as refusal:
        wants(session, request, 450_001)
    assert refusal.value.fields == {"left_minor": 450_000}
    with pytest.raises(RefundableChanged) as refusal:
        wants(session, request, 100_000, expected_minor=449_999)
    assert refusal.value.fields == {"refundable_minor": 450_000}
    with pytest.raises(RefundTooLarge):
        wants(session, request, 0)
    with pytest.raises(ReasonMissing):
        payments.ask_refund(session, request_id=request.id, wanted=Wanted(why=" "), ways=WAYS, now=AT, actor=CASHIER)
    wants(session, request)
    with pytest.raises(AlreadyRefunded):
        wants(session, request)
    with pytest.raises(NotPaid):
        wants(session, ask(session, payee), 1_000)


@pytest.mark.parametrize("amount", [5_000_000, 5_000_001])
def test_above_the_limit_somebody_else_agrees(session, payee, amount):
    request = paid(session, payee, 9_000_000)
    row = wants(session, request, amount)
    if amount == 5_000_000:
        assert (row.status, row.needs_second) == ("approved", False)
        # Cut into small ones it is as large as before.
        assert wants(session, request, 1_000).status == "requested"
        return
    assert (row.status, payments.claim_refund(session, now=AT)) == ("requested", None)
    with pytest.raises(SecondPersonNeeded):
        payments.decide_refund(session, refund_id=row.id, agreed=True, now=AT, actor=CASHIER)
    payments.decide_refund(session, refund_id=row.id, agreed=True, now=AT, actor=CHECKER)
    assert payments.claim_refund(session, now=AT).refund_id == row.id
    approval = session.query(Approval).one()
    assert (approval.maker, approval.checker, approval.agreed) == (CASHIER, CHECKER, True)


def test_refused_or_withdrawn_it_gives_the_reservation_back(session, payee):
    request = paid(session, payee, 9_000_000)
    refused, withdrawn = wants(session, request, 6_000_000), wants(session, request, 2_000_000)
    payments.decide_refund(session, refund_id=refused.id, agreed=False, now=AT, actor=CHECKER)
    payments.cancel_refund(session, refund_id=withdrawn.id, now=AT, actor=CASHIER)
    assert [refused.status, withdrawn.status] == ["canceled", "canceled"]
    assert books(session, payee) == {"provider:vnpay": 9_000_000, "owed": -9_000_000}
    assert request.refunded_minor == 0
    with pytest.raises(IllegalTransition):
        payments.cancel_refund(session, refund_id=refused.id, now=AT, actor=CASHIER)
    with pytest.raises(RefundUnknown):
        payments.cancel_refund(session, refund_id="re_none", now=AT, actor=CASHIER)


def test_a_definite_no_gives_it_back_and_a_new_one_has_a_new_reference(session, payee):
    request = paid(session, payee)
    first = wants(session, request)
    changed = said(session, RefundFinding(RefundOutcome.FAILED, "original_not_paid"))
    assert (changed.status, first.failure) == ("failed", "original_not_paid")
    assert books(session, payee) == {"provider:vnpay": 450_000, "owed": -450_000}
    second = wants(session, request)
    assert second.merchant_ref != first.merchant_ref
    said(session, DONE)
    assert books(session, payee) == {}


def test_without_an_answer_it_is_asked_about_by_its_schedule_and_never_sent_again(session, payee):
    row = wants(session, paid(session, payee))
    asked = payments.claim_refund(session, now=AT)
    payments.record_refund(session, asked=asked, finding=NOTHING, now=AT, actor="worker")
    assert row.status == "unknown"
    minutes, at = [], AT
    while (at := row.next_try_at) is not None:
        minutes.append((at - AT) / timedelta(minutes=1))
        asked = payments.claim_refund(session, now=at)
        assert asked.again
        payments.record_refund(session, asked=asked, finding=NOTHING, now=at, actor="worker")
    assert minutes == [5, 15, 60, *(1440 * day for day in range(1, 8))]
    assert case_kinds(session) == ["refund_stuck"]
    assert books(session, payee)["refunds_due"] == -450_000


def test_cut_off_between_sending_and_recording_it_is_only_asked_about(session, payee):
    row = wants(session, paid(session, payee))
    lost = payments.claim_refund(session, now=AT)
    later = AT + timedelta(minutes=2)
    asked = payments.claim_refund(session, now=later)
    assert (lost.again, asked.again) == (False, True)
    with pytest.raises(LeaseLost):
        payments.record_refund(session, asked=lost, finding=DONE, now=later, actor="worker")
    payments.record_refund(session, asked=asked, finding=DONE, now=later, actor="worker")
    assert row.status == "succeeded"


def test_never_taken_is_said_only_after_a_day(session, payee):
    row = wants(session, paid(session, payee))
    gone = RefundFinding(RefundOutcome.NOT_FOUND, "not_found")
    said(session, gone)
    assert row.status == "unknown"
    said(session, gone, now=AT + timedelta(days=1))
    assert (row.status, row.failure, case_kinds(session)) == ("failed", "not_found", [])


def test_who_tells_of_the_last_only_never_says_that_a_refund_was_not_taken(session, payee):
    row = wants(session, paid(session, payee))
    unseen = RefundFinding(RefundOutcome.NOT_FOUND, "not_found", of_last=True)
    said(session, unseen)
    said(session, unseen, now=AT + timedelta(days=1))
    assert (row.status, case_kinds(session)) == ("unknown", ["refund_stuck"])


def test_pending_then_done(session, payee):
    row = wants(session, paid(session, payee))
    said(session, RefundFinding(RefundOutcome.PENDING, "in_progress"))
    assert row.status == "pending"
    said(session, DONE, now=AT + timedelta(minutes=5))
    assert row.status == "succeeded"


def test_money_that_came_back_is_answered_by_movements_and_a_case(session, payee):
    request = paid(session, payee)
    row = wants(session, request)
    said(session, DONE)
    payments.came_back(session, refund_id=row.id, why="account closed", now=AT, actor="worker")
    assert (row.status, request.refunded_minor, case_kinds(session)) == ("failed", 0, ["refund_returned"])
    assert books(session, payee) == {"provider:vnpay": 450_000, "owed": -450_000}


def by_transfer(session, payee, amount=450_000):
    request = ask(session, payee, amount)
    hear(session, sepay(), bank_notice(number=1, amount=amount, memo=request.code))
    return request


def test_by_hand_a_second_person_enters_the_reference(session, payee):
    row = wants(session, by_transfer(session, payee), 50_000)
    assert (row.status, row.gateway, row.pays_account) == ("by_hand", "bank", "bank:1031933430")
    assert payments.claim_refund(session, now=AT) is None
    with pytest.raises(SecondPersonNeeded):
        payments.confirm_by_hand(session, refund_id=row.id, reference="FT1", now=AT, actor=CASHIER)
    with pytest.raises(TextMissing):
        payments.confirm_by_hand(session, refund_id=row.id, reference=" ", now=AT, actor=CHECKER)
    payments.confirm_by_hand(session, refund_id=row.id, reference="FT26 1", now=AT, actor=CHECKER)
    assert (row.status, row.provider_ref, row.done_by) == ("succeeded", "FT26 1", CHECKER)
    assert books(session, payee) == {"bank:1031933430": 400_000, "owed": -400_000}
    with pytest.raises(IllegalTransition):
        payments.confirm_by_hand(session, refund_id=row.id, reference="FT1", now=AT, actor=CHECKER)


@pytest.mark.parametrize(("amount", "status"), [(50_000, "succeeded"), (50_001, "by_hand")])
def test_by_hand_the_line_that_leaves_with_code_and_sum_ends_it(session, payee, amount, status):
    row = wants(session, by_transfer(session, payee), 50_000)
    out = bank_notice(number=2, amount=amount, memo=f"{row.code} hoan tien", transferType="out")
    applied = hear(session, sepay(), out)
    assert row.status == status
    assert (applied.returned is not None) is (status == "succeeded")
    if status == "succeeded":
        assert (row.provider_ref, books(session, payee)["bank:1031933430"]) == ("2", 400_000)


def test_each_payment_holds_its_own_and_a_gateway_that_gives_only_all_back(session, payee):
    request = ask(session, payee)
    for number, amount in ((1, 200_000), (2, 250_000)):
        hear(session, sepay(), bank_notice(number=number, amount=amount, memo=request.code))
    with pytest.raises(RefundTooLarge) as refusal:
        wants(session, request, 450_000)
    assert refusal.value.fields == {"left_minor": 250_000}
    assert [wants(session, request).amount_minor for _ in range(2)] == [250_000, 200_000]
    other = paid(session, payee, number=9)
    whole_only = {"vnpay": RefundWay.FULL}
    assert wants(session, other, 1_000, ways=whole_only).status == "by_hand"
    assert wants(session, paid(session, payee, number=10), ways=whole_only).status == "approved"


def test_the_database_itself_refuses_one_person_for_both(session, payee):
    from sqlalchemy.exc import IntegrityError

    wants(session, paid(session, payee, 9_000_000), 6_000_000)
    session.query(Approval).one().checker = CASHIER
    with pytest.raises(IntegrityError):
        session.flush()
