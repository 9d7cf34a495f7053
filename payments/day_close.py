"""Closing a desk's day in Vietnam's time: opening + in − out = closing, and nothing is counted twice or forgotten.

Money that comes for a day that is closed keeps its true business date and stands in the next close as "after close".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import and_, insert, literal, or_, select
from sqlalchemy.orm import Session

from payments import rows
from payments.day_tables import DayClose, DayLine
from payments.days import VIETNAM, business_date
from payments.errors import Refused
from payments.models import Allocation, Payee, Refund, Request, Suspense, Transaction
from payments.states import RefundStatus, SuspenseStatus
from payments.types import new_id

PAID, UNDONE, REFUND, RETURNED = "paid", "undone", "refund", "returned"
# Suspense by age: from so many days on.
AGES: Final = (0, 1, 3, 7, 30)
# What was written just before a close and committed just after it is found by looking back so far.
_LOOK_BACK: Final = timedelta(days=1)


class DayRefused(Refused):
    """A day that cannot be closed."""


class DayClosed(DayRefused):
    """This day of the desk, or a later one, is closed already."""

    code = "day_closed"


class DayToCome(DayRefused):
    """The day has not begun."""

    code = "day_to_come"


@dataclass(frozen=True, slots=True)
class Counted:
    """One line of a day: what moved, for which request, on which business date, and whether its day was closed."""

    kind: str
    source_id: str
    request_id: str
    amount_minor: int
    business_date: date
    after_close: bool
    code: str
    item: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A desk's day as it stands: what closing it now would write, or what its close wrote."""

    day: date
    opening_minor: int
    lines: tuple[Counted, ...]

    @property
    def in_minor(self) -> int:
        """Return what came in."""
        return sum(line.amount_minor for line in self.lines if line.amount_minor > 0)

    @property
    def out_minor(self) -> int:
        """Return what went out, above zero."""
        return -sum(line.amount_minor for line in self.lines if line.amount_minor < 0)

    @property
    def closing_minor(self) -> int:
        """Return opening + in − out."""
        return self.opening_minor + self.in_minor - self.out_minor


@dataclass(frozen=True, slots=True)
class Age:
    """Money that no request claims, as old as this many days or more, below the next age."""

    from_days: int
    count: int
    amount_minor: int


def standing(session: Session, *, desk_ref: str, day: date) -> Standing:
    """Return what closing a desk's day now would count."""
    before = last_close(session, desk_ref)
    found: list[Counted] = []
    for kind, query in _queries(desk_ref, day, before):
        sign = 1 if kind in (PAID, RETURNED) else -1
        for source_id, request_id, amount, on, code, item in session.execute(query):
            own = on if isinstance(on, date) and not isinstance(on, datetime) else business_date(on)
            late = before is not None and own <= before.business_date
            found.append(Counted(kind, source_id, request_id, sign * int(amount), own, late, code, item))
    lines = sorted(found, key=lambda line: (line.business_date, line.code, line.kind, line.source_id))
    return Standing(day, before.closing_minor if before else 0, tuple(lines))


def close_day(session: Session, *, payee_id: str, desk_ref: str, day: date, now: datetime, actor: str) -> DayClose:
    """Close a desk's day; raises DayClosed or DayToCome."""
    if day > business_date(now):
        raise DayToCome(day=day.isoformat())
    # Two who close at once, each another day, would both count what lies before them: one waits for the other.
    session.execute(select(Payee.id).where(Payee.id == payee_id).with_for_update())
    before = last_close(session, desk_ref)
    if before is not None and before.business_date >= day:
        raise DayClosed(day=before.business_date.isoformat())
    stands = standing(session, desk_ref=desk_ref, day=day)
    close_id = new_id("dc")
    written = rows.insert_once(
        session,
        DayClose,
        {
            "id": close_id, "payee_id": payee_id, "desk_ref": desk_ref, "business_date": day,
            "opening_minor": stands.opening_minor, "in_minor": stands.in_minor, "out_minor": stands.out_minor,
            "closing_minor": stands.closing_minor, "closed_at": now, "closed_by": actor,
        },
    )  # fmt: skip
    if not written:
        raise DayClosed(day=day.isoformat())
    row = session.scalars(select(DayClose).where(DayClose.id == close_id)).one()
    if stands.lines:
        session.execute(insert(DayLine), [_line_row(row, no, line) for no, line in enumerate(stands.lines, 1)])
    return row


def last_close(session: Session, desk_ref: str) -> DayClose | None:
    """Return a desk's latest closed day."""
    query = select(DayClose).where(DayClose.desk_ref == desk_ref).order_by(DayClose.business_date.desc()).limit(1)
    return session.scalar(query)


