"""The list of what is out of the ordinary about money, and the page where a waiting sum is given to a request."""

from datetime import datetime
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

import payments
from payments import Wanted, suspense
from payments.errors import PaymentsError
from payments.models import Request
from payments.refunds.asking import allocations_of
from payments.states import LIVE_REFUNDS
from portal.cashier import actions, exceptions, odd
from portal.cashier.exception_forms import AssignForm, FindForm, SendBackForm, UndoForm, WrongMatchForm
from portal.cashier.views import blueprint
from portal.db import begin, reading
from portal.errors import error_line
from portal.pay.health import down_of
from portal.pay.owners import own_payees
from portal.pay.refunding import SEALED_AT
from portal.pay.typed import read_number
from portal.people.forms import PressForm
from portal.sheets import csv_file
from portal.world import current_world

WORDS: dict[str, Any] = {
    "unmatched": _l("Money without a request"),
    "partial": _l("Paid too little"),
    "over": _l("Paid too much"),
    "late": _l("Paid too late"),
}
_COLUMNS = ("exception", "since", "about", "amount_vnd", "asked_vnd", "text", "came_for", "came_for_status")


@blueprint.get("/exceptions")
def exceptions_page() -> Any:
    """List what is out of the ordinary at one's own payees, longest waiting first, on a page or as a file."""
    rows, view = reading(), _view()
    if request.args.get("format") == "csv":
        return csv_file("exceptions", _COLUMNS, (_row(one) for one in odd.every(rows, g.acting, view=view)))
    counted, now = odd.counts(rows, g.acting), current_world().clock.now()
    open_ones = sum(counted[kind] for kind in odd.KINDS)
    total = open_ones if view is None else counted[view]
    page = odd.listed(rows, g.acting, view=view, total=total, asked=request.args.get("page", 1, type=int))
    return render_template(
        "cashier/exceptions.html",
        page=page,
        found=[(one, _days(one.since, now)) for one in page.lines],
        view=view,
        views=[(_("To look at"), None, open_ones), *((WORDS[kind], kind, counted[kind]) for kind in odd.KINDS),
               (_("Looked at"), odd.LOOKED_AT, counted[odd.LOOKED_AT])],
        words=WORDS,
        resting=down_of(rows, own_payees(rows, g.acting)),
        find=FindForm(meta={"csrf": False}),
        press=PressForm(),
    )  # fmt: skip


@blueprint.post("/exceptions/looked-at")
def exceptions_looked_at() -> Any:
    """Take from the list what somebody has looked at, or put it back; what she did not see stays."""
    view = _view()
    sums = (one.partition(":") for one in request.form.getlist("seen")[: odd.ROWS * 3])
    seen = {one: read_number(sum_) for one, _colon, sum_ in sums}
    with begin() as rows:
        done = odd.look_at(
            rows, now=current_world().clock.now(), acting=g.acting, again=view == odd.LOOKED_AT,
            seen={one: sum_ for one, sum_ in seen.items() if sum_ is not None},
        )  # fmt: skip
    if not seen:
        flash(_("Choose lines of the list first."), "error")
    elif len(done) < len(seen):
        flash(_("Some have changed meanwhile and stay on the list. Look at them once more."), "error")
    return redirect(url_for("cashier.exceptions_page", kind=view, page=request.args.get("page")), 303)


@blueprint.get("/exceptions/<suspense_id>")
def suspense_page(suspense_id: str) -> str:
    """Show a waiting sum, the requests that it may be for, and what became of it."""
    return _page(suspense_id)


@blueprint.post("/exceptions/<suspense_id>/assign")
def suspense_assign(suspense_id: str) -> Any:
    """Give the sum to a request: a candidate, or the one with this code."""
    form, acting = AssignForm(), g.acting
    item = exceptions.own_suspense(reading(), acting, suspense_id)
    if not form.validate_on_submit():
        return _page(suspense_id, assign=form), 400
    try:
        with begin() as rows:
            named = exceptions.request_named(rows, item, form.code.data)
            exceptions.assign(
                rows, now=current_world().clock.now(), acting=acting, suspense_id=suspense_id, request_id=named.id
            )
    except PaymentsError as error:
        form.code.errors = [error_line(error.code, **error.fields)]
        return _page(suspense_id, assign=form), 400
    flash(_("The money was given to this payment."), "message")
    return redirect(url_for("cashier.suspense_page", suspense_id=suspense_id), 303)


@blueprint.post("/exceptions/<suspense_id>/undo")
def suspense_undo(suspense_id: str) -> Any:
    """Take the sum from its request again."""
    form = UndoForm()
    if not form.validate_on_submit():
        return _page(suspense_id, undo=form), 400
    with begin() as rows:
        exceptions.undo(
            rows, now=current_world().clock.now(), acting=g.acting, suspense_id=suspense_id, why=form.why.data
        )
    return redirect(url_for("cashier.suspense_page", suspense_id=suspense_id), 303)


