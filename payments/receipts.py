"""Receipts: a gapless number per payee, series and year, a check word, and a public answer without any name."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from payments import rows
from payments.days import business_date
from payments.errors import NotPaid, ReasonMissing, ReceiptUnknown, TextMissing
from payments.models import Payee, Receipt, Request, Series
from payments.money import Money
from payments.requests import MOST_ITEM
from payments.states import RECEIPT, REQUEST, ReceiptStatus, RequestStatus
from payments.types import new_id

# Without letters that are taken for each other on paper (I, L, O).
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"
_WORD_LENGTH = 6
_MOST_REASON = 200


@dataclass(frozen=True, slots=True)
class PublicReceipt:
    """What anybody may learn who holds a receipt's number and word: no name of a payer."""

    receipt_id: str
    number_text: str
    status: str
    amount: Money
    item: str
    paid_at: datetime
    payee_name: str
    replaced_by: str | None = None


def issue_receipt(session: Session, *, request_id: str, now: datetime, actor: str) -> Receipt:
    """Issue the one receipt of a paid request, or return it if it is issued already; raises NotPaid."""
    request = rows.lock_request(session, request_id)
    issued = current_receipt(session, request_id)
    if issued is not None:
        return issued
    if request.status != RequestStatus.PAID or request.paid_at is None:
        raise NotPaid(request_id=request.id, status=request.status)
    return _write(session, request, item=request.item, amount_minor=request.allocated_minor, now=now, actor=actor)


def current_receipt(session: Session, request_id: str) -> Receipt | None:
    """Return the receipt of a request that still counts, if one was issued."""
    statement = select(Receipt).where(Receipt.request_id == request_id, Receipt.status == ReceiptStatus.ISSUED)
    return session.scalar(statement)


def reprint_receipt(session: Session, *, receipt_id: str) -> int:
    """Count one more copy and return its number, which the paper shows."""
    _receipt(session, receipt_id)
    statement = (
        update(Receipt)
        .where(Receipt.id == receipt_id)
        .values(copies=Receipt.copies + 1)
        .returning(Receipt.copies)
        .execution_options(synchronize_session="fetch")
    )
    return session.execute(statement).scalar_one()


def void_receipt(session: Session, *, receipt_id: str, reason: str, now: datetime, actor: str) -> Receipt:
    """Void a receipt for a written reason; its number is never given again."""
    receipt, _ = _end(session, receipt_id, ReceiptStatus.VOIDED, reason=reason, now=now, actor=actor)
    session.flush()
    return receipt


def owes_again(session: Session, request: Request, *, why: str, now: datetime, actor: str) -> None:
    """Open a locked request again that had been paid and owes something now: the receipt that it had is void."""
    if request.status != RequestStatus.PAID or not request.due_minor:
        return
    request.status, request.paid_at = REQUEST.move(request.status, RequestStatus.OPEN), None
    issued = current_receipt(session, request.id)
    if issued is not None:
        void_receipt(session, receipt_id=issued.id, reason=why, now=now, actor=actor)


def replace_receipt(session: Session, *, receipt_id: str, item: str, reason: str, now: datetime, actor: str) -> Receipt:
    """Put a corrected receipt in the place of one that counts: other words, and the sum that has not gone back.

    Raises ReasonMissing, TextMissing, NotPaid (nothing is left to give a receipt for) or IllegalTransition.
    """
    item = item.strip()
    if not 0 < len(item) <= MOST_ITEM or not item.isprintable():
        raise TextMissing(field="item", most=MOST_ITEM)
    old, request = _end(session, receipt_id, ReceiptStatus.REPLACED, reason=reason, now=now, actor=actor)
    left = request.allocated_minor - request.refunded_minor
    if request.status != RequestStatus.PAID or left <= 0:
        raise NotPaid(request_id=request.id, status=request.status)
    session.flush()  # one receipt of a request counts at a time: the old one ends first
    return _write(session, request, item=item, amount_minor=left, now=now, actor=actor, replaces_id=old.id)


def receipt_in_public(session: Session, *, receipt_id: str) -> PublicReceipt:
    """Return what a receipt's own address shows; raises ReceiptUnknown."""
    return _in_public(session, _receipt(session, receipt_id))


def find_receipt(session: Session, *, number_text: str, check_word: str) -> PublicReceipt:
    """Return a receipt by number and word as somebody typed them; raises ReceiptUnknown for any that differs."""
    number = "".join(number_text.split()).upper()
    word = "".join(check_word.split()).upper()
    found = session.scalars(select(Receipt).where(Receipt.number_text == number, Receipt.check_word == word)).first()
    if found is None:
        raise ReceiptUnknown
    return _in_public(session, found)


def _write(
    session: Session, request: Request, *, item: str, amount_minor: int, now: datetime, actor: str,
    replaces_id: str | None = None,
) -> Receipt:  # fmt: skip
    """Give a locked, paid request the next receipt of its payee's series."""
    payee = rows.payee(session, request.payee_id)
    series = f"{payee.receipt_series}-{business_date(now).year}"
    number = _next_number(session, payee, series)
    receipt = Receipt(
        id=new_id("rc"),
        payee_id=payee.id,
        request_id=request.id,
        series=series,
        number=number,
        number_text=f"{payee.prefix}-{series}-{number:06d}",
        check_word="".join(secrets.choice(_LETTERS) for _ in range(_WORD_LENGTH)),
        amount_minor=amount_minor,
        currency=request.currency,
        item=item,
        paid_at=request.paid_at,
        issued_at=now,
        issued_by=actor,
        status=RECEIPT.move(None, ReceiptStatus.ISSUED),
        copies=1,
        replaces_id=replaces_id,
    )
    session.add(receipt)
    session.flush()
    return receipt


def _end(
    session: Session, receipt_id: str, status: str, *, reason: str, now: datetime, actor: str
) -> tuple[Receipt, Request]:
    """End a receipt that counts, its request locked first, for a reason that stays with its number."""
    reason = reason.strip()
    if not 0 < len(reason) <= _MOST_REASON:
        raise ReasonMissing(most=_MOST_REASON)
    receipt = _receipt(session, receipt_id)
    request = rows.lock_request(session, receipt.request_id)
    session.refresh(receipt)
    receipt.status = RECEIPT.move(receipt.status, status)
    receipt.status_reason, receipt.status_by, receipt.status_at = reason, actor, now
    return receipt, request


def _receipt(session: Session, receipt_id: str) -> Receipt:
    found = session.get(Receipt, receipt_id)
    if found is None:
        raise ReceiptUnknown
    return found


def _in_public(session: Session, receipt: Receipt) -> PublicReceipt:
    return PublicReceipt(
        receipt_id=receipt.id,
        number_text=receipt.number_text,
        status=receipt.status,
        amount=Money(receipt.amount_minor, receipt.currency),
        item=receipt.item,
        paid_at=receipt.paid_at,
        payee_name=rows.payee(session, receipt.payee_id).name,
        replaced_by=session.scalar(select(Receipt.number_text).where(Receipt.replaces_id == receipt.id)),
    )


def _next_number(session: Session, payee: Payee, series: str) -> int:
    """Take the next number; it goes back with the transaction, so none is ever left out."""
    rows.insert_once(session, Series, {"payee_id": payee.id, "series": series, "last_number": 0})
    statement = (
        update(Series)
        .where(Series.payee_id == payee.id, Series.series == series)
        .values(last_number=Series.last_number + 1)
        .returning(Series.last_number)
        .execution_options(synchronize_session=False)
    )
    return session.execute(statement).scalar_one()
