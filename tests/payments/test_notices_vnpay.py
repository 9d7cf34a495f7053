"""VNPay's notices against our books: five checks in order, money once, nothing lost and nothing downgraded."""

from datetime import timedelta

import pytest

import payments
from payments.errors import NoticeUnknown
from payments.gateways.protocol import Authenticity, Finding, Notice, Outcome, Raw, Verdict
from payments.models import Movement, StoredNotice, Suspense, Transaction
from payments.money import Money
from payments.settling import Known, decide
from tests.payments.scene import (
    AT,
    DECLINED,
    VNPAY_KEY,
    answer,
    ask,
    books,
    case_kinds,
    count,
    hear,
    ipn,
    ipn_fields,
    school,
    try_vietqr,
    try_vnpay,
    vnp_query,
    vnpay,
)

PAID = Finding(Outcome.PAID, merchant_ref="r", provider_txn_id="1", amount=Money(5))
FAILED = Finding(Outcome.FAILED, merchant_ref="r", amount=Money(5))


@pytest.mark.parametrize(
    ("authenticity", "finding", "known", "verdict"),
    [
        ("not_authentic", None, Known(exists=False), Verdict.NOT_AUTHENTIC),
        # A forged notice is judged forged, whatever else is wrong with it.
        ("not_authentic", PAID, Known(exists=True, fixed=Money(6), booked=True), Verdict.NOT_AUTHENTIC),
        ("unreadable", None, Known(exists=True), Verdict.UNREADABLE),
        ("authentic", None, Known(exists=True), Verdict.UNREADABLE),
        ("authentic", PAID, Known(exists=False), Verdict.ORDER_UNKNOWN),
        ("authentic", PAID, Known(exists=True, fixed=Money(6), booked=True), Verdict.AMOUNT_DIFFERS),
        ("authentic", FAILED, Known(exists=True, fixed=Money(6), status="pending"), Verdict.AMOUNT_DIFFERS),
        ("authentic", PAID, Known(exists=True, fixed=Money(5), status="pending", booked=True), Verdict.SEEN),
        ("authentic", PAID, Known(exists=True, fixed=Money(5), status="succeeded"), Verdict.SEEN),
        ("authentic", FAILED, Known(exists=True, fixed=Money(5), status="succeeded"), Verdict.SEEN),
        ("authentic", FAILED, Known(exists=True, fixed=Money(5), status="failed"), Verdict.SEEN),
        ("authentic", PAID, Known(exists=True, fixed=Money(5), status="failed"), Verdict.RECORDED),
        ("authentic", PAID, Known(exists=True, fixed=Money(5), status="expired"), Verdict.RECORDED),
        ("authentic", PAID, Known(exists=True, fixed=None, status="pending"), Verdict.RECORDED),
        ("authentic", FAILED, Known(exists=True, fixed=Money(5), status="created"), Verdict.RECORDED),
    ],
)
def test_the_five_checks_in_their_order(authenticity, finding, known, verdict):
    assert decide(Notice(Authenticity(authenticity), finding=finding), known) is verdict


def test_paid_once_counted_once_and_the_books_balance(session):
    payee = school(session)
    request = ask(session, payee)
    attempt = try_vnpay(session, request)
    applied = hear(session, vnpay(), ipn(attempt))
    assert answer(applied, vnpay()) == {"RspCode": "00", "Message": "Confirm Success"}
    assert (request.status, request.exceptions, attempt.status) == ("paid", "", "succeeded")
    (counted,) = applied.allocations
    assert (counted.request_id, counted.payee_id, counted.amount_minor) == (request.id, payee.id, 450_000)
    assert (counted.business_date.isoformat(), counted.area_ref) == ("2026-03-22", "un_tan_an")
    assert request.paid_at == counted.paid_at == AT + timedelta(seconds=4)
    assert books(session, payee) == {"provider:vnpay": 450_000, "owed": -450_000}


def test_the_same_notice_again_is_known_and_changes_nothing(session):
    payee = school(session)
    attempt = try_vnpay(session, ask(session, payee))
    hear(session, vnpay(), ipn(attempt))
    again = hear(session, vnpay(), ipn(attempt))
    assert answer(again, vnpay())["RspCode"] == "02"
    assert (again.status, again.allocations) == ("duplicate", ())
    assert (count(session, Transaction), count(session, Movement), count(session, StoredNotice)) == (1, 1, 2)


