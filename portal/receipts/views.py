"""The receipts of an institution: found again, printed again, void or corrected."""

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from payments.errors import PaymentsError
from payments.models import Receipt, Request
from payments.states import ReceiptStatus, RequestStatus
from portal.db import begin, reading
from portal.errors import NotFound, error_line
from portal.pay.receipt_views import paper_of
from portal.pay.typed import read_day
from portal.people.forms import PressForm
from portal.receipts import actions, listing
from portal.receipts.forms import CorrectForm, VoidForm
from portal.world import current_world

blueprint = Blueprint("receipts", __name__)


@blueprint.get("/cashier/receipts")
def receipts() -> str:
    """List the receipts of one's own institution, the newest first."""
    typed, day = " ".join(request.args.get("q", "").split())[:40], read_day(request.args.get("day", ""))
    page = listing.listed(reading(), g.acting, typed=typed, day=day, asked=request.args.get("page", 1, type=int))
    return render_template("receipts/receipts.html", page=page, typed=typed, day=day, words=listing.WORDS)


@blueprint.get("/cashier/receipts/<receipt_id>")
def one(receipt_id: str) -> str:
    """Show a receipt with what became of it, and what can be done."""
    return _page(receipt_id)


@blueprint.post("/cashier/receipts/<receipt_id>/copies")
def print_again(receipt_id: str) -> Any:
    """Count one more copy, and lead to its paper."""
    size = "a4" if request.form.get("size") == "a4" else "a6"
    with begin() as rows:
        copy = actions.print_again(rows, now=current_world().clock.now(), acting=g.acting, receipt_id=receipt_id)
    return redirect(url_for("receipts.copy", receipt_id=receipt_id, n=copy, size=size), 303)


@blueprint.get("/cashier/receipts/<receipt_id>/copies/<int:n>.pdf")
def copy(receipt_id: str, n: int) -> Response:
    """Give the paper of a copy that was counted; one that counts no more is not printed."""
    row = actions.own_receipt(reading(), g.acting, receipt_id)
    if row.status != ReceiptStatus.ISSUED or not 1 < n <= row.copies:
        raise NotFound
    answer = paper_of(receipt_id, large=request.args.get("size") == "a4", copy=n)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/cashier/receipts/<receipt_id>/void")
def void(receipt_id: str) -> Any:
    """Void a receipt for a written reason."""
    form, acting = VoidForm(), g.acting
    actions.own_receipt(reading(), acting, receipt_id)
    if not form.validate_on_submit():
        return _page(receipt_id, void_form=form), 400
    with begin() as rows:
        actions.void(
            rows, now=current_world().clock.now(), acting=acting, receipt_id=receipt_id, reason=form.void_reason.data
        )
    flash(_("The receipt is void. Its number stays with the reason."), "message")
    return redirect(url_for("receipts.one", receipt_id=receipt_id), 303)


@blueprint.post("/cashier/receipts/<receipt_id>/correction")
def correct(receipt_id: str) -> Any:
    """Put a corrected receipt in its place."""
    form, acting = CorrectForm(), g.acting
    actions.own_receipt(reading(), acting, receipt_id)
    if not form.validate_on_submit():
        return _page(receipt_id, correct_form=form), 400
    try:
        with begin() as rows:
            made = actions.correct(
                rows, now=current_world().clock.now(), acting=acting, receipt_id=receipt_id, item=form.item.data,
                reason=form.reason.data,
            )  # fmt: skip
    except PaymentsError as error:
        form.form_errors.append(error_line(error.code, **error.fields))
        return _page(receipt_id, correct_form=form), 400
    flash(_("This receipt takes the place of the one before."), "message")
    return redirect(url_for("receipts.one", receipt_id=made.id), 303)


@blueprint.post("/cashier/receipts/<receipt_id>/new")
def issue_new(receipt_id: str) -> Any:
    """Issue a new receipt for a payment whose receipt is void."""
    with begin() as rows:
        made = actions.issue_new(rows, now=current_world().clock.now(), acting=g.acting, receipt_id=receipt_id)
    return redirect(url_for("receipts.one", receipt_id=made.id), 303)


def _page(receipt_id: str, *, void_form: VoidForm | None = None, correct_form: CorrectForm | None = None) -> str:
    rows = reading()
    row = actions.own_receipt(rows, g.acting, receipt_id)
    asked, others = actions.request_of(rows, row), listing.history(rows, row)
    if correct_form is None:
        correct_form = CorrectForm(formdata=None, item=row.item)
    return render_template(
        "receipts/receipt.html", row=row, asked=asked, words=listing.WORDS, void_form=void_form or VoidForm(),
        correct_form=correct_form, press=PressForm(), changes=actions.may_change(g.acting),
        others=[one for one in others if one.id != row.id], form=void_form or correct_form,
        issues=row.status != ReceiptStatus.ISSUED and _holds(asked) and not _counts(others),
    )  # fmt: skip


def _holds(asked: Request) -> bool:
    return asked.status == RequestStatus.PAID and asked.allocated_minor > asked.refunded_minor


def _counts(others: list[Receipt]) -> bool:
    return any(one.status == ReceiptStatus.ISSUED for one in others)
