"""The accountant's list of sales that have no invoice yet, on a page or as a file."""

from collections.abc import Iterator
from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from payments import business_date
from payments.states import InvoiceStatus
from portal.db import reading
from portal.pay.period_form import PeriodForm
from portal.receipts import sales
from portal.receipts.invoice_views import WORDS
from portal.receipts.sales import Days, Sale
from portal.receipts.views import blueprint
from portal.sheets import csv_file, xlsx_file
from portal.world import current_world

SAID: dict[str, tuple[Any, str]] = WORDS | {"none": (_l("not asked for"), "grey")}


@blueprint.get("/cashier/sales")
def sales_page() -> Any:
    """List the sales of a period without an invoice, or those that wait for the issuer; the first paid first."""
    rows, now, waits = reading(), current_world().clock.now(), request.args.get("show") == "waiting"
    today = business_date(now)
    form = PeriodForm.asked(request.args, first=today.replace(day=1), last=today)
    if not form.validate():
        return render_template("receipts/sales.html", form=form, days=None, waits=waits), 400
    days = Days(form.first.data, form.last.data)
    kind = request.args.get("format")
    if kind in ("csv", "xlsx"):
        return _file(days, waits=waits, workbook=kind == "xlsx")
    missing, waiting = sales.sums(rows, g.acting, days)
    asked, total = request.args.get("page", 1, type=int), waiting if waits else missing
    page = sales.listed(rows, g.acting, days, waits=waits, total=total.count, asked=asked)
    return render_template(
        "receipts/sales.html", form=form, days=days, waits=waits, missing=missing, waiting=waiting, total=total,
        page=page, words=SAID, address=ask_address, now=now, several=len({one.payee.id for one in page.lines}) > 1,
    )  # fmt: skip


def ask_address(one: Sale) -> str:
    """Return where the next step of a sale's invoice is done: its invoice, the asking for it, or its receipt first."""
    if one.invoice is not None and (one.state == InvoiceStatus.REQUESTED or one.to_correct):
        return url_for("receipts.invoice", invoice_id=one.invoice.id)
    if one.receipt is None:
        return url_for("cashier.paid_by", request_id=one.request.id)
    if one.may_ask:
        return url_for("invoices.ask_page", receipt_id=one.receipt.id)
    return url_for("receipts.one", receipt_id=one.receipt.id)


def _file(days: Days, *, waits: bool, workbook: bool) -> Any:
    title = _("Waiting for the issuer") if waits else _("Sales without an invoice")
    name = f"{'hoa-don-cho' if waits else 'ban-chua-hoa-don'}-{days.first}-{days.last}"
    columns = (
        _("Paid at"), _("Payment code"), _("For"), _("Amount in đồng"), _("State"), _("Receipt number"), _("Payee"),
        _("Asked for"),
    )  # fmt: skip
    cells = _cells(days, waits=waits)
    return xlsx_file(name, (title, columns, cells)) if workbook else csv_file(name, columns, cells)


def _cells(days: Days, *, waits: bool) -> Iterator[tuple[object, ...]]:
    for one in sales.every(reading(), g.acting, days, waits=waits):
        yield (
            one.request.paid_at, one.request.code, one.request.item, one.left_minor, SAID[one.state][0],
            one.receipt.number_text if one.receipt else None, one.payee.name,
            one.invoice.asked_at if one.invoice else None,
        )  # fmt: skip
