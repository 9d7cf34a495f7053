"""What a signed-in person is here: several shops on one family's phone, or a shop and a team; and switching."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, g, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from portal.db import reading
from portal.errors import NotFound
from portal.onboarding.models import Organisation
from portal.onboarding.persons import initials, seller_name
from portal.people.actions import open_grants
from portal.people.forms import PressForm
from portal.people.models import RoleGrant
from portal.people.sessions import sign_in_session
from portal.people.signing_in import HOMES, home_of
from portal.site.blueprint import blueprint
from portal.site.context import role_name
from portal.world import current_world


@dataclass(frozen=True, slots=True)
class Hat:
    """One role that a person may put on: what it is called, for which household, if it is on, where its work begins."""

    id: str
    name: str
    whom: str
    on: bool
    home: str | None


def hats() -> list[Hat]:
    """Return the roles of the signed-in person."""
    rows, world = reading(), current_world()
    here = getattr(session, "row", None)
    found = []
    for grant in open_grants(rows, g.acting.login_id, now=world.clock.now()):
        whom = ""
        organisation = rows.get(Organisation, grant.organisation_id) if grant.organisation_id else None
        if organisation is not None and organisation.closed_at is not None and grant.role == "household":
            continue
        if organisation is not None and organisation.kind == "household":
            whom = ", ".join(
                part
                for part in (initials(seller_name(rows, organisation, world.field_keys)), organisation.hamlet)
                if part
            )
        elif organisation is not None:
            whom = organisation.public_name or ""
        on = here is not None and here.grant_id == grant.id
        home = url_for(HOMES[grant.role]) if grant.role in HOMES else None
        found.append(Hat(grant.id, role_name(grant.role), whom, on, home))
    return found


@blueprint.get("/my/roles")
def my_roles() -> str:
    """List what this person is here."""
    return render_template("site/roles.html", hats=hats(), form=PressForm())


@blueprint.post("/my/roles/<grant_id>")
def my_role(grant_id: str) -> Response:
    """Go on as somebody else that this person is."""
    now = current_app.extensions["world"].clock.now()
    grants = {one.id: one for one in open_grants(reading(), g.acting.login_id, now=now)}
    grant: RoleGrant | None = grants.get(grant_id)
    if grant is None:
        raise NotFound
    here: Any = session.row  # type: ignore[attr-defined]
    home = home_of(grant)
    sign_in_session(
        session, login_id=here.login_id, grant_id=grant.id, now=here.signed_in_at or now,
        second_factor=here.second_factor_at is not None,
    )  # fmt: skip
    return redirect(home)
