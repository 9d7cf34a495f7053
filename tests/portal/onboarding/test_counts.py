"""The funnel's figures follow each act, agree with the recount from source rows, and move with the household."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, select, text

from portal.counting import counting, counting_many, live_cells
from portal.counting.periods import parse_period
from portal.db import UtcDateTime
from portal.onboarding import actions
from portal.onboarding.models import Organisation
from portal.onboarding.places import derive_again
from portal.onboarding.stages import STAGES, reach_stage, unbroken
from portal.places.actions import apply_reform, set_home, unit_on
from portal.places.areas import day_of
from portal.places.models import PlacesHome
from tests.portal.onboarding.conftest import commune_named
from tests.portal.onboarding.making import CLI, TAN_HOA, household, officer, registered


def live(session: Any, app: Any, clock: Any, code: str, cut: str = "_T") -> dict[str, int]:
    indicator = app.extensions["catalogue"].get(code)
    return dict(live_cells(session, indicator, parse_period(clock.now().strftime("%Y-%m")), cut=cut))


def recount(session: Any, app: Any, code: str, dimension: str, *, start: Any, end: Any) -> dict[tuple[str, str], int]:
    sql = app.extensions["catalogue"].get(code).recount_sql[dimension]
    query = text(sql).bindparams(
        *(
            bindparam(name, value, UtcDateTime())
            for name, value in (("start", start), ("end", end))
            if f":{name}" in sql
        )
    )
    return {(area, cut): value for area, cut, value in session.execute(query)}


@pytest.mark.parametrize(
    ("reached", "counted"),
    [
        (set(), []),
        ({"phone_confirmed", "approved"}, []),
        ({"created"}, ["created"]),
        ({"created", "approved"}, ["created"]),
        ({"created", "phone_confirmed", "approved"}, ["created", "phone_confirmed", "approved"]),
        (set(STAGES), list(STAGES)),
    ],
)
def test_a_stage_counts_only_after_all_before_it(reached: set[str], counted: list[str]) -> None:
    assert unbroken(reached) == counted


def test_the_funnel_follows_each_act_and_agrees_with_its_recount(
    province: Any, world: Any, commune: str, app: Any, clock: Any
) -> None:
    made = [
        registered(world, province, household(f"09120000{n:02d}", unit=commune, id_number=None))[0] for n in range(3)
    ]
    assert live(province, app, clock, "HH_FUNNEL") == {}
    for organisation in made[:2]:
        with counting(province, organisation.id, effective_at=clock.now()):
            reach_stage(province, organisation=organisation, stage="created", at=clock.now())
            reach_stage(province, organisation=organisation, stage="created", at=clock.now())
    actions.approve(province, now=clock.now(), acting=officer(province, world), organisation_id=made[0].id)
    assert live(province, app, clock, "HH_FUNNEL") == {commune: 2}
    wanted = {"created": 2, "phone_confirmed": 2, "approved": 1}
    found = {stage: live(province, app, clock, "HH_FUNNEL", f"stage@{stage}").get(commune, 0) for stage in STAGES}
    assert {stage: value for stage, value in found.items() if value} == wanted
    end = clock.now() + timedelta(days=1)
    counted = recount(province, app, "HH_FUNNEL", "stage", start=clock.now(), end=end)
    assert counted == {(commune, stage): value for stage, value in wanted.items()}
    assert recount(province, app, "HH_FUNNEL", "_T", start=clock.now(), end=end) == {(commune, "_T"): 2}
    assert recount(province, app, "HH_FUNNEL", "stage", start=clock.now(), end=clock.now()) == {}


def test_a_stage_that_does_not_exist_is_refused(province: Any, world: Any, commune: str, clock: Any) -> None:
    organisation, _owner = registered(world, province, household(unit=commune))
    with pytest.raises(ValueError, match="no such stage"):
        reach_stage(province, organisation=organisation, stage="rich", at=clock.now())


def test_the_figures_move_with_the_household(province: Any, world: Any, commune: str, app: Any, clock: Any) -> None:
    organisation, _owner = registered(world, province, household(unit=commune))
    with counting(province, organisation.id, effective_at=clock.now()):
        reach_stage(province, organisation=organisation, stage="created", at=clock.now())
    other = commune_named(province, "Mộc Hóa")
    clock.move(hours=1)
    with counting(province, organisation.id, effective_at=clock.now()):
        set_home(province, subject_id=organisation.id, area_id=other, at=clock.now())
    assert live(province, app, clock, "HH_FUNNEL") == {other: 1}


def test_a_parted_unit_leaves_the_place_open_and_what_was_captured_stays(
    province: Any, world: Any, clock: Any, app: Any
) -> None:
    clock.at = clock.at.replace(year=2023, month=5)
    parted, _owner = registered(world, province, household(unit=TAN_HOA))
    assert (parted.captured_unit_id, parted.confidence) == (TAN_HOA, "exact")
    clock.at = clock.at.replace(year=2024, month=12)
    moving = lambda session, subjects, at: counting_many(session, subjects, effective_at=at)  # noqa: E731
    while apply_reform(province, now=clock.now(), acting=CLI, moving=moving):
        pass
    assert derive_again(province, now=clock.now(), acting=CLI) >= 1
    assert derive_again(province, now=clock.now(), acting=CLI) == 0
    assert (parted.captured_unit_id, parted.current_unit_id, parted.confidence) == (TAN_HOA, None, "ambiguous")
    homes = province.scalars(select(PlacesHome).where(PlacesHome.subject_id == parted.id).order_by(PlacesHome.id)).all()
    assert [home.area_id for home in homes] == [TAN_HOA, "80@20210101_X"]


def test_a_whole_succession_is_followed(province: Any, world: Any, clock: Any) -> None:
    clock.at = clock.at.replace(year=2023, month=5)
    ward = unit_on(province, "27688", day_of(clock.now()))  # Phường 2, Tân An: whole into Phường 1 on 2024-12-01
    organisation, _owner = registered(world, province, household(unit=ward.id))
    clock.at = clock.at.replace(year=2025, month=1)
    assert derive_again(province, now=clock.now(), acting=CLI) == 1
    assert province.get(Organisation, organisation.id).confidence == "successor"
    assert organisation.captured_unit_id == ward.id
    assert (organisation.current_unit_id or "").startswith("27694@")
