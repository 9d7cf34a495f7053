"""What is out of the ordinary about money, to be worked through: one list for the page and the file.

Money without a request leaves it when it is given or sent back; a request that was not paid as asked, when that is
mended or a person has looked at it. What comes after she looked brings it back.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from payments import suspense
from payments.booking import UNMATCHED
from payments.credit import LATE, OVER, PARTIAL
from payments.models import Request, Suspense, Transaction
from payments.rows import FRESH
from payments.states import RequestStatus, SuspenseStatus
from portal.acting import Acting
from portal.audit import Act, record_many
from portal.paging import Page
from portal.pay.owners import own_payees

KINDS = (UNMATCHED, PARTIAL, OVER, LATE)
LOOKED_AT = "looked_at"
ROWS = 50
_AT_ONCE = 500
_Line = Select[str, datetime, str]


@dataclass(frozen=True, slots=True)
class Odd:
    """One thing out of the ordinary: money without a request, or a request that was not paid as asked.

    `meant` is the request that such money came for, where that is known: one that was cancelled takes none.
    """

    kind: str
    since: datetime
    about: str
    amount_minor: int
    asked_minor: int | None
    text: str
    suspense_id: str | None = None
    request_id: str | None = None
    meant: Request | None = None


def counts(session: Session, acting: Acting) -> dict[str, int]:
    """Return how many of each kind nobody has looked at, and how many somebody has."""
    payees = _payees(session, acting)
    found = dict.fromkeys((*KINDS, LOOKED_AT), 0)
    for views in (KINDS, (LOOKED_AT,)):
        of = _of(payees, *views)
        for kind, count in session.execute(select(of.c.kind, func.count()).group_by(of.c.kind)):
            found[kind if views == KINDS else LOOKED_AT] += int(count)
    return found


def listed(session: Session, acting: Acting, *, view: str | None, total: int, asked: int) -> Page[Odd]:
    """Return a page of those `total`: of one kind, of those that were looked at, or all else; longest waiting first."""
    page: Page[Odd] = Page(asked=asked, total=total, rows=ROWS)
    query = _ordered(session, acting, view).limit(ROWS).offset(page.start)
    return page.holding(*_told(session, session.execute(query).all()))


def every(session: Session, acting: Acting, *, view: str | None) -> Iterator[Odd]:
    """Give all of them in the same order."""
    query = _ordered(session, acting, view).execution_options(yield_per=_AT_ONCE)
    for rows in session.execute(query).partitions():
        yield from _told(session, rows)


def look_at(
    session: Session, *, now: datetime, acting: Acting, seen: Mapping[str, int], again: bool = False
) -> Sequence[str]:
    """Note that somebody has looked at requests of one's own, with what each had received then; return which.

    Where more has come since, she has not seen it: such a one stays on the list. With `again` they come back to it.
    """
    query = (
        select(Request)
        .where(
            Request.id.in_(seen),
            Request.payee_id.in_(_payees(session, acting)),
            Request.exceptions != "",
            Request.looked_at.is_not(None) if again else Request.looked_at.is_(None),
        )
        .order_by(Request.id)
        .with_for_update()
    )
    found = session.scalars(query, execution_options=FRESH).all()
    done = [one for one in found if one.received_minor == seen[one.id]]
    for one in done:
        one.looked_at = None if again else now
    session.flush()
    act = "exception.again" if again else "exception.looked_at"
    record_many(session, now=now, acting=acting, acts=[Act(act, one.id) for one in done])
    return [one.id for one in done]


def _payees(session: Session, acting: Acting) -> list[str]:
    return [one.id for one in own_payees(session, acting)]


def _ordered(session: Session, acting: Acting, view: str | None) -> Select[Any, Any, Any]:
    of = _of(_payees(session, acting), *(KINDS if view is None else (view,)))
    return select(of.c.kind, of.c.since, of.c.ref).order_by(of.c.since, of.c.ref, of.c.kind)


def _of(payees: Sequence[str], *views: str) -> Subquery:
    """Return kind, since when, and the id of the waiting money or of the request."""
    parts: list[_Line] = []
    for view in views:
        if view == UNMATCHED:
            parts.append(
                select(literal(UNMATCHED).label("kind"), Suspense.opened_at.label("since"), Suspense.id.label("ref"))
                .where(Suspense.payee_id.in_(payees), Suspense.status == SuspenseStatus.OPEN)
            )  # fmt: skip
        elif view == LOOKED_AT:
            parts += [_requests(payees, kind, Request.looked_at.is_not(None)) for kind in (PARTIAL, OVER, LATE)]
        else:
            parts.append(_requests(payees, view, Request.looked_at.is_(None)))
    return union_all(*parts).subquery()


def _requests(payees: Sequence[str], kind: str, looked_at: ColumnElement[bool]) -> _Line:
    # What came for a closed request waits as a sum of its own; what it had before is still somebody's.
    holds = or_(Request.allocated_minor > Request.refunded_minor, Request.over_minor > Request.over_settled_minor)
    still = Request.status != RequestStatus.CANCELED
    since = func.coalesce(Request.paid_at, Request.created_at)
    return select(literal(kind).label("kind"), since.label("since"), Request.id.label("ref")).where(
        Request.payee_id.in_(payees), Request.exceptions != "", Request.exceptions.contains(kind), looked_at,
        still if kind == LATE else or_(still, holds),
    )  # fmt: skip


def _told(session: Session, found: Sequence[Row[Any, Any, Any]]) -> Iterator[Odd]:
    """Give what each line of the list is about."""
    sums = [one.ref for one in found if one.kind == UNMATCHED]
    query = select(Suspense, Transaction).join(Transaction, Transaction.id == Suspense.transaction_id)
    waiting = {item.id: (item, money) for item, money in session.execute(query.where(Suspense.id.in_(sums)))}
    meant = suspense.meant_for(session, sums)
    asked = {
        one.id: one
        for one in session.scalars(select(Request).where(Request.id.in_({one.ref for one in found} - set(sums))))
    }
    for one in found:
        if one.kind == UNMATCHED:
            item, money = waiting[one.ref]
            yield Odd(
                UNMATCHED, item.opened_at, money.bank_number, item.amount_minor, None, money.memo or "", item.id,
                meant=meant.get(item.id),
            )  # fmt: skip
        else:
            of = asked[one.ref]
            since = of.paid_at or of.created_at
            yield Odd(one.kind, since, of.code, of.received_minor, of.amount_minor, of.item, None, of.id)
