"""Teams and members for tests, made through the real actions."""

from itertools import count
from typing import Any

from portal.people.phones import parse_mobile
from portal.teams import actions
from portal.teams.actions import NewMember, NewTeam
from portal.teams.models import Team, TeamMember
from tests.portal.onboarding.making import CLI

_NUMBERS = count(1)


def team(session: Any, world: Any, unit: str, name: str = "Tổ 1", **more: Any) -> Team:
    return actions.found_team(session, now=world.clock.now(), acting=CLI, unit_id=unit, name=name, **more)


def new_member(
    team_id: str, role: str = "member", *, name: str = "Trần Văn Nam", phone: str | None = None
) -> NewMember:
    """Return somebody whom nobody knows yet."""
    return NewMember(team_id=team_id, name=name, phone=parse_mobile(phone or f"09380{next(_NUMBERS):05d}"), role=role)


def joined(session: Any, world: Any, *members: NewMember) -> list[TeamMember]:
    found = actions.join_teams(session, now=world.clock.now(), acting=CLI, members=members, keys=world.field_keys)
    return [session.get_one(TeamMember, one) for one in found]


def many(unit_ids: list[str], each: int = 2) -> list[NewTeam]:
    return [NewTeam(unit_id=unit, name=f"Tổ {n}", hamlet=f"Ấp {n}") for unit in unit_ids for n in range(each)]
