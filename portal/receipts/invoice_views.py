"""Invoices on pages: the buyer asks on the receipt's page; the accountant sees, corrects, numbers and changes them."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

import payments
from payments import invoices
from payments.errors import PaymentsError
from payments.models import Receipt
from payments.states import InvoiceStatus
from portal.db import begin, reading
from portal.errors import NotFound, PortalError, error_line
from portal.receipts import invoice_listing, invoicing
from portal.receipts.invoice_forms import BuyerForm, ChangeForm, NumberForm, OpenBuyerForm
from portal.receipts.views import blueprint
from portal.sheets import csv_file, xlsx_file
from portal.world import current_world

open_pages = Blueprint("invoices", __name__)
WORDS: dict[str, tuple[Any, str]] = {
    InvoiceStatus.REQUESTED: (_l("asked for"), "amber"),
    InvoiceStatus.ISSUED: (_l("issued"), "green"),
    InvoiceStatus.REFUSED: (_l("refused by the issuer"), "red"),
    InvoiceStatus.REPLACED: (_l("replaced"), "grey"),
    InvoiceStatus.ADJUSTED: (_l("adjusted by another"), "grey"),
    InvoiceStatus.CANCELLED: (_l("cancelled"), "grey"),
}


@open_pages.get("/receipts/<receipt_id>/invoice")
def ask_page(receipt_id: str) -> Any:
    """Show how the invoice of a receipt stands, or ask for the buyer's data."""
    return _ask_page(receipt_id, OpenBuyerForm(formdata=None))


@open_pages.post("/receipts/<receipt_id>/invoice")
def ask(receipt_id: str) -> Any:
    """Ask for the invoice of a receipt."""
    form, world = OpenBuyerForm(), current_world()
    payments.receipt_in_public(reading(), receipt_id=receipt_id)
    if not form.validate_on_submit():
        return _ask_page(receipt_id, form), 400
    try:
        with begin() as rows:
            invoicing.ask(rows, now=world.clock.now(), receipt_id=receipt_id, buyer=form.buyer, keys=world.field_keys)
    except (PortalError, PaymentsError) as error:
        form.form_errors.append(error_line(error.code, **error.fields))
        return _ask_page(receipt_id, form), 409
    return redirect(url_for("invoices.ask_page", receipt_id=receipt_id), 303)


@blueprint.get("/cashier/invoices")
def invoices_page() -> Any:
    """List the invoices of one's own institution, the newest first, of one state or of all; or keep them as a file."""
    rows, state, kind = reading(), request.args.get("state"), request.args.get("format")
    if state is not None and state not in WORDS:
        raise NotFound
    if kind in ("csv", "xlsx"):
        return _file(state, workbook=kind == "xlsx")
    counted = invoice_listing.counts(rows, g.acting)
    total = sum(counted.values()) if state is None else counted.get(state, 0)
    asked = request.args.get("page", 1, type=int)
    page = invoice_listing.listed(rows, g.acting, state=state, total=total, asked=asked)
    return render_template(
        "receipts/invoices.html", page=page, counted=counted, every=sum(counted.values()), state=state, words=WORDS
    )


@blueprint.get("/cashier/invoices/<invoice_id>")
def invoice(invoice_id: str) -> str:
    """Show an invoice with its buyer, and what can be done."""
    return _page(invoice_id)


@blueprint.post("/cashier/invoices/<invoice_id>/buyer")
def invoice_correct(invoice_id: str) -> Any:
    """Send corrected data of the buyer to the issuer."""
    form, world = BuyerForm(), current_world()
    return _done(
        invoice_id, form, "buyer",
        lambda rows: invoicing.correct(
            rows, now=world.clock.now(), acting=g.acting, invoice_id=invoice_id, buyer=form.buyer,
            keys=world.field_keys,
        ),
        said=_("The issuer is asked again with these data."),
    )  # fmt: skip


@blueprint.post("/cashier/invoices/<invoice_id>/number")
def invoice_number(invoice_id: str) -> Any:
    """Note the number of an invoice that was issued elsewhere."""
    form, now = NumberForm(), current_world().clock.now()
    return _done(
        invoice_id, form, "number",
        lambda rows: invoicing.enter_number(
            rows, now=now, acting=g.acting, invoice_id=invoice_id, number=form.number.data
        ),
        said=_("The number is noted."),
    )  # fmt: skip


@blueprint.post("/cashier/invoices/<invoice_id>/change")
def invoice_change(invoice_id: str) -> Any:
    """Ask the issuer to cancel, replace or adjust."""
    form, now = ChangeForm(), current_world().clock.now()
    return _done(
        invoice_id, form, "change",
        lambda rows: invoicing.ask_change(
            rows, now=now, acting=g.acting, invoice_id=invoice_id, change=form.change.data, reason=form.reason.data
        ),
        said=_("The issuer is asked. Nothing changes before it has confirmed."),
    )  # fmt: skip


def _file(state: str | None, *, workbook: bool) -> Any:
    """Return the invoices as a file; the buyers' data stay where they are sealed."""
    columns = (
        _("Asked for"), _("For"), _("Amount in đồng"), _("State"), _("Since"), _("Invoice number"),
        _("What the issuer said"),
    )  # fmt: skip
    cells = (
        (one.asked_at, one.item, one.amount_minor, WORDS[one.status][0], one.status_at, one.number, one.refusal)
        for one in invoice_listing.every(reading(), g.acting, state=state)
    )
    name = f"hoa-don-{state}" if state else "hoa-don"
    return xlsx_file(name, (_("Invoices"), columns, cells)) if workbook else csv_file(name, columns, cells)


def _done(invoice_id: str, form: FlaskForm, name: str, act: Any, *, said: str) -> Any:
    """Carry out a checked form's act on an invoice of one's own, or show the page again with what is wrong."""
    invoicing.own_invoice(reading(), g.acting, invoice_id)
    if not form.validate_on_submit():
        return _page(invoice_id, **{name: form}), 400
    try:
        with begin() as rows:
            act(rows)
    except PaymentsError as error:
        form.form_errors.append(error_line(error.code, **error.fields))
        return _page(invoice_id, **{name: form}), 400
    flash(said, "message")
    return redirect(url_for("receipts.invoice", invoice_id=invoice_id), 303)


def _ask_page(receipt_id: str, form: OpenBuyerForm) -> str:
    rows = reading()
    found = payments.receipt_in_public(rows, receipt_id=receipt_id)
    proof = invoicing.proof_for(rows, rows.get_one(Receipt, receipt_id))
    if not proof.invoice_on_demand:
        raise NotFound
    issuer = current_world().issuer
    return render_template(
        "receipts/ask_invoice.html", receipt=found, form=form, row=invoices.invoice_of(rows, receipt_id), words=WORDS,
        simulated=issuer is not None and issuer.simulated, must=proof.paper == "invoice",
    )  # fmt: skip


def _page(invoice_id: str, **sent: FlaskForm) -> str:
    rows, world = reading(), current_world()
    row = invoicing.own_invoice(rows, g.acting, invoice_id)
    buyer = invoicing.buyer_of(row, world.field_keys)
    forms: dict[str, Any] = {
        "buyer": BuyerForm(formdata=None, **buyer), "number": NumberForm(formdata=None),
        "change": ChangeForm(formdata=None),
    } | sent  # fmt: skip
    return render_template(
        "receipts/invoice.html", row=row, buyer=buyer, forms=forms, form=next(iter(sent.values()), forms["buyer"]),
        receipt=rows.get_one(Receipt, row.receipt_id), words=WORDS, issuer=world.issuer,
    )  # fmt: skip
