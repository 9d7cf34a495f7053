"""The hospital's desk: all stays on one page, and one page a stay for advance, charges, discharge and return."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from payments.errors import PaymentsError
from payments.models import Payee
from portal.cashier import going_back, tills
from portal.cashier.models import Desk
from portal.cashier.views import show_code
from portal.crypto import FieldKeys
from portal.db import begin, reading
from portal.errors import NotFound, PortalError, error_line
from portal.hospital import actions, listing, returning
from portal.hospital.forms import AccountForm, AdvanceForm, ChargeForm, StayForm, UndoUseForm
from portal.hospital.words import CHOICES
from portal.pay.owners import own_payees
from portal.people.forms import PressForm
from portal.world import current_world

blueprint = Blueprint("hospital", __name__)
# Who sees a patient's name: who stands before him, and who says that the account is his.
_SEES_NAMES = frozenset({"collect", "approve"})


@blueprint.get("/hospital")
def stays() -> str:
    """Show the stays that go on, or those with a code, and the form for a new one."""
    return _stays_page(StayForm())


@blueprint.post("/hospital/stays")
def stay_open() -> Any:
    """Open a stay and lead to its page."""
    form, world, acting, payee = StayForm(), current_world(), g.acting, _own_hospital()
    if not form.validate_on_submit():
        return _stays_page(form), 400
    try:
        with begin() as rows:
            stay = actions.open_stay(
                rows, now=world.clock.now(), acting=acting, payee_id=payee.id, code=form.code.data,
                name=form.name.data, keys=world.field_keys,
            )  # fmt: skip
    except PortalError as error:
        form.code.errors = [error_line(error.code, **error.fields)]
        return _stays_page(form), 400
    return redirect(url_for("hospital.stay", stay_id=stay.id), 303)


@blueprint.get("/hospital/stays/<stay_id>")
def stay(stay_id: str) -> str:
    """Show a stay: advances, charges, what is due and what is left, and what can be done next."""
    return _stay_page(stay_id)


@blueprint.post("/hospital/stays/<stay_id>/advance")
def advance(stay_id: str) -> Any:
    """Ask for an advance and show its code, for half an hour."""
    form, acting = AdvanceForm(), g.acting
    actions.own_stay(reading(), acting, stay_id)
    if not form.validate_on_submit():
        return _stay_page(stay_id, advance=form), 400
    try:
        with begin() as rows:
            asked = actions.ask_advance(
                rows, now=current_world().clock.now(), acting=acting, stay_id=stay_id, desk_ref=form.desk.data,
                amount_minor=form.amount_minor, form_id=form.form_id.data,
            )  # fmt: skip
    except (PortalError, PaymentsError) as error:
        return _told(error, form, _stay_page, stay_id, advance=form)
    session["desk"] = form.desk.data
    show_code(asked.id, acting)
    return redirect(url_for("cashier.asked", request_id=asked.id), 303)


@blueprint.post("/hospital/stays/<stay_id>/charges")
def charge(stay_id: str) -> Any:
    """Charge the stay, less what it is let off."""
    form, acting = ChargeForm(), g.acting
    actions.own_stay(reading(), acting, stay_id)
    if not form.validate_on_submit():
        return _stay_page(stay_id, charge=form), 400
    try:
        with begin() as rows:
            actions.charge(
                rows, now=current_world().clock.now(), acting=acting, stay_id=stay_id, desk_ref=form.desk.data,
                item=form.item.data, gross_minor=form.gross_minor, reduction_minor=form.reduction_minor,
                reason=form.reduction_reason.data or "", form_id=form.form_id.data,
            )  # fmt: skip
    except (PortalError, PaymentsError) as error:
        return _told(error, form, _stay_page, stay_id, charge=form)
    flash(_("The charge is written down."), "message")
    return redirect(url_for("hospital.stay", stay_id=stay_id), 303)


@blueprint.post("/hospital/stays/<stay_id>/discharge")
def discharge(stay_id: str) -> Any:
    """Take the charges from the advance and close the stay."""
    with begin() as rows:
        actions.discharge(rows, now=current_world().clock.now(), acting=g.acting, stay_id=stay_id)
    flash(_("The patient is discharged. The charges were taken from the advance."), "success")
    return redirect(url_for("hospital.stay", stay_id=stay_id), 303)


@blueprint.post("/hospital/stays/<stay_id>/account")
def account(stay_id: str) -> Any:
    """Write down the account to which the rest goes back."""
    form, world, acting = AccountForm(), current_world(), g.acting
    actions.own_stay(reading(), acting, stay_id)
    if not form.validate_on_submit():
        return _stay_page(stay_id, account=form), 400
    with begin() as rows:
        returning.note_account(
            rows, now=world.clock.now(), acting=acting, stay_id=stay_id, account=form.account.data,
            keys=world.field_keys,
        )  # fmt: skip
    return redirect(url_for("hospital.stay", stay_id=stay_id), 303)


@blueprint.post("/hospital/stays/<stay_id>/account/check")
def account_check(stay_id: str) -> Any:
    """Say, as a second person, that the account is the right one."""
    with begin() as rows:
        returning.check_account(rows, now=current_world().clock.now(), acting=g.acting, stay_id=stay_id)
    flash(_("The account is checked. The rest may go back to it."), "message")
    return redirect(url_for("hospital.stay", stay_id=stay_id), 303)


@blueprint.post("/hospital/stays/<stay_id>/return")
def give_back(stay_id: str) -> Any:
    """Ask that the rest of the advance goes back; a second person must agree."""
    seen = request.form.get("seen", "")
    try:
        with begin() as rows:
            made = returning.give_back(
                rows, now=current_world().clock.now(), acting=g.acting, stay_id=stay_id,
                seen_minor=int(seen) if seen.isascii() and seen.isdecimal() else -1,
            )  # fmt: skip
    except PaymentsError as error:
        flash(error_line(error.code, **error.fields), "error")
        return redirect(url_for("hospital.stay", stay_id=stay_id), 303)
    return redirect(url_for("cashier.refund", refund_id=made[0].id), 303)


@blueprint.post("/hospital/stays/<stay_id>/uses/<use_id>/undo")
def use_undo(stay_id: str, use_id: str) -> Any:
    """Give back to the advance what a charge took by mistake."""
    form, acting = UndoUseForm(), g.acting
    actions.own_stay(reading(), acting, stay_id)
    if not form.validate_on_submit():
        return _stay_page(stay_id, undo=form), 400
    with begin() as rows:
        actions.undo_use(
            rows, now=current_world().clock.now(), acting=acting, stay_id=stay_id, use_id=use_id, why=form.why.data
        )
    return redirect(url_for("hospital.stay", stay_id=stay_id), 303)


def _told(error: PortalError | PaymentsError, form: FlaskForm, page: Any, stay_id: str, **forms: FlaskForm) -> Any:
    """Show the page again with what the act says; another's stay or desk is not there at all."""
    if isinstance(error, NotFound):
        raise error
    form.form_errors.append(error_line(error.code, **error.fields))
    return page(stay_id, **forms), 400


