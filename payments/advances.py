"""Advances: money that stays the payer's until charges of the same subject take it; the rest goes back.

An advance is a request like any other whose money goes into `payer_credit:{subject}` instead of `owed`. A charge takes
from the oldest advance first, so that the rest lies in as few payments as possible. Every act is one movement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import approvals, journal, receipts, rows
from payments.attempts import end_with_request
from payments.credit import exceptions, exceptions_text
from payments.credit_errors import CreditEmpty, CreditUseUnknown
from payments.days import business_date
from payments.errors import RequestNotOpen
from payments.gateways.protocol import RefundWay
from payments.journal import Entry
from payments.models import Allocation, CreditUse, Refund, Request, Transaction
from payments.money import Money
from payments.refunds import asking
from payments.refunds.asking import Source, Wanted
from payments.states import REQUEST, AttemptStatus, Purpose, RequestStatus
from payments.types import new_id

USED, GIVEN_BACK = "credit_used", "credit_given_back"
_TAKES = (RequestStatus.OPEN, RequestStatus.EXPIRED)


def credit_left(session: Session, *, payee_id: str, subject_ref: str) -> int:
    """Return what of a subject's advances no charge has taken and nobody asked back, in minor units."""
    return sum(paid.left_minor for paid, _money, _request in _advances(session, payee_id, subject_ref))


def use_credit(session: Session, *, request_id: str, now: datetime, actor: str) -> tuple[CreditUse, ...]:
    """Pay a charge from its subject's advances, as far as they go: one movement for each advance that it takes from.

    Raises RequestNotOpen for what owes nothing or is an advance itself, CreditEmpty where no advance is left.
    """
    known = rows.request(session, request_id)
    if known.subject_ref is None or known.purpose != Purpose.CHARGE:
        raise RequestNotOpen(request_id=request_id, status=known.status)
    request = _lock_with_advances(session, known)
    if request.status not in _TAKES or not request.due_minor:
        raise RequestNotOpen(request_id=request.id, status=request.status)
    made = []
    for paid, _money, _advance in _advances(session, request.payee_id, known.subject_ref):
        amount = min(paid.left_minor, request.due_minor)
        if amount:
            made.append(_take(session, request, paid, amount, now=now, actor=actor))
    if not made:
        raise CreditEmpty(request_id=request.id)
    session.flush()
    return tuple(made)


def undo_use(session: Session, *, use_id: str, why: str, now: datetime, actor: str) -> CreditUse:
    """Give back to the advance what a charge took from it: the charge owes it again, its receipt is void.

    Raises CreditUseUnknown (undone too) or ReasonMissing.
    """
    why = approvals.tidy(why)
    known = session.get(CreditUse, use_id)
    if known is None:
        raise CreditUseUnknown(use_id=use_id)
    request = _lock_with_advances(session, rows.request(session, known.request_id))
    use = session.get_one(CreditUse, use_id, populate_existing=True)
    if use.undone_at is not None:
        raise CreditUseUnknown(use_id=use_id)
    paid = session.get_one(Allocation, use.allocation_id, populate_existing=True)
    _post(session, use, GIVEN_BACK, debit=journal.OWED, credit=request.credit_account, now=now, actor=actor)
    use.undone_at, use.why_undone = now, why
    paid.used_minor -= use.amount_minor
    _owes(request, request.allocated_minor - use.amount_minor)
    receipts.owes_again(session, request, why=why, now=now, actor=actor)
    session.flush()
    return use


