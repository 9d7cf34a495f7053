"""Taking from a request what it was paid too much: it waits then, to be given to another request or sent back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from payments import approvals, booking, cases, journal, rows
from payments.codes import codes_in
from payments.credit import LATE, exceptions, exceptions_text
from payments.days import business_date
from payments.journal import Entry
from payments.models import Account, Allocation, Attempt, Line, Movement, Request, Suspense, Transaction
from payments.money import Money
from payments.refunds.errors import SuspenseTaken, SuspenseUnknown
from payments.states import SUSPENSE, Purpose, SuspenseStatus
from payments.types import new_id

# The movement's source: the sum that waits from then on.
RELEASED = "over"


def overpayments(session: Session, request: Request) -> list[tuple[Transaction, int]]:
    """Return the payments of which a part was too much for a request and still is its payer's credit, oldest first."""
    if not request.over_left_minor:
        return []
    booked = (
        select(Movement.source_id)
        .join(Line, Line.movement_id == Movement.id)
        .join(Account, Account.id == Line.account_id)
        .where(Movement.source_kind == "transaction", Movement.payee_id == request.payee_id)
        .where(Account.name == request.credit_account)
    )
    assigned = select(Allocation.transaction_id).where(
        Allocation.request_id == request.id, Allocation.undone_at.is_(None), Allocation.suspense_id.is_not(None)
    )
    query = select(Transaction).where(or_(Transaction.id.in_(booked), Transaction.id.in_(assigned)))
    found = [
        (money, over_of(session, money, request))
        for money in session.scalars(query.order_by(Transaction.seq))
        if _is_for(session, money, request)
    ]
    return [(money, over) for money, over in found if 0 < over <= request.over_left_minor]


def over_of(session: Session, money: Transaction, request: Request) -> int:
    """Return how much of a transaction lies in a request's payer's credit as too much: the journal remembers."""
    allocations = select(Allocation.id).where(Allocation.transaction_id == money.id)
    released = select(Suspense.id).where(Suspense.transaction_id == money.id)
    query = (
        select(func.sum(Line.amount_minor))
        .join(Movement, Movement.id == Line.movement_id)
        .join(Account, Account.id == Line.account_id)
        .where(
            Account.payee_id == request.payee_id,
            Account.name == request.credit_account,
            or_(
                and_(Movement.source_kind == "transaction", Movement.source_id == money.id),
                and_(Movement.source_kind == "allocation", Movement.source_id.in_(allocations)),
                and_(Movement.source_kind == RELEASED, Movement.source_id.in_(released)),
            ),
        )
    )
    # The same account holds what this money paid in advance: that is not too much.
    same_payer = Request.subject_ref == request.subject_ref if request.subject_ref else Request.id == request.id
    advanced = (
        select(func.sum(Allocation.amount_minor))
        .join(Request, Request.id == Allocation.request_id)
        .where(Allocation.transaction_id == money.id, Allocation.undone_at.is_(None))
        .where(Request.purpose == Purpose.ADVANCE, same_payer)
    )
    return -int(session.scalar(query) or 0) - int(session.scalar(advanced) or 0)


def release_over(
    session: Session, *, request_id: str, transaction_id: str, why: str, now: datetime, actor: str
) -> Suspense:
    """Have what one payment brought too much wait for a person, as if it had named nobody.

    Raises SuspenseUnknown where it brought nothing too much, SuspenseTaken while another part of it waits, and
    ReasonMissing.
    """
    why = approvals.tidy(why)
    request = rows.lock_request(session, request_id)
    money, over = next(
        ((money, over) for money, over in overpayments(session, request) if money.id == transaction_id), (None, 0)
    )
    if money is None:
        raise SuspenseUnknown(transaction_id=transaction_id)
    refuse_second_part(session, money)
    item = Suspense(
        id=new_id("su"), transaction_id=money.id, payee_id=money.payee_id, request_id=None, amount_minor=over,
        status=SUSPENSE.move(None, SuspenseStatus.OPEN), opened_at=now,
    )  # fmt: skip
    session.add(item)
    sum_ = Money(over, money.currency)
    journal.post(
        session, payee_id=item.payee_id, kind=booking.UNDONE, source_kind=RELEASED, source_id=item.id,
        entries=[Entry(request.credit_account, sum_), Entry(journal.SUSPENSE, -sum_)], business_date=business_date(now),
        booked_at=now, actor=actor,
    )  # fmt: skip
    request.over_minor -= over
    found = exceptions(
        amount_minor=request.amount_minor, allocated_minor=request.allocated_minor, over_minor=request.over_left_minor,
        late=LATE in request.exceptions.split(),
    )  # fmt: skip
    request.differs_by(exceptions_text(found))
    money.exceptions = booking.UNMATCHED
    cases.open_case(session, kind=cases.UNMATCHED, subject_id=money.id, payee_id=item.payee_id, reason=why, now=now)
    session.flush()
    return item


def refuse_second_part(session: Session, money: Transaction) -> None:
    """Raise SuspenseTaken while a part of a transaction waits."""
    waits = select(Suspense.id).where(Suspense.transaction_id == money.id, Suspense.status == SuspenseStatus.OPEN)
    if session.scalar(waits.limit(1)) is not None:
        raise SuspenseTaken(transaction_id=money.id)


def _is_for(session: Session, money: Transaction, request: Request) -> bool:
    """Say whether what a transaction brought too much was too much for this request of its payer, not for another."""
    paid = select(Allocation.request_id).where(Allocation.transaction_id == money.id, Allocation.undone_at.is_(None))
    pays = set(session.scalars(paid))
    if pays:
        return request.id in pays
    if money.attempt_id is not None:
        asked = select(Attempt.request_id).where(Attempt.id == money.attempt_id)
        return session.scalar(asked) == request.id
    return request.code in codes_in(money.memo or "", rows.payee(session, request.payee_id).code_form)
