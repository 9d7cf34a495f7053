"""What is not known is asked until it is known or a person looks."""

from datetime import timedelta

import pytest

import payments
from payments.errors import LeaseLost
from payments.gateways.protocol import Finding, Outcome, Verdict
from payments.models import Transaction
from payments.money import Money
from tests.payments.scene import AT, ask, books, case_kinds, count, hear, ipn, school, try_vietqr, try_vnpay, vnpay

MINUTE = timedelta(minutes=1)
PAID = {"provider_txn_id": "14012345", "amount": Money(450_000), "paid_at": AT}


def claim(session, now):
    asked = payments.claim_query(session, now=now)
    assert asked is not None
    return asked


def record(session, asked, outcome, *, now, reason="", **more):
    finding = Finding(outcome, reason, asked.merchant_ref, **more)
    return payments.record_finding(session, asked=asked, finding=finding, now=now, actor="worker")


def test_a_pending_attempt_is_asked_and_paid_by_query_then_the_notice_is_known(session):
    payee = school(session)
    request = ask(session, payee)
    attempt = try_vnpay(session, request)
    assert payments.claim_query(session, now=AT + 4 * MINUTE) is None
    asked = claim(session, AT + 5 * MINUTE)
    assert (asked.merchant_ref, asked.amount, asked.created_at) == (attempt.merchant_ref, Money(450_000), AT)
    assert payments.claim_query(session, now=AT + 5 * MINUTE) is None
    found = record(session, asked, Outcome.PAID, now=AT + 5 * MINUTE, **PAID)
    assert (found.verdict, [part.amount_minor for part in found.allocations]) == (Verdict.RECORDED, [450_000])
    assert (request.status, attempt.status, attempt.next_query_at) == ("paid", "succeeded", None)
    late = hear(session, vnpay(), ipn(attempt))
    assert (late.verdict, count(session, Transaction)) == (Verdict.SEEN, 1)
    assert books(session, payee)["owed"] == -450_000


def test_a_lost_create_is_found_by_query_and_never_made_again(session):
    request = ask(session, school(session))
    gateway = vnpay()
    began = payments.start_attempt(
        session, request_id=request.id, gateway="vnpay", capabilities=gateway.capabilities, key="k", now=AT
    )
    payments.record_unknown(session, attempt_id=began.attempt_id, reason="time_out", now=AT)
    again = payments.start_attempt(
        session, request_id=request.id, gateway="vnpay", capabilities=gateway.capabilities, key="k", now=AT
    )
    assert (again.attempt_id, again.repeated) == (began.attempt_id, True)
    asked = claim(session, AT + MINUTE)
    record(session, asked, Outcome.PENDING, now=AT + MINUTE)
    attempt = payments.get_attempt(session, began.attempt_id)
    assert attempt.status == "pending"
    record(session, claim(session, AT + 6 * MINUTE), Outcome.PAID, now=AT + 6 * MINUTE, **PAID)
    assert (attempt.status, request.status) == ("succeeded", "paid")


def test_not_found_after_time_and_grace_is_the_end(session):
    attempt = try_vnpay(session, ask(session, school(session)))
    record(session, claim(session, AT + 29 * MINUTE), Outcome.PENDING, now=AT + 29 * MINUTE, reason="not_found")
    assert (attempt.status, attempt.next_query_at) == ("pending", AT + 31 * MINUTE)
    record(session, claim(session, AT + 31 * MINUTE), Outcome.PENDING, now=AT + 31 * MINUTE, reason="not_found")
    assert (attempt.status, attempt.reason, attempt.next_query_at) == ("expired", "not_found", None)
    assert payments.claim_query(session, now=AT + timedelta(days=9)) is None


def test_no_answer_makes_it_unknown_and_after_a_day_a_case(session):
    attempt = try_vnpay(session, ask(session, school(session)))
    now, asks = AT, []
    while attempt.next_query_at is not None:
        now = attempt.next_query_at
        asked = claim(session, now)
        payments.record_no_answer(session, asked=asked, reason="time_out", now=now)
        asks.append(now)
        assert case_kinds(session) == (["stuck"] if now >= asks[0] + timedelta(days=1) else [])
    assert (attempt.status, attempt.reason) == ("unknown", "time_out")
    assert [(at - asks[0]) / MINUTE for at in asks] == [0, 1, 5, 15, 60, 1440, 2880, 4320, 5760, 7200]
    declined = {"vnp_ResponseCode": "24", "vnp_TransactionStatus": "02", "vnp_TransactionNo": "0"}
    hear(session, vnpay(), ipn(attempt, **declined), now=now)
    assert (attempt.status, case_kinds(session)) == ("canceled", [])  # the provider has said it: nobody need look


def test_a_late_writer_is_refused(session):
    attempt = try_vnpay(session, ask(session, school(session)))
    first = claim(session, AT + 5 * MINUTE)
    second = claim(session, AT + 6 * MINUTE)
    with pytest.raises(LeaseLost):
        record(session, first, Outcome.PAID, now=AT + 6 * MINUTE, **PAID)
    with pytest.raises(LeaseLost):
        payments.record_no_answer(session, asked=first, reason="x", now=AT + 6 * MINUTE)
    assert attempt.status == "pending"
    record(session, second, Outcome.FAILED, now=AT + 6 * MINUTE, reason="limit", amount=Money(450_000))
    assert (attempt.status, attempt.reason) == ("failed", "limit")


