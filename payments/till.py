"""Payments as a till shows them, in the order of the payee's chain: nothing is skipped, whoever commits first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.booking import PAYMENT
from payments.models import Allocation, Chain, Movement, Request, Suspense, Transaction


@dataclass(frozen=True, slots=True)
class CreditShown:
    """One payment beside what was asked; without a request it is money that nobody claims yet."""

    seq: int
    transaction_id: str
    provider: str
    provider_txn_id: str
    came_minor: int
    currency: str
    paid_at: datetime
    requests: tuple[Request, ...]


def credits_after(session: Session, *, payee_id: str, after: int, limit: int = 20) -> tuple[CreditShown, ...]:
    """Return a payee's payments whose movement comes after a number, oldest first."""
    statement = (
        select(Movement.seq, Transaction)
        .join(Transaction, Transaction.id == Movement.source_id)
        .where(
            Movement.payee_id == payee_id,
            Movement.seq > after,
            Movement.source_kind == "transaction",
            Movement.kind == PAYMENT,
        )
        .order_by(Movement.seq)
        .limit(limit)
    )
    return tuple(_shown(session, seq, transaction) for seq, transaction in session.execute(statement))


def last_seq(session: Session, *, payee_id: str) -> int:
    """Return the number of a payee's latest movement, from which a till that opens now goes on."""
    return session.scalar(select(Chain.last_seq).where(Chain.payee_id == payee_id)) or 0


def _shown(session: Session, seq: int, transaction: Transaction) -> CreditShown:
    named = (
        select(Allocation.request_id)
        .where(Allocation.transaction_id == transaction.id)
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
        provider_txn_id=transaction.provider_txn_id,
        came_minor=transaction.amount_minor,
        currency=transaction.currency,
        paid_at=transaction.paid_at,
        requests=tuple(requests),
    )