def ask_return(
    session: Session,
    *,
    payee_id: str,
    subject_ref: str,
    wanted: Wanted,
    ways: Mapping[str, RefundWay],
    now: datetime,
    actor: str,
) -> tuple[Refund, ...]:
    """Reserve all that is left of a subject's advances to go back: one refund for each payment that it lies in.

    Raises CreditEmpty, RefundableChanged or ReasonMissing.
    """
    found = _advances(session, payee_id, subject_ref)
    rows.lock_requests(session, [advance.id for _paid, _money, advance in found])
    found = [one for one in _advances(session, payee_id, subject_ref) if one[0].left_minor]
    asking.require_seen(wanted, sum(paid.left_minor for paid, _money, _advance in found))
    if not found:
        raise CreditEmpty(subject_ref=subject_ref)
    return tuple(
        asking.reserve(
            session,
            Source(
                account=advance.credit_account, left_minor=paid.left_minor, request=advance, allocation=paid,
                transaction=money,
            ),
            wanted=wanted, payee_id=payee_id, ways=ways, now=now, actor=actor,
        )
        for paid, money, advance in found
    )  # fmt: skip


def uses_of(session: Session, request_ids: Sequence[str]) -> list[CreditUse]:
    """Return what some charges have taken from advances and not given back, oldest first."""
    query = select(CreditUse).where(CreditUse.request_id.in_(list(request_ids)), CreditUse.undone_at.is_(None))
    return list(session.scalars(query.order_by(CreditUse.made_at, CreditUse.id)))


def _advances(session: Session, payee_id: str, subject_ref: str) -> list[tuple[Allocation, Transaction, Request]]:
    """Return the payments of a subject's advances, oldest first."""
    query = (
        select(Allocation, Transaction, Request)
        .join(Transaction, Transaction.id == Allocation.transaction_id)
        .join(Request, Request.id == Allocation.request_id)
        .where(
            Request.payee_id == payee_id, Request.subject_ref == subject_ref, Request.purpose == Purpose.ADVANCE,
            Allocation.undone_at.is_(None),
        )
        .order_by(Transaction.seq, Allocation.id)
    )  # fmt: skip
    return [(paid, money, request) for paid, money, request in session.execute(query, execution_options=rows.FRESH)]


def _lock_with_advances(session: Session, known: Request) -> Request:
    """Lock a charge and its subject's advances in the order of their seq, and return the charge, fresh."""
    own = select(Request.id).where(
        Request.payee_id == known.payee_id, Request.subject_ref == known.subject_ref,
        Request.purpose == Purpose.ADVANCE,
    )  # fmt: skip
    locked = rows.lock_requests(session, [known.id, *session.scalars(own)])
    return next(one for one in locked if one.id == known.id)


def _take(
    session: Session, request: Request, paid: Allocation, amount_minor: int, *, now: datetime, actor: str
) -> CreditUse:
    use = CreditUse(
        id=new_id("cu"), payee_id=request.payee_id, allocation_id=paid.id, request_id=request.id,
        amount_minor=amount_minor, made_by=actor, made_at=now, undone_at=None, why_undone=None,
    )  # fmt: skip
    session.add(use)
    _post(session, use, USED, debit=request.credit_account, credit=journal.OWED, now=now, actor=actor)
    paid.used_minor += amount_minor
    _owes(request, request.allocated_minor + amount_minor)
    if not request.due_minor:
        request.status, request.paid_at = REQUEST.move(request.status, RequestStatus.PAID), now
        end_with_request(session, request_id=request.id, status=AttemptStatus.CANCELED, now=now)
    return use


def _owes(request: Request, allocated_minor: int) -> None:
    """Note how much of a charge is paid; being late is a matter of money that comes, so it stays as it was."""
    request.allocated_minor = allocated_minor
    found = exceptions(
        amount_minor=request.amount_minor, allocated_minor=allocated_minor, over_minor=request.over_left_minor,
        late="late" in request.exceptions.split(),
    )  # fmt: skip
    request.differs_by(exceptions_text(found))


def _post(session: Session, use: CreditUse, kind: str, *, debit: str, credit: str, now: datetime, actor: str) -> None:
    amount = Money(use.amount_minor)
    journal.post(
        session, payee_id=use.payee_id, kind=kind, source_kind="credit_use", source_id=use.id,
        entries=[Entry(debit, amount), Entry(credit, -amount)], business_date=business_date(now), booked_at=now,
        actor=actor,
    )  # fmt: skip
