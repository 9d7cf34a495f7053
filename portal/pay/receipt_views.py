"""Receipts for everybody who holds one: the page, the A6 paper, and the check of number and word."""

from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext as _

import payments
from payments import PublicReceipt
from payments.errors import ReceiptUnknown
from payments.models import Receipt
from payments.states import ReceiptStatus
from portal.db import reading
from portal.errors import NotFound
from portal.limits import RECEIPT_CHECKS, limited
from portal.pay.blueprint import blueprint
from portal.pay.forms import ReceiptCheckForm
from portal.pay.owners import type_of
from portal.pay.proofs import proof_of
from portal.pay.receipt_paper import draw_receipt
from portal.places.areas import day_of
from portal.qr import qr_svg
from portal.world import current_world


@blueprint.get("/receipts/<receipt_id>")
def receipt(receipt_id: str) -> str:
    """Show a receipt: number, word, sum, payee, what for; never a payer's name."""
    rows, (found, word) = reading(), _held(receipt_id)
    kind = type_of(rows, rows.get_one(Receipt, receipt_id).payee_id, at=found.paid_at)
    proof = proof_of(found.item, payee_type=kind, amount_minor=found.amount.amount_minor, on=day_of(found.paid_at))
    return render_template(
        "pay/receipt.html", receipt=found, word=word, qr=qr_svg(_address(receipt_id)), invoice=proof.invoice_on_demand
    )


@blueprint.get("/receipts/<receipt_id>/a6.pdf")
def receipt_paper(receipt_id: str) -> Response:
    """Give the receipt as a page of A6; one that counts no more is not printed."""
    return paper_of(receipt_id)


@blueprint.get("/receipts/<receipt_id>/a4.pdf")
def receipt_sheet(receipt_id: str) -> Response:
    """Give the receipt as a page of A4, as books keep it."""
    return paper_of(receipt_id, large=True)


def paper_of(receipt_id: str, *, large: bool = False, copy: int | None = None) -> Response:
    """Return a receipt as PDF. Raises ReceiptUnknown, and `NotFound` for one that counts no more."""
    found, word = _held(receipt_id)
    if found.status != ReceiptStatus.ISSUED:
        raise NotFound
    answer = make_response(draw_receipt(found, word=word, address=_address(receipt_id), large=large, copy=copy))
    answer.content_type = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{found.number_text}.pdf"'
    return answer


@blueprint.get("/receipts/check")
@limited(RECEIPT_CHECKS, by="number")
def receipt_check() -> Any:
    """Say whether a number with its word is a receipt that counts: its state, sum, day and payee, no name."""
    if not request.args.keys() & {"number", "word"}:
        return render_template("pay/receipt_check.html", form=ReceiptCheckForm(formdata=None), receipt=None)
    form = ReceiptCheckForm(request.args)
    if not form.validate():
        return render_template("pay/receipt_check.html", form=form, receipt=None), 400
    try:
        found = payments.find_receipt(reading(), number_text=form.number.data, check_word=form.word.data)
    except ReceiptUnknown:
        form.word.errors = [_("There is no receipt with this number and word. Check both on the paper.")]
        return render_template("pay/receipt_check.html", form=form, receipt=None), 404
    return render_template("pay/receipt_check.html", form=form, receipt=found)


def _held(receipt_id: str) -> tuple[PublicReceipt, str]:
    """Return a receipt and its word, which who holds its address may see; raise ReceiptUnknown."""
    rows = reading()
    found = payments.receipt_in_public(rows, receipt_id=receipt_id)
    return found, rows.get_one(Receipt, receipt_id).check_word


def _address(receipt_id: str) -> str:
    path = url_for("pay.receipt", receipt_id=receipt_id)
    return current_world().settings.public_url.rstrip("/") + path
