"""Many at once, and death in between: real commits, real threads, on both engines."""

import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select

import payments
from payments import advances, business_date, day_close
from payments.credit_errors import CreditEmpty
from payments.day_close import DayClosed
from payments.day_tables import DayClose
from payments.errors import IllegalTransition, Refused
from payments.gateways.protocol import RefundWay, Verdict
from payments.models import Movement, Receipt, Request, Transaction
from payments.states import Purpose
from tests.payments.committing import Books, together
from tests.payments.scene import (
    AT,
    ask,
    bank_notice,
    books,
    case_kinds,
    count,
    hear,
    ipn,
    school,
    sepay,
    try_vnpay,
    vnpay,
)


@pytest.fixture
def real(database_url):
    made = Books(database_url)
    yield made
    made.close()


def hook(real, sender, raw):
    """Do what the hook does: store and commit, then apply and commit."""
    with real.begin() as session:
        notice_id = payments.store(session, sender=sender, raw=raw, now=AT)
    with real.begin() as session:
        return payments.apply_notice(session, notice_id=notice_id, sender=sender, now=AT, actor="worker")


def test_ten_identical_notices_make_one_movement(real):
    with real.begin() as session:
        payee = school(session)
        attempt = try_vnpay(session, ask(session, payee))
    applied = together(10, lambda _n: hook(real, vnpay(), ipn(attempt)))
    assert Counter(found.verdict for found in applied) == {Verdict.RECORDED: 1, Verdict.SEEN: 9}
    assert sum(len(found.allocations) for found in applied) == 1
    with real.begin() as session:
        assert (count(session, Movement), count(session, Transaction)) == (1, 1)
        assert books(session, payee) == {"provider:vnpay": 450_000, "owed": -450_000}


def test_one_row_applied_by_hook_and_workers_at_once_is_applied_once(real):
    with real.begin() as session:
        payee = school(session)
        request = ask(session, payee)
        raw = bank_notice(number=1, amount=450_000, memo=request.code)
        notice_id = payments.store(session, sender=sepay(), raw=raw, now=AT)

    def apply(_number):
        with real.begin() as session:
            return payments.apply_notice(session, notice_id=notice_id, sender=sepay(), now=AT, actor="worker")

    applied = together(6, apply)
    assert sorted(found.repeated for found in applied) == [False] + [True] * 5
    with real.begin() as session:
        assert books(session, payee)["owed"] == -450_000


def test_two_days_closed_at_once_count_each_payment_once(real):
    with real.begin() as session:
        payee = school(session)
        for number in range(3):
            hear(
                session,
                vnpay(),
                ipn(try_vnpay(session, ask(session, payee, desk_ref="dk_1")), vnp_TransactionNo=f"{number}1"),
            )

    def close(number):
        day, now = business_date(AT) + timedelta(days=number % 2), AT + timedelta(days=1)
        with suppress(DayClosed), real.begin() as session:
            day_close.close_day(session, payee_id=payee.id, desk_ref="dk_1", day=day, now=now, actor="lo_1")

    together(4, close)
    with real.begin() as session:
        closes = session.scalars(select(DayClose).order_by(DayClose.business_date)).all()
        assert (sum(one.in_minor for one in closes), closes[-1].closing_minor) == (1_350_000, 1_350_000)


def test_paid_by_card_and_by_transfer_at_once(real):
    with real.begin() as session:
        payee = school(session)
        request = ask(session, payee)
        attempts = [try_vnpay(session, request, key=f"k{n}") for n in range(3)]
    sent = [(vnpay(), ipn(attempt, vnp_TransactionNo=str(7 + n))) for n, attempt in enumerate(attempts)]
    sent += [(sepay(), bank_notice(number=n, amount=450_000, memo=request.code)) for n in (1, 2, 3)]
    together(6, lambda n: hook(real, *sent[n]))
    with real.begin() as session:
        paid = payments.get_request(session, request.id)
        assert (paid.status, paid.exceptions, paid.received_minor) == ("paid", "over", 6 * 450_000)
        balances = books(session, payee)
        assert (balances["owed"], balances[f"payer_credit:{request.id}"]) == (-450_000, -5 * 450_000)
        assert session.scalars(select(Movement.seq).order_by(Movement.seq)).all() == [1, 2, 3, 4, 5, 6]


