"""A market's day: what each stall received, whose code was not looked at, and the payments as they come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import payments
from payments.models import Allocation, Request, Transaction
from portal.places.areas import day_of
from portal.places.names import sort_key
from portal.stalls.models import Stall, StallCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class StallLine:
    """A stall with what it received on a day, and the last look at its code."""

    stall: Stall
    count: int
    sum_minor: int
    checked_at: datetime | None
    result: str | None
    checked_today: bool

    @property
    def alarm(self) -> bool:
        """Say whether the last look found another's code."""
        return self.result is not None and self.result not in ("own", "unreadable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """One payment on the board: which stall, the exact sum, when, and how the bank's number of it ends."""

    seq: int
    stall: Stall | None
    amount_minor: int
    paid_at: datetime
    ends: str


def stalls_of(session: Session, payee_id: str) -> list[Stall]:
    """Return the open stalls of a market in the order of their numbers."""
    found = session.scalars(select(Stall).where(Stall.payee == payee_id, Stall.closed_at.is_(None)))
    return sorted(found, key=lambda one: sort_key(one.number))


def day_lines(session: Session, payee_id: str, *, on: date) -> list[StallLine]:
    """Return the open stalls with a business day's figures."""
    stalls = stalls_of(session, payee_id)
    query = (
        select(Request.desk_ref, func.count(func.distinct(Transaction.id)), func.sum(Allocation.amount_minor))
        .join(Allocation, Allocation.request_id == Request.id)
        .join(Transaction, Transaction.id == Allocation.transaction_id)
        .where(
            Request.payee_id == payee_id, Allocation.undone_at.is_(None), Transaction.business_date == on,
            Request.desk_ref.in_([one.desk_ref for one in stalls]),
        )
        .group_by(Request.desk_ref)
    )  # fmt: skip
    came = {desk: (int(count), int(total)) for desk, count, total in session.execute(query)}
    looks = _last_looks(session, stalls)
    return [_line(one, came.get(one.desk_ref, (0, 0)), looks.get(one.id), on) for one in stalls]


def latest(session: Session, payee_id: str, *, desk_ref: str | None = None, rows: int = 10) -> list[Came]:
    """Return the last payments of a market or one stall, the newest first."""
    after = max(0, payments.last_seq(session, payee_id=payee_id) - 200)
    return came_after(session, payee_id, after=after, desk_ref=desk_ref, limit=200)[::-1][:rows]


def came_after(
    session: Session, payee_id: str, *, after: int, desk_ref: str | None = None, limit: int = 20
) -> list[Came]:
    """Return the payments of a market, or of one stall, that came after a number, oldest first."""
    by_desk = {one.desk_ref: one for one in session.scalars(select(Stall).where(Stall.payee == payee_id))}
    found = []
    for credit in payments.credits_after(session, payee_id=payee_id, after=after, limit=limit):
        desks = {one.desk_ref for one in credit.requests}
        if desk_ref is None or desk_ref in desks:
            stall = next((by_desk[one] for one in desks if one in by_desk), None)
            found.append(
                Came(
                    seq=credit.seq, stall=stall, amount_minor=credit.came_minor, paid_at=credit.paid_at,
                    ends=credit.provider_txn_id[-4:],
                )
            )  # fmt: skip
    return found


def _last_looks(session: Session, stalls: Sequence[Stall]) -> dict[str, StallCheck]:
    last = (
        select(StallCheck.stall_id, func.max(StallCheck.at).label("at"))
        .where(StallCheck.stall_id.in_([one.id for one in stalls]))
        .group_by(StallCheck.stall_id)
        .subquery()
    )
    query = select(StallCheck).join(last, (last.c.stall_id == StallCheck.stall_id) & (last.c.at == StallCheck.at))
    return {one.stall_id: one for one in session.scalars(query.order_by(StallCheck.id))}


def _line(stall: Stall, came: tuple[int, int], look: StallCheck | None, on: date) -> StallLine:
    today = look is not None and day_of(look.at) == on and look.result != "unreadable"
    return StallLine(
        stall=stall, count=came[0], sum_minor=came[1], checked_at=look.at if look else None,
        result=look.result if look else None, checked_today=today,
    )  # fmt: skip