def test_a_row_that_is_applied_gives_its_verdict_again(session):
    attempt = try_vnpay(session, ask(session, school(session)))
    notice_id = payments.store(session, sender=vnpay(), raw=ipn(attempt), now=AT)
    act = {"notice_id": notice_id, "sender": vnpay(), "now": AT, "actor": "worker"}
    first, second = payments.apply_notice(session, **act), payments.apply_notice(session, **act)
    assert (first.verdict, first.repeated, len(first.allocations)) == (Verdict.RECORDED, False, 1)
    assert (second.verdict, second.repeated, second.allocations) == (Verdict.RECORDED, True, ())


def test_response_00_with_status_02_is_a_recorded_failure(session):
    request = ask(session, school(session))
    attempt = try_vnpay(session, request)
    applied = hear(session, vnpay(), ipn(attempt, vnp_TransactionStatus="02", vnp_TransactionNo="0"))
    assert answer(applied, vnpay())["RspCode"] == "00"
    assert (attempt.status, request.status, count(session, Transaction)) == ("failed", "open", 0)


def test_a_forged_notice_uses_up_nothing(session):
    payee = school(session)
    request = ask(session, payee)
    attempt = try_vnpay(session, request)
    forged = hear(session, vnpay(), ipn(attempt, key="wrong"))
    assert (answer(forged, vnpay())["RspCode"], forged.security_event) == ("97", True)
    assert (request.status, attempt.status, count(session, Transaction)) == ("open", "pending", 0)
    real = hear(session, vnpay(), ipn(attempt))
    assert (answer(real, vnpay())["RspCode"], real.security_event) == ("00", False)
    assert books(session, payee)["owed"] == -450_000


@pytest.mark.parametrize("amount", ["450000", "4500000000", "45000100", "44999900", "45000050"])
def test_another_amount_is_never_booked(session, amount):
    payee = school(session)
    request = ask(session, payee)
    attempt = try_vnpay(session, request)
    applied = hear(session, vnpay(), ipn(attempt, vnp_Amount=amount))
    assert answer(applied, vnpay()) == {"RspCode": "04", "Message": "Invalid amount"}
    assert (request.status, attempt.status, books(session, payee)) == ("open", "pending", {})
    assert case_kinds(session) == ["amount_differs"]
    hear(session, vnpay(), ipn(attempt, vnp_Amount=amount))
    assert case_kinds(session) == ["amount_differs"]


def test_paid_for_an_order_nobody_knows_is_money_all_the_same(session):
    payee = school(session)
    attempt = try_vnpay(session, ask(session, payee))
    for _ in range(2):
        applied = hear(session, vnpay(), ipn(attempt, vnp_TxnRef="nobody"))
        assert answer(applied, vnpay()) == {"RspCode": "01", "Message": "Order not found"}
        assert applied.allocations == ()
    assert case_kinds(session) == ["order_unknown"]
    assert [row.amount_minor for row in session.query(Suspense)] == [450_000]
    assert payments.balances(session, "py_house") == {("provider:vnpay", "VND"): 450_000, ("suspense", "VND"): -450_000}
    assert books(session, payee) == {}


def test_a_failure_of_an_order_nobody_knows_is_nothing(session):
    attempt = try_vnpay(session, ask(session, school(session)))
    applied = hear(session, vnpay(), ipn(attempt, vnp_TxnRef="nobody", **DECLINED))
    assert answer(applied, vnpay())["RspCode"] == "01"
    assert (case_kinds(session), count(session, Transaction)) == ([], 0)


def test_a_failure_after_success_is_a_contradiction_and_no_downgrade(session):
    request = ask(session, school(session))
    attempt = try_vnpay(session, request)
    hear(session, vnpay(), ipn(attempt))
    applied = hear(session, vnpay(), ipn(attempt, vnp_TransactionStatus="04"))
    assert answer(applied, vnpay())["RspCode"] == "02"
    assert (request.status, attempt.status, case_kinds(session)) == ("paid", "succeeded", ["contradiction"])


