"""The officer's pages of owners who found their household on a list with another phone: is it theirs?"""

from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from portal.db import begin, reading
from portal.errors import error_line
from portal.onboarding import claims
from portal.onboarding.blueprint import blueprint
from portal.onboarding.errors import OwnApproval
from portal.onboarding.forms import ClaimForm
from portal.onboarding.models import Organisation
from portal.onboarding.places import place_name
from portal.world import current_world

MOST_ROWS = 100


@blueprint.get("/officer/claims")
def officer_claims() -> str:
    """List the claims that wait, the oldest first."""
    rows = reading()
    waiting = claims.open_claims(rows, g.acting).subquery()
    found = rows.execute(select(waiting).order_by(waiting.c.since, waiting.c.id).limit(MOST_ROWS)).all()
    return render_template("onboarding/officer/claims.html", found=found, now=current_world().clock.now())


@blueprint.get("/officer/claims/<claim_id>")
def officer_claim(claim_id: str) -> Any:
    """Show what the list says beside what the owner says."""
    return _claim_page(claim_id, ClaimForm(), 200)


def _claim_page(claim_id: str, form: ClaimForm, status: int) -> Any:
    rows = reading()
    claim = claims.find_claim(rows, g.acting, claim_id)
    organisation = rows.get_one(Organisation, claim.organisation_id)
    listed, told = claims.sides(rows, claim, current_world().field_keys)
    page = render_template(
        "onboarding/officer/claim.html",
        claim=claim,
        reference=organisation.reference,
        place=place_name(rows, organisation.current_unit_id),
        compared=(
            (_("Name"), listed.name, told.name),
            (_("Phone"), listed.phone, told.phone),
            (_("ID number"), listed.id_number, told.id_number),
            (_("Hamlet"), listed.hamlet, told.hamlet),
        ),
        form=form,
    )
    return page, status


@blueprint.post("/officer/claims/<claim_id>")
def officer_claim_decide(claim_id: str) -> Any:
    """Say whether it is the owner's household, and tell the owner."""
    form, acting, world = ClaimForm(), g.acting, current_world()
    if not form.validate_on_submit():
        return _claim_page(claim_id, form, 400)
    yes = form.whose.data == "yes"
    address = world.settings.public_url + url_for("onboarding.register")
    text = (
        _("The household on the list is yours. Open %(address)s and send your registration.", address=address)
        if yes
        else _("We could not find that the household on the list is yours. Questions? %(number)s",
               number=world.settings.help_phone)
    )  # fmt: skip
    try:
        with begin() as rows:
            claims.decide(
                rows, now=world.clock.now(), acting=acting, claim_id=claim_id, yes=yes, note=form.note.data or "",
                text=text, keys=world.field_keys,
            )  # fmt: skip
    except OwnApproval as error:
        flash(error_line(error.code), "error")
        return redirect(url_for("onboarding.officer_claim", claim_id=claim_id))
    return _decided()


def _decided() -> Response:
    flash(_("Your answer is kept. The owner gets a message."), "success")
    return redirect(url_for("onboarding.officer_claims"))
