"""The officer's queue of households, oldest first, and the page on which one is approved or returned."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.db import begin, reading
from portal.errors import error_line
from portal.onboarding import actions, consents, details, readback
from portal.onboarding.blueprint import blueprint
from portal.onboarding.desk import certificates
from portal.onboarding.errors import OwnApproval, SellerIncomplete
from portal.onboarding.forms import ReturnForm
from portal.onboarding.models import Organisation, Person
from portal.onboarding.officers import find_seller, queue
from portal.onboarding.persons import person_id_number, person_phone, seller_name
from portal.onboarding.places import place_name
from portal.onboarding.requirements import checklist
from portal.places.areas import day_of
from portal.sheets import csv_file
from portal.world import current_world


@blueprint.get("/officer/sellers")
def officer_sellers() -> Any:
    """List the households that wait for approval."""
    world = current_world()
    waiting = queue(reading(), g.acting, keys=world.field_keys)
    if request.args.get("format") == "csv":
        columns = (_("Reference number"), _("Commune"), _("Waiting since"))
        return csv_file("waiting", columns, [(one.reference, one.commune, one.since) for one in waiting])
    return render_template("onboarding/officer/sellers.html", waiting=waiting, now=world.clock.now())


@blueprint.get("/officer/sellers/<organisation_id>")
def officer_seller(organisation_id: str) -> Any:
    """Show one household with its checklist."""
    return _seller_page(organisation_id, ReturnForm(), 200)


def _seller_page(organisation_id: str, form: ReturnForm, status: int) -> Any:
    rows, world = reading(), current_world()
    organisation = find_seller(rows, g.acting, organisation_id)
    answers = checklist(rows, organisation, stage="approve", on=day_of(world.clock.now()))
    page = render_template(
        "onboarding/officer/seller.html",
        organisation=organisation,
        name=seller_name(rows, organisation, world.field_keys),
        lines=_facts(organisation),
        checklist=answers,
        ready=all(one.complete for one in answers if one.required),
        form=form,
        claimed=details.claimed_certificate(rows, organisation.id),
    )
    return page, status


def _facts(organisation: Organisation) -> list[tuple[str, str]]:
    rows, keys = reading(), current_world().field_keys
    place = place_name(rows, organisation.current_unit_id)
    facts = [(_("Reference number"), organisation.reference), (_("Commune or ward"), place or _("Not known"))]
    head = rows.get(Person, organisation.head_person_id) if organisation.head_person_id else None
    if head is None:
        return facts
    phone, number = person_phone(head, keys), person_id_number(head, keys)
    agreed = consents.open_consents(rows, head.id)
    return [
        *facts,
        (_("Hamlet"), organisation.hamlet or _("Not given")),
        (_("Place as written"), organisation.place_raw or ""),
        (_("Phone"), phone.masked if phone else _("Not given")),
        (_("ID number"), number.masked if number else _("Later")),
        (_("Grown or made"), organisation.grown or ""),
        (_("Food safety"), readback.food_safety_words(organisation.food_safety)),
        (_("Paid by bank transfer"), readback.yes_no(organisation.payment_declared)),
        *((readback.purpose_words(purpose), readback.yes_no(purpose in agreed)) for purpose in consents.PURPOSES),
    ]


@blueprint.get("/officer/papers")
def officer_papers() -> str:
    """List the households that say they have a certificate now."""
    waiting = reading().execute(certificates(reading(), g.acting).order_by("since", "id")).all()
    return render_template("onboarding/officer/papers.html", waiting=waiting, now=current_world().clock.now())


@blueprint.post("/officer/sellers/<organisation_id>/paper/<any(seen,missing):what>")
def officer_paper(organisation_id: str, what: str) -> Response:
    """Note whether the officer saw the certificate."""
    acting = g.acting
    try:
        with begin() as rows:
            details.look_at_paper(
                rows,
                now=current_world().clock.now(),
                acting=acting,
                organisation_id=organisation_id,
                seen=what == "seen",
            )
    except OwnApproval as error:
        flash(error_line(error.code, **error.fields), "error")
        return redirect(url_for("onboarding.officer_seller", organisation_id=organisation_id))
    flash(_("It is noted."), "success")
    return redirect(url_for("onboarding.officer_papers"))


@blueprint.post("/officer/sellers/<organisation_id>/approve")
def officer_approve(organisation_id: str) -> Response:
    """Approve a household."""
    acting = g.acting
    try:
        with begin() as rows:
            actions.approve(rows, now=current_world().clock.now(), acting=acting, organisation_id=organisation_id)
    except (OwnApproval, SellerIncomplete) as error:
        flash(error_line(error.code, **error.fields), "error")
        return redirect(url_for("onboarding.officer_seller", organisation_id=organisation_id))
    flash(_("The shop is approved."), "success")
    return redirect(url_for("onboarding.officer_sellers"))


@blueprint.post("/officer/sellers/<organisation_id>/return")
def officer_return(organisation_id: str) -> Any:
    """Return a household with a note."""
    form, acting = ReturnForm(), g.acting
    if not form.validate_on_submit():
        return _seller_page(organisation_id, form, 400)
    with begin() as rows:
        actions.give_back(
            rows,
            now=current_world().clock.now(),
            acting=acting,
            organisation_id=organisation_id,
            note=form.note.data or "",
        )
    flash(_("The registration is on its way back to the household."), "success")
    return redirect(url_for("onboarding.officer_sellers"))
