"""The demo's community digital teams: one for each hamlet of every commune, in October 2023; people are invented."""

import random
from collections.abc import Iterator
from datetime import datetime

from portal.demo.cast import TEAM_LEADER, shares
from portal.demo.crowd import invented_name
from portal.demo.stage import Stage
from portal.i18n import ZONE
from portal.people.phones import parse_mobile
from portal.places import actions as places
from portal.places.areas import day_of
from portal.teams.actions import NewMember, NewTeam, found_teams, join_teams
from portal.teams.members import invite

TEAMS_IN_ALL, MEMBERS_IN_ALL = 996, 5_324
FOUNDED = datetime(2023, 10, 9, 8, 0, tzinfo=ZONE)
INVITATION = "Bạn có tên trong tổ công nghệ số của Chợ Số. Mời đăng nhập bằng điện thoại này."
_PIECE = 500


def load_teams(stage: Stage) -> int:
    """Found the teams and let their members join, a few hundred at a time; return how many teams there are."""
    stage.clock.move(seconds=(FOUNDED - stage.clock.now()).total_seconds())
    count, members = round(TEAMS_IN_ALL * stage.scale), round(MEMBERS_IN_ALL * stage.scale)
    if not count:
        return 0
    stage.say(f"{count} community digital teams with {members} members")
    with stage.act() as (session, now):
        communes = [row.id for row in places.communes(session, stage.world.settings.province, day_of(now))]
        teams = found_teams(session, now=now, acting=stage.acting, teams=_teams(communes, count))
    joining, joined = list(_members(teams, max(members, count))), list[str]()
    for start in range(0, len(joining), _PIECE):
        with stage.act() as (session, now):
            joined += join_teams(
                session, now=now, acting=stage.acting, members=joining[start : start + _PIECE],
                keys=stage.world.field_keys,
            )  # fmt: skip
    with stage.act() as (session, now):
        invite(session, now=now, acting=stage.acting, member_id=joined[0], text=INVITATION, keys=stage.world.field_keys)
    return count


def _teams(communes: list[str], count: int) -> Iterator[NewTeam]:
    for unit_id, hamlets in zip(communes[:count], shares(count, (1,) * min(count, len(communes))), strict=True):
        for hamlet in range(1, hamlets + 1):
            yield NewTeam(unit_id=unit_id, name=f"Tổ công nghệ số ấp {hamlet}", hamlet=f"Ấp {hamlet}")


def _members(teams: list[str], count: int) -> Iterator[NewMember]:
    number = 0
    for team, size in zip(teams, shares(count, (1,) * len(teams)), strict=True):
        for place in range(size):
            phone = parse_mobile(f"{TEAM_LEADER[:4]} {number // 1000:03d} {number % 1000:03d}")
            chance = random.Random(f"member {number}")  # noqa: S311  a cast, not a secret
            role = ("leader", "deputy")[place] if place < 2 else "member"
            yield NewMember(team_id=team, name=invented_name(chance, woman=number % 2 == 0), phone=phone, role=role)
            number += 1
