"""Registering, at its end: all answers read back, one act however often it is pressed, the reference."""

from typing import Any

from flask import flash, g, redirect, render_template, session, url_for

from portal.db import begin, reading
from portal.errors import PortalError, error_line
from portal.onboarding import places
from portal.onboarding.blueprint import blueprint
from portal.onboarding.claims import ask_about
from portal.onboarding.drafts import first_open, own_draft, read_back
from portal.onboarding.readback import lines
from portal.onboarding.recorded import claim_of
from portal.onboarding.register_views import as_owner, own_answers, progress, step_url
from portal.onboarding.registering import household_of
from portal.onboarding.sending import send_draft
from portal.people.forms import PressForm
from portal.people.signing_in import begin_session
from portal.world import current_world


@blueprint.get("/register/check")
def register_check() -> Any:
    """Show all answers for checking."""
    draft, answers = own_answers()
    if draft.state == "sent":
        return redirect(url_for("onboarding.register_done"))
    step = first_open(answers)
    if step != "check":
        return redirect(step_url(step))
    rows = lines(answers, place=places.place_name(reading(), answers["place"]["unit"]), url=step_url)
    return render_template(
        "onboarding/register/check.html",
        form=PressForm(),
        lines=rows,
        progress=progress("check"),
        claim=claim_of(reading(), draft.id),
    )


@blueprint.post("/register/check")
def register_send() -> Any:
    """Send the registration: one act, however often the button is pressed."""
    world, acting = current_world(), as_owner()
    now = world.clock.now()
    try:
        with begin() as rows:
            draft = own_draft(
                rows, draft_id=session.get("draft", ""), login_id=acting.login_id or "", now=now, lock=True
            )
            if draft.state != "sent":
                read_back(rows, now=now, acting=acting, draft=draft)
            asked = ask_about(rows, now=now, acting=acting, draft=draft, keys=world.field_keys)
            if asked is None:
                send_draft(rows, now=now, acting=acting, draft=draft, keys=world.field_keys)
        if asked is not None:
            return redirect(url_for("onboarding.register_check"))
    except PortalError as error:
        if error.code not in ("seller.incomplete", "id.known", "claim.unsure"):
            raise
        flash(error_line(error.code, **error.fields), "error")
        return redirect(url_for("onboarding.register_check"))
    return redirect(url_for("onboarding.register_done"))


@blueprint.get("/register/done")
def register_done() -> Any:
    """Confirm: the reference, and what happens next. The session becomes the household's."""
    organisation = household_of(reading(), g.acting.login_id)
    if organisation is None:
        return redirect(url_for("onboarding.register"))
    session.pop("draft", None)
    if g.acting.organisation_id != organisation.id:
        begin_session(g.acting.login_id)
    return render_template("onboarding/register/done.html", organisation=organisation)
