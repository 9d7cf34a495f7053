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
_ENDS, _AT_ONCE = 4, 1_000
_PLAIN = frozenset("0123456789bcghklmnpqrstvx")


def find(session: Session, acting: Acting, *, text: str, on: date | None = None) -> list[Request]:
    """Return the newest requests of one's own payees that fit what was typed; nothing typed finds nothing.

    `text` is a payment code or its end, a sum that was asked or came, words of what it was for with the payer's code,
    or the last four digits of the bank's number of the payment; `on` is the day it was asked for or paid.
    """
    text = " ".join(text.split())
    if not text and on is None:
        return []
    mine: list[ColumnElement[bool]] = [Request.payee_id.in_([payee.id for payee in own_payees(session, acting)])]
    if on is not None:
        begins, ends = starts_at(on), starts_at(on + timedelta(days=1))
        asked = (Request.created_at >= begins) & (Request.created_at < ends)
        mine.append(or_(asked, (Request.paid_at >= begins) & (Request.paid_at < ends)))
    query = select(Request).where(*mine)
    if text:
        query = query.where(or_(*_fits(text), Request.id.in_(_worded(session, mine, text))))
    return list(session.scalars(query.order_by(Request.seq.desc()).limit(MOST)))


def _worded(session: Session, mine: Sequence[ColumnElement[bool]], text: str) -> list[str]:
    """Return the newest of some requests with these words; marks and case don't matter, which no database tells alike.

    It is asked only for what may have them: signs in their order that nothing but their capital is folded to.
    """
    wanted = fold(text)
    if not wanted:
        return []
    may = "%".join(("", *(sign for sign in wanted if sign in _PLAIN), ""))
    newest = select(Request.id, Request.item).where(*mine, Request.item.ilike(may)).order_by(Request.seq.desc())
    read = session.execute(newest.execution_options(yield_per=_AT_ONCE))
    found = list(islice((id_ for id_, item in read if wanted in fold(item)), MOST))
    read.close()
    return found


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
