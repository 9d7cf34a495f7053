"""What can be done with teams: found and end them, let people join and leave. One or many: the same acts, rows, counts.

Who may is said by the routes; whom they reach, here: an officer's units.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import Act, record, record_many
from portal.bulk import among
from portal.counting import TOTAL, Cell, add_many, catalogue_of, counting
from portal.crypto import FieldKeys
from portal.db import new_id
from portal.errors import NotFound
from portal.onboarding.models import Person
from portal.onboarding.officers import reached_units
from portal.onboarding.persons import Identity, make_persons
from portal.onboarding.questions import void
from portal.onboarding.validators import parse_name, plain
from portal.people import actions as people
from portal.people.models import Login
from portal.people.phones import Phone
from portal.places.actions import add_homes, homes_at, resolve
from portal.places.areas import day_of
from portal.places.models import PlacesHome
from portal.places.names import fold
from portal.teams.errors import TeamError
from portal.teams.indicators import covered, lock_coverage
from portal.teams.models import ROLES, Team, TeamMember

NAME_LENGTHS, HAMLET_LENGTH = (2, 120), 80


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTeam:
    """A team to found: in a commune (an id, or a code of that day), for one of its hamlets or for all."""

    unit_id: str
    name: str
    hamlet: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """A person who joins a team; the phone tells who it is."""

    team_id: str
    name: str
    phone: Phone
    role: str = "member"


def found_teams(session: Session, *, now: datetime, acting: Acting, teams: Iterable[NewTeam]) -> list[str]:
    """Found teams; return their ids in the same order. One audit row a team, one change a cell.

    Raises `TeamError` team.known and team.name, `NotFound` out of reach, and like `resolve` for units of another day.
    """
    lock_coverage(session)
    rows, homes = _team_rows(session, now=now, acting=acting, teams=teams), dict[str, str]()
    _refuse_known(session, rows)
    before = covered(session, now)
    if rows:
        session.execute(insert(Team), rows)
    cells: Counter[Cell] = Counter()
    for row in rows:
        homes[row["id"]] = row["unit_id"]
        cells["ASSIST_TEAM", TOTAL, row["unit_id"]] += 1
    add_homes(session, homes, at=now)
    cells.update({("COMMUNE_COVERED", TOTAL, province): count for province, count in covered(session, now).items()})
    cells.subtract({("COMMUNE_COVERED", TOTAL, province): count for province, count in before.items()})
    add_many(session, cells, effective_at=now)
    acts = [
        Act("team.founded", row["id"], row["id"], {"name": (None, row["name"])}, frozenset({"name"})) for row in rows
    ]
    record_many(session, now=now, acting=acting, acts=acts)
    return list(homes)


def found_team(
    session: Session, *, now: datetime, acting: Acting, unit_id: str, name: str, hamlet: str | None = None
) -> Team:
    """Found one team; raises like `found_teams`."""
    new = NewTeam(unit_id=unit_id, name=name, hamlet=hamlet)
    return session.get_one(Team, found_teams(session, now=now, acting=acting, teams=[new])[0])


def join_teams(
    session: Session, *, now: datetime, acting: Acting, members: Sequence[NewMember], keys: FieldKeys
) -> list[str]:
    """Let people join teams; return the ids of the memberships in the same order. A phone that signed in is its person.

    Raises `TeamError` team.member_elsewhere, team.role, team.ended, `AnswerRefused` name.*, `NotFound` out of reach.
    """
    if any(one.role not in ROLES for one in members):
        raise TeamError("team.role")
    areas = _areas(session, {one.team_id for one in members}, now=now, acting=acting)
    persons = _persons(session, members, now=now, keys=keys)
    rows: list[dict[str, Any]] = [
        {"id": new_id("tm"), "team_id": one.team_id, "person_id": person, "role": one.role, "from_at": now}
        for one, person in zip(members, persons, strict=True)
    ]
    if rows:
        session.execute(insert(TeamMember), rows)
    cells: Counter[Cell] = Counter()
    for one in members:
        if (area := areas[one.team_id]) is not None:
            cells.update([("ASSIST_MEMBER", TOTAL, area), ("ASSIST_MEMBER", f"role@{one.role}", area)])
    add_many(session, cells, effective_at=now)
    public = frozenset({"team", "role"})
    acts = [
        Act("team.joined", row["id"], row["person_id"], {"team": (None, one.team_id), "role": (None, one.role)}, public)
        for row, one in zip(rows, members, strict=True)
    ]
    record_many(session, now=now, acting=acting, acts=acts)
    return [str(row["id"]) for row in rows]


def join(session: Session, *, now: datetime, acting: Acting, member: NewMember, keys: FieldKeys) -> TeamMember:
    """Let one person join a team; raises like `join_teams`."""
    found = join_teams(session, now=now, acting=acting, members=[member], keys=keys)
    return session.get_one(TeamMember, found[0])


def leave(session: Session, *, now: datetime, acting: Acting, member_id: str) -> TeamMember:
    """End a membership, and with it the role; raise `NotFound` out of reach, `TeamError` team.ended a second time."""
    member = session.get(TeamMember, member_id)
    if member is None:
        raise NotFound
    with counting(session, member.team_id, effective_at=now):
        reached_team(session, acting, member.team_id)
        session.refresh(member)
        if member.to_at is not None:
            raise TeamError("team.ended")
        _end(session, member, now=now, acting=acting)
    return member


def end_team(session: Session, *, now: datetime, acting: Acting, team_id: str) -> Team:
    """End a team with all its memberships; raise `NotFound` out of reach, `TeamError` team.ended a second time."""
    with counting(session, team_id, effective_at=now):
        team = reached_team(session, acting, team_id)
        session.refresh(team)
        if team.to_at is not None:
            raise TeamError("team.ended")
        query = select(TeamMember).where(TeamMember.team_id == team_id, TeamMember.to_at.is_(None))
        for member in session.scalars(query.order_by(TeamMember.id)):
            _end(session, member, now=now, acting=acting)
        team.to_at = now
        void(session, [team.id], now=now)
        record(session, now=now, acting=acting, act="team.ended", object_id=team.id, subject=team.id)
    return team


def reached_team(session: Session, acting: Acting, team_id: str) -> Team:
    """Return a team of which the commune, then or now, is within an officer's grant; a foreign one is missing."""
    units = reached_units(session, acting)
    query = select(Team).where(Team.id == team_id)
    if units is not None:
        lives = select(PlacesHome.subject_id).where(PlacesHome.area_id.in_(units), PlacesHome.to_at.is_(None))
        query = query.where(or_(Team.unit_id.in_(units), Team.id.in_(lives)))
    team = session.scalars(query).one_or_none()
    if team is None:
        raise NotFound
    return team


