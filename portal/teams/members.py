"""Members as users: an invitation makes the login and the role; and who a signed-in member is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.crypto import FieldKeys
from portal.errors import NotFound
from portal.onboarding.models import Person
from portal.onboarding.persons import person_name, person_phone
from portal.people import actions as people
from portal.people.sms import queue_sms
from portal.places.actions import home_at, lineage
from portal.places.areas import is_leaf
from portal.teams.actions import reached_team
from portal.teams.errors import TeamError
from portal.teams.models import Team, TeamMember

_LIFE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a member works: the membership, the team, the commune of today and all that came into it.

    `unit_id` is None while a person has to say in which commune the team lies since a reform.
    """

    login_id: str
    member: TeamMember
    team: Team
    unit_id: str | None
    reach: frozenset[str]


def invite(
    session: Session, *, now: datetime, acting: Acting, member_id: str, text: str, keys: FieldKeys
) -> TeamMember:
    """Let a member sign in with the own phone, and send `text` there; a second time only sends again.

    Raises `NotFound` out of reach, `TeamError` team.ended, and `GrantError` for oneself.
    """
    member = reached_member(session, acting, member_id)
    if member.to_at is not None:
        raise TeamError("team.ended")
    person = session.get_one(Person, member.person_id)
    phone = person_phone(person, keys)
    if phone is None:
        raise NotFound
    if person.login_id is None:
        name = person_name(person, keys)
        person.login_id = people.login_for(session, now=now, acting=acting, phone=phone, keys=keys, name=name).id
    home = home_at(session, member.team_id, now)
    people.grant_role(
        session,
        now=now,
        acting=acting,
        login_id=person.login_id,
        role="team_member",
        unit_id=home.area_id if home is not None and not is_leaf(home.area_id) else None,
    )
    expires = now.replace(microsecond=0) + _LIFE
    queue_sms(session, now=now, phone=phone, body=text, purpose="invitation", expires_at=expires, keys=keys)
    record(session, now=now, acting=acting, act="team.invited", object_id=member.id, subject=person.id)
    return member


def reached_member(session: Session, acting: Acting, member_id: str) -> TeamMember:
    """Return a membership of a team within an officer's reach; a foreign one is missing."""
    member = session.get(TeamMember, member_id)
    if member is None:
        raise NotFound
    reached_team(session, acting, member.team_id)
    return member


def desk_of(session: Session, acting: Acting, now: datetime) -> Desk:
    """Return where the signed-in member works; raise `NotFound` for who is in no team (any more)."""
    query = (
        select(TeamMember, Team)
        .join(Person, Person.id == TeamMember.person_id)
        .join(Team, Team.id == TeamMember.team_id)
        .where(Person.login_id == acting.login_id, TeamMember.to_at.is_(None), Team.to_at.is_(None))
    )
    found = session.execute(query.limit(1)).one_or_none()
    if found is None or acting.login_id is None:
        raise NotFound
    member, team = found
    home = home_at(session, team.id, now)
    unit = home.area_id if home is not None and not is_leaf(home.area_id) else None
    return Desk(acting.login_id, member, team, unit, lineage(session, unit) if unit is not None else frozenset())
