"""The invoices of one's own institution: the newest first, of one state or of all, by the page or all of them."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from payments.models import Invoice
from portal.acting import Acting
from portal.paging import Page
from portal.pay.owners import own_payees

ROWS = 50
_AT_ONCE = 500


def counts(session: Session, acting: Acting) -> dict[str, int]:
    """Return how many there are of each state, the most first."""
    counted = func.count(Invoice.seq)
    query = select(Invoice.status, counted).where(_own(session, acting)).group_by(Invoice.status)
    found = session.execute(query.order_by(counted.desc(), Invoice.status))
    return {state: int(count) for state, count in found}


def listed(session: Session, acting: Acting, *, state: str | None, total: int, asked: int) -> Page[Invoice]:
    """Return a page of those `total` invoices."""
    page: Page[Invoice] = Page(asked=asked, total=total, rows=ROWS)
    query = _newest(session, acting, state).limit(ROWS).offset(page.start)
    return page.holding(*session.scalars(query))


def every(session: Session, acting: Acting, *, state: str | None) -> Iterator[Invoice]:
    """Give all of these invoices in the same order."""
    yield from session.scalars(_newest(session, acting, state), execution_options={"yield_per": _AT_ONCE})


def _newest(session: Session, acting: Acting, state: str | None) -> Select[Invoice]:
    query = select(Invoice).where(_own(session, acting)).order_by(Invoice.seq.desc())
    return query if state is None else query.where(Invoice.status == state)


def _own(session: Session, acting: Acting) -> ColumnElement[bool]:
    return Invoice.payee_id.in_([one.id for one in own_payees(session, acting)])
