"""What an officer sees of teams: a page of them with their members counted, and one with everybody in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.crypto import FieldKeys
from portal.onboarding.models import Person
from portal.onboarding.officers import reached_units
from portal.onboarding.persons import person_name, person_phone
from portal.paging import Page
from portal.places.models import AdminUnit, PlacesHome
from portal.teams.models import Team, TeamMember

ROWS = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One team in the list."""

    id: str
    name: str
    hamlet: str
    commune: str
    members: int


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One member: the name, the phone masked, and whether she can sign in."""

    id: str
    name: str
    phone: str
    role: str
    since: datetime
    invited: bool


def team_page(session: Session, acting: Acting, *, page: int, key: str = "") -> Page[Line]:
    """Return open teams within reach, by commune and name; `key` is a folded part of the name."""
    total = session.scalar(_teams(select(func.count()), session, acting, key)) or 0
    shown: Page[Line] = Page(asked=page, total=total, rows=ROWS)
    count = (
        select(func.count())
        .where(TeamMember.team_id == Team.id, TeamMember.to_at.is_(None))
        .correlate(Team)
        .scalar_subquery()
    )
    query = _teams(select(Team, AdminUnit.name, count), session, acting, key)
    rows = session.execute(
        query.order_by(AdminUnit.name_key, Team.hamlet_key, Team.name_key, Team.id).limit(ROWS).offset(shown.start)
    )
    return shown.holding(
        *(Line(team.id, team.name, team.hamlet or "", commune or "", members) for team, commune, members in rows)
    )


def members_of(session: Session, team: Team, *, keys: FieldKeys) -> list[MemberLine]:
    """Return the members of a team now, those who lead first."""
    query = (
        select(TeamMember, Person)
        .join(Person, Person.id == TeamMember.person_id)
        .where(TeamMember.team_id == team.id, TeamMember.to_at.is_(None))
    )
    found = []
    for member, person in session.execute(query):
        phone = person_phone(person, keys)
        masked = phone.masked if phone else ""
        invited = person.login_id is not None
        found.append(MemberLine(member.id, person_name(person, keys), masked, member.role, member.from_at, invited))
    order = ("leader", "deputy", "member")
    return sorted(found, key=lambda one: (order.index(one.role), one.since, one.id))


def _teams(query: Select[Any], session: Session, acting: Acting, key: str) -> Select[Any]:
    open_home = (PlacesHome.subject_id == Team.id) & PlacesHome.to_at.is_(None)
    return (
        query.select_from(Team)
        .join(PlacesHome, open_home)
        .outerjoin(AdminUnit, AdminUnit.id == PlacesHome.area_id)
        .where(Team.to_at.is_(None), _within(session, acting), Team.name_key.contains(key, autoescape=True))
    )


def _within(session: Session, acting: Acting) -> ColumnElement[bool]:
    units = reached_units(session, acting)
    return true() if units is None else PlacesHome.area_id.in_(units)
