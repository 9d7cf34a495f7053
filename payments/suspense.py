"""Money that nobody claims, worked through by people: given to a request or sent back (`undoing` takes it again).

Each act is one movement out of suspense or into it; nothing is edited. The cases about the money close with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments import booking, cases, journal, rows
from payments.booking import Booked
from payments.errors import RequestNotOpen, RequestUnknown
from payments.gateways.protocol import RefundWay
from payments.models import Attempt, Refund, Request, Suspense, Transaction
from payments.refunds import asking
from payments.refunds.asking import Source, Wanted
from payments.refunds.errors import SuspenseTaken, SuspenseUnknown
from payments.states import LIVE_REFUNDS, SUSPENSE, RequestStatus, SuspenseStatus

_TAKES = (RequestStatus.OPEN, RequestStatus.EXPIRED)


def meant_for(session: Session, suspense_ids: Sequence[str]) -> dict[str, Request]:
    """Return which request each sum came for, by the sum's id, where its code or the try that it paid tells."""
    told = func.coalesce(Suspense.request_id, Attempt.request_id)
    query = (
        select(Suspense, Request)
        .join(Transaction, Transaction.id == Suspense.transaction_id)
        .outerjoin(Attempt, Attempt.id == Transaction.attempt_id)
        .join(Request, Request.id == told)
        .where(Suspense.id.in_(list(suspense_ids)), Request.payee_id == Suspense.payee_id)
    )
    return {item.id: request for item, request in session.execute(query)}


def assign(session: Session, *, suspense_id: str, request_id: str, now: datetime, actor: str) -> Booked:
    """Give a waiting sum to a request of the same payee that still owes; what is over goes to the payer's credit.

    Raises SuspenseUnknown, SuspenseTaken, RequestUnknown (another payee's too) or RequestNotOpen.
    """
    request = rows.lock_request(session, request_id)
    item = _lock_open(session, suspense_id)
    if request.payee_id != item.payee_id:
        raise RequestUnknown(request_id=request_id)
    if request.status not in _TAKES or request.due_minor == 0:
        raise RequestNotOpen(request_id=request.id, status=request.status)
    money = transaction_of(session, item)
    item.status = SUSPENSE.move(item.status, SuspenseStatus.ASSIGNED)
    booked = booking.book_from_suspense(session, money, item, request, now=now, actor=actor)
    money.exceptions = ""
    for kind in cases.ABOUT_MONEY:
        cases.close_cases(session, kind=kind, subject_id=money.id, actor=actor, now=now)
    session.flush()
    return booked


def send_back(
    session: Session,
    *,
    suspense_id: str,
    wanted: Wanted,
    ways: Mapping[str, RefundWay],
    now: datetime,
    actor: str,
) -> Refund:
    """Have all of a waiting sum go back to where it came from; raises SuspenseUnknown, SuspenseTaken, ReasonMissing."""
    item = _lock_open(session, suspense_id)
    source = Source(
        account=journal.SUSPENSE, left_minor=item.amount_minor, suspense_id=item.id,
        transaction=transaction_of(session, item),
    )  # fmt: skip
    whole = Wanted(why=wanted.why, amount_minor=item.amount_minor, sealed_to=wanted.sealed_to)
    return asking.reserve(session, source, wanted=whole, payee_id=item.payee_id, ways=ways, now=now, actor=actor)


def send_back_over(
    session: Session,
    *,
    request_id: str,
    wanted: Wanted,
    ways: Mapping[str, RefundWay],
    now: datetime,
    actor: str,
) -> Refund:
    """Have what was paid too much go back, by a person's transfer; raises RefundTooLarge, RefundableChanged."""
    request = rows.lock_request(session, request_id)
    asking.require_seen(wanted, request.over_left_minor)
    source = Source(account=request.credit_account, left_minor=request.over_left_minor, request=request)
    return asking.reserve(session, source, wanted=wanted, payee_id=request.payee_id, ways=ways, now=now, actor=actor)


def get_suspense(session: Session, suspense_id: str) -> Suspense:
    """Return a sum that waits or waited; raises SuspenseUnknown."""
    found = session.get(Suspense, suspense_id)
    if found is None:
        raise SuspenseUnknown(suspense_id=suspense_id)
    return found


def transaction_of(session: Session, item: Suspense) -> Transaction:
    """Return the money that a waiting sum is of."""
    return session.scalars(select(Transaction).where(Transaction.id == item.transaction_id)).one()


def _lock_open(session: Session, suspense_id: str) -> Suspense:
    query = select(Suspense).where(Suspense.id == suspense_id).with_for_update()
    item = session.scalar(query, execution_options=rows.FRESH)
    if item is None:
        raise SuspenseUnknown(suspense_id=suspense_id)
    going = select(Refund.id).where(Refund.suspense_id == item.id, Refund.status.in_(LIVE_REFUNDS)).limit(1)
    if item.status != SuspenseStatus.OPEN or session.scalar(going) is not None:
        raise SuspenseTaken(suspense_id=suspense_id)
    return item