def test_many_payers_of_one_school_at_once(real):
    with real.begin() as session:
        payee = school(session)
        attempts = [try_vnpay(session, ask(session, payee)) for _ in range(6)]
    sent = [ipn(attempt, vnp_TransactionNo=str(7 + n)) for n, attempt in enumerate(attempts)]
    together(6, lambda n: hook(real, vnpay(), sent[n]))
    with real.begin() as session:
        assert books(session, payee) == {"provider:vnpay": 6 * 450_000, "owed": -6 * 450_000}
        assert session.scalars(select(Movement.seq).order_by(Movement.seq)).all() == [1, 2, 3, 4, 5, 6]


def test_paid_for_nobody_known_at_once(real):
    with real.begin() as session:
        attempt = try_vnpay(session, ask(session, school(session)))
    together(5, lambda _n: hook(real, vnpay(), ipn(attempt, vnp_TxnRef="nobody")))
    with real.begin() as session:
        assert (count(session, Movement), case_kinds(session)) == (1, ["order_unknown"])
        assert payments.check(session).breaches == ()


def test_one_form_sent_many_times_makes_one(real):
    with real.begin() as session:
        payee = school(session)

    def send(_number):
        with real.begin() as session:
            return ask(session, payee, desk_ref="dk_1", client_ref="c1").id

    assert len(set(together(6, send))) == 1
    with real.begin() as session:
        assert count(session, Request) == 1


def test_one_key_pressed_many_times_makes_one_attempt(real):
    with real.begin() as session:
        request = ask(session, school(session))

    def press(_number):
        with real.begin() as session:
            return payments.start_attempt(
                session,
                request_id=request.id,
                gateway="vnpay",
                capabilities=vnpay().capabilities,
                key="k",
                now=AT,
            ).attempt_id

    assert len(set(together(6, press))) == 1


def test_receipts_asked_for_at_once(real):
    with real.begin() as session:
        payee = school(session)
        requests = [ask(session, payee) for _ in range(3)]
        for number, request in enumerate(requests, start=1):
            hear(session, sepay(), bank_notice(number=number, amount=450_000, memo=request.code))

    def issue(number):
        with real.begin() as session:
            return payments.issue_receipt(session, request_id=requests[number % 3].id, now=AT, actor="x").number

    assert sorted(set(together(6, issue))) == [1, 2, 3]
    with real.begin() as session:
        assert count(session, Receipt) == 3
        first = payments.current_receipt(session, requests[0].id).id

    def correct(_number):
        with real.begin() as session:
            try:
                return payments.replace_receipt(
                    session, receipt_id=first, item="x", reason="y", now=AT, actor="x"
                ).number  # fmt: skip
            except IllegalTransition:
                return None

    assert sorted(number for number in together(4, correct) if number) == [4]


def test_charges_that_reach_for_one_advance_at_once(real):
    with real.begin() as session:
        payee = school(session)
        stay = {"subject_ref": "hs_1"}
        paid = ask(session, payee, 1_000_000, purpose=Purpose.ADVANCE, **stay)
        hear(session, sepay(), bank_notice(number=1, amount=1_000_000, memo=paid.code))
        charges = [ask(session, payee, 400_000, item=f"Viện phí {number}", **stay).id for number in range(6)]

    def use(number):
        with real.begin() as session:
            try:
                taken = advances.use_credit(session, request_id=charges[number], now=AT, actor="x")
                return sum(one.amount_minor for one in taken)
            except CreditEmpty:
                return 0

    assert sorted(together(6, use)) == [0, 0, 0, 200_000, 400_000, 400_000]
    with real.begin() as session:
        assert books(session, payee)["owed"] == -1_000_000


