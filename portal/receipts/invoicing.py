"""Invoices as buyers and accountants act on them: asked for, corrected, numbered by hand, changed; each act told."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

import payments
from payments import invoices
from payments.invoice_errors import InvoiceUnknown
from payments.invoices import Claimed
from payments.issuer import InvoiceOrder, IssuerSaid
from payments.models import Invoice, Receipt
from payments.states import InvoiceStatus
from portal.acting import Acting
from portal.audit import record
from portal.crypto import FieldKeys
from portal.errors import NotFound
from portal.pay.owners import own_payee, owner_of, type_of
from portal.pay.proofs import Proof, proof_of
from portal.places.areas import day_of
from portal.receipts.errors import NoInvoice

if TYPE_CHECKING:
    from portal.world import World

BUYER = Acting.system("payer")
_PLACE = "pay_invoices.sealed_buyer."


def proof_for(session: Session, receipt: Receipt) -> Proof:
    """Return which paper the payment of a receipt has."""
    kind = type_of(session, receipt.payee_id, at=receipt.paid_at)
    return proof_of(receipt.item, payee_type=kind, amount_minor=receipt.amount_minor, on=day_of(receipt.paid_at))


def ask(session: Session, *, now: datetime, receipt_id: str, buyer: Mapping[str, str], keys: FieldKeys) -> Invoice:
    """Ask for the invoice of a receipt, as its buyer. Raises `NoInvoice` for public fees, and as `request_invoice`."""
    payments.receipt_in_public(session, receipt_id=receipt_id)
    receipt = session.get_one(Receipt, receipt_id)
    if not proof_for(session, receipt).invoice_on_demand:
        raise NoInvoice
    row = invoices.request_invoice(
        session, receipt_id=receipt_id, sealed_buyer=_sealed(buyer, receipt_id, keys), now=now
    )
    _tell(session, now, BUYER, "invoice.asked", row)
    return row


def correct(
    session: Session, *, now: datetime, acting: Acting, invoice_id: str, buyer: Mapping[str, str], keys: FieldKeys
) -> Invoice:
    """Ask the issuer anew with corrected data of the buyer; raises IllegalTransition unless it was refused."""
    row = own_invoice(session, acting, invoice_id)
    row = invoices.correct_invoice(
        session, invoice_id=row.id, sealed_buyer=_sealed(buyer, row.receipt_id, keys), now=now
    )
    _tell(session, now, acting, "invoice.corrected", row)
    return row


def enter_number(session: Session, *, now: datetime, acting: Acting, invoice_id: str, number: str) -> Invoice:
    """Note the number of an invoice that was issued elsewhere; raises InvoiceNumberInvalid or IllegalTransition."""
    row = own_invoice(session, acting, invoice_id)
    row = invoices.enter_number(session, invoice_id=row.id, number=number, now=now, actor=acting.actor)
    _tell(session, now, acting, "invoice.issued", row)
    return row


def ask_change(
    session: Session, *, now: datetime, acting: Acting, invoice_id: str, change: str, reason: str
) -> Invoice:
    """Ask the issuer to cancel, replace or adjust; raises ReasonMissing or IllegalTransition."""
    row = own_invoice(session, acting, invoice_id)
    row = invoices.ask_change(session, invoice_id=row.id, change=change, reason=reason, now=now)
    _tell(session, now, acting, "invoice.change_asked", row)
    return row


def order_of(session: Session, claimed: Claimed, keys: FieldKeys) -> InvoiceOrder:
    """Return what the issuer is to be asked about a claimed invoice."""
    row = invoices.get_invoice(session, claimed.invoice_id)
    receipt = session.get_one(Receipt, row.receipt_id)
    return InvoiceOrder(
        invoice_id=row.id, payee_name=payments.get_payee(session, row.payee_id).name, amount_minor=row.amount_minor,
        item=row.item, receipt_number=receipt.number_text, buyer=buyer_of(row, keys), change=row.change,
        of_number=row.number, reason=row.change_reason,
    )  # fmt: skip


def take_answer(session: Session, *, now: datetime, acting: Acting, claimed: Claimed, said: IssuerSaid | None) -> None:
    """Note the issuer's answer, and tell of it; raises LeaseLost or InvoiceNumberInvalid."""
    before = invoices.get_invoice(session, claimed.invoice_id).status
    row = invoices.record_said(session, claimed=claimed, said=said, now=now)
    if row.status != before:
        told = {InvoiceStatus.ISSUED: "invoice.issued", InvoiceStatus.REFUSED: "invoice.refused"}
        _tell(session, now, acting, told.get(InvoiceStatus(row.status), "invoice.changed"), row)


def own_invoice(session: Session, acting: Acting, invoice_id: str) -> Invoice:
    """Return an invoice of one's own organisation; raise `NotFound` for any other."""
    try:
        row = invoices.get_invoice(session, invoice_id)
    except InvoiceUnknown:
        raise NotFound from None
    own_payee(session, acting, row.payee_id)
    return row


def buyer_of(row: Invoice, keys: FieldKeys) -> dict[str, str]:
    """Return the buyer's data, for the accountant and the issuer alone."""
    found: dict[str, str] = json.loads(keys.open(row.sealed_buyer, place=_PLACE + row.receipt_id))
    return found


def issuer_step(world: "World") -> bool:
    """Ask the issuer about one invoice, where there is an issuer; a person enters numbers where there is none."""
    from payments.errors import GatewayError, LeaseLost
    from payments.gateways.protocol import WORKER_SECONDS
    from portal.db import begin

    if world.issuer is None:
        return False
    worker = Acting.system("worker")
    with begin() as session:
        claimed = invoices.claim_invoice(session, now=world.clock.now())
        order = order_of(session, claimed, world.field_keys) if claimed else None
    if claimed is None or order is None:
        return False
    try:
        said = world.issuer.tell(order, seconds=WORKER_SECONDS)
    except GatewayError:
        said = None
    try:
        with begin() as session:
            take_answer(session, now=world.clock.now(), acting=worker, claimed=claimed, said=said)
    except LeaseLost:
        return True
    return True


def _sealed(buyer: Mapping[str, str], receipt_id: str, keys: FieldKeys) -> str:
    return keys.seal(json.dumps(dict(buyer), ensure_ascii=False), place=_PLACE + receipt_id)


def _tell(session: Session, now: datetime, acting: Acting, act: str, row: Invoice) -> None:
    own = replace(acting, organisation_id=owner_of(session, row.payee_id))
    record(session, now=now, acting=own, act=act, object_id=row.id)
