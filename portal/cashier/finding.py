"""Find what was asked for at one's own tills: by code, sum, words, last four digits, or day."""

from datetime import date, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from payments.models import Allocation, Request, Transaction
from portal.acting import Acting
from portal.pay.owners import own_payees
from portal.pay.typed import AmountUnreadable, read_amount
from portal.places.areas import starts_at

MOST = 50
_ENDS = 4


def find(session: Session, acting: Acting, *, text: str, on: date | None = None) -> list[Request]:
    """Return the newest requests of one's own payees that fit what was typed; nothing typed finds nothing.

    `text` is a payment code or its end, a sum that was asked or came, words of what it was for with the payer's code,
    or the last four digits of the bank's number of the payment; `on` is the day it was asked for or paid.
    """
    text = " ".join(text.split())
    if not text and on is None:
        return []
    query = select(Request).where(Request.payee_id.in_([payee.id for payee in own_payees(session, acting)]))
    if text:
        query = query.where(or_(*_fits(text)))
    if on is not None:
        begins, ends = starts_at(on), starts_at(on + timedelta(days=1))
        query = query.where(
            or_(
                (Request.created_at >= begins) & (Request.created_at < ends),
                (Request.paid_at >= begins) & (Request.paid_at < ends),
            )
        )
    return list(session.scalars(query.order_by(Request.seq.desc()).limit(MOST)))


def _fits(text: str) -> list[ColumnElement[bool]]:
    code = "".join(text.split()).upper()
    fits = [Request.code == code, Request.item.icontains(text, autoescape=True)]
    try:
        amount = read_amount(text)
    except AmountUnreadable:
        amount = 0
    if amount:
        fits += [Request.amount_minor == amount, Request.allocated_minor + Request.over_minor == amount]
    if len(code) == _ENDS and code.isascii() and code.isalnum():
        paid = select(Allocation.request_id).join(Transaction, Transaction.id == Allocation.transaction_id)
        ends = paid.where(Transaction.provider_txn_id.endswith(code, autoescape=True))
        fits += [Request.code.endswith(code, autoescape=True), Request.id.in_(ends)]
    return fits
