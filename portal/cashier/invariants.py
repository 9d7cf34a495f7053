"""What must hold on a live system, re-derived from the rows: I1, the books and the requests; I5, the trail."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import payments
from payments.models import Allocation, Request
from payments.states import RequestStatus
from portal.audit import AuditRow, broken_rows


@dataclass(frozen=True, slots=True)
class Held:
    """One invariant: how many rows were read, and every row that breaks it."""

    checked: int
    breaches: tuple[str, ...]


def check_invariants(session: Session) -> dict[str, Held]:
    """Return what was found for each invariant."""
    books = payments.check(session)
    requests, wrong = _requests(session)
    broken = tuple(f"{one.invariant} {one.payee_id}: {one.what}" for one in books.breaches)
    trail = session.scalar(select(func.count()).select_from(AuditRow)) or 0
    return {
        "I1": Held(books.movements + requests, broken + wrong),
        "I5": Held(trail, tuple(broken_rows(session))),
    }


def _requests(session: Session) -> tuple[int, tuple[str, ...]]:
    """Hold each request's figures and status against what is allocated to it."""
    live = (
        select(Allocation.request_id, func.sum(Allocation.amount_minor).label("sum"))
        .where(Allocation.undone_at.is_(None))
        .group_by(Allocation.request_id)
        .subquery()
    )
    query = select(
        Request.id, Request.status, Request.amount_minor, Request.allocated_minor, func.coalesce(live.c.sum, 0)
    )
    count, wrong = 0, []
    for request_id, status, asked, kept, allocated in session.execute(
        query.outerjoin(live, live.c.request_id == Request.id).order_by(Request.seq).execution_options(yield_per=1000)
    ):
        count += 1
        if kept != int(allocated):
            wrong.append(f"{request_id}: {kept} kept, {allocated} allocated")
        if (status == RequestStatus.PAID) != (int(allocated) >= asked):
            wrong.append(f"{request_id}: {status} with {allocated} of {asked}")
    return count, tuple(wrong)
