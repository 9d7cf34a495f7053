"""Invoices of receipts: asked for by the buyer, issued by an issuer or entered by hand, corrected, changed.

none → requested → issued | refused; refused → requested; issued → replaced | adjusted | cancelled, once the issuer
has confirmed it. What the issuer is asked goes out of no transaction: claimed, told, recorded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import approvals, rows
from payments.errors import IllegalTransition, LeaseLost, NotPaid, ReceiptUnknown
from payments.invoice_errors import InvoiceAsked, InvoiceNumberInvalid, InvoiceUnknown
from payments.issuer import IssuerSaid
from payments.models import Invoice, Receipt
from payments.states import INVOICE, InvoiceStatus, ReceiptStatus
from payments.types import new_id

CHANGES = (InvoiceStatus.CANCELLED, InvoiceStatus.REPLACED, InvoiceStatus.ADJUSTED)
LEASE = timedelta(minutes=2)
_PAUSES_MINUTES = (1, 5, 15, 60, 360)
_NUMBER = re.compile(r"[0-9A-Z][0-9A-Z/-]{0,39}")
_LIVE = (InvoiceStatus.REQUESTED, InvoiceStatus.REFUSED, InvoiceStatus.ISSUED)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the issuer is to be asked now, under a lease."""

    invoice_id: str
    lease_no: int


def request_invoice(session: Session, *, receipt_id: str, sealed_buyer: str, now: datetime) -> Invoice:
    """Ask for the invoice of a receipt that counts; one that was refused is asked for anew with these data.

    Raises ReceiptUnknown, NotPaid (the receipt counts no more) or InvoiceAsked.
    """
    receipt = session.get(Receipt, receipt_id)
    if receipt is None:
        raise ReceiptUnknown
    rows.lock_request(session, receipt.request_id)
    session.refresh(receipt)
    before = invoice_of(session, receipt_id)
    if before is not None and before.status == InvoiceStatus.REFUSED:
        return correct_invoice(session, invoice_id=before.id, sealed_buyer=sealed_buyer, now=now)
    if before is not None:
        raise InvoiceAsked(status=before.status)
    if receipt.status != ReceiptStatus.ISSUED:
        raise NotPaid(request_id=receipt.request_id, status=receipt.status)
    row = _made(receipt, sealed_buyer=sealed_buyer, now=now)
    session.add(row)
    session.flush()
    return row


def invoice_of(session: Session, receipt_id: str) -> Invoice | None:
    """Return the invoice of a receipt that is under way or counts, if one was asked for: the newest."""
    query = select(Invoice).where(Invoice.receipt_id == receipt_id, Invoice.status.in_(_LIVE))
    return session.scalar(query.order_by(Invoice.seq.desc()).limit(1), execution_options=rows.FRESH)


def get_invoice(session: Session, invoice_id: str, *, lock: bool = False) -> Invoice:
    """Return an invoice, locked and fresh if asked so; raises InvoiceUnknown."""
    query = select(Invoice).where(Invoice.id == invoice_id)
    found = session.scalar(query.with_for_update() if lock else query, execution_options=rows.FRESH)
    if found is None:
        raise InvoiceUnknown(invoice_id=invoice_id)
    return found


def correct_invoice(session: Session, *, invoice_id: str, sealed_buyer: str, now: datetime) -> Invoice:
    """Ask again with other data of the buyer for one that was refused.

    Raises IllegalTransition for any other, and NotPaid where its receipt counts no more.
    """
    row = get_invoice(session, invoice_id, lock=True)
    receipt = session.get_one(Receipt, row.receipt_id)
    if receipt.status != ReceiptStatus.ISSUED:
        raise NotPaid(request_id=receipt.request_id, status=receipt.status)
    row.status, row.status_at = INVOICE.move(row.status, InvoiceStatus.REQUESTED), now
    row.sealed_buyer, row.refusal, row.next_try_at, row.tries = sealed_buyer, None, now, 0
    session.flush()
    return row


def ask_change(session: Session, *, invoice_id: str, change: str, reason: str, now: datetime) -> Invoice:
    """Ask the issuer to cancel, replace or adjust an issued invoice; nothing changes before it has confirmed it."""
    row = get_invoice(session, invoice_id, lock=True)
    INVOICE.move(row.status, change)
    row.change, row.change_reason, row.refusal = change, approvals.tidy(reason), None
    row.next_try_at, row.tries = now, 0
    session.flush()
    return row


