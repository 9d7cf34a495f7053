"""Whether a phone has a shop already: a helper learns who registered it and when, and nothing of the household."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.crypto import FieldKeys
from portal.onboarding.registering import households_of
from portal.people.models import Login
from portal.people.phones import Phone
from portal.teams.errors import ActingError
from portal.teams.members import desk_of
from portal.teams.models import Assisted, Team


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """That a phone has a shop already: since when, and who registered it; nothing of the household."""

    at: datetime
    member_login: str | None
    team: str | None


def known_with(session: Session, acting: Acting, *, now: datetime, phone: Phone, keys: FieldKeys) -> Known | None:
    """Say whether a phone has a shop in the member's own commune.

    Raises `ActingError` acting.known_elsewhere where it has one in another commune only.
    """
    desk = desk_of(session, acting, now)
    login_id = session.scalar(select(Login.id).where(Login.phone_index == keys.index("phone", phone.e164)))
    shops = households_of(session, login_id) if login_id is not None else []
    if not shops:
        return None
    here = [one for one in shops if one.current_unit_id in desk.reach]
    if not here:
        raise ActingError("acting.known_elsewhere")
    by = session.execute(
        select(Assisted.login_id, Team.name)
        .join(Team, Team.id == Assisted.team_id)
        .where(Assisted.organisation_id == here[-1].id, Assisted.kind == "register")
    ).first()
    return Known(at=here[-1].registered_at, member_login=by[0] if by else None, team=by[1] if by else None)
