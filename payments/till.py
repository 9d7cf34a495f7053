"""Payments as a till shows them, in the order of the payee's chain: nothing is skipped, whoever commits first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from payments.booking import PAYMENT
from payments.models import Allocation, Chain, Movement, Request, Suspense, Transaction


@dataclass(frozen=True, slots=True)
class CreditShown:
    """One payment beside what was asked; without a request it is money that nobody claims yet."""

    seq: int
    transaction_id: str
    provider: str
    bank_number: str
    came_minor: int
    currency: str
    paid_at: datetime
    requests: tuple[Request, ...]


def credits_after(
    session: Session, *, payee_id: str, after: int, desk_ref: str | None = None, limit: int = 20
) -> tuple[CreditShown, ...]:
    """Return a payee's payments, or those that pay one desk's requests, after a movement's number, oldest first."""
    statement = _credits(payee_id, desk_ref).where(Movement.seq > after).order_by(Movement.seq).limit(limit)
    return tuple(_shown(session, seq, transaction) for seq, transaction in session.execute(statement))


def newest_credits(
    session: Session, *, payee_id: str, on: date, desk_ref: str | None = None, limit: int = 10
) -> tuple[CreditShown, ...]:
    """Return a business day's last payments of a payee, or those that pay one desk's requests, the newest first."""
    # A day bounds the search: a desk that took nothing would have all that ever came to the payee gone through.
    day = Transaction.payee_id == payee_id, Transaction.business_date == on
    statement = _credits(payee_id, desk_ref).where(*day).order_by(Movement.seq.desc()).limit(limit)
    return tuple(_shown(session, seq, transaction) for seq, transaction in session.execute(statement))


def day_credits(session: Session, *, payee_ids: Sequence[str], on: date) -> tuple[int, int]:
    """Return how many payments came to some payees on a business day and their sum in đồng, whatever they pay."""
    query = select(func.count(), func.coalesce(func.sum(Transaction.amount_minor), 0)).where(
        Transaction.payee_id.in_(payee_ids), Transaction.business_date == on, Transaction.kind == PAYMENT
    )
    count, total = session.execute(query).one()
    return count, int(total)


def last_seq(session: Session, *, payee_id: str) -> int:
    """Return the number of a payee's latest movement, from which a till that opens now goes on."""
    return session.scalar(select(Chain.last_seq).where(Chain.payee_id == payee_id)) or 0


def _credits(payee_id: str, desk_ref: str | None) -> Select[int, Transaction]:
    statement = (
        select(Movement.seq, Transaction)
        .join(Transaction, Transaction.id == Movement.source_id)
        .where(
            Movement.payee_id == payee_id,
            Movement.source_kind == "transaction",
            Movement.kind == PAYMENT,
        )
    )
    if desk_ref is None:
        return statement
    pays = select(Allocation.id).join(Request, Request.id == Allocation.request_id)
    return statement.where(
        pays.where(
            Allocation.transaction_id == Transaction.id, Allocation.undone_at.is_(None), Request.desk_ref == desk_ref
        ).exists()
    )


def _shown(session: Session, seq: int, transaction: Transaction) -> CreditShown:
    named = (
        select(Allocation.request_id)
        .where(Allocation.transaction_id == transaction.id, Allocation.undone_at.is_(None))
        .union(
            select(Suspense.request_id).where(
                Suspense.transaction_id == transaction.id, Suspense.request_id.is_not(None)
            )
        )
    )
    requests = session.scalars(select(Request).where(Request.id.in_(named)).order_by(Request.seq))
    return CreditShown(
        seq=seq,
        transaction_id=transaction.id,
        provider=transaction.provider,
        bank_number=transaction.bank_number,
        came_minor=transaction.amount_minor,
        currency=transaction.currency,
        paid_at=transaction.paid_at,
        requests=tuple(requests),
    )
