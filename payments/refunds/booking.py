"""A refund in the books: reserved, done, given back; each change answered by a movement, never by an edit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from payments import cases, journal, rows
from payments.credit import exceptions, exceptions_text
from payments.days import business_date
from payments.journal import Entry
from payments.models import Allocation, Refund, Request, Suspense
from payments.money import Money
from payments.states import REFUND, SUSPENSE, RefundStatus, SuspenseStatus
from payments.types import new_id

OWED = journal.OWED
REFUNDS_DUE = "refunds_due"
PAYER_CREDIT = "payer_credit"
# The kinds of movement, all with the refund as their source.
RESERVED, DONE, RELEASED, RETURNED = "refund_reserved", "refund_done", "refund_released", "refund_returned"


@dataclass(frozen=True, slots=True)
class Returned:
    """What went back, to be counted on the day it left; `counts` only where it had been counted as paid."""

    refund_id: str
    request_id: str | None
    transaction_id: str | None
    payee_id: str
    amount_minor: int
    at: datetime
    business_date: date
    area_ref: str | None
    counts: bool


def take(
    session: Session, row: Refund, allocation: Allocation | None, request: Request | None, *, now: datetime, actor: str
) -> None:
    """Reserve a refund: out of where it was, into what is due to go back."""
    if allocation is not None:
        allocation.refunded_minor += row.amount_minor
        if request is not None:
            request.refunded_minor += row.amount_minor
    elif request is not None and row.source_account.startswith(PAYER_CREDIT):
        settle_over(request, row.amount_minor)
    _post(session, row, RESERVED, debit=row.source_account, credit=REFUNDS_DUE, at=now, now=now, actor=actor)


def give_back(session: Session, row: Refund, *, now: datetime, actor: str) -> None:
    """Give a reservation back to where it was taken from."""
    if row.allocation_id is not None:
        session.get_one(Allocation, row.allocation_id, populate_existing=True).refunded_minor -= row.amount_minor
    if row.request_id is not None:
        request = rows.lock_request(session, row.request_id)
        if row.allocation_id is not None:
            request.refunded_minor -= row.amount_minor
        elif row.source_account.startswith(PAYER_CREDIT):
            settle_over(request, -row.amount_minor)
    if row.suspense_id is not None:
        _wait_again(session, row, now=now)
    row.release_id = new_id("rl")
    _post(session, row, RELEASED, debit=REFUNDS_DUE, credit=row.source_account, at=now, now=now, actor=actor)


def done(
    session: Session, row: Refund, *, provider_ref: str | None, now: datetime, actor: str, at: datetime | None = None
) -> Returned:
    """Note that a locked refund has left, at the provider's time where one is known."""
    row.status, row.status_at = REFUND.move(row.status, RefundStatus.SUCCEEDED), now
    row.done_at, row.done_by, row.provider_ref = at or now, actor, provider_ref or row.provider_ref
    row.next_try_at, row.sealed_to = None, None
    _post(session, row, DONE, debit=REFUNDS_DUE, credit=row.pays_account, at=row.done_at, now=now, actor=actor)
    cases.close_cases(session, kind=cases.REFUND_STUCK, subject_id=row.id, actor=actor, now=now)
    if row.suspense_id is not None:
        item = session.get_one(Suspense, row.suspense_id, populate_existing=True)
        item.status = SUSPENSE.move(item.status, SuspenseStatus.REFUNDED)
        for kind in cases.ABOUT_MONEY:
            cases.close_cases(session, kind=kind, subject_id=item.transaction_id, actor=actor, now=now)
    session.flush()
    return returned_of(row)


def take_back(session: Session, row: Refund, *, now: datetime, actor: str) -> None:
    """Book that money which had left is here again, and ask a person."""
    _post(session, row, RETURNED, debit=row.pays_account, credit=REFUNDS_DUE, at=now, now=now, actor=actor)
    cases.open_case(
        session, kind=cases.REFUND_RETURNED, subject_id=row.id, payee_id=row.payee_id, reason="a refund came back",
        now=now,
    )  # fmt: skip


def returned_of(row: Refund) -> Returned:
    """Return what a refund that has left is counted as."""
    at = row.done_at or row.status_at
    return Returned(
        row.id, row.request_id, row.transaction_id, row.payee_id, row.amount_minor, at, business_date(at), row.area_ref,
        counts=row.allocation_id is not None,
    )  # fmt: skip


def settle_over(request: Request, amount_minor: int) -> None:
    """Note that so much of what was paid too much has been used or goes back; what is left decides `over`."""
    request.over_settled_minor += amount_minor
    found = exceptions(
        amount_minor=request.amount_minor, allocated_minor=request.allocated_minor, over_minor=request.over_left_minor,
        late="late" in request.exceptions.split(),
    )  # fmt: skip
    request.differs_by(exceptions_text(found))


def _wait_again(session: Session, row: Refund, *, now: datetime) -> None:
    """Have a sum that had left wait again as a new one; what never left waits still."""
    item = session.get_one(Suspense, row.suspense_id)
    if item.status == SuspenseStatus.REFUNDED:
        session.add(
            Suspense(
                id=new_id("su"), transaction_id=item.transaction_id, payee_id=item.payee_id, request_id=item.request_id,
                amount_minor=item.amount_minor, status=SUSPENSE.move(None, SuspenseStatus.OPEN), opened_at=now,
            )
        )  # fmt: skip


def _post(
    session: Session, row: Refund, kind: str, *, debit: str, credit: str, at: datetime, now: datetime, actor: str
) -> None:
    amount = Money(row.amount_minor, row.currency)
    journal.post(
        session,
        payee_id=row.payee_id,
        kind=kind,
        source_kind="refund",
        source_id=row.id,
        entries=[Entry(debit, amount), Entry(credit, -amount)],
        business_date=business_date(at),
        booked_at=now,
        actor=actor,
    )
