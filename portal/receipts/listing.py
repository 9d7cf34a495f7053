"""The receipts of one's own institution: the newest first, found again by number, payment code or day."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from payments.models import Receipt, Request
from payments.states import ReceiptStatus
from portal.acting import Acting
from portal.paging import Page
from portal.pay.owners import own_payees
from portal.places.areas import starts_at

ROWS = 50
WORDS: dict[str, tuple[Any, str]] = {
    ReceiptStatus.ISSUED: (_l("counts"), "green"),
    ReceiptStatus.VOIDED: (_l("void"), "red"),
    ReceiptStatus.REPLACED: (_l("replaced"), "amber"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One receipt, and the payment code that it belongs to."""

    receipt: Receipt
    code: str


def listed(session: Session, acting: Acting, *, typed: str, day: date | None, asked: int) -> Page[Line]:
    """Return a page of receipts whose number or payment code begins as typed, issued on a day if one is named."""
    mine = [Receipt.payee_id.in_([one.id for one in own_payees(session, acting)]), *_found_by(typed)]
    if day is not None:
        since = starts_at(day)
        mine += [Receipt.issued_at >= since, Receipt.issued_at < since + timedelta(days=1)]
    query = select(Receipt, Request.code).join(Request, Request.id == Receipt.request_id).where(*mine)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page: Page[Line] = Page(asked=asked, total=total, rows=ROWS)
    newest = query.order_by(Receipt.issued_at.desc(), Receipt.number.desc(), Receipt.id)
    return page.holding(*(Line(*one) for one in session.execute(newest.limit(ROWS).offset(page.start))))


def history(session: Session, row: Receipt) -> list[Receipt]:
    """Return every receipt of the same payment, oldest first."""
    query = select(Receipt).where(Receipt.request_id == row.request_id)
    return list(session.scalars(query.order_by(Receipt.issued_at, Receipt.number)))


def _found_by(typed: str) -> list[ColumnElement[bool]]:
    """Return what holds a receipt to the number or code that was typed; signs that mean something in LIKE are none."""
    text = "".join(sign for sign in typed.upper() if sign.isalnum() or sign == "-")
    return [or_(Receipt.number_text.startswith(text), Request.code == text)] if text else []
