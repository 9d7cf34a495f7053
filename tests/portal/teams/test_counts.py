"""Teams, members and covered communes: counted with each act, equal to their recount, moved by a reform."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.acting import Acting
from portal.adoption.recount import Snapshot, recount
from portal.audit import AuditRow, broken_rows
from portal.counting import counting_many, live_cells
from portal.counting.periods import parse_period
from portal.errors import NotFound
from portal.onboarding.models import Person
from portal.places.actions import apply_reform, communes, current_unit, load_units
from portal.places.files import read_units
from portal.places.indicators import INDICATORS as OF_PLACES
from portal.teams import actions
from portal.teams.errors import TeamError
from portal.teams.indicators import INDICATORS
from portal.teams.models import Team, TeamMember
from tests.portal.onboarding.making import CLI, owner_of
from tests.portal.teams.making import joined, many, new_member, team

LONG_AN = "80@20210101"
CODES = [one.code for one in (*INDICATORS, *OF_PLACES) if one.kind != "R"]


def live(session: Any, app: Any, month: str, code: str, cut: str = "_T") -> dict[str, int]:
    return dict(live_cells(session, app.extensions["catalogue"].get(code), parse_period(month), cut=cut))


def mismatches(session: Any, world: Any, app: Any) -> list[dict[str, Any]]:
    session.flush()
    return recount(Snapshot(session, world.clock.now()), app.extensions["catalogue"], province="80").mismatches


def test_long_an_had_188_communes_and_each_got_its_teams(province: Any, world: Any, clock: Any, app: Any) -> None:
    clock.at = datetime(2023, 10, 12, 2, 0, tzinfo=UTC)
    units = [one.id for one in communes(province, LONG_AN, clock.now().date())]
    now = clock.now()
    teams = actions.found_teams(province, now=now, acting=CLI, teams=many(units))
    members = [new_member(one, role) for one in teams[:40] for role in ("leader", "member", "member")]
    joined(province, world, *members)
    assert sum(live(province, app, "2023-10", "ASSIST_TEAM").values()) == 376
    assert live(province, app, "2023-10", "ASSIST_TEAM")[units[0]] == 2
    assert live(province, app, "2023-10", "COMMUNE_COVERED") == {LONG_AN: 188}
    assert live(province, app, "2023-10", "COMMUNE_TOTAL")[LONG_AN] == 188
    assert sum(live(province, app, "2023-10", "ASSIST_MEMBER").values()) == 120
    assert sum(live(province, app, "2023-10", "ASSIST_MEMBER", "role@leader").values()) == 40
    acts = dict(province.execute(select(AuditRow.act, func.count()).group_by(AuditRow.act)).all())
    assert (acts["team.founded"], acts["team.joined"]) == (376, 120)
    assert broken_rows(province) == []
    clock.at = datetime(2023, 11, 1, tzinfo=UTC)
    assert mismatches(province, world, app) == []


def test_the_communes_of_each_year(province: Any, app: Any) -> None:
    found = {
        month: live(province, app, month, "COMMUNE_TOTAL") for month in ("2020-12", "2023-10", "2025-06", "2025-07")
    }
    assert found["2020-12"] == {}
    assert (found["2023-10"][LONG_AN], found["2025-06"][LONG_AN]) == (188, 186)
    assert found["2025-07"] == {"80@20250701": 96}


def test_a_load_of_units_counts_only_what_it_changes(province: Any, world: Any, app: Any) -> None:
    units = list(read_units())
    now = world.clock.now()
    load_units(province, now=now, acting=CLI, units=units, successions=())
    before = live(province, app, "2026-11", "COMMUNE_TOTAL")
    assert sum(before.values()) == 3321
    shorter = [replace(one, valid_to=date(2026, 5, 1)) if one.id == "27694@20250701" else one for one in units]
    assert shorter != units
    load_units(province, now=now, acting=CLI, units=shorter, successions=())
    assert live(province, app, "2026-11", "COMMUNE_TOTAL") == before | {"80@20250701": 95}
    assert live(province, app, "2026-04", "COMMUNE_TOTAL") == before
    assert mismatches(province, world, app) == []


def test_a_commune_is_covered_until_its_last_team_ends(
    province: Any, world: Any, commune: str, other: str, app: Any
) -> None:
    month, tay_ninh = "2026-11", "80@20250701"
    first, second = team(province, world, commune), team(province, world, commune, "Tổ 2")
    team(province, world, other)
    assert live(province, app, month, "COMMUNE_COVERED") == {tay_ninh: 2}
    (member,) = joined(province, world, new_member(first.id, "deputy"))
    end = {"now": world.clock.now() + timedelta(hours=1), "acting": CLI}
    actions.end_team(province, team_id=first.id, **end)
    assert member.to_at == end["now"]
    assert live(province, app, month, "ASSIST_MEMBER") == {}
    assert live(province, app, month, "COMMUNE_COVERED") == {tay_ninh: 2}
    actions.end_team(province, team_id=second.id, **end)
    assert live(province, app, month, "COMMUNE_COVERED") == {tay_ninh: 1}
    with pytest.raises(TeamError, match="ended"):
        actions.end_team(province, team_id=second.id, **end)
    with pytest.raises(TeamError, match="ended"):
        joined(province, world, new_member(second.id))
    world.clock.move(days=30)
    assert mismatches(province, world, app) == []


def test_nobody_is_in_two_teams(province: Any, world: Any, commune: str, app: Any) -> None:
    one, two = team(province, world, commune), team(province, world, commune, "Tổ 2")
    (member,) = joined(province, world, new_member(one.id, phone="0938111222"))
    for again in ([new_member(two.id, phone="0938111222")], [new_member(two.id, phone="0938999999")] * 2):
        with pytest.raises(TeamError, match=r"team\.member_elsewhere"):
            joined(province, world, *again)
    actions.leave(province, now=world.clock.now() + timedelta(minutes=1), acting=CLI, member_id=member.id)
    joined(province, world, new_member(two.id, phone="0938111222"))
    assert live(province, app, "2026-11", "ASSIST_MEMBER") == {commune: 1}
    with pytest.raises(TeamError, match=r"team\.known"):
        team(province, world, commune, "TỔ 2")


def test_who_signs_in_with_that_phone_is_the_member(province: Any, world: Any, commune: str) -> None:
    owner = owner_of(world, province, "0938111222")
    (member,) = joined(province, world, new_member(team(province, world, commune).id, phone="0938111222"))
    assert province.get_one(Person, member.person_id).login_id == owner.login_id


def test_an_officer_founds_in_her_commune_only(province: Any, world: Any, commune: str, other: str) -> None:
    officer = Acting(login_id="lo_x", role="commune_officer", unit_id=commune)
    mine = actions.found_team(province, now=world.clock.now(), acting=officer, unit_id=commune, name="Tổ 1")
    theirs = team(province, world, other)
    (member,) = joined(province, world, new_member(theirs.id))
    now, keys = world.clock.now(), world.field_keys
    for act in (
        lambda: actions.found_team(province, now=now, acting=officer, unit_id=other, name="Tổ 9"),
        lambda: actions.end_team(province, now=now, acting=officer, team_id=theirs.id),
        lambda: actions.leave(province, now=now, acting=officer, member_id=member.id),
        lambda: actions.join(province, now=now, acting=officer, member=new_member(theirs.id), keys=keys),
        lambda: actions.join(province, now=now, acting=officer, member=new_member("te_none"), keys=keys),
    ):
        with pytest.raises(NotFound):
            act()
    assert actions.join(province, now=now, acting=officer, member=new_member(mine.id), keys=keys).team_id == mine.id


@pytest.mark.parametrize("seed", range(3))
def test_acts_in_any_order_agree_with_their_recount(province: Any, world: Any, clock: Any, app: Any, seed: int) -> None:
    rng = random.Random(seed)
    clock.at = datetime(2023, 3, 1, tzinfo=UTC)
    units = [one.id for one in communes(province, LONG_AN, clock.now().date())][:4]
    for number in range(40):
        clock.move(days=rng.randrange(1, 12))
        teams = province.scalars(select(Team).where(Team.to_at.is_(None)).order_by(Team.name)).all()
        members = province.scalars(select(TeamMember).where(TeamMember.to_at.is_(None))).all()
        act = rng.choice(["found", "found", "join", "join", "join", "leave", "end"])
        if act == "found" or not teams:
            team(province, world, rng.choice(units), f"Tổ {number}")
        elif act == "join":
            joined(province, world, new_member(rng.choice(teams).id, rng.choice(["leader", "member"])))
        elif act == "leave" and members:
            actions.leave(province, now=clock.now(), acting=CLI, member_id=rng.choice(members).id)
        elif act == "end":
            actions.end_team(province, now=clock.now(), acting=CLI, team_id=rng.choice(teams).id)
    assert province.scalar(select(func.count()).select_from(TeamMember)) > 5
    assert mismatches(province, world, app) == []


def test_a_reform_moves_teams_and_keeps_the_total(province: Any, world: Any, clock: Any, app: Any) -> None:
    clock.at = datetime(2023, 10, 12, tzinfo=UTC)
    units = [one.id for one in communes(province, LONG_AN, clock.now().date())]
    actions.found_teams(province, now=clock.now(), acting=CLI, teams=many(units))
    clock.at = datetime(2026, 11, 22, tzinfo=UTC)
    moving = lambda session, subjects, at: counting_many(session, subjects, effective_at=at)  # noqa: E731
    while apply_reform(province, now=clock.now(), acting=CLI, moving=moving) is not None:
        pass
    teams = live(province, app, "2026-11", "ASSIST_TEAM")
    assert sum(teams.values()) == 376
    assert "80@20250701_X" in teams
    whole = {area for area in teams if not area.endswith("_X")}
    assert live(province, app, "2026-11", "COMMUNE_COVERED") == {"80@20250701": len(whole)}
    assert live(province, app, "2023-10", "COMMUNE_COVERED") == {LONG_AN: 188}
    assert mismatches(province, world, app) == []


def test_who_joins_after_a_reform_counts_where_the_team_is_now(province: Any, world: Any, clock: Any, app: Any) -> None:
    clock.at = datetime(2023, 10, 12, tzinfo=UTC)
    moved = next(
        one.id
        for one in communes(province, LONG_AN, clock.now().date())
        if current_unit(province, one.id, on=date(2026, 11, 22))[1] == "successor"
    )
    mine = team(province, world, moved)
    clock.at = datetime(2026, 11, 22, tzinfo=UTC)
    joined(province, world, new_member(mine.id))
    (home,) = live(province, app, "2026-11", "ASSIST_TEAM")
    assert home != moved
    assert live(province, app, "2026-11", "ASSIST_MEMBER") == {home: 1}
    assert mismatches(province, world, app) == []


def test_two_who_found_at_once_cover_a_commune_once(engines: Any, engine_name: str) -> None:
    from portal import create_app
    from portal.db import begin, db
    from tests.portal.places.conftest import SUCCESSIONS, UNITS

    app = create_app(engines.settings(engines.fresh(engine_name)))
    now = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    with app.app_context(), begin() as session:
        load_units(session, now=now, acting=CLI, units=UNITS, successions=SUCCESSIONS)
        unit = communes(session, "80@20250701", now.date())[0].id
    gate = threading.Barrier(4)

    def found(number: int) -> None:
        with app.app_context():
            gate.wait(60)
            with begin() as session:
                actions.found_team(session, now=now, acting=CLI, unit_id=unit, name=f"Tổ {number}")
            db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(found, number) for number in range(4)]:
            one.result(120)
    with app.app_context():
        session = db.session()
        assert live(session, app, "2026-11", "COMMUNE_COVERED") == {"80@20250701": 1}
        assert live(session, app, "2026-11", "ASSIST_TEAM") == {unit: 4}
        db.session.remove()
        db.engine.dispose()
