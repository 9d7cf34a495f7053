"""Closing a desk's day: it adds up, each payment counts once, and what comes late keeps its day."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

import payments
from payments import day_close
from payments.day_close import DayClosed, DayToCome
from payments.day_tables import DayLine
from payments.gateways.protocol import RefundWay
from payments.refunds import asking, booking
from tests.payments.scene import AT, ask, bank_notice, hear, ipn, school, sepay, try_vnpay, vnpay

DESK = "dk_1"
DAY = date(2026, 3, 22)
EVENING = AT + timedelta(hours=8)


def pay(session, payee, amount, *, number, at="20260322153500", now=AT, desk=DESK):
    attempt = try_vnpay(session, ask(session, payee, amount, desk_ref=desk), key=f"k{number}")
    hear(session, vnpay(), ipn(attempt, vnp_TransactionNo=str(number), vnp_PayDate=at), now=now)
    return attempt.request_id


def close(session, payee, day=DAY, *, now=EVENING):
    return day_close.close_day(session, payee_id=payee.id, desk_ref=DESK, day=day, now=now, actor="lo_cashier")


def shown(session, row):
    stands = day_close.closed(session, row)
    return [(line.kind, line.amount_minor, line.business_date.day, line.after_close) for line in stands.lines]


def figures(row):
    return row.opening_minor, row.in_minor, row.out_minor, row.closing_minor


def test_a_day_adds_up_and_late_money_keeps_its_day(session):
    payee = school(session)
    pay(session, payee, 450_000, number=1)
    pay(session, payee, 600_000, number=2)
    pay(session, payee, 70_000, number=3, desk="dk_other")
    pay(session, payee, 80_000, number=4, at="20260323000003")
    first = close(session, payee)
    assert figures(first) == (0, 1_050_000, 0, 1_050_000)
    with pytest.raises(DayClosed):
        close(session, payee)
    # Paid on the closed day, told after its close.
    pay(session, payee, 90_000, number=5, at="20260322235959", now=EVENING + timedelta(hours=2))
    next_day = close(session, payee, DAY + timedelta(days=1), now=EVENING + timedelta(days=1))
    assert figures(next_day) == (1_050_000, 170_000, 0, 1_220_000)
    assert shown(session, next_day) == [("paid", 90_000, 22, True), ("paid", 80_000, 23, False)]
    empty = close(session, payee, DAY + timedelta(days=2), now=EVENING + timedelta(days=2))
    assert figures(empty) == (1_220_000, 0, 0, 1_220_000)
    assert len(session.scalars(select(DayLine)).all()) == 4
    with pytest.raises(DayClosed):
        close(session, payee, DAY + timedelta(days=1), now=EVENING + timedelta(days=3))


def test_a_day_that_has_not_begun_cannot_be_closed(session):
    payee = school(session)
    with pytest.raises(DayToCome):
        close(session, payee, DAY + timedelta(days=1), now=AT)
    # 17:00 UTC is the next day in Vietnam.
    close(session, payee, DAY + timedelta(days=1), now=AT.replace(hour=17, minute=0))


def test_a_refund_goes_out_on_the_day_it_left(session):
    payee = school(session)
    request_id = pay(session, payee, 450_000, number=1)
    close(session, payee)
    refund = asking.ask_refund(
        session, request_id=request_id, wanted=asking.Wanted(why="nộp thừa", amount_minor=50_000),
        ways={"vnpay": RefundWay.PARTIAL}, now=EVENING, actor="lo_cashier",
    )  # fmt: skip
    later = EVENING + timedelta(days=1)
    waiting = close(session, payee, DAY + timedelta(days=1), now=later)
    assert figures(waiting) == (450_000, 0, 0, 450_000)
    booking.done(session, refund_sent(session, refund), provider_ref="R1", now=later, actor="worker")
    after = close(session, payee, DAY + timedelta(days=2), now=later + timedelta(days=1))
    assert figures(after) == (450_000, 0, 50_000, 400_000)
    assert [line[:2] for line in shown(session, after)] == [("refund", -50_000)]


def refund_sent(session, refund):
    """Return a refund as it waits for the gateway's word."""
    refund.status = "pending"
    session.flush()
    return refund


def test_suspense_is_aged(session):
    payee = school(session)
    for number, days in enumerate((0, 1, 2, 3, 8, 31, 31), 1):
        came = AT - timedelta(days=days)
        notice = bank_notice(number=number, amount=1_000 * number, memo="khong ro", at=came)
        hear(session, sepay(), notice, now=came)
    ages = day_close.suspense_by_age(session, payee_id=payee.id, now=AT)
    assert [(age.from_days, age.count, age.amount_minor) for age in ages] == [
        (0, 1, 1_000), (1, 2, 5_000), (3, 1, 4_000), (7, 1, 5_000), (30, 2, 13_000),
    ]  # fmt: skip
    assert payments.check(session).breaches == ()