def enter_number(session: Session, *, invoice_id: str, number: str, now: datetime, actor: str) -> Invoice:
    """Note the number of an invoice that a person had issued elsewhere; raises InvoiceNumberInvalid."""
    row = get_invoice(session, invoice_id, lock=True)
    _issue(session, row, "".join(number.split()).upper(), now=now)
    row.by_hand = actor
    session.flush()
    return row


def refuse_unsent(session: Session, *, receipt_id: str, now: datetime) -> None:
    """Refuse the invoice of a receipt that counts no more, unless the issuer was asked: its answer is waited for."""
    query = select(Invoice).where(
        Invoice.receipt_id == receipt_id, Invoice.status == InvoiceStatus.REQUESTED, Invoice.lease_no == 0
    )
    for row in session.scalars(query.with_for_update(), execution_options=rows.FRESH):
        row.status, row.status_at = INVOICE.move(row.status, InvoiceStatus.REFUSED), now
        row.next_try_at = None


def claim_invoice(session: Session, *, now: datetime) -> Claimed | None:
    """Claim one invoice about which the issuer is to be asked, for two minutes."""
    due = select(Invoice).where(Invoice.next_try_at <= now).order_by(Invoice.next_try_at, Invoice.seq).limit(1)
    row = session.scalar(due.with_for_update(skip_locked=True), execution_options=rows.FRESH)
    if row is None:
        return None
    row.lease_no += 1
    row.next_try_at = now + LEASE
    session.flush()
    return Claimed(row.id, row.lease_no)


def record_said(session: Session, *, claimed: Claimed, said: IssuerSaid | None, now: datetime) -> Invoice:
    """Note what the issuer answered (None: nothing clear, asked again later); raises LeaseLost."""
    row = get_invoice(session, claimed.invoice_id, lock=True)
    if row.lease_no != claimed.lease_no or row.next_try_at is None:
        raise LeaseLost
    if said is None:
        row.next_try_at = now + timedelta(minutes=_PAUSES_MINUTES[min(row.tries, len(_PAUSES_MINUTES) - 1)])
        row.tries += 1
    elif said.refusal is not None:
        _refused(row, said.refusal, now=now)
    elif row.change is not None:
        _changed(session, row, said.number, now=now)
    else:
        _issue(session, row, said.number or "", now=now)
    session.flush()
    return row


def _made(receipt: Receipt, *, sealed_buyer: str, now: datetime, of_id: str | None = None) -> Invoice:
    return Invoice(
        id=new_id("iv"), payee_id=receipt.payee_id, receipt_id=receipt.id, amount_minor=receipt.amount_minor,
        currency=receipt.currency, item=receipt.item, sealed_buyer=sealed_buyer,
        status=INVOICE.move(None, InvoiceStatus.REQUESTED), status_at=now, number=None, refusal=None, by_hand=None,
        change=None, change_reason=None, of_id=of_id, asked_at=now, next_try_at=now, tries=0, lease_no=0,
    )  # fmt: skip


def _issue(session: Session, row: Invoice, number: str, *, now: datetime) -> None:
    if not INVOICE.allows(row.status, InvoiceStatus.ISSUED):
        raise IllegalTransition(table=INVOICE.name, from_status=row.status, to_status=InvoiceStatus.ISSUED)
    taken = select(Invoice.seq).where(Invoice.payee_id == row.payee_id, Invoice.number == number)
    if not _NUMBER.fullmatch(number) or session.scalar(taken) is not None:
        raise InvoiceNumberInvalid
    row.number, row.status, row.status_at = number, INVOICE.move(row.status, InvoiceStatus.ISSUED), now
    row.next_try_at, row.refusal = None, None


def _refused(row: Invoice, refusal: str, *, now: datetime) -> None:
    """Note a refusal; of a change it leaves the invoice as it is."""
    row.refusal, row.next_try_at = refusal, None
    if row.change is None:
        row.status, row.status_at = INVOICE.move(row.status, InvoiceStatus.REFUSED), now
    row.change = None


def _changed(session: Session, row: Invoice, number: str | None, *, now: datetime) -> None:
    """End an invoice as its issuer confirmed; one that is replaced or adjusted has a new one of its own number."""
    change = str(row.change)
    row.status, row.status_at = INVOICE.move(row.status, change), now
    row.next_try_at, row.change = None, None
    session.flush()
    if number is not None and change != InvoiceStatus.CANCELLED:
        made = _made(session.get_one(Receipt, row.receipt_id), sealed_buyer=row.sealed_buyer, now=now, of_id=row.id)
        session.add(made)
        session.flush()
        _issue(session, made, number, now=now)
