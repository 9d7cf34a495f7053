"""What a head accountant reads of a span of business days: the day book, and sums by account, gateway and item.

All of it comes from the journal and what its movements were made of, so that every total is the journal's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from payments.booking import PAYMENT
from payments.models import Account, Allocation, Balance, Line, Movement, Payee, Request, Suspense, Transaction
from payments.states import SuspenseStatus

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Span:
    """Whose books, None for all, from which business day to which, both included."""

    first: date
    last: date
    payee_ids: Sequence[str] | None = None

    def own(self, query: Any, payee_id: Any) -> Any:
        """Narrow a query to the payees whose books these are."""
        return query if self.payee_ids is None else query.where(payee_id.in_(self.payee_ids))


@dataclass(frozen=True, slots=True)
class Entered:
    """One line of the day book; debit and credit above zero, one of them None."""

    day: date
    payee: str
    seq: int
    kind: str
    account: str
    debit_minor: int | None
    credit_minor: int | None


@dataclass(frozen=True, slots=True)
class Summed:
    """One line of a summary: what it is of, how many, and the sums on both sides."""

    payee: str
    name: str
    count: int
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True, slots=True)
class Balanced:
    """One account of a payee: its balance before, how many lines it got, both their sides, and its balance after.

    Balances are debits above zero, credits below.
    """

    payee: str
    name: str
    opening_minor: int
    count: int
    debit_minor: int
    credit_minor: int

    @property
    def closing_minor(self) -> int:
        """Return the balance after these days."""
        return self.opening_minor + self.debit_minor - self.credit_minor

    @property
    def sides(self) -> tuple[int | None, ...]:
        """Return what stands in the books, debit and credit of each: before, in, after; nothing where it is zero."""
        before, after = self.opening_minor, self.closing_minor
        both = (max(before, 0), max(-before, 0), self.debit_minor, self.credit_minor, max(after, 0), max(-after, 0))
        return tuple(one or None for one in both)


def day_book(session: Session, span: Span, *, limit: int | None = None) -> Iterator[Entered]:
    """Give the journal's lines of these days in the order of each payee's chain."""
    query = (
        select(Movement.business_date, Payee.name, Movement.seq, Movement.kind, Account.name, Line.amount_minor)
        .join(Line, Line.movement_id == Movement.id)
        .join(Account, Account.id == Line.account_id)
        .join(Payee, Payee.id == Movement.payee_id)
        .where(Movement.business_date.between(span.first, span.last))
        .order_by(Payee.name, Movement.payee_id, Movement.seq, Line.line_no)
        .limit(limit)
    )
    own = span.own(query, Movement.payee_id).execution_options(yield_per=_AT_ONCE)
    for day, payee, seq, kind, account, sum_ in session.execute(own):
        yield Entered(day, payee, seq, kind, account, sum_ if sum_ > 0 else None, -sum_ if sum_ < 0 else None)


def day_book_length(session: Session, span: Span) -> int:
    """Return how many lines the day book of these days has."""
    query = select(func.count()).select_from(Line).join(Movement, Movement.id == Line.movement_id)
    days = query.where(Movement.business_date.between(span.first, span.last))
    return int(session.scalar(span.own(days, Movement.payee_id)) or 0)


def by_account(session: Session, span: Span) -> list[Balanced]:
    """Return what each account of each payee had before these days, what moved on it, and what it has after them.

    An account that had nothing and on which nothing moved is left out.
    """
    in_days = Movement.business_date <= span.last
    query = (
        select(
            Line.account_id, func.sum(Line.amount_minor).label("since"),
            func.sum(case((in_days, 1), else_=0)).label("count"),
            _side(1, in_days).label("debit"), _side(-1, in_days).label("credit"),
        )
        .join(Movement, Movement.id == Line.movement_id)
        .where(Movement.business_date >= span.first)
        .group_by(Line.account_id)
    )  # fmt: skip
    moved = span.own(query, Movement.payee_id).subquery()
    sums = [func.coalesce(one, 0) for one in (moved.c.since, moved.c.count, moved.c.debit, moved.c.credit)]
    accounts = (
        select(Payee.name, Account.name, Balance.balance_minor, *sums)
        .join(Account, Account.payee_id == Payee.id)
        .join(Balance, Balance.account_id == Account.id)
        .outerjoin(moved, moved.c.account_id == Account.id)
        .order_by(Payee.name, Payee.id, Account.name)
    )
    found = [
        Balanced(payee, name, int(balance - since), int(count), int(debit), int(credit))
        for payee, name, balance, since, count, debit, credit in session.execute(span.own(accounts, Payee.id))
    ]
    return [one for one in found if one.opening_minor or one.count]


def by_gateway(session: Session, span: Span) -> list[Summed]:
    """Return how many payments came by each provider, and their sum."""
    query = (
        select(Payee.name, Transaction.provider, func.count(), func.sum(Transaction.amount_minor))
        .join(Payee, Payee.id == Transaction.payee_id)
        .where(Transaction.kind == PAYMENT, Transaction.business_date.between(span.first, span.last))
        .group_by(Payee.id, Payee.name, Transaction.provider)
        .order_by(Payee.name, Payee.id, Transaction.provider)
    )
    found = session.execute(span.own(query, Transaction.payee_id))
    return [Summed(payee, name, int(count), int(sum_), 0) for payee, name, count, sum_ in found]


def by_item(session: Session, span: Span) -> list[Summed]:
    """Return what was allocated to each item, live allocations alone."""
    query = (
        select(Payee.name, Request.item, func.count(), func.sum(Allocation.amount_minor))
        .join(Request, Request.payee_id == Payee.id)
        .join(Allocation, Allocation.request_id == Request.id)
        .join(Transaction, Transaction.id == Allocation.transaction_id)
        .where(Allocation.undone_at.is_(None), Transaction.business_date.between(span.first, span.last))
        .group_by(Payee.id, Payee.name, Request.item)
        .order_by(Payee.name, Payee.id, Request.item)
    )
    found = session.execute(span.own(query, Payee.id))
    return [Summed(payee, name, int(count), 0, int(sum_)) for payee, name, count, sum_ in found]


def not_assigned(session: Session, span: Span) -> list[Summed]:
    """Return the open suspense of money that came in these days."""
    query = (
        select(
            Payee.name, func.coalesce(Transaction.bank_reference, Transaction.provider_txn_id), Suspense.amount_minor
        )
        .join(Suspense, Suspense.payee_id == Payee.id)
        .join(Transaction, Transaction.id == Suspense.transaction_id)
        .where(Suspense.status == SuspenseStatus.OPEN, Transaction.business_date.between(span.first, span.last))
        .order_by(Payee.name, Payee.id, Transaction.seq)
    )
    found = session.execute(span.own(query, Payee.id))
    return [Summed(payee, name, 1, 0, int(sum_)) for payee, name, sum_ in found]


def _side(sign: int, counts: Any) -> Any:
    """Sum one side of an account where it counts: debits above zero, credits turned so."""
    amount = Line.amount_minor * sign
    return func.sum(case((counts & (amount > 0), amount), else_=0))