def _end(session: Session, member: TeamMember, *, now: datetime, acting: Acting) -> None:
    member.to_at = now
    record(session, now=now, acting=acting, act="team.left", object_id=member.id, subject=member.person_id)
    login_id = session.scalar(select(Person.login_id).where(Person.id == member.person_id))
    if login_id is not None:
        people.end_role(session, now=now, acting=acting, login_id=login_id, role="team_member")


def _team_rows(session: Session, *, now: datetime, acting: Acting, teams: Iterable[NewTeam]) -> list[dict[str, Any]]:
    units, on, known = reached_units(session, acting), day_of(now), dict[str, str]()
    rows: list[dict[str, Any]] = []
    for one in teams:
        if one.unit_id not in known:
            known[one.unit_id] = resolve(session, one.unit_id, on).id
        unit_id, name, hamlet = known[one.unit_id], plain(one.name), plain(one.hamlet or "")
        if units is not None and unit_id not in units:
            raise NotFound
        if not NAME_LENGTHS[0] <= len(name) <= NAME_LENGTHS[1] or len(hamlet) > HAMLET_LENGTH:
            raise TeamError("team.name")
        rows.append(
            {
                "id": new_id("te"),
                "unit_id": unit_id,
                "hamlet": hamlet or None,
                "hamlet_key": fold(hamlet),
                "name": name,
                "name_key": fold(name),
                "from_at": now,
            }
        )
    return rows


def _refuse_known(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    seen: set[tuple[object, ...]] = set()
    units = among(session, Team.unit_id, {str(row["unit_id"]) for row in rows})
    query = select(Team.unit_id, Team.hamlet_key, Team.name_key).where(units, Team.to_at.is_(None))
    seen.update(tuple(row) for row in session.execute(query))
    for row in rows:
        key = (row["unit_id"], row["hamlet_key"], row["name_key"])
        if key in seen:
            raise TeamError("team.known")
        seen.add(key)


def _areas(session: Session, team_ids: set[str], *, now: datetime, acting: Acting) -> dict[str, str | None]:
    """Lock open teams within reach and return where each is counted, once it has followed the reforms that came."""
    units, found = reached_units(session, acting), dict[str, str | None]()
    catalogue_of(session).settle(session, sorted(team_ids), now)
    query = select(Team).where(among(session, Team.id, team_ids)).order_by(Team.id).with_for_update()
    teams = session.scalars(query, execution_options={"populate_existing": True}).all()
    homes = homes_at(session, sorted(team_ids), now)
    for team in teams:
        if units is not None and units.isdisjoint({team.unit_id, homes.get(team.id)}):
            raise NotFound
        if team.to_at is not None:
            raise TeamError("team.ended")
        found[team.id] = homes.get(team.id)
    if found.keys() != team_ids:
        raise NotFound
    return found


def _persons(session: Session, members: Sequence[NewMember], *, now: datetime, keys: FieldKeys) -> list[str]:
    """Return each member's person: the one who signs in with that phone, else a new one; nobody is in two teams."""
    indexes = [keys.index("phone", one.phone.e164) for one in members]
    if len(set(indexes)) < len(indexes):
        raise TeamError("team.member_elsewhere")
    known: dict[str, str] = {}
    logins: dict[str, str] = {}
    query = (
        select(Login.phone_index, Login.id, Person.id)
        .outerjoin(Person, Person.login_id == Login.id)
        .where(among(session, Login.phone_index, indexes))
        .order_by(Person.created_at.desc())
    )
    for index, login, person in session.execute(query):
        logins[index] = login
        if person is not None:
            known[index] = person
    here = or_(among(session, Person.phone_index, indexes), among(session, Person.id, known.values()))
    in_team = (
        select(TeamMember.id).join(Person, Person.id == TeamMember.person_id).where(TeamMember.to_at.is_(None), here)
    )
    if session.scalar(in_team.limit(1)) is not None:
        raise TeamError("team.member_elsewhere")
    fresh = [(one, index) for one, index in zip(members, indexes, strict=True) if index not in known]
    identities = [Identity(name=parse_name(one.name), phone=one.phone, id_number=None) for one, _index in fresh]
    made = make_persons(session, now=now, keys=keys, identities=identities)
    for (_one, index), new in zip(fresh, made, strict=True):
        new.login_id, known[index] = logins.get(index), new.id
    session.flush()
    return [known[index] for index in indexes]