@pytest.mark.parametrize("end", ["failed", "expired"])
def test_a_success_after_the_end_wins_and_is_late(session, end):
    payee = school(session)
    request = ask(session, payee, expires_at=AT + timedelta(minutes=30))
    attempt = try_vnpay(session, request)
    if end == "failed":
        hear(session, vnpay(), ipn(attempt, **DECLINED))
    else:
        payments.expire_due(session, now=AT + timedelta(minutes=30))
    applied = hear(session, vnpay(), ipn(attempt), now=AT + timedelta(days=3))
    assert answer(applied, vnpay())["RspCode"] == "00"
    assert (request.status, request.exceptions, attempt.status) == ("paid", "late", "succeeded")
    assert books(session, payee)["owed"] == -450_000


def test_money_for_a_canceled_request_waits_for_a_person(session):
    payee = school(session)
    request = ask(session, payee)
    attempt = try_vnpay(session, request)
    payments.cancel_request(session, request_id=request.id, reason="trả tiền mặt", now=AT)
    applied = hear(session, vnpay(), ipn(attempt))
    assert (answer(applied, vnpay())["RspCode"], applied.allocations) == ("00", ())
    assert (request.status, request.exceptions) == ("canceled", "late")
    assert case_kinds(session) == ["money_for_canceled"]
    assert books(session, payee) == {"provider:vnpay": 450_000, "suspense": -450_000}


def test_two_attempts_paid_both_leave_the_second_as_the_payers_credit(session):
    payee = school(session)
    request = ask(session, payee)
    first, second = try_vnpay(session, request), try_vnpay(session, request, key="k2")
    hear(session, vnpay(), ipn(first))
    hear(session, vnpay(), ipn(second, vnp_TransactionNo="14012346"))
    assert (request.status, request.exceptions, request.received_minor) == ("paid", "over", 900_000)
    assert books(session, payee) == {
        "provider:vnpay": 900_000,
        "owed": -450_000,
        f"payer_credit:{request.id}": -450_000,
    }


def test_one_attempt_paid_twice_under_two_ids_goes_to_suspense(session):
    payee = school(session)
    attempt = try_vnpay(session, ask(session, payee))
    hear(session, vnpay(), ipn(attempt))
    for _ in range(2):
        again = hear(session, vnpay(), ipn(attempt, vnp_TransactionNo="14012399"))
        assert answer(again, vnpay())["RspCode"] == "02"
    assert case_kinds(session) == ["paid_again"]
    assert books(session, payee) == {"provider:vnpay": 900_000, "owed": -450_000, "suspense": -450_000}


def test_suspected_fraud_is_unknown_and_a_case(session):
    request = ask(session, school(session))
    attempt = try_vnpay(session, request)
    applied = hear(session, vnpay(), ipn(attempt, vnp_ResponseCode="07"))
    assert answer(applied, vnpay())["RspCode"] == "00"
    assert (attempt.status, request.status, case_kinds(session)) == ("unknown", "open", ["suspected"])


def test_a_hint_only_starts_a_query(session):
    attempt = try_vnpay(session, ask(session, school(session)))
    applied = hear(session, vnpay(), ipn(attempt, vnp_TransactionNo="0"))
    assert (applied.ask_attempt_id, attempt.status, attempt.next_query_at) == (attempt.id, "unknown", AT)
    assert count(session, Transaction) == 0


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"vnp_ResponseCode": "24", "vnp_TransactionStatus": "02"}, "canceled"),
        ({"vnp_ResponseCode": "11", "vnp_TransactionStatus": "02"}, "expired"),
        ({"vnp_TransactionStatus": "01"}, "pending"),
    ],
)
def test_other_ends_are_recorded(session, more, status):
    request = ask(session, school(session))
    attempt = try_vnpay(session, request)
    assert answer(hear(session, vnpay(), ipn(attempt, **more)), vnpay())["RspCode"] == "00"
    assert (attempt.status, request.status) == (status, "open")


def test_a_notice_of_an_attempt_whose_start_was_never_recorded(session):
    request = ask(session, school(session))
    gateway = vnpay()
    began = payments.start_attempt(
        session, request_id=request.id, gateway="vnpay", capabilities=gateway.capabilities, key="k", now=AT
    )
    attempt = payments.get_attempt(session, began.attempt_id)
    hear(session, gateway, ipn(attempt, vnp_ResponseCode="11", vnp_TransactionStatus="02"))
    assert attempt.status == "expired"


