"""Taking from a request what pays it: matched wrongly, or given by mistake. It waits then for whom it is meant."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import approvals, booking, cases, journal, receipts, rows
from payments.credit import LATE, exceptions, exceptions_text
from payments.days import business_date
from payments.journal import Entry
from payments.models import Allocation, Request, Suspense, Transaction
from payments.money import Money
from payments.overpaying import over_of, refuse_second_part
from payments.refunds.errors import SuspenseTaken, SuspenseUnknown
from payments.states import SUSPENSE, SuspenseStatus
from payments.types import new_id


def undo_allocation(session: Session, *, allocation_id: str, why: str, now: datetime, actor: str) -> Allocation:
    """Take a payment from its request again: all of it waits, and a receipt that was issued is void.

    Raises SuspenseUnknown, SuspenseTaken once a part has gone back or another part waits, ReasonMissing, or
    BalanceTooLow where what was over has been used.
    """
    why = approvals.tidy(why)
    known = session.get(Allocation, allocation_id)
    if known is None:
        raise SuspenseUnknown(allocation_id=allocation_id)
    request = rows.lock_request(session, known.request_id)
    paid = session.get_one(Allocation, allocation_id, populate_existing=True)
    if paid.undone_at is not None or paid.refunded_minor or paid.used_minor:
        raise SuspenseTaken(allocation_id=allocation_id)
    money = session.scalars(select(Transaction).where(Transaction.id == paid.transaction_id)).one()
    whole = paid.amount_minor + over_of(session, money, request)
    item = _waits_again(session, paid, whole) or _waits_now(session, money, whole, now=now)
    over = item.amount_minor - paid.amount_minor
    credits = Counter({request.pays_into: paid.amount_minor})
    credits[request.credit_account] += over
    entries = [Entry(name, Money(amount, money.currency)) for name, amount in credits.items() if amount]
    journal.post(
        session, payee_id=item.payee_id, kind=booking.UNDONE, source_kind="allocation", source_id=paid.id,
        entries=[*entries, Entry(journal.SUSPENSE, Money(-item.amount_minor, money.currency))],
        business_date=business_date(now), booked_at=now, actor=actor,
    )  # fmt: skip
    paid.undone_at = now
    _take_from(session, request, paid.amount_minor, over, why=why, now=now, actor=actor)
    money.exceptions = booking.UNMATCHED
    cases.open_case(session, kind=cases.UNMATCHED, subject_id=money.id, payee_id=item.payee_id, reason=why, now=now)
    session.flush()
    return paid


def _waits_again(session: Session, paid: Allocation, whole_minor: int) -> Suspense | None:
    """Return what a person had assigned, waiting as before; a part of it that was taken away alone stays there."""
    if paid.suspense_id is None:
        return None
    query = select(Suspense).where(Suspense.id == paid.suspense_id).with_for_update()
    item = session.scalars(query, execution_options=rows.FRESH).one()
    if item.amount_minor != whole_minor:
        raise SuspenseTaken(allocation_id=paid.id)
    item.status = SUSPENSE.move(item.status, SuspenseStatus.OPEN)
    return item


def _waits_now(session: Session, money: Transaction, whole_minor: int, *, now: datetime) -> Suspense:
    """Return what had been matched at once, waiting from now on, with what of it was over."""
    refuse_second_part(session, money)
    item = Suspense(
        id=new_id("su"), transaction_id=money.id, payee_id=money.payee_id, request_id=None, amount_minor=whole_minor,
        status=SUSPENSE.move(None, SuspenseStatus.OPEN), opened_at=now,
    )  # fmt: skip
    session.add(item)
    return item


def _take_from(
    session: Session, request: Request, amount_minor: int, over_minor: int, *, why: str, now: datetime, actor: str
) -> None:
    if over_minor > request.over_left_minor:
        raise SuspenseTaken(request_id=request.id)
    request.allocated_minor -= amount_minor
    request.over_minor -= over_minor
    receipts.owes_again(session, request, why=why, now=now, actor=actor)
    # Which of its payments came late nobody noted: while one remains, the request stays late.
    late = LATE in request.exceptions.split() and request.allocated_minor > 0
    found = exceptions(
        amount_minor=request.amount_minor, allocated_minor=request.allocated_minor, over_minor=request.over_left_minor,
        late=late,
    )  # fmt: skip
    request.differs_by(exceptions_text(found))
