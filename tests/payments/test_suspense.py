"""Money that nobody claims: assigned, taken back, sent back; each step a movement, and the cases end with it."""

from datetime import timedelta

import pytest

import payments
from payments import Wanted, suspense
from payments.errors import BalanceTooLow, ReasonMissing, RequestNotOpen, RequestUnknown
from payments.gateways.protocol import RefundFinding, RefundOutcome, RefundWay
from payments.models import Allocation, Suspense, Transaction
from payments.refunds.errors import RefundableChanged, RefundTooLarge, SuspenseTaken, SuspenseUnknown
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

CHECKER = "lo_checker"
WAYS = {"vnpay": RefundWay.PARTIAL}
BANK = f"bank:{ACCOUNT}"


@pytest.fixture
def payee(session):
    return school(session)


def stray(session, amount=450_000, number=1):
    """Return a sum that came without a code."""
    hear(session, sepay(), bank_notice(number=number, amount=amount, memo="hoc phi"))
    return session.query(Suspense).filter_by(status="open").one()


def assign(session, item, request):
    return suspense.assign(session, suspense_id=item.id, request_id=request.id, now=AT, actor=CHECKER)


def test_assigned_it_pays_and_what_is_over_is_the_payers(session, payee):
    request, item = ask(session, payee, 400_000), stray(session)
    assert [one.id for one in payments.candidates(session, payee_id=payee.id, amount_minor=400_000, paid_at=AT)] == [
        request.id
    ]
    booked = assign(session, item, request)
    assert (request.status, request.exceptions, item.status) == ("paid", "over", "assigned")
    assert [(one.amount_minor, one.request_id) for one in booked.allocations] == [(400_000, request.id)]
    assert books(session, payee) == {
        BANK: 450_000, "owed": -400_000, f"payer_credit:{request.id}": -50_000,
    }  # fmt: skip
    assert (case_kinds(session), session.query(Transaction).one().exceptions) == ([], "")
    with pytest.raises(SuspenseTaken):
        assign(session, item, ask(session, payee))


def test_undone_it_waits_again_the_receipt_is_void_and_it_can_be_given_to_another(session, payee):
    wrong, right, item = ask(session, payee), ask(session, payee), stray(session)
    allocation_id = assign(session, item, wrong).allocations[0].allocation_id
    receipt = payments.issue_receipt(session, request_id=wrong.id, now=AT, actor=CHECKER)
    with pytest.raises(ReasonMissing):
        payments.undo_allocation(session, allocation_id=allocation_id, why=" ", now=AT, actor=CHECKER)
    payments.undo_allocation(session, allocation_id=allocation_id, why="Nhầm em khác", now=AT, actor=CHECKER)
    assert (wrong.status, wrong.allocated_minor, wrong.paid_at, receipt.status) == ("open", 0, None, "voided")
    assert (item.status, case_kinds(session)) == ("open", ["unmatched"])
    assert books(session, payee) == {BANK: 450_000, "suspense": -450_000}
    assign(session, item, right)
    assert (right.status, books(session, payee)) == ("paid", {BANK: 450_000, "owed": -450_000})
    with pytest.raises(SuspenseTaken):
        payments.undo_allocation(session, allocation_id=allocation_id, why="x", now=AT, actor=CHECKER)


def test_a_wrong_match_is_undone_whole_and_given_to_the_right_one(session, payee):
    wrong, right = ask(session, payee, 400_000), ask(session, payee)
    hear(session, sepay(), bank_notice(number=1, amount=450_000, memo=wrong.code))
    receipt = payments.issue_receipt(session, request_id=wrong.id, now=AT, actor=CHECKER)
    direct = session.query(Allocation).one()
    payments.undo_allocation(session, allocation_id=direct.id, why="Ghi mã của em khác", now=AT, actor=CHECKER)
    assert (wrong.status, wrong.allocated_minor, wrong.over_minor, wrong.exceptions) == ("open", 0, 0, "")
    assert (receipt.status, case_kinds(session)) == ("voided", ["unmatched"])
    assert books(session, payee) == {BANK: 450_000, "suspense": -450_000}
    with pytest.raises(SuspenseTaken):
        payments.undo_allocation(session, allocation_id=direct.id, why="x", now=AT, actor=CHECKER)
    assign(session, session.query(Suspense).one(), right)
    assert (right.status, case_kinds(session)) == ("paid", [])
    assert books(session, payee) == {BANK: 450_000, "owed": -450_000}
    assert payments.check(session).breaches == ()


def test_a_request_that_was_paid_late_stays_late_while_a_payment_remains(session, payee):
    request = ask(session, payee, 400_000)
    request.expires_at = AT - timedelta(days=1)
    for number, amount in ((1, 300_000), (2, 50_000)):
        hear(session, sepay(), bank_notice(number=number, amount=amount, memo=request.code))
    assert request.exceptions == "late partial"
    first, second = session.query(Allocation).order_by(Allocation.amount_minor.desc())
    payments.undo_allocation(session, allocation_id=first.id, why="Nhầm em khác", now=AT, actor=CHECKER)
    assert (request.allocated_minor, request.exceptions) == (50_000, "late partial")
    payments.undo_allocation(session, allocation_id=second.id, why="Nhầm em khác", now=AT, actor=CHECKER)
    assert (request.allocated_minor, request.exceptions) == (0, "")