def test_workers_take_different_rows(real):
    with real.begin() as session:
        payee = school(session)
        for number in range(4):
            try_vnpay(session, ask(session, payee), key=f"k{number}")
    due = AT + timedelta(minutes=5)

    def claim(_number):
        with real.begin() as session:
            asked = payments.claim_query(session, now=due)
            return asked and asked.attempt_id

    taken = [found for found in together(4, claim) + together(4, claim) if found]
    assert len(taken) == len(set(taken)) == 4


def test_two_refunds_of_sixty_per_cent_at_once(real):
    with real.begin() as session:
        payee = school(session)
        request = ask(session, payee, 1_000_000)
        hear(session, vnpay(), ipn(try_vnpay(session, request)))

    def refund(number):
        wanted = payments.Wanted(why="x", amount_minor=600_000, expected_minor=1_000_000 if number % 2 else None)
        try:
            with real.begin() as session:
                return payments.ask_refund(
                    session, request_id=request.id, wanted=wanted, ways={"vnpay": RefundWay.PARTIAL}, now=AT, actor="x"
                ).amount_minor
        except Refused as refusal:
            return refusal.code

    for numbers, codes in (((0, 2), {600_000, "refund_too_large"}), ((1, 3), {"refundable_changed"})):
        assert set(together(2, lambda n, numbers=numbers: refund(numbers[n]))) == codes
    with real.begin() as session:
        assert books(session, payee) == {"provider:vnpay": 1_000_000, "owed": -400_000, "refunds_due": -600_000}
        assert payments.get_request(session, request.id).refunded_minor == 600_000


def test_workers_send_a_refund_once(real):
    with real.begin() as session:
        request = ask(session, school(session))
        hear(session, vnpay(), ipn(try_vnpay(session, request)))
        payments.ask_refund(
            session, request_id=request.id, wanted=payments.Wanted(why="x"), ways={"vnpay": RefundWay.PARTIAL}, now=AT,
            actor="x",
        )  # fmt: skip

    def claim(_number):
        with real.begin() as session:
            return payments.claim_refund(session, now=AT)

    assert len([one for one in together(4, claim) if one is not None]) == 1


DIES = """
import os, signal, sys
import payments
from tests.payments.committing import Books
from payments.states import Purpose
from tests.payments.scene import AT, ipn, vnpay
from payments.models import Attempt
real = Books(sys.argv[1])
with real.begin() as session:
    raw = ipn(session.query(Attempt).one())
    notice_id = payments.store(session, sender=vnpay(), raw=raw, now=AT)
print(notice_id, flush=True)
with real.begin() as session:
    if sys.argv[2] == "half applied":
        payments.apply_notice(session, notice_id=notice_id, sender=vnpay(), now=AT, actor="worker")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("moment", ["stored", "half applied"])
def test_killed_between_storing_and_applying_it_is_applied_once_after_restart(real, database_url, moment):
    with real.begin() as session:
        payee = school(session)
        request = ask(session, payee)
        try_vnpay(session, request)
    died = subprocess.run(
        [sys.executable, "-c", DIES, database_url, moment], capture_output=True, text=True, timeout=60
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    with real.begin() as session:
        assert books(session, payee) == {}
        claimed = payments.claim_notice(session, now=AT + timedelta(seconds=5))
        assert claimed == (int(died.stdout), "vnpay")
    with real.begin() as session:
        applied = payments.apply_notice(session, notice_id=claimed[0], sender=vnpay(), now=AT, actor="worker")
        assert len(applied.allocations) == 1
    with real.begin() as session:
        assert payments.claim_notice(session, now=AT + timedelta(days=1)) is None
        assert payments.get_request(session, request.id).status == "paid"
        assert books(session, payee) == {"provider:vnpay": 450_000, "owed": -450_000}
