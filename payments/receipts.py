"""Receipts: a gapless number per payee, series and year, a check word, and a public answer without any name."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from payments import invoices, rows
from payments.days import business_date
from payments.errors import NotPaid, ReasonMissing, ReceiptUnknown, TextMissing
from payments.models import Allocation, CreditUse, Payee, Receipt, Request, Series
from payments.money import Money
from payments.refunds.tables import Refund
from payments.requests import MOST_ITEM
from payments.states import RECEIPT, REQUEST, ReceiptStatus, RefundStatus, RequestStatus
from payments.types import new_id

# Without letters that are taken for each other on paper (I, L, O).
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"
_WORD_LENGTH = 6
_MOST_REASON = 200
_CURRENT = select(Receipt).where(Receipt.request_id == bindparam("its_request"), Receipt.status == ReceiptStatus.ISSUED)
_HAD = select(Receipt).where(Receipt.request_id == bindparam("its_request"))
_SERIES: Any = Series.__table__
_NEXT = (
    update(_SERIES)
    .where(_SERIES.c.payee_id == bindparam("its_payee"), _SERIES.c.series == bindparam("its_series"))
    .values(last_number=_SERIES.c.last_number + 1)
    .returning(_SERIES.c.last_number)
)


@dataclass(frozen=True, slots=True)
class PublicReceipt:
    """What anybody may learn who holds a receipt's number and word: no name of a payer; `returned` went back since."""

    receipt_id: str
    number_text: str
    status: str
    amount: Money
    item: str
    paid_at: datetime
    payee_name: str
    returned: Money
    replaced_by: str | None = None


def issue_receipt(session: Session, *, request_id: str, now: datetime, actor: str) -> Receipt:
    """Issue the one receipt of a paid request for what has not gone back, or return the one that counts.

    Raises NotPaid, also where all of it has gone back.
    """
    request = rows.lock_request(session, request_id)
    issued = current_receipt(session, request_id)
    if issued is not None:
        return issued
    return _write(session, request, item=request.item, amount_minor=_left(request), now=now, actor=actor)


def receipt_if_due(session: Session, *, request_id: str, now: datetime, actor: str) -> Receipt | None:
    """Issue the receipt of a request that was paid and had none since; None for any other.

    What a person made void stays so, whatever comes, unless money paid it anew.
    """
    request = rows.lock_request(session, request_id)
    if not _awaits(session, request):
        return None
    return _write(session, request, item=request.item, amount_minor=_left(request), now=now, actor=actor)


def _awaits(session: Session, request: Request) -> bool:
    if request.status != RequestStatus.PAID or request.allocated_minor <= request.refunded_minor:
        return False
    had = session.scalars(_HAD, {"its_request": request.id}).all()
    if any(one.status == ReceiptStatus.ISSUED for one in had):
        return False
    ended = max((one.status_at for one in had if one.status_at is not None), default=None)
    return ended is None or _came_since(session, request.id, ended)


def _came_since(session: Session, request_id: str, moment: datetime) -> bool:
    money = select(Allocation.id).where(
        Allocation.request_id == request_id, Allocation.undone_at.is_(None), Allocation.made_at >= moment
    )
    used = select(CreditUse.id).where(
        CreditUse.request_id == request_id, CreditUse.undone_at.is_(None), CreditUse.made_at >= moment
    )
    return session.scalar(money.union_all(used).limit(1)) is not None


def current_receipt(session: Session, request_id: str) -> Receipt | None:
    """Return the receipt of a request that still counts, if one was issued."""
    return session.scalar(_CURRENT, {"its_request": request_id})


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
    left = _left(request)
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
    rows.write(session, receipt)
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
    invoices.refuse_unsent(session, receipt_id=receipt.id, now=now)
    return receipt, request


def _left(request: Request) -> int:
    """Return what a receipt of a paid request is for; raises NotPaid."""
    left = request.allocated_minor - request.refunded_minor
    if request.status != RequestStatus.PAID or request.paid_at is None or left <= 0:
        raise NotPaid(request_id=request.id, status=request.status)
    return left


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
        returned=Money(_returned(session, receipt), receipt.currency),
        replaced_by=session.scalar(select(Receipt.number_text).where(Receipt.replaces_id == receipt.id)),
    )


def _returned(session: Session, receipt: Receipt) -> int:
    """Return how much of a receipt that counts is no longer held, because it was paid back after it was issued."""
    if receipt.status != ReceiptStatus.ISSUED:
        return 0
    allocated = select(Request.allocated_minor).where(Request.id == receipt.request_id)
    gone = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
        Refund.request_id == receipt.request_id,
        Refund.allocation_id.is_not(None),
        Refund.status == RefundStatus.SUCCEEDED,  # what is only reserved for the way back is still held
    )
    held = (session.scalar(allocated) or 0) - int(session.scalar(gone) or 0)
    return max(receipt.amount_minor - held, 0)


def _next_number(session: Session, payee: Payee, series: str) -> int:
    """Take the next number; it goes back with the transaction, so none is ever left out."""
    session.flush()
    of_series = {"its_payee": payee.id, "its_series": series}
    number = session.connection().execute(_NEXT, of_series).scalar_one_or_none()
    if number is None:  # the first of its year; who comes second waits at the insert, then counts on
        rows.insert_once(session, Series, {"payee_id": payee.id, "series": series, "last_number": 0})
        number = session.connection().execute(_NEXT, of_series).scalar_one()
    return int(number)
