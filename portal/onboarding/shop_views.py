"""The shop's home: how it stands, what is next, consents, and what was done in the owner's name."""

import uuid
from typing import Any

from flask import flash, g, redirect, render_template, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.db import begin, reading
from portal.errors import NotFound
from portal.i18n import current_language
from portal.onboarding import consents, readback, registering
from portal.onboarding.actions import organisation_of
from portal.onboarding.blueprint import blueprint
from portal.onboarding.details import CHANGEABLE
from portal.onboarding.drafts import begin_draft
from portal.onboarding.errors import IllegalTransition
from portal.onboarding.panels import panels
from portal.onboarding.persons import seller_name
from portal.onboarding.places import place_name
from portal.onboarding.requirements import checklist
from portal.onboarding.trail import done_in_name_of
from portal.people.forms import PressForm
from portal.places.areas import day_of
from portal.world import current_world


@blueprint.get("/my")
def my() -> str:
    """Show how the shop stands and what is next."""
    rows, world = reading(), current_world()
    organisation = organisation_of(rows, g.acting)
    todo = [
        one for one in checklist(rows, organisation, stage="approve", on=day_of(world.clock.now())) if not one.complete
    ]
    return render_template(
        "onboarding/my.html",
        organisation=organisation,
        name=seller_name(rows, organisation, world.field_keys),
        place=place_name(rows, organisation.current_unit_id),
        todo=todo,
        can_change=organisation.state in CHANGEABLE,
        panels=panels(rows, organisation),
        form=PressForm(),
    )


@blueprint.post("/my/correct")
def my_correct() -> Response:
    """Open the answers of a returned registration again."""
    world, acting = current_world(), g.acting
    with begin() as rows:
        organisation = organisation_of(rows, acting)
        if organisation.state != "returned":
            raise IllegalTransition
        draft = begin_draft(
            rows,
            now=world.clock.now(),
            acting=acting,
            draft_id=str(uuid.uuid4()),
            login_id=acting.login_id,
            answers=registering.to_answers(rows, organisation, keys=world.field_keys),
            keys=world.field_keys,
        )
    session["draft"] = draft.id
    return redirect(url_for("onboarding.register_check"))


@blueprint.get("/my/consents")
def my_consents() -> Any:
    """List each consent with its words, and the button that gives it or takes it back."""
    rows = reading()
    organisation = organisation_of(rows, g.acting)
    if organisation.head_person_id is None:
        raise NotFound
    given = consents.open_consents(rows, organisation.head_person_id)
    texts = consents.current_texts(rows, current_language())
    listed = [(purpose, readback.purpose_words(purpose), text, given.get(purpose)) for purpose, text in texts.items()]
    return render_template("onboarding/consents.html", listed=listed, needed=consents.NEEDED, form=PressForm())


@blueprint.post("/my/consents/<purpose>/<any(give,withdraw):what>")
def my_consent_change(purpose: str, what: str) -> Response:
    """Give one consent, or take it back."""
    world, acting, language = current_world(), g.acting, current_language()
    with begin() as rows:
        organisation = organisation_of(rows, acting)
        now = world.clock.now()
        if what == "give":
            consents.give(
                rows,
                now=now,
                acting=acting,
                organisation=organisation,
                purpose=purpose,
                language=language,
                method="page",
            )
        else:
            consents.withdraw(rows, now=now, acting=acting, organisation=organisation, purpose=purpose)
    flash(_("Your consent is noted.") if what == "give" else _("Your consent is taken back."), "success")
    return redirect(url_for("onboarding.my_consents"))


@blueprint.get("/my/trail")
def my_trail() -> str:
    """List what was done in the owner's name."""
    rows = reading()
    done = done_in_name_of(rows, organisation_of(rows, g.acting))
    return render_template("onboarding/trail.html", done=done, purpose_words=readback.purpose_words)