def test_of_one_transfer_for_two_one_part_is_undone_at_a_time(session, payee):
    one, two = ask(session, payee, 200_000), ask(session, payee, 250_000)
    hear(session, sepay(), bank_notice(number=1, amount=450_000, memo=f"{one.code} {two.code}"))
    parts = {part.request_id: part.id for part in session.query(Allocation)}
    payments.undo_allocation(session, allocation_id=parts[one.id], why="x", now=AT, actor=CHECKER)
    assert books(session, payee) == {BANK: 450_000, "owed": -250_000, "suspense": -200_000}
    with pytest.raises(SuspenseTaken):
        payments.undo_allocation(session, allocation_id=parts[two.id], why="x", now=AT, actor=CHECKER)
    assert (one.status, two.status) == ("open", "paid")


def test_what_was_paid_by_a_gateway_goes_back_by_it_once_it_waits(session, payee):
    hear(session, vnpay(), ipn(try_vnpay(session, ask(session, payee))))
    paid = session.query(Allocation).one()
    payments.undo_allocation(session, allocation_id=paid.id, why="Trả nhầm trường", now=AT, actor=CHECKER)
    item = session.query(Suspense).one()
    row = suspense.send_back(
        session, suspense_id=item.id, wanted=Wanted(why="Trả nhầm"), ways=WAYS, now=AT, actor="lo_maker"
    )
    assert (row.gateway, row.amount_minor, row.source_account) == ("vnpay", 450_000, "suspense")


def test_what_cannot_be_assigned_or_undone(session, payee):
    other = school(session, account="999", prefix="KH")
    item = stray(session)
    closed = ask(session, payee)
    payments.cancel_request(session, request_id=closed.id, reason="x", now=AT)
    for request, refusal in ((ask(session, other), RequestUnknown), (closed, RequestNotOpen)):
        with pytest.raises(refusal):
            assign(session, item, request)
    paid = ask(session, payee)
    hear(session, sepay(), bank_notice(number=2, amount=450_000, memo=paid.code))
    with pytest.raises(RequestNotOpen):
        assign(session, item, paid)
    with pytest.raises(SuspenseUnknown):
        payments.undo_allocation(session, allocation_id="al_none", why="x", now=AT, actor=CHECKER)
    with pytest.raises(SuspenseUnknown):
        suspense.assign(session, suspense_id="su_none", request_id=paid.id, now=AT, actor=CHECKER)


def test_not_undone_once_a_part_has_gone_back_or_the_credit_is_used(session, payee):
    request, item = ask(session, payee, 400_000), stray(session)
    allocation_id = assign(session, item, request).allocations[0].allocation_id
    over = suspense.send_back_over(
        session, request_id=request.id, wanted=Wanted(why="Trả thừa", expected_minor=50_000), ways=WAYS, now=AT,
        actor="lo_maker",
    )  # fmt: skip
    assert (over.status, over.amount_minor, request.exceptions) == ("by_hand", 50_000, "")
    with pytest.raises(BalanceTooLow), session.begin_nested():
        payments.undo_allocation(session, allocation_id=allocation_id, why="x", now=AT, actor=CHECKER)
    payments.confirm_by_hand(session, refund_id=over.id, reference="FT9", now=AT, actor=CHECKER)
    assert books(session, payee) == {BANK: 400_000, "owed": -400_000}
    with pytest.raises(RefundableChanged):
        suspense.send_back_over(
            session, request_id=request.id, wanted=Wanted(why="x", expected_minor=50_000), ways=WAYS, now=AT, actor="x"
        )
    with pytest.raises(RefundTooLarge):
        suspense.send_back_over(session, request_id=request.id, wanted=Wanted(why="x"), ways=WAYS, now=AT, actor="x")


def test_sent_back_by_hand_it_is_refunded_and_while_it_goes_nobody_may_assign_it(session, payee):
    request, item = ask(session, payee), stray(session)
    wanted = Wanted(why="Không phải của trường")
    row = suspense.send_back(session, suspense_id=item.id, wanted=wanted, ways=WAYS, now=AT, actor="lo_maker")
    assert (row.status, row.request_id, item.status) == ("by_hand", None, "open")
    with pytest.raises(SuspenseTaken):
        assign(session, item, request)
    payments.cancel_refund(session, refund_id=row.id, now=AT, actor="lo_maker")
    row = suspense.send_back(session, suspense_id=item.id, wanted=wanted, ways=WAYS, now=AT, actor="lo_maker")
    returned = payments.confirm_by_hand(session, refund_id=row.id, reference="FT9", now=AT, actor=CHECKER)
    assert (item.status, returned.counts, case_kinds(session), books(session, payee)) == ("refunded", False, [], {})
    payments.came_back(session, refund_id=row.id, why="closed", now=AT, actor=CHECKER)
    assert books(session, payee) == {BANK: 450_000, "suspense": -450_000}
    assert sorted(one.status for one in session.query(Suspense)) == ["open", "refunded"]


def test_paid_twice_at_a_gateway_goes_back_by_the_gateway(session, payee):
    attempt = try_vnpay(session, ask(session, payee))
    for number in ("1", "2"):
        hear(session, vnpay(), ipn(attempt, vnp_TransactionNo=number))
    item = session.query(Suspense).one()
    row = suspense.send_back(
        session, suspense_id=item.id, wanted=Wanted(why="Trả hai lần"), ways=WAYS, now=AT, actor="lo_maker"
    )
    asked = payments.claim_refund(session, now=AT + timedelta(seconds=1))
    assert (row.gateway, asked.order.provider_txn_id) == ("vnpay", "2")
    finding = RefundFinding(RefundOutcome.DONE, provider_ref="9")
    payments.record_refund(session, asked=asked, finding=finding, now=AT, actor="worker")
    assert (item.status, case_kinds(session)) == ("refunded", [])
    assert books(session, payee) == {"provider:vnpay": 450_000, "owed": -450_000}
