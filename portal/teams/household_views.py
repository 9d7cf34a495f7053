"""A household that a member registered: its reference and slip; another contact phone, with the owner's fresh code."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from portal.db import begin, reading
from portal.errors import NotFound, PortalError, error_line
from portal.people.forms import CodeForm
from portal.teams import assisting, changes
from portal.teams.assist_views import helper_name
from portal.teams.blueprint import blueprint
from portal.teams.forms import NewPhoneForm
from portal.teams.models import Assisted
from portal.world import current_world


@blueprint.get("/team/households/<assisted_id>")
def household(assisted_id: str) -> Any:
    """Show a household that was registered, with its slip."""
    rows, row = reading(), _done(assisted_id)
    return render_template("teams/household.html", row=row, organisation=assisting.shop_of(rows, row))


def _done(assisted_id: str) -> Assisted:
    now = current_world().clock.now()
    row = assisting.own_session(reading(), g.acting, assisted_id, now=now, ended=True)
    if row.kind != "register" or row.state != "done":
        raise NotFound
    return row


@blueprint.get("/team/households/<assisted_id>/phone")
def household_phone(assisted_id: str) -> str:
    """Ask for the new contact number."""
    row = _done(assisted_id)
    return render_template("teams/change/phone.html", form=NewPhoneForm(), row=row)


@blueprint.post("/team/households/<assisted_id>/phone")
def household_phone_ask(assisted_id: str) -> Any:
    """Send a code to the owner's present phone."""
    row, form, acting, world = _done(assisted_id), NewPhoneForm(), g.acting, current_world()
    if form.validate_on_submit() and form.parsed is not None:
        text = _("%(name)s wants to change your contact number on Cho So. Read the code %(code)s to them if you agree.",
                 name=helper_name(), code="%(code)s")  # fmt: skip
        try:
            with begin() as rows:
                change = changes.open_phone_change(
                    rows, now=world.clock.now(), acting=acting, assisted_id=assisted_id, phone=form.parsed,
                    address=request.remote_addr or "", text=text, keys=world.field_keys,
                )  # fmt: skip
            return redirect(url_for("teams.change_code", assisted_id=change.id))
        except PortalError as error:
            if error.code not in ("acting.own_phone", "code.too_many"):
                raise
            form.phone.errors = [error_line(error.code, **error.fields)]
    return render_template("teams/change/phone.html", form=form, row=row), 400


@blueprint.get("/team/changes/<assisted_id>/code")
def change_code(assisted_id: str) -> Any:
    """Ask for the owner's code."""
    _changing(assisted_id)
    return render_template("teams/change/code.html", form=CodeForm())


def _changing(assisted_id: str) -> Assisted:
    row = assisting.own_session(reading(), g.acting, assisted_id, now=current_world().clock.now())
    if row.kind != "phone" or row.state != "opened":
        raise NotFound
    return row


@blueprint.post("/team/changes/<assisted_id>/code")
def change_confirm(assisted_id: str) -> Any:
    """Change the number with the owner's code; where the code is spent, refuse it and tell the owner."""
    _changing(assisted_id)
    form, acting, world = CodeForm(), g.acting, current_world()
    if form.validate_on_submit():
        number = world.settings.help_phone
        texts = {
            "done": _("%(name)s has changed your contact number on Cho So. Not right? Sign in and undo it, or call "
                      "%(number)s.", name=helper_name(), number=number),
            "refused": _("%(name)s tried to change your contact number on Cho So without your code. Nothing was "
                         "changed. Questions? %(number)s", name=helper_name(), number=number),
        }  # fmt: skip
        try:
            with begin() as rows:
                changes.change_phone(
                    rows, now=world.clock.now(), acting=acting, assisted_id=assisted_id, code=form.code.data or "",
                    texts=texts, keys=world.field_keys,
                )  # fmt: skip
            flash(_("The contact number is changed. The owner was told."), "success")
            return redirect(url_for("teams.team"))
        except PortalError as error:
            if error.code != "code.wrong":
                raise
            form.code.errors = [error_line(error.code, **error.fields)]
    return render_template("teams/change/code.html", form=form), 400