@blueprint.post("/exceptions/<suspense_id>/send-back")
def suspense_send_back(suspense_id: str) -> Any:
    """Have the sum go back to where it came from."""
    form, world = SendBackForm(), current_world()
    exceptions.own_suspense(reading(), g.acting, suspense_id)
    if not form.validate_on_submit():
        return _page(suspense_id, back=form), 400
    to = " ".join((form.account.data or "").split())
    sealed = world.field_keys.seal(to, place=SEALED_AT + suspense_id) if to else None
    with begin() as rows:
        row = exceptions.send_back(
            rows, now=world.clock.now(), acting=g.acting, suspense_id=suspense_id,
            wanted=Wanted(why=form.reason.data, sealed_to=sealed),
        )  # fmt: skip
    return redirect(url_for("cashier.refund", refund_id=row.id), 303)


@blueprint.get("/exceptions/of")
def paid_by_code() -> Any:
    """Lead to what paid the request with this code."""
    code = "".join(request.args.get("code", "").split()).upper()
    found = exceptions.own_by_code(reading(), g.acting, code)
    if found is None:
        flash(_("We can't find this payment code here."), "error")
        return redirect(url_for("cashier.exceptions_page"), 303)
    return redirect(url_for("cashier.paid_by", request_id=found.id), 303)


@blueprint.get("/exceptions/of/<request_id>")
def paid_by(request_id: str) -> str:
    """Show what pays a request, each payment with the way to take it from it again."""
    return _paid_page(request_id, WrongMatchForm())


@blueprint.post("/exceptions/of/<request_id>/undo")
def paid_undo(request_id: str) -> Any:
    """Take a payment that was matched wrongly from its request; it waits for the right one."""
    form, asked = WrongMatchForm(), actions.own_request(reading(), g.acting, request_id)
    form.offer(allocations_of(reading(), asked.id), payments.overpayments(reading(), asked))
    if not form.validate_on_submit():
        return _paid_page(request_id, form), 400
    with begin() as rows:
        act = {"now": current_world().clock.now(), "acting": g.acting, "request_id": request_id, "why": form.why.data}
        if form.too_much_of is not None:
            item = exceptions.release_over(rows, transaction_id=form.too_much_of, **act)
        else:
            item = exceptions.undo_payment(rows, allocation_id=form.payment.data, **act)
    flash(_("The money waits now. Give it to the right payment, or have it go back."), "message")
    return redirect(url_for("cashier.suspense_page", suspense_id=item.id), 303)


def _paid_page(request_id: str, form: WrongMatchForm) -> str:
    rows = reading()
    asked = actions.own_request(rows, g.acting, request_id)
    paid, too_much = allocations_of(rows, asked.id), payments.overpayments(rows, asked)
    form.offer(paid, too_much)
    return render_template("cashier/paid_by.html", asked=asked, form=form, paid=paid, too_much=too_much)


def _page(
    suspense_id: str,
    *,
    assign: AssignForm | None = None,
    undo: UndoForm | None = None,
    back: SendBackForm | None = None,
) -> str:
    rows = reading()
    item = exceptions.own_suspense(rows, g.acting, suspense_id)
    money, paid = suspense.transaction_of(rows, item), exceptions.assigned_to(rows, item)
    going = exceptions.refund_going(rows, item)
    return render_template(
        "cashier/suspense.html",
        item=item,
        money=money,
        meant=suspense.meant_for(rows, [item.id]).get(item.id),
        pays=rows.scalar(select(Request).where(Request.id == paid.request_id)) if paid else None,
        refund=going,
        worked=item.status != "open" or (going is not None and going.status in LIVE_REFUNDS),
        following=exceptions.waiting_after(rows, g.acting, item),
        candidates=payments.candidates(
            rows, payee_id=item.payee_id, amount_minor=item.amount_minor, paid_at=money.paid_at
        ),
        assign=assign or AssignForm(),
        undo=undo or UndoForm(),
        back=back or SendBackForm(),
        press=PressForm(),
        errors=assign or undo or back,
    )


def _view() -> str | None:
    kind = request.args.get("kind")
    return kind if kind in (*odd.KINDS, odd.LOOKED_AT) else None


def _row(one: odd.Odd) -> tuple[object, ...]:
    meant = (one.meant.code, one.meant.status) if one.meant else ("", "")
    return (one.kind, one.since, one.about, one.amount_minor, one.asked_minor, one.text, *meant)


def _days(since: datetime, now: datetime) -> int:
    return max(0, (now - since).days)
