"""Receipts: gapless, one at a time, public without a name."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

import payments
from payments import suspense
from payments.errors import IllegalTransition, NotPaid, ReasonMissing, ReceiptUnknown, TextMissing
from payments.models import Allocation, Suspense
from tests.payments.scene import AT, CASHIER, ask, bank_notice, hear, school, sepay


def paid(session, payee, number, **more):
    request = ask(session, payee, **more)
    hear(session, sepay(), bank_notice(number=number, amount=450_000, memo=request.code))
    return request


def issue(session, request, *, now=AT):
    return payments.issue_receipt(session, request_id=request.id, now=now, actor=CASHIER)


def test_only_what_is_paid_gets_one_and_only_one(session):
    payee = school(session)
    with pytest.raises(NotPaid):
        issue(session, ask(session, payee))
    request = paid(session, payee, 1)
    receipt = issue(session, request)
    assert (receipt.number_text, receipt.amount_minor) == ("HP-BL-2026-000001", 450_000)
    assert issue(session, request).id == receipt.id
    assert payments.current_receipt(session, request.id) is receipt


def test_a_request_that_is_open_again_gets_none(session):
    request = paid(session, school(session), 1)
    request.status = "open"
    with pytest.raises(NotPaid):
        issue(session, request)


def test_numbers_have_no_gap_within_payee_and_year(session):
    payee, other = school(session), school(session, account="2", prefix="BV")
    for number in (1, 2):
        assert issue(session, paid(session, payee, number)).number == number
    savepoint = session.begin_nested()
    issue(session, paid(session, payee, 3))
    savepoint.rollback()
    assert issue(session, paid(session, payee, 4)).number == 3
    next_year = issue(session, paid(session, payee, 5), now=AT + timedelta(days=365))
    assert next_year.number_text == "HP-BL-2027-000001"
    assert payments.open_cases(session, payee_id=other.id) == []


def test_anybody_with_number_and_word_may_check(session):
    payee = school(session)
    receipt = issue(session, paid(session, payee, 1))
    typed = {"number_text": " hp-bl-2026-000001 ", "check_word": receipt.check_word.lower()}
    shown = payments.find_receipt(session, **typed)
    assert (shown.status, shown.amount, shown.payee_name) == ("issued", payments.Money(450_000), payee.name)
    assert payments.receipt_in_public(session, receipt_id=receipt.id) == shown
    assert len(receipt.check_word) == 6
    wrong = "AAAAAA" if receipt.check_word != "AAAAAA" else "BBBBBB"
    with pytest.raises(ReceiptUnknown):
        payments.find_receipt(session, number_text=receipt.number_text, check_word=wrong)
    with pytest.raises(ReceiptUnknown):
        payments.receipt_in_public(session, receipt_id="rc_x")


def test_a_void_keeps_number_and_reason_and_a_new_one_has_its_own(session):
    payee = school(session)
    request = paid(session, payee, 1)
    receipt = issue(session, request)
    void = {"receipt_id": receipt.id, "now": AT, "actor": CASHIER}
    with pytest.raises(ReasonMissing):
        payments.void_receipt(session, reason=" ", **void)
    payments.void_receipt(session, reason="sai người", **void)
    with pytest.raises(IllegalTransition):
        payments.void_receipt(session, reason="again", **void)
    assert payments.receipt_in_public(session, receipt_id=receipt.id).status == "voided"
    assert payments.current_receipt(session, request.id) is None
    assert issue(session, request).number == 2


def test_reprints_are_counted(session):
    receipt = issue(session, paid(session, school(session), 1))
    assert [payments.reprint_receipt(session, receipt_id=receipt.id) for _ in range(2)] == [2, 3]


def test_a_corrected_one_takes_the_place_of_the_one_before(session):
    payee = school(session)
    request = paid(session, payee, 1)
    first = issue(session, request)
    correct = {"receipt_id": first.id, "now": AT, "actor": CASHIER}
    for item, reason, refused in (("Học phí", " ", ReasonMissing), (" ", "sai chữ", TextMissing)):
        with pytest.raises(refused):
            payments.replace_receipt(session, item=item, reason=reason, **correct)
    request.refunded_minor = 50_000
    second = payments.replace_receipt(session, item="Học phí tháng 4", reason="sai tháng", **correct)
    assert (second.number, second.item, second.amount_minor) == (2, "Học phí tháng 4", 400_000)
    assert (first.status, first.status_reason) == ("replaced", "sai tháng")
    assert payments.receipt_in_public(session, receipt_id=first.id).replaced_by == second.number_text
    assert payments.current_receipt(session, request.id) is second
    with pytest.raises(IllegalTransition):
        payments.replace_receipt(session, item="x", reason="again", **correct)
    assert issue(session, request) is second


def test_nothing_is_left_to_correct_when_all_went_back(session):
    request = paid(session, school(session), 1)
    first = issue(session, request)
    request.refunded_minor = 450_000
    with pytest.raises(NotPaid):
        payments.replace_receipt(session, receipt_id=first.id, item="x", reason="y", now=AT, actor=CASHIER)


def test_a_new_one_is_for_what_has_not_gone_back(session):
    request = paid(session, school(session), 1)
    for back, left in ((100_000, 350_000), (350_000, None)):
        receipt = issue(session, request)
        wanted = payments.Wanted(why="x", amount_minor=back)
        payments.ask_refund(session, request_id=request.id, wanted=wanted, ways={}, now=AT, actor=CASHIER)
        payments.void_receipt(session, receipt_id=receipt.id, reason="x", now=AT, actor=CASHIER)
        if left is not None:
            assert issue(session, request).amount_minor == left
    with pytest.raises(NotPaid):
        issue(session, request)


def test_what_a_person_made_void_waits_for_a_person_until_it_is_paid_anew(session):
    """Money over it is no reason for a new one; the same money taken away and given again is."""
    later = AT + timedelta(minutes=1)
    request = paid(session, school(session), 1)
    due = partial(payments.receipt_if_due, session, request_id=request.id, now=later, actor=CASHIER)
    receipt = due()
    assert (receipt.request_id, due()) == (request.id, None)
    payments.void_receipt(session, receipt_id=receipt.id, reason="x", now=later, actor=CASHIER)
    hear(session, sepay(), bank_notice(number=2, amount=1_000, memo=request.code), now=later)
    assert (request.exceptions, due()) == ("over", None)
    first = session.scalars(select(Allocation)).one()
    payments.undo_allocation(session, allocation_id=first.id, why="x", now=later, actor=CASHIER)
    assert due() is None
    waits = session.scalars(select(Suspense)).one()
    suspense.assign(session, suspense_id=waits.id, request_id=request.id, now=later, actor=CASHIER)
    assert due().replaces_id is None