def _stays_page(form: StayForm) -> str:
    payee, typed = _own_hospital(), " ".join(request.args.get("q", "").split())[:20]
    return render_template(
        "hospital/stays.html", payee=payee, form=form, typed=typed, collects="collect" in g.acting.duties,
        page=listing.stays(
            reading(), payee_id=payee.id, typed=typed, keys=_keys(), asked=request.args.get("page", 1, type=int)
        ),
    )  # fmt: skip


def _stay_page(stay_id: str, **sent: FlaskForm) -> str:
    rows, world, acting = reading(), current_world(), g.acting
    row = actions.own_stay(rows, acting, stay_id)
    desk = _desk()
    forms = {"advance": AdvanceForm, "charge": ChargeForm, "account": AccountForm, "undo": UndoUseForm}
    shown = {name: sent.get(name) or made(formdata=None) for name, made in forms.items()}
    return render_template(
        "hospital/stay.html", page=listing.shown(rows, row, keys=_keys()), forms=shown, desk=desk,
        form=next(iter(sent.values()), shown["advance"]), press=PressForm(), duties=acting.duties, items=CHOICES,
        account=returning.account_of(row, world.field_keys) if acting.duties & _SEES_NAMES else None,
        own_account=row.account_by == acting.actor, refund_words=going_back.WORDS,
    )  # fmt: skip


def _own_hospital() -> Payee:
    """Return the hospital for whose organisation somebody acts; raise `NotFound` where it takes no money."""
    payee = next(iter(own_payees(reading(), g.acting)), None)
    if payee is None:
        raise NotFound
    return payee


def _desk() -> Desk | None:
    """Return the desk at which somebody works: the one used last, else the first that is open."""
    desks = tills.active_desks(reading(), g.acting)
    return next((one for one in desks if one.desk_ref == session.get("desk")), desks[0] if desks else None)


def _keys() -> FieldKeys | None:
    return current_world().field_keys if g.acting.duties & _SEES_NAMES else None
