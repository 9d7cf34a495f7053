"""Sales that have no invoice yet: paid requests of a span of days that must have one, and those the issuer has.

A request is paid, not all of it has gone back, and its item, payee, sum and day want an invoice by the dated rules.
Of any of its receipts an issued invoice counts, and one that is asked for waits.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, exists, func, select
from sqlalchemy.orm import Session

from payments.models import Invoice, Payee, Receipt, Request
from payments.states import InvoiceStatus, ReceiptStatus, RequestStatus
from portal.acting import Acting
from portal.paging import Page
from portal.pay.owners import own_payees
from portal.pay.proof_rows import must_have_invoice
from portal.places.areas import starts_at

ROWS = 50
_AT_ONCE = 500
_LEFT = Request.allocated_minor - Request.refunded_minor


@dataclass(frozen=True, slots=True)
class Days:
    """From which day to which, both included, as Vietnam counts them."""

    first: date
    last: date

    @property
    def begins(self) -> datetime:
        """Return the first moment."""
        return starts_at(self.first)

    @property
    def ends(self) -> datetime:
        """Return the first moment after it."""
        return starts_at(self.last + timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Sum:
    """How many sales, and their sum in đồng, what has gone back taken off."""

    count: int = 0
    amount_minor: int = 0


@dataclass(frozen=True, slots=True)
class Sale:
    """One sale: what is left of its sum, its newest receipt and the newest invoice that was asked for."""

    request: Request
    payee: Payee
    left_minor: int
    receipt: Receipt | None
    invoice: Invoice | None

    @property
    def state(self) -> str:
        """Return what became of its invoice, `none` where it was never asked for."""
        return "none" if self.invoice is None else self.invoice.status

    @property
    def may_ask(self) -> bool:
        """Say whether it has a receipt that counts, of which an invoice can be asked for."""
        return self.receipt is not None and self.receipt.status == ReceiptStatus.ISSUED

    @property
    def to_correct(self) -> bool:
        """Say whether the issuer refused the invoice of that receipt: corrected data are sent, not a new wish."""
        if self.receipt is None or self.invoice is None:
            return False
        same = self.invoice.receipt_id == self.receipt.id
        return self.may_ask and same and self.invoice.status == InvoiceStatus.REFUSED


def sums(session: Session, acting: Acting, days: Days) -> tuple[Sum, Sum]:
    """Return how many sales of these days have no invoice and of what sum, and how many wait for the issuer."""
    waits = _has(InvoiceStatus.REQUESTED).label("waits")
    one = _sales(session, acting, days, waits, _LEFT.label("left_minor")).subquery()
    query = select(one.c.waits, func.count(), func.sum(one.c.left_minor)).group_by(one.c.waits)
    found = {bool(waits): Sum(int(count), int(amount)) for waits, count, amount in session.execute(query)}
    return found.get(False, Sum()), found.get(True, Sum())


def listed(session: Session, acting: Acting, days: Days, *, waits: bool, total: int, asked: int) -> Page[Sale]:
    """Return a page of those `total` sales, the first paid first."""
    page: Page[Sale] = Page(asked=asked, total=total, rows=ROWS)
    query = _ordered(session, acting, days, waits=waits).limit(ROWS).offset(page.start)
    return page.holding(*_with_papers(session, session.execute(query).all()))


def every(session: Session, acting: Acting, days: Days, *, waits: bool) -> Iterator[Sale]:
    """Give all of these sales in the same order, some hundred at a time."""
    query = _ordered(session, acting, days, waits=waits).execution_options(yield_per=_AT_ONCE)
    for rows in session.execute(query).partitions():
        yield from _with_papers(session, rows)


def _ordered(session: Session, acting: Acting, days: Days, *, waits: bool) -> Select[Any]:
    asked = _has(InvoiceStatus.REQUESTED)
    query = _sales(session, acting, days, Request, Payee).join(Payee, Payee.id == Request.payee_id)
    return query.where(asked if waits else ~asked).order_by(Request.paid_at, Request.seq)


def _sales(session: Session, acting: Acting, days: Days, *columns: Any) -> Select[Any]:
    """Return the query of one's own sales of these days that no issued invoice is of."""
    must = must_have_invoice(
        session, item=_said(Receipt.item, Request.item), payee_id=Request.payee_id,
        amount_minor=_said(Receipt.amount_minor, _LEFT), paid_at=Request.paid_at,
    )  # fmt: skip
    return select(*columns).where(
        Request.payee_id.in_([one.id for one in own_payees(session, acting)]),
        Request.paid_at >= days.begins,
        Request.paid_at < days.ends,
        Request.status == RequestStatus.PAID,
        _LEFT > 0,
        ~_has(InvoiceStatus.ISSUED),
        must,
    )


def _said(column: SQLColumnExpression[Any], otherwise: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """Return what the receipt says that counts, or the request where none does; joined, all receipts were read."""
    said = select(column).where(Receipt.request_id == Request.id, Receipt.status == ReceiptStatus.ISSUED)
    return func.coalesce(said.correlate(Request).scalar_subquery(), otherwise)


def _has(status: str) -> ColumnElement[bool]:
    """Return whether any receipt of the request, void ones too, has an invoice in this state.

    The request stands in the join, not under it, so that no engine reads the papers of all requests to answer.
    """
    other = Receipt.__table__.alias()
    joined = (other.c.request_id == Request.id) & (Invoice.receipt_id == other.c.id)
    return exists(select(Invoice.seq).select_from(Invoice).join(other, joined).where(Invoice.status == status))


def _with_papers(session: Session, found: Sequence[Any]) -> Iterator[Sale]:
    """Give each request its newest receipt and invoice; of invoices one that is asked for goes before any other."""
    ids = [request.id for request, _payee in found]
    papers: dict[str, list[tuple[Receipt, Invoice | None]]] = defaultdict(list)
    query = select(Receipt, Invoice).outerjoin(Invoice, Invoice.receipt_id == Receipt.id)
    for receipt, invoice in session.execute(query.where(Receipt.request_id.in_(ids))):
        papers[receipt.request_id].append((receipt, invoice))
    for request, payee in found:
        own = papers[request.id]
        receipts, invoices = [one for one, _ in own], [one for _, one in own if one is not None]
        yield Sale(
            request,
            payee,
            request.allocated_minor - request.refunded_minor,
            max(receipts, key=lambda one: (one.status == ReceiptStatus.ISSUED, one.number), default=None),
            max(invoices, key=lambda one: (one.status == InvoiceStatus.REQUESTED, one.seq), default=None),
        )
