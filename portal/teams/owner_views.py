"""The owner's side: the slip, what was done in her name, and the button that takes it back."""

from typing import Any

from flask import Response as Download
from flask import flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.db import begin, reading
from portal.onboarding.actions import organisation_of
from portal.onboarding.readback import purpose_words
from portal.people.actions import login_name
from portal.people.forms import PressForm
from portal.people.models import Login
from portal.teams import changes
from portal.teams.blueprint import blueprint
from portal.teams.slip import draw_slip, slip_of
from portal.world import current_world


@blueprint.get("/slip/<token>")
def slip(token: str) -> Any:
    """Show the slip to whoever has the paper or the message."""
    found = slip_of(reading(), token, keys=current_world().field_keys)
    page = render_template("teams/slip.html", slip=found, token=token, purpose_words=purpose_words)
    return page, 200, {"Cache-Control": "no-store"}


@blueprint.get("/slip/<token>/paper")
def slip_paper(token: str) -> Download:
    """Give the slip as a PDF to print."""
    world = current_world()
    found = slip_of(reading(), token, keys=world.field_keys)
    address = world.settings.public_url + url_for("teams.slip", token=token)
    body = draw_slip(found, address=address, help_phone=world.settings.help_phone)
    headers = {"Content-Disposition": f'inline; filename="{found.reference}.pdf"', "Cache-Control": "no-store"}
    return Download(body, mimetype="application/pdf", headers=headers)


@blueprint.get("/my/helped")
def my_helped() -> str:
    """List what team members did in the owner's name, each with its undo."""
    rows, keys = reading(), current_world().field_keys
    organisation = organisation_of(rows, g.acting)
    listed = [
        (one, login_name(rows.get_one(Login, one.member_login), keys) or "")
        for one in changes.helped(rows, organisation)
    ]
    return render_template("teams/helped.html", listed=listed, organisation=organisation, form=PressForm())


@blueprint.get("/my/helped/<assisted_id>/undo")
def my_undo_ask(assisted_id: str) -> Any:
    """Say what taking it back means, before it is done."""
    rows = reading()
    organisation = organisation_of(rows, g.acting)
    one = changes.find_helped(rows, organisation, assisted_id)
    return render_template("teams/undo.html", one=one, form=PressForm())


@blueprint.post("/my/helped/<assisted_id>/undo")
def my_undo(assisted_id: str) -> Response:
    """Take back what was done."""
    acting, world = g.acting, current_world()
    with begin() as rows:
        changes.undo(rows, now=world.clock.now(), acting=acting, assisted_id=assisted_id, keys=world.field_keys)
    flash(_("It is taken back. The officers are told."), "success")
    return redirect(url_for("teams.my_helped"))
