"""What teams put on an officer's desk: what looks odd in helping, which teams are quiet, and their acts in words."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.onboarding.officers import reached_units
from portal.places.models import AdminUnit, PlacesHome
from portal.queues import Queue, Rows
from portal.teams.models import Assisted, Flag, Team

QUIET = timedelta(days=30)
ACTS: Mapping[str, Any] = {
    "team.founded": _l("A digital team was founded."),
    "team.settled": _l("The commune of a team was chosen."),
    "team.ended": _l("A digital team has ended."),
    "team.joined": _l("Somebody joined a digital team."),
    "team.left": _l("Somebody left a digital team."),
    "assisted.registered": _l("A team member registered a household."),
    "assisted.cancelled": _l("A household said no to a team member."),
    "assisted.refused": _l("A change of phone without the owner's code was refused."),
    "assisted.undone": _l("An owner took back what a team member did."),
    "household.phone_changed": _l("A household's contact number was changed."),
    "flag.reviewed": _l("An officer looked at something odd."),
}


def flags(session: Session, acting: Acting) -> Rows:
    """Select what looks odd and nobody looked at yet."""
    columns = (Flag.raised_at.label("since"), Flag.id.label("id"), func.coalesce(AdminUnit.name, "").label("about"))
    query = select(*columns).outerjoin(AdminUnit, AdminUnit.id == Flag.unit_id).where(Flag.reviewed_at.is_(None))
    units = reached_units(session, acting)
    return query if units is None else query.where(Flag.unit_id.in_(units))


def quiet_teams(session: Session, acting: Acting, *, now: datetime) -> Select[str, str, str, datetime | None]:
    """Select the open teams, older than a month, that registered nobody in it: `id`, `name`, `area`, `last`."""
    last = func.max(Assisted.ended_at)
    done = and_(Assisted.team_id == Team.id, Assisted.kind == "register", Assisted.state == "done")
    query = (
        select(Team.id.label("id"), Team.name.label("name"), PlacesHome.area_id.label("area"), last.label("last"))
        .join(PlacesHome, and_(PlacesHome.subject_id == Team.id, PlacesHome.to_at.is_(None)))
        .outerjoin(Assisted, done)
        .where(Team.to_at.is_(None), Team.from_at <= now - QUIET)
        .group_by(Team.id, Team.name, PlacesHome.area_id)
        .having(or_(last.is_(None), last <= now - QUIET))
    )
    units = reached_units(session, acting)
    return query if units is None else query.where(PlacesHome.area_id.in_(units))


QUEUES: tuple[Queue, ...] = (
    Queue(
        code="flags",
        name=_l("Odd things in helping"),
        rows=flags,
        address=lambda: url_for("teams.officer_flags"),
        one=lambda _id, commune: (
            _("Something odd in %(commune)s", commune=commune) if commune else _("Something odd in helping"),
            url_for("teams.officer_flags"),
        ),
    ),
)
