"""What was paid too much: taken from its request alone, given to another or to it again, never counted twice."""

from datetime import timedelta

import pytest

import payments
from payments import Wanted, suspense
from payments.errors import ReasonMissing
from payments.models import Allocation, Suspense
from payments.refunds.errors import SuspenseTaken, SuspenseUnknown
from payments.states import Purpose
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

BANK, WHO = f"bank:{ACCOUNT}", {"now": AT, "actor": "lo_checker"}


@pytest.fixture
def payee(session):
    return school(session)


def pays(session, request, amount, number, *, memo=None):
    hear(session, sepay(), bank_notice(number=number, amount=amount, memo=memo or request.code))


def over(session, request):
    return [(money.provider_txn_id, sum_) for money, sum_ in payments.overpayments(session, request)]


def release(session, request, at=0):
    money = payments.overpayments(session, request)[at][0]
    return payments.release_over(session, request_id=request.id, transaction_id=money.id, why="Trả dư", **WHO)


def assign(session, item, request):
    return suspense.assign(session, suspense_id=item.id, request_id=request.id, **WHO)


def test_an_instalment_paid_too_much_pays_the_next_one_with_the_rest(session, payee):
    first, second = (ask(session, payee, 400_000, subject_ref="su_1", period=str(n)) for n in (1, 2))
    pays(session, first, 550_000, 1)
    receipt = payments.issue_receipt(session, request_id=first.id, **WHO)
    assert over(session, first) == [("1", 150_000)]
    assert over(session, second) == []
    item = release(session, first)
    assert (first.status, first.received_minor, first.exceptions, receipt.status) == ("paid", 400_000, "", "issued")
    assert (item.amount_minor, case_kinds(session)) == (150_000, ["unmatched"])
    assert books(session, payee) == {BANK: 550_000, "owed": -400_000, "suspense": -150_000}
    assign(session, item, second)
    assert (second.allocated_minor, second.exceptions, case_kinds(session)) == (150_000, "partial", [])
    assert books(session, payee) == {BANK: 550_000, "owed": -550_000}
    assert over(session, first) == over(session, second) == []
    # Each part is undone by itself, and no đồng twice.
    for paid in session.query(Allocation).all():
        payments.undo_allocation(session, allocation_id=paid.id, why="x", **WHO)
        waits = session.query(Suspense).filter_by(status="open").one()
        assert waits.amount_minor == paid.amount_minor
        back = suspense.send_back(session, suspense_id=waits.id, wanted=Wanted(why="x"), ways={}, **WHO)
        payments.confirm_by_hand(session, refund_id=back.id, reference="FT1", now=AT, actor="lo_other")
    assert books(session, payee) == {}


def test_money_that_came_for_what_was_paid_already_finds_its_payment(session, payee):
    """Nothing of it was allocated, so nothing could be undone: somebody typed the neighbour's code."""
    neighbour, meant = ask(session, payee), ask(session, payee)
    pays(session, neighbour, 450_000, 1)
    pays(session, neighbour, 450_000, 2)
    assert over(session, neighbour) == [("2", 450_000)]
    assign(session, release(session, neighbour), meant)
    assert (neighbour.exceptions, meant.status, meant.received_minor) == ("", "paid", 450_000)
    assert books(session, payee) == {BANK: 900_000, "owed": -900_000}


def test_taken_back_by_the_request_itself_once_it_owes_again(session, payee):
    request = ask(session, payee)
    attempt = try_vnpay(session, request)
    pays(session, request, 450_000, 1)
    hear(session, vnpay(), ipn(attempt))
    direct = session.query(Allocation).one()
    payments.undo_allocation(session, allocation_id=direct.id, why="x", **WHO)
    assert (request.status, over(session, request)) == ("open", [("14012345", 450_000)])
    assign(session, release(session, request), request)
    assert (request.status, request.exceptions) == ("paid", "")
    assert books(session, payee) == {BANK: 450_000, "provider:vnpay": 450_000, "owed": -450_000, "suspense": -450_000}


def test_what_was_assigned_by_a_person_is_undone_whole_or_its_rest_alone(session, payee):
    request, other = ask(session, payee, 400_000), ask(session, payee, 50_000)
    pays(session, request, 450_000, 1, memo="hoc phi")
    paid = assign(session, session.query(Suspense).one(), request).allocations[0]
    rest = release(session, request)
    for _ in range(2):  # while the rest waits, and when it pays another
        with pytest.raises(SuspenseTaken):
            payments.undo_allocation(session, allocation_id=paid.allocation_id, why="x", **WHO)
        rest = rest if rest.status == "assigned" else assign(session, rest, other) and rest
    assert books(session, payee) == {BANK: 450_000, "owed": -450_000}


def test_what_is_not_too_much_or_has_gone_back_stays(session, payee):
    request, advance = ask(session, payee, 400_000), ask(session, payee, 400_000, purpose=Purpose.ADVANCE)
    pays(session, request, 450_000, 1)
    pays(session, advance, 430_000, 2)
    assert over(session, advance) == [("2", 30_000)]
    of = {"request_id": request.id, "transaction_id": payments.overpayments(session, request)[0][0].id}
    with pytest.raises(ReasonMissing):
        payments.release_over(session, why=" ", **of, **WHO)
    with pytest.raises(SuspenseUnknown):
        payments.release_over(session, why="x", **of | {"request_id": advance.id}, **WHO)
    wanted = Wanted(why="x", amount_minor=1_000)
    suspense.send_back_over(session, request_id=request.id, wanted=wanted, ways={}, **WHO)
    assert over(session, request) == []
    with pytest.raises(SuspenseUnknown):
        payments.release_over(session, why="x", **of, **WHO)
    release(session, advance)
    later = {"now": AT + timedelta(days=1), "actor": "lo_checker"}
    with pytest.raises(SuspenseUnknown):
        payments.release_over(session, why="x", **of | {"request_id": advance.id}, **later)
    assert books(session, payee)[f"payer_credit:{advance.id}"] == -400_000