def test_a_query_with_another_amount_books_nothing(session):
    payee = school(session)
    try_vnpay(session, ask(session, payee))
    asked = claim(session, AT + 5 * MINUTE)
    found = record(session, asked, Outcome.PAID, now=AT + 5 * MINUTE, **PAID | {"amount": Money(450_001)})
    assert (found.verdict, books(session, payee), case_kinds(session)) == (
        Verdict.AMOUNT_DIFFERS,
        {},
        ["amount_differs"],
    )


def test_somebody_who_looks_has_it_asked_again_but_not_at_once(session):
    request = ask(session, school(session))
    attempt, qr = try_vnpay(session, request), try_vietqr(session, request)
    assert payments.ask_again(session, attempt_id=attempt.id, now=AT)
    record(session, claim(session, AT), Outcome.PENDING, now=AT)
    assert not payments.ask_again(session, attempt_id=attempt.id, now=AT + timedelta(seconds=14))
    assert payments.ask_again(session, attempt_id=attempt.id, now=AT + timedelta(seconds=15))
    assert not payments.ask_again(session, attempt_id=qr.id, now=AT + MINUTE)
    hear(session, vnpay(), ipn(attempt))
    assert not payments.ask_again(session, attempt_id=attempt.id, now=AT + MINUTE)


def test_a_qr_is_never_asked_about(session):
    qr = try_vietqr(session, ask(session, school(session)))
    assert qr.next_query_at is None
    assert payments.claim_query(session, now=AT + timedelta(days=9)) is None


def test_an_ended_attempt_that_a_hint_calls_paid_is_asked_hourly_and_after_a_day_by_a_person(session):
    attempt = try_vnpay(session, ask(session, school(session)))
    hear(session, vnpay(), ipn(attempt, vnp_ResponseCode="24", vnp_TransactionStatus="02", vnp_TransactionNo="0"))
    attempt.next_query_at = AT  # as a hint leaves it
    session.flush()
    assert payments.record_no_answer(session, asked=claim(session, AT), reason="time_out", now=AT) == ()
    assert (attempt.status, attempt.next_query_at) == ("canceled", AT + 60 * MINUTE)
    day_later = AT + timedelta(days=1)
    assert len(payments.record_no_answer(session, asked=claim(session, day_later), reason="x", now=day_later)) == 1
    assert (attempt.next_query_at, case_kinds(session)) == (None, ["stuck"])
    attempt.next_query_at = day_later
    session.flush()
    record(session, claim(session, day_later), Outcome.PAID, now=day_later, **PAID)
    assert case_kinds(session) == []
    assert (attempt.status, payments.get_request(session, attempt.request_id).exceptions) == ("succeeded", "late")


def test_what_nobody_shall_pay_any_more_is_due_at_once_and_marked_so(session):
    canceled = ask(session, school(session))
    attempt = try_vnpay(session, canceled)
    payments.cancel_request(session, request_id=canceled.id, reason="x", now=AT)
    asked = claim(session, AT)
    assert (asked.attempt_id, asked.withdrawn) == (attempt.id, True)
    record(session, asked, Outcome.CANCELED, now=AT)
    assert (attempt.status, attempt.next_query_at) == ("canceled", AT + 31 * MINUTE)


def test_who_was_declined_and_paid_on_the_same_page_is_found_though_that_notice_is_lost(session):
    request = ask(session, school(session))
    attempt = try_vnpay(session, request)
    declined = {"vnp_ResponseCode": "51", "vnp_TransactionStatus": "02", "vnp_TransactionNo": "0"}
    hear(session, vnpay(), ipn(attempt, **declined))
    assert payments.claim_query(session, now=AT + 30 * MINUTE) is None
    asked = claim(session, AT + 31 * MINUTE)
    found = record(session, asked, Outcome.PAID, now=AT + 31 * MINUTE, **PAID)
    assert (found.verdict, attempt.status, request.status) == (Verdict.RECORDED, "succeeded", "paid")
    assert attempt.next_query_at is None


def test_who_was_declined_and_went_away_is_asked_about_once(session):
    request = ask(session, school(session))
    attempt = try_vnpay(session, request)
    declined = {"vnp_ResponseCode": "51", "vnp_TransactionStatus": "02", "vnp_TransactionNo": "0"}
    hear(session, vnpay(), ipn(attempt, **declined))
    record(session, claim(session, AT + 31 * MINUTE), Outcome.FAILED, now=AT + 31 * MINUTE, amount=Money(450_000))
    assert (attempt.status, attempt.next_query_at, case_kinds(session)) == ("failed", None, [])


def test_of_an_order_that_its_provider_refused_nothing_is_asked(session):
    request = ask(session, school(session))
    began = payments.start_attempt(
        session, request_id=request.id, gateway="vnpay", capabilities=vnpay().capabilities, key="k", now=AT
    )
    refused = payments.record_refused(session, attempt_id=began.attempt_id, reason="x", now=AT)
    assert (refused.status, refused.next_query_at) == ("failed", None)


def test_a_provider_that_says_failed_after_paid_is_a_case_and_changes_nothing(session):
    payee = school(session)
    request = ask(session, payee)
    attempt = try_vnpay(session, request)
    hear(session, vnpay(), ipn(attempt))
    said = ipn(attempt, vnp_ResponseCode="99", vnp_TransactionStatus="02", vnp_TransactionNo="0")
    assert hear(session, vnpay(), said).verdict is Verdict.SEEN
    assert (request.status, attempt.status, case_kinds(session)) == ("paid", "succeeded", ["contradiction"])
    assert books(session, payee)["owed"] == -450_000
