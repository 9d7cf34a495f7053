"""A market's day: what each stall received, and whose code was not looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

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
        """Say whether the last look found another's code on a board that still hangs there."""
        return self.stall.closed_at is None and self.result is not None and self.result not in ("own", "unreadable")


def stalls_of(session: Session, payee_ids: Sequence[str]) -> list[Stall]:
    """Return the open stalls of a market, by the accounts that it has, in the order of their numbers."""
    found = session.scalars(select(Stall).where(Stall.payee.in_(payee_ids), Stall.closed_at.is_(None)))
    return sorted(found, key=lambda one: sort_key(one.number))


def day_lines(session: Session, payee_ids: Sequence[str], *, on: date) -> list[StallLine]:
    """Return the open stalls, and those closed that took money on it, with a business day's figures."""
    came = day_sums(session, payee_ids, on=on)
    query = select(Stall).where(Stall.payee.in_(payee_ids), Stall.closed_at.is_(None) | Stall.desk_ref.in_(list(came)))
    stalls = sorted(session.scalars(query), key=lambda one: sort_key(one.number))
    looks = _last_looks(session, stalls)
    return [_line(one, came.get(one.desk_ref, (0, 0)), looks.get(one.id), on) for one in stalls]


def day_sums(
    session: Session, payee_ids: Sequence[str], *, on: date, desk_ref: str | None = None
) -> dict[str, tuple[int, int]]:
    """Return how many payments and how much each stall, or one, took on a business day, by its desk."""
    desks = select(Stall.desk_ref).where(Stall.payee.in_(payee_ids))  # one closed today had its money all the same
    query = (
        select(Request.desk_ref, func.count(func.distinct(Transaction.id)), func.sum(Allocation.amount_minor))
        .join(Allocation, Allocation.request_id == Request.id)
        .join(Transaction, Transaction.id == Allocation.transaction_id)
        .where(
            Transaction.payee_id.in_(payee_ids), Transaction.business_date == on, Allocation.undone_at.is_(None),
            Request.desk_ref == desk_ref if desk_ref else Request.desk_ref.in_(desks),
        )
        .group_by(Request.desk_ref)
    )  # fmt: skip
    return {desk: (int(count), int(total)) for desk, count, total in session.execute(query) if desk}


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