def closed(session: Session, row: DayClose) -> Standing:
    """Return what a close counted, as it was written."""
    query = (
        select(DayLine, Request.code, Request.item)
        .join(Request, Request.id == DayLine.request_id)
        .where(DayLine.day_seq == row.seq)
        .order_by(DayLine.line_no)
    )
    lines = [
        Counted(
            line.kind, line.source_id, line.request_id, line.amount_minor, line.business_date, line.after_close, code,
            item,
        )
        for line, code, item in session.execute(query)
    ]  # fmt: skip
    return Standing(row.business_date, row.opening_minor, tuple(lines))


def suspense_by_age(session: Session, *, payee_id: str, now: datetime) -> tuple[Age, ...]:
    """Return a payee's open suspense in the ages 0, 1, 3, 7 and 30 days."""
    query = select(Suspense.opened_at, Suspense.amount_minor).where(
        Suspense.payee_id == payee_id, Suspense.status == SuspenseStatus.OPEN
    )
    open_sums = [((now - at).days, amount) for at, amount in session.execute(query)]
    ends: Sequence[float] = (*AGES[1:], float("inf"))
    return tuple(
        Age(begins, len(sums), sum(sums))
        for begins, end in zip(AGES, ends, strict=True)
        for sums in [[amount for days, amount in open_sums if begins <= days < end]]
    )


def _line_row(row: DayClose, no: int, line: Counted) -> dict[str, Any]:
    return {
        "day_seq": row.seq, "line_no": no, "kind": line.kind, "source_id": line.source_id,
        "request_id": line.request_id, "amount_minor": line.amount_minor, "business_date": line.business_date,
        "after_close": line.after_close,
    }  # fmt: skip


def _queries(desk_ref: str, day: date, before: DayClose | None) -> list[tuple[str, Any]]:
    """Return what selects each kind of line that no close has counted yet."""
    ends = datetime.combine(day + timedelta(days=1), time(), tzinfo=VIETNAM)
    paid = (
        select(
            Allocation.id, Request.id, Allocation.amount_minor, Transaction.business_date, Request.code, Request.item
        )
        .join(Request, Request.id == Allocation.request_id)
        .join(Transaction, Transaction.id == Allocation.transaction_id)
        .where(
            Request.desk_ref == desk_ref,
            Allocation.undone_at.is_(None),
            Transaction.business_date <= day,
            ~_counted(PAID, Allocation.id),
        )
    )
    if before is not None:
        lately = Allocation.made_at >= before.closed_at - _LOOK_BACK
        paid = paid.where(or_(Transaction.business_date > before.business_date, lately))
    undone = (
        select(Allocation.id, Request.id, Allocation.amount_minor, Allocation.undone_at, Request.code, Request.item)
        .join(Request, Request.id == Allocation.request_id)
        .where(
            Request.desk_ref == desk_ref,
            Allocation.undone_at < ends,
            _counted(PAID, Allocation.id),
            ~_counted(UNDONE, Allocation.id),
        )
    )
    refunds = (
        select(Refund.id, Request.id, Refund.amount_minor, Refund.done_at, Request.code, Request.item)
        .join(Request, Request.id == Refund.request_id)
        .where(Request.desk_ref == desk_ref, Refund.allocation_id.is_not(None))
    )
    gone = refunds.where(Refund.status == RefundStatus.SUCCEEDED, Refund.done_at < ends, ~_counted(REFUND, Refund.id))
    back = refunds.with_only_columns(
        Refund.id, Request.id, Refund.amount_minor, Refund.status_at, Request.code, Request.item
    ).where(
        Refund.status == RefundStatus.FAILED, Refund.status_at < ends, _counted(REFUND, Refund.id),
        ~_counted(RETURNED, Refund.id),
    )  # fmt: skip
    return [(PAID, paid), (UNDONE, undone), (REFUND, gone), (RETURNED, back)]


def _counted(kind: str, source_id: Any) -> Any:
    own = select(literal(1)).select_from(DayLine).where(and_(DayLine.kind == kind, DayLine.source_id == source_id))
    return own.exists()


def closes_of(session: Session, *, payee_ids: Sequence[str], limit: int = 60) -> Sequence[DayClose]:
    """Return the latest closes of some payees, newest first."""
    query = select(DayClose).where(DayClose.payee_id.in_(payee_ids))
    return session.scalars(query.order_by(DayClose.business_date.desc(), DayClose.seq.desc()).limit(limit)).all()