def test_being_paid_ends_the_qr_but_not_what_another_provider_must_be_asked(session):
    request = ask(session, school(session))
    first, other, qr = try_vnpay(session, request), try_vnpay(session, request, key="k2"), try_vietqr(session, request)
    hear(session, vnpay(), ipn(first))
    assert (qr.status, other.status) == ("canceled", "pending")


def test_the_providers_day_counts_not_ours(session):
    attempt = try_vnpay(session, ask(session, school(session)))
    paid = {"vnp_PayDate": "20260322235959"}
    applied = hear(session, vnpay(), ipn(attempt, **paid), now=AT.replace(hour=17, minute=0, second=3))
    assert applied.allocations[0].business_date.isoformat() == "2026-03-22"


def test_a_repeated_parameter_is_refused_and_keeps_only_the_row(session):
    attempt = try_vnpay(session, ask(session, school(session)))
    raw = ipn(attempt)
    applied = hear(session, vnpay(), Raw("GET", {"cookie": "s"}, raw.query + b"&vnp_Amount=1", b""))
    assert (answer(applied, vnpay())["RspCode"], applied.status) == ("97", "refused")
    row = session.get(StoredNotice, applied.notice_id)
    assert (row.headers, row.verdict, row.query) == ("{}", "not_authentic", raw.query + b"&vnp_Amount=1")


def test_a_signed_but_unreadable_notice_is_refused(session):
    attempt = try_vnpay(session, ask(session, school(session)))
    raw = Raw("GET", {}, vnp_query(ipn_fields(attempt, vnp_Amount="x"), key=VNPAY_KEY), b"")
    assert answer(hear(session, vnpay(), raw), vnpay())["RspCode"] == "97"


def test_floods_of_forgeries_leave_only_their_hashes(session):
    attempt = try_vnpay(session, ask(session, school(session)))
    rows = [session.get(StoredNotice, hear(session, vnpay(), ipn(attempt, key="x")).notice_id) for _ in range(102)]
    assert [row.query is None for row in rows] == [False] * 100 + [True] * 2
    assert all(len(row.sha256) == 64 for row in rows)
    assert payments.forget_refused(session, now=AT + timedelta(days=30)) == 0
    assert payments.forget_refused(session, now=AT + timedelta(days=31)) == 100
    assert all(row.query is None for row in rows)


def test_what_the_hook_did_not_finish_the_worker_takes(session):
    attempt = try_vnpay(session, ask(session, school(session)))
    notice_id = payments.store(session, sender=vnpay(), raw=ipn(attempt), now=AT)
    assert payments.claim_notice(session, now=AT + timedelta(seconds=4)) is None
    now = AT + timedelta(seconds=5)
    assert payments.claim_notice(session, now=now) == (notice_id, "vnpay")
    assert payments.claim_notice(session, now=now) is None
    applied = payments.apply_notice(session, notice_id=notice_id, sender=vnpay(), now=now, actor="worker")
    assert (applied.status, len(applied.allocations)) == ("applied", 1)
    assert payments.claim_notice(session, now=now + timedelta(days=9)) is None


def test_a_poisoned_row_is_left_to_a_person_and_blocks_no_other(session):
    attempt = try_vnpay(session, ask(session, school(session)))
    poisoned = payments.store(session, sender=vnpay(), raw=ipn(attempt), now=AT)
    now = AT
    for _ in range(3):
        now += timedelta(minutes=5)
        assert payments.claim_notice(session, now=now) == (poisoned, "vnpay")
    payments.park(session, notice_id=poisoned, reason="ZeroDivisionError", now=now)
    now += timedelta(minutes=5)
    fresh = payments.store(session, sender=vnpay(), raw=ipn(attempt), now=now)
    now += timedelta(seconds=5)
    assert payments.claim_notice(session, now=now) == (fresh, "vnpay")
    assert case_kinds(session) == ["notice_stuck"]
    parked = payments.apply_notice(session, notice_id=poisoned, sender=vnpay(), now=now, actor="worker")
    assert parked.status == "applied"


def test_an_unknown_notice(session):
    with pytest.raises(NoticeUnknown):
        payments.apply_notice(session, notice_id=999, sender=vnpay(), now=AT, actor="worker")
