"""Find what was asked for at one's own tills: by code, sum, words, last four digits, or day."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import islice

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from payments.models import Allocation, Request, Transaction
from portal.acting import Acting
from portal.pay.owners import own_payees
from portal.pay.typed import AmountUnreadable, read_amount
from portal.places.areas import starts_at
from portal.places.names import fold

MOST = 50
_ENDS, _LOOKED_THROUGH = 4, 3_000


def find(session: Session, acting: Acting, *, text: str, on: date | None = None) -> list[Request]:
    """Return the newest requests of one's own payees that fit what was typed; nothing typed finds nothing.

    `text` is a payment code or its end, a sum that was asked or came, words of what it was for with the payer's code,
    or the last four digits of the bank's number of the payment; `on` is the day it was asked for or paid.
    """
    text = " ".join(text.split())
    if not text and on is None:
        return []
    payees = [payee.id for payee in own_payees(session, acting)]
    query = select(Request).where(Request.payee_id.in_(payees))
    if text:
        query = query.where(or_(*_fits(text), Request.id.in_(_worded(session, payees, text))))
    if on is not None:
        begins, ends = starts_at(on), starts_at(on + timedelta(days=1))
        query = query.where(
            or_(
                (Request.created_at >= begins) & (Request.created_at < ends),
                (Request.paid_at >= begins) & (Request.paid_at < ends),
            )
        )
    return list(session.scalars(query.order_by(Request.seq.desc()).limit(MOST)))


def _worded(session: Session, payees: Sequence[str], text: str) -> list[str]:
    """Return the newest requests with these words; marks and case don't matter, which no database tells alike."""
    wanted = fold(text)
    newest = select(Request.id, Request.item).where(Request.payee_id.in_(payees)).order_by(Request.seq.desc())
    found = (id_ for id_, item in session.execute(newest.limit(_LOOKED_THROUGH)) if wanted and wanted in fold(item))
    return list(islice(found, MOST))


def _fits(text: str) -> list[ColumnElement[bool]]:
    code = "".join(text.split()).upper()
    fits: list[ColumnElement[bool]] = [Request.code == code]
    try:
        amount = read_amount(text)
    except AmountUnreadable:
        amount = 0
    if amount:
        fits += [Request.amount_minor == amount, Request.allocated_minor + Request.over_minor == amount]
    if len(code) == _ENDS and code.isascii() and code.isalnum():
        paid = select(Allocation.request_id).join(Transaction, Transaction.id == Allocation.transaction_id)
        known = func.coalesce(Transaction.bank_reference, Transaction.provider_txn_id)
        ends = paid.where(known.endswith(code, autoescape=True))
        fits += [Request.code.endswith(code, autoescape=True), Request.id.in_(ends)]
    return fits
