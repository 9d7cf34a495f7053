"""Advances: the payer's until charges take them; the rest goes back with a second person; the books always balance."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import payments
from payments import Wanted, advances
from payments.credit_errors import CreditEmpty, CreditUseUnknown
from payments.errors import ReasonMissing, RequestNotOpen
from payments.gateways.protocol import RefundWay
from payments.models import Allocation, CreditUse, Request
from payments.refunds.errors import RefundableChanged, RefundTooLarge, SecondPersonNeeded
from payments.states import Purpose
from portal.cashier.invariants import check_invariants
from tests.payments.scene import ACCOUNT, AT, ask, bank_notice, books, hear, school, sepay

BANK = f"bank:{ACCOUNT}"
STAY = "hs_1"
CREDIT = f"payer_credit:{STAY}"
WAYS = {"vnpay": RefundWay.PARTIAL}
MAKER, CHECKER = "lo_maker", "lo_checker"


@pytest.fixture
def payee(session):
    return school(session, prefix="BV")


def advance(session, payee, amount, number=1, *, came=None, stay=STAY):
    request = ask(session, payee, amount, item="Tạm ứng viện phí", subject_ref=stay, purpose=Purpose.ADVANCE)
    hear(session, sepay(), bank_notice(number=number, amount=came or amount, memo=request.code))
    return request


def charge(session, payee, amount, *, stay=STAY):
    return ask(session, payee, amount, item="Viện phí", subject_ref=stay)


def use(session, request, *, now=AT):
    return advances.use_credit(session, request_id=request.id, now=now, actor=MAKER)


def left(session, payee, stay=STAY):
    return advances.credit_left(session, payee_id=payee.id, subject_ref=stay)


def give_back(session, payee, **wanted):
    told = Wanted(**({"why": "Ra viện", "by_hand": True, "second": True} | wanted))
    return advances.ask_return(
        session, payee_id=payee.id, subject_ref=STAY, wanted=told, ways=WAYS, now=AT, actor=MAKER
    )


def holds(session):
    return check_invariants(session)["I1"].breaches == ()


def test_an_advance_is_paid_and_receipted_and_stays_the_payers(session, payee):
    request = advance(session, payee, 2_000_000, came=2_100_000)
    assert (request.status, request.exceptions) == ("paid", "over")
    assert payments.issue_receipt(session, request_id=request.id, now=AT, actor=MAKER).amount_minor == 2_000_000
    assert books(session, payee) == {BANK: 2_100_000, CREDIT: -2_100_000}
    assert left(session, payee) == 2_000_000  # what was paid too much goes back on its own way
    assert holds(session)


def test_a_charge_takes_from_the_oldest_advance_first(session, payee):
    first, second = advance(session, payee, 1_000_000), advance(session, payee, 1_000_000, 2)
    other = advance(session, payee, 5_000_000, 3, stay="hs_2")
    bill = charge(session, payee, 1_300_000)
    uses = use(session, bill, now=AT + timedelta(days=3))
    assert [one.amount_minor for one in uses] == [1_000_000, 300_000]
    assert (bill.status, bill.paid_at, bill.due_minor) == ("paid", AT + timedelta(days=3), 0)
    assert payments.issue_receipt(session, request_id=bill.id, now=AT, actor=MAKER).amount_minor == 1_300_000
    assert (left(session, payee), left(session, payee, "hs_2")) == (700_000, 5_000_000)
    used = {one.request_id: one.used_minor for one in session.query(Allocation)}
    assert used == {first.id: 1_000_000, second.id: 300_000, other.id: 0}
    assert books(session, payee) == {
        BANK: 7_000_000, "owed": -1_300_000, CREDIT: -700_000, "payer_credit:hs_2": -5_000_000,
    }  # fmt: skip
    with pytest.raises(RequestNotOpen):
        use(session, bill)
    assert holds(session)


def test_a_charge_above_the_advance_is_paid_in_part_and_the_rest_by_bank(session, payee):
    advance(session, payee, 1_000_000)
    bill = charge(session, payee, 1_500_000)
    use(session, bill)
    assert (bill.status, bill.exceptions, bill.due_minor) == ("open", "partial", 500_000)
    with pytest.raises(CreditEmpty):
        use(session, bill)
    hear(session, sepay(), bank_notice(number=2, amount=500_000, memo=bill.code))
    assert (bill.status, bill.exceptions) == ("paid", "")
    assert books(session, payee) == {BANK: 1_500_000, "owed": -1_500_000}
    assert holds(session)


def test_what_no_advance_pays(session, payee):
    paid = advance(session, payee, 1_000_000)
    stranger = ask(session, payee, 10_000)
    another = charge(session, payee, 10_000, stay="hs_2")
    for request, refusal in ((paid, RequestNotOpen), (stranger, RequestNotOpen), (another, CreditEmpty)):
        with pytest.raises(refusal):
            use(session, request)
    closed = charge(session, payee, 10_000)
    payments.cancel_request(session, request_id=closed.id, reason="x", now=AT)
    with pytest.raises(RequestNotOpen):
        use(session, closed)
    foreign = charge(session, school(session, account="77", prefix="KH"), 10_000)
    with pytest.raises(CreditEmpty):
        use(session, foreign)
    assert session.query(CreditUse).count() == 0


def test_the_rest_goes_back_only_when_a_second_person_agrees(session, payee):
    advance(session, payee, 1_000_000)
    bill = charge(session, payee, 600_000)
    use(session, bill)
    with pytest.raises(RefundableChanged):
        give_back(session, payee, expected_minor=1_000_000)
    with pytest.raises(ReasonMissing):
        give_back(session, payee, why=" ")
    (refund,) = give_back(session, payee, expected_minor=400_000, sealed_to="sealed")
    assert (refund.amount_minor, refund.status, refund.by_hand, left(session, payee)) == (400_000, "requested", True, 0)
    assert books(session, payee) == {BANK: 1_000_000, "owed": -600_000, "refunds_due": -400_000}
    with pytest.raises(CreditEmpty):
        give_back(session, payee)
    agree = {"refund_id": refund.id, "agreed": True, "now": AT}
    with pytest.raises(SecondPersonNeeded):
        payments.decide_refund(session, actor=MAKER, **agree)
    assert payments.decide_refund(session, actor=CHECKER, **agree).status == "by_hand"
    returned = payments.confirm_by_hand(session, refund_id=refund.id, reference="FT1", now=AT, actor=CHECKER)
    assert (returned.counts, returned.amount_minor) == (True, 400_000)
    assert books(session, payee) == {BANK: 600_000, "owed": -600_000}
    assert holds(session)


def test_a_return_refused_or_withdrawn_is_the_payers_again(session, payee):
    request = advance(session, payee, 1_000_000)
    (refund,) = give_back(session, payee)
    payments.decide_refund(session, refund_id=refund.id, agreed=False, now=AT, actor=CHECKER)
    assert (left(session, payee), request.refunded_minor) == (1_000_000, 0)
    assert books(session, payee) == {BANK: 1_000_000, CREDIT: -1_000_000}
    assert holds(session)


def test_no_more_goes_back_than_no_charge_has_taken(session, payee):
    request = advance(session, payee, 1_000_000)
    use(session, charge(session, payee, 900_000))
    with pytest.raises(RefundTooLarge):
        payments.ask_refund(
            session, request_id=request.id, wanted=Wanted(why="x", amount_minor=100_001), ways=WAYS, now=AT, actor=MAKER
        )
    assert holds(session)


def test_undone_the_charge_owes_again_and_its_receipt_is_void(session, payee):
    advance(session, payee, 1_000_000)
    bill = charge(session, payee, 600_000)
    (taken,) = use(session, bill)
    receipt = payments.issue_receipt(session, request_id=bill.id, now=AT, actor=MAKER)
    undo = {"use_id": taken.id, "now": AT, "actor": CHECKER}
    with pytest.raises(ReasonMissing):
        advances.undo_use(session, why="", **undo)
    advances.undo_use(session, why="Nhầm người bệnh", **undo)
    assert (bill.status, bill.allocated_minor, bill.paid_at, receipt.status) == ("open", 0, None, "voided")
    assert (left(session, payee), advances.uses_of(session, [bill.id])) == (1_000_000, [])
    with pytest.raises(CreditUseUnknown):
        advances.undo_use(session, why="x", **undo)
    assert books(session, payee) == {BANK: 1_000_000, CREDIT: -1_000_000}
    use(session, bill)
    assert bill.status == "paid" and holds(session)


_STEPS = st.lists(
    st.tuples(st.sampled_from(["advance", "use", "undo", "return", "refuse"]), st.integers(1, 9)), max_size=14
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(_STEPS)
def test_whatever_happens_no_dong_appears_or_vanishes(session, steps):
    savepoint = session.begin_nested()
    try:
        _one_stay(session, steps)
    finally:
        savepoint.rollback()


def _one_stay(session, steps):
    payee, came, asked_back = school(session, prefix="BV"), 0, []
    for number, (what, size) in enumerate(steps, 1):
        if what == "advance":
            advance(session, payee, size * 10_000, number)
            came += size * 10_000
        elif what == "use" and left(session, payee):
            use(session, charge(session, payee, size * 10_000))
        elif what == "undo" and (found := advances.uses_of(session, [one.id for one in session.query(Request)])):
            advances.undo_use(session, use_id=found[0].id, why="x", now=AT, actor=CHECKER)
        elif what == "return" and left(session, payee):
            asked_back += give_back(session, payee)
        elif what == "refuse" and asked_back:
            payments.decide_refund(session, refund_id=asked_back.pop().id, agreed=False, now=AT, actor=CHECKER)
        assert holds(session)
    balances = books(session, payee)
    assert (sum(balances.values()), balances.get(BANK, 0)) == (0, came)
    assert -balances.get(CREDIT, 0) == left(session, payee)
