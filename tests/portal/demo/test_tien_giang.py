"""Tiền Giang's lists tell facts; who is eligible is found by the rules of 2022, at every scale."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.audit.models import AuditRow
from portal.config import Settings
from portal.counting import live_cells
from portal.counting.periods import parse_period
from portal.demo import tien_giang
from portal.demo.delta_people import ELIGIBLE, FIRMS, HOUSEHOLDS, Place, Plan, firms, households
from portal.demo.stage import Stage, stage
from portal.marketplaces.eligibility import rules_on
from portal.marketplaces.eligibility_models import Snapshot
from portal.onboarding.models import Organisation
from tests.portal.demo.provinces import load_province

OURS = ("82@20210101", "87@20210101", "82@20250701")
SCALE = 0.002
OCTOBER = parse_period("2022-10")
PLACES = (Place("Xã Bình Nhì", "Huyện Gò Công Tây"), Place("Xã Tân Hội", "Thị xã Cai Lậy"))


@pytest.fixture
def scene(session: Any, world: Any) -> Stage:
    """The stage of October 2022, with the units of Tiền Giang and what became of it."""
    load_province(session, world, OURS)
    there = replace(world, settings=Settings(values={**world.settings.values, "PROVINCE": "82"}))
    return stage(there, at=tien_giang.BEGINS, scale=SCALE, say=lambda _text: None)


def figure(session: Any, app: Any, code: str, cut: str = "_T") -> int:
    return sum(live_cells(session, app.extensions["catalogue"].get(code), OCTOBER, cut=cut).values())


def test_the_lists_bring_the_figures_of_their_scale(scene: Stage, session: Any, app: Any) -> None:
    plan = Plan.scaled(SCALE)
    made, entered = tien_giang.load_people(scene)
    tien_giang.judge(scene)
    assert figure(session, app, "HH_ACCOUNT") == plan.households
    assert figure(session, app, "ACC_ELIGIBLE") == figure(session, app, "HH_ELIGIBLE") == plan.eligible
    assert figure(session, app, "HH_FUNNEL", "stage@eligible") == plan.eligible
    assert figure(session, app, "SME_SUPPORT") == plan.firms == entered.outcomes["created"]
    assert made.outcomes["created"] == plan.households + plan.without_account
    assert (made.outcomes["duplicate"], made.outcomes["rejected"]) == (plan.twice, plan.unreadable)
    recorded = session.scalar(select(func.count()).select_from(Organisation).where(Organisation.kind == "household"))
    assert recorded == made.outcomes["created"]


def test_a_rule_less_makes_more_eligible(scene: Stage, session: Any, app: Any) -> None:
    """No number is typed in: the same list under other rules gives another figure."""
    rules = rules_on(session, tien_giang.BEGINS.date())
    rules.rules = [code for code in rules.rules if code != "payment"]
    session.commit()
    tien_giang.load_people(scene)
    tien_giang.judge(scene)
    assert figure(session, app, "ACC_ELIGIBLE") > Plan.scaled(SCALE).eligible


def test_each_chunk_and_each_judgement_left_its_row(scene: Stage, session: Any) -> None:
    tien_giang.load_people(scene)
    tien_giang.judge(scene)
    acts = dict(session.execute(select(AuditRow.act, func.count()).group_by(AuditRow.act)).all())
    assert (acts["roster.uploaded"], acts["roster.chunk"], acts["roster.done"]) == (2, 2, 2)
    assert acts["eligibility.judged"] == 1
    assert session.scalar(select(func.count()).select_from(Snapshot)) == Plan.scaled(SCALE).households


def test_the_whole_is_the_published_whole() -> None:
    whole = Plan.scaled(1.0)
    assert (whole.households, whole.eligible, whole.firms) == (HOUSEHOLDS, ELIGIBLE, FIRMS) == (170_247, 105_336, 1_923)
    assert round(100 * ELIGIBLE / HOUSEHOLDS, 2) == 61.87


def test_the_lists_are_the_same_each_time_and_no_number_is_given_twice() -> None:
    plan = Plan.scaled(0.01)
    lines = list(households(PLACES, plan))
    assert lines == list(households(PLACES, plan))
    taken = [line[4] for line in lines[1 : plan.households] if line[4]]
    assert len(set(taken)) == len(taken)
    codes = [line[2] for line in list(firms(PLACES, plan))[1:]]
    assert len(set(codes)) == plan.firms
