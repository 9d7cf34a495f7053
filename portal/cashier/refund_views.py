"""Giving money back at the till, and the desk of the second person: agree, refuse, or note a transfer."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from payments import Wanted
from payments.errors import PaymentsError
from payments.models import Payee, Refund
from payments.refunds.errors import RefundableChanged
from portal.cashier import actions, exceptions, going_back
from portal.cashier.refund_forms import OVER, RefundForm, SentForm
from portal.cashier.views import blueprint
from portal.db import begin, reading
from portal.errors import NotFound, Refused, error_line
from portal.i18n import number
from portal.pay import refunding
from portal.pay.refunding import SEALED_AT
from portal.people.forms import PressForm
from portal.world import current_world

_DUTIES = frozenset({"collect", "approve"})


@blueprint.get("/till/<request_id>/refund")
def refund_form(request_id: str) -> Any:
    """Ask how much of what was paid goes back."""
    asked = actions.own_request(reading(), g.acting, request_id)
    left = going_back.payments_left(reading(), request_id)
    form = RefundForm()
    if asked.over_left_minor:  # that is what a payer comes back for
        form.payment.data, form.amount.data = OVER, number(asked.over_left_minor)
    elif left:
        form.amount.data = number(left[0].allocation.left_minor)
    return _form_page(asked, form, left)


@blueprint.post("/till/<request_id>/refund")
def refund_ask(request_id: str) -> Any:
    """Reserve what goes back; the same page says where it waits."""
    world, acting = current_world(), g.acting
    asked = actions.own_request(reading(), acting, request_id)
    left = going_back.payments_left(reading(), request_id)
    form = RefundForm()
    form.offer(left, over_minor=asked.over_left_minor)
    if not form.validate_on_submit():
        return _form_page(asked, form, left), 400
    to = " ".join((form.account.data or "").split())
    wanted = Wanted(
        why=form.why.data, amount_minor=form.amount_minor,
        expected_minor=form.seen_minor,
        sealed_to=world.field_keys.seal(to, place=SEALED_AT + request_id) if to else None,
    )  # fmt: skip
    try:
        with begin() as rows:
            row = _asked(rows, request_id, wanted, form.payment.data)
    except RefundableChanged as error:
        form = RefundForm(formdata=None)
        form.form_errors.append(error_line(error.code, **error.fields))
        return _form_page(asked, form, going_back.payments_left(reading(), request_id)), 412
    except PaymentsError as error:
        form.amount.errors = [error_line(error.code, **error.fields)]
        return _form_page(asked, form, left), 400
    return redirect(url_for("cashier.refund", refund_id=row.id), 303)


@blueprint.get("/refunds")
def refunds_waiting() -> str:
    """List the refunds that need a person, and those under way: the oldest of each, or all of one, page by page."""
    rows, group, number = reading(), request.args.get("group"), request.args.get("page", 1, type=int)
    if group is not None and group not in going_back.GROUPS:
        raise NotFound
    groups = [one for one in going_back.GROUPS if group in (None, one)]
    pages = {one: going_back.waiting(rows, g.acting, one, asked=number if len(groups) == 1 else 1) for one in groups}
    items = going_back.items_of(rows, [one for page in pages.values() for one in page.lines])
    return render_template(
        "cashier/refunds.html", pages=pages, items=items, words=going_back.WORDS, alone=len(groups) == 1
    )


@blueprint.get("/refunds/<refund_id>")
def refund(refund_id: str) -> str:
    """Show one refund, and what can be done about it."""
    return _refund_page(refunding.own_refund(reading(), g.acting, refund_id), SentForm())


@blueprint.post("/refunds/<refund_id>/decision")
def refund_decide(refund_id: str) -> Any:
    """Agree or refuse, as a second person."""
    agreed = request.form.get("do") == "agree"
    with begin() as rows:
        refunding.decide(rows, now=current_world().clock.now(), acting=g.acting, refund_id=refund_id, agreed=agreed)
    flash(_("You agreed to this refund.") if agreed else _("You refused this refund."), "message")
    return redirect(url_for("cashier.refund", refund_id=refund_id), 303)


@blueprint.post("/refunds/<refund_id>/sent")
def refund_sent(refund_id: str) -> Any:
    """Note that somebody has transferred it."""
    form, acting = SentForm(), g.acting
    row = refunding.own_refund(reading(), acting, refund_id)
    if not form.validate_on_submit():
        return _refund_page(row, form), 400
    with begin() as rows:
        refunding.confirm(
            rows, now=current_world().clock.now(), acting=acting, refund_id=refund_id, reference=form.reference.data
        )
    return redirect(url_for("cashier.refund", refund_id=refund_id), 303)


@blueprint.post("/refunds/<refund_id>/cancel")
def refund_cancel(refund_id: str) -> Any:
    """Withdraw a refund that has not left."""
    if not g.acting.duties & _DUTIES:
        raise Refused
    with begin() as rows:
        refunding.cancel(rows, now=current_world().clock.now(), acting=g.acting, refund_id=refund_id)
    return redirect(url_for("cashier.refund", refund_id=refund_id), 303)


def _asked(rows: Session, request_id: str, wanted: Wanted, payment: str) -> Refund:
    now, acting = current_world().clock.now(), g.acting
    if payment == OVER:
        return exceptions.send_back_over(rows, now=now, acting=acting, request_id=request_id, wanted=wanted)
    return refunding.ask(rows, now=now, acting=acting, request_id=request_id, wanted=wanted, allocation_id=payment)


def _form_page(asked: Any, form: RefundForm, left: Any) -> str:
    form.offer(left, over_minor=asked.over_left_minor)
    form.seen.data = str(sum(one.allocation.left_minor for one in left))
    form.seen_over.data = str(asked.over_left_minor)
    return render_template(
        "cashier/refund_form.html", asked=asked, form=form, left=left,
        refunds=going_back.refunds_shown(reading(), asked.id), words=going_back.WORDS,
        waits=going_back.waits_of(reading(), asked.id),
    )  # fmt: skip


def _refund_page(row: Refund, form: SentForm) -> str:
    rows, world, acting = reading(), current_world(), g.acting
    asked = actions.own_request(rows, acting, row.request_id) if row.request_id else None
    to = None
    if row.sealed_to is not None and "approve" in acting.duties:
        to = world.field_keys.open(row.sealed_to, place=f"{SEALED_AT}{row.request_id or row.suspense_id}")
    return render_template(
        "cashier/refund.html", row=row, asked=asked, form=form, press=PressForm(), to=to,
        own=row.asked_by == acting.actor, payee=rows.get_one(Payee, row.payee_id), words=going_back.WORDS,
        approves="approve" in acting.duties,
        cancels=bool(acting.duties & _DUTIES),
    )  # fmt: skip
