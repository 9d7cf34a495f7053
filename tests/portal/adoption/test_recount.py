"""The recount agrees after any acts in any order, and names the cell where a row or a count was falsified."""

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from portal.adoption.recount import Recount, Snapshot, recount, snapshot
from portal.counting import counting_many, roll_up
from portal.db import configure_engine
from portal.onboarding.stages import reach_stage
from tests.portal.adoption.conftest import ACTING, APRIL, MAY_1, NOW, PROVINCE, Province


def _recount(province: Province, *, every_month: bool = False) -> Recount:
    province.session.flush()
    return recount(Snapshot(province.session, NOW), province.catalogue, province=PROVINCE, every_month=every_month)


@pytest.fixture
def filled(on_seven_and_one_twice: None, province: Province) -> Province:
    """Seven households with accounts, one on two marketplaces, published."""
    return province


@pytest.mark.parametrize("seed", range(6))
def test_acts_roll_ups_and_revisions_in_any_order_agree(province: Province, seed: int) -> None:
    rng = random.Random(seed)
    sellers: list[str] = []
    now, at, accounts = NOW, APRIL, set[tuple[str, str]]()
    for _ in range(60):
        at += timedelta(days=rng.randrange(1, 20))
        act = rng.choice(["seller", "account", "account", "move", "roll_up", "publish"])
        if act == "seller" or not sellers:
            sellers.append(province.seller(rng.randrange(5), at=at))
        elif act == "account":
            key = (rng.choice(sellers), rng.choice(["postmart", "voso"]))
            if key not in accounts:
                accounts.add(key)
                province.account(*key, at=at)
        elif act == "move":
            province.move(rng.choice(sellers), rng.randrange(5), at=at)
        elif act == "roll_up":
            roll_up(province.session, now=now, most=rng.choice([1, 3, 1000]))
        else:
            now += timedelta(seconds=1)
            province.publish(now)
    found = _recount(province)
    assert found.mismatches == []
    assert found.cells > 100
    province.publish(now + timedelta(seconds=1))
    found = _recount(province, every_month=seed == 0)
    assert (found.mismatches, found.awaiting_revision) == ([], 0)


def test_all_that_is_counted_agrees_after_a_funnel(province: Province) -> None:
    from portal.counting import counting
    from portal.onboarding.models import Organisation

    for commune in range(6):
        seller = province.session.get_one(Organisation, province.seller(commune))
        for stage, day in (("created", 1), ("approved", 2), ("phone_confirmed", 40)):
            at = APRIL + timedelta(days=day)
            with counting(province.session, seller.id, effective_at=at):
                reach_stage(province.session, organisation=seller, stage=stage, at=at)
    province.publish()
    assert _recount(province).mismatches == []


OBSERVED = (
    "INSERT INTO adopt_observation (audience, indicator, cut, area_id, period, revision, value, obs_status, "
    "conf_status, status, seq, horizon, as_of, note, deleted) VALUES ('public', 'HH_ACCOUNT', 'channel@voso', "
    "'80@20210101', '2022-04', 2, 1, 'P', 'F', 'provisional', 2, 1, '2026-11-22 03:00:00', '', {false})"
)
PENDING = (
    "INSERT INTO adopt_delta (id, indicator, cut, area_id, month, d, effective_at, recorded_at) VALUES "
    "(9, 'HH_ACCOUNT', '_T', '{commune}', '2022-04', 1, '2022-04-10 00:00:00', '2022-04-10 00:00:00')"
)
OF_CELLS, OF_FIGURES = "UPDATE adopt_cell SET", "UPDATE adopt_observation SET"
FALSIFIED = {
    "a source row moved to another time": (
        "UPDATE channel_account SET created_at = '2023-09-01 00:00:00+00:00' WHERE channel = 'voso'",
        "a",
    ),
    "a source row deleted": ("DELETE FROM channel_account WHERE channel = 'voso'", "a"),
    "a home moved": ("UPDATE places_home SET area_id = '{other}' WHERE area_id = '{commune}'", "a"),
    "a cell's closing": (f"{OF_CELLS} closing = closing + 1 WHERE cut = '_T' AND area_id = '{{commune}}'", "a"),
    "a cell": (f"{OF_CELLS} net = net - 1, closing = closing - 1 WHERE cut = 'channel@voso'", "a"),
    "a cell deleted": ("DELETE FROM adopt_cell WHERE cut = 'channel@voso'", "a"),
    "a pending change": (PENDING, "a"),
    "a figure": (f"{OF_FIGURES} value = value + 1 WHERE indicator = 'HH_ACCOUNT' AND period = '2022-04'", "b"),
    "a revision deleted": ("DELETE FROM adopt_observation WHERE indicator = 'HH_ACCOUNT' AND period = '2026-11'", "b"),
    "what must be hidden": (OBSERVED, "b"),
    "a gap": (f"{OF_FIGURES} seq = seq + 1000 WHERE indicator = 'SAFE_CHAIN_EST' AND period = '2026-11'", "d"),
}


@pytest.mark.parametrize("what", FALSIFIED)
def test_what_was_falsified_is_named(filled: Province, what: str) -> None:
    assert _recount(filled).mismatches == []
    sql, clause = FALSIFIED[what]
    indicator = "SAFE_CHAIN_EST" if clause == "d" else "HH_ACCOUNT"
    false = "0" if filled.session.get_bind().dialect.name == "sqlite" else "false"
    sql = sql.format(commune=filled.communes[0], other=filled.communes[4], false=false)
    changed = filled.session.execute(text(sql))
    assert changed.rowcount >= 1  # type: ignore[attr-defined]
    filled.session.expire_all()
    found = _recount(filled).mismatches
    assert (clause, indicator) in {(one["clause"], one["indicator"]) for one in found}


def test_a_change_without_its_number_is_named(filled: Province) -> None:
    filled.session.execute(text("DELETE FROM adopt_change WHERE seq = 1"))
    assert [one for one in _recount(filled).mismatches if one.get("table") == "adopt_change"]


def test_a_change_that_waits_for_a_day_is_named(filled: Province) -> None:
    filled.account(filled.seller(4))
    roll_up(filled.session, now=NOW - timedelta(days=2))
    assert [one["clause"] for one in _recount(filled).mismatches] == ["c"]
    filled.publish()
    assert _recount(filled).mismatches == []


def test_a_reform_keeps_the_total(filled: Province) -> None:
    """The homes follow in due work, one unit at a time; the total of today's province stands all the while."""
    from portal.places.actions import apply_reform

    assert filled.figure("HH_ACCOUNT", "2025-07").value == 7
    steps = 0
    moving = lambda session, subjects, at: counting_many(session, subjects, effective_at=at)  # noqa: E731
    while apply_reform(filled.session, now=NOW, acting=ACTING, moving=moving) is not None:
        steps += 1
        filled.publish(NOW + timedelta(seconds=steps))
        assert filled.figure("HH_ACCOUNT", "2025-07").value == 7
        assert _recount(filled).mismatches == []
    assert steps >= 3
    assert filled.figure("HH_ACCOUNT", "2025-06").value == 7


def test_what_happens_between_a_reform_and_its_late_due_work_counts_at_the_new_home(province: Province) -> None:
    """The third commune ended on the first of December 2024; the worker slept until the end of 2026."""
    from portal.places.actions import apply_reform, home_at

    before = [province.seller(2) for _ in range(6)]
    for one in before:
        province.account(one)
    idle, later = province.seller(2), NOW.replace(year=2025, month=1, day=10)
    province.account(before[0], "voso", at=later)
    home = home_at(province.session, before[0], later)
    assert home is not None
    assert home.area_id != province.communes[2]
    province.publish()
    assert _recount(province).mismatches == []
    moving = lambda session, subjects, at: counting_many(session, subjects, effective_at=at, until=NOW)  # noqa: E731
    while apply_reform(province.session, now=NOW, acting=ACTING, moving=moving) is not None:
        pass
    province.account(idle, at=NOW)
    province.publish(NOW + timedelta(minutes=11))
    assert _recount(province).mismatches == []
    assert province.figure("HH_ACCOUNT", "2024-11").value == 6
    assert province.figure("HH_ACCOUNT", "2026-11").value == 7


def test_everything_is_read_as_of_one_moment(database_url: str, engine_name: str) -> None:
    """A fact that is committed in between is seen by none of the statements; on PostgreSQL the level says so."""
    engine = create_engine(database_url)
    configure_engine(engine)
    with snapshot(engine, now=NOW) as snap, engine.connect().execution_options(write=True) as other:
        if engine_name == "postgresql":
            assert snap.session.execute(text("SHOW transaction_isolation")).scalar() == "repeatable read"
            assert snap.session.execute(text("SHOW transaction_read_only")).scalar() == "on"
        before = snap.session.execute(text("SELECT count(*) FROM adopt_clock")).scalar()
        other.execute(text("INSERT INTO adopt_clock (id, applied_seq) VALUES (1, 5)"))
        other.commit()
        assert snap.session.execute(text("SELECT count(*) FROM adopt_clock")).scalar() == before == 0
    engine.dispose()


def test_an_engine_that_holds_no_moment_is_refused(engines: Any) -> None:
    engine = create_engine(engines.fresh("sqlite"))  # Python's driver alone begins nothing before it reads
    with pytest.raises(RuntimeError, match="moment of its own"), snapshot(engine, now=NOW):
        pass
    engine.dispose()


def test_a_recount_finds_what_the_portal_itself_published(filled: Province, app: Any) -> None:
    found = _recount(filled).as_json()
    assert found["mismatches"] == []
    assert set(found) == {"snapshot_at", "cells", "mismatches", "awaiting_revision", "seconds"}


def _shelves(province: Province, *, largest: int) -> None:
    """Six sellers in each of three communes; in the first one of them has that many products."""
    for commune in range(3):
        for number in range(6):
            province.on_sale(province.seller(commune), many=largest if commune == number == 0 else 2)


def _of_rule(found: Recount) -> list[tuple[str, str]]:
    return [(one["indicator"], one["period"]) for one in found.mismatches if "rule" in one]


def test_a_figure_that_tells_of_one_firm_is_named(province: Province) -> None:
    _shelves(province, largest=60)
    province.publish()
    assert province.figure("PRODUCT_LISTED", "2022-04", area=province.communes[0]).hidden
    assert _recount(province).mismatches == []
    shown = "UPDATE adopt_observation SET value = 70, obs_status = 'A', conf_status = 'F', note = '' "
    which = f"WHERE indicator = 'PRODUCT_LISTED' AND cut = '_T' AND area_id = '{province.communes[0]}'"
    province.session.execute(text(shown + which))
    province.session.expire_all()
    found = _of_rule(_recount(province))
    assert found
    assert {code for code, _period in found} == {"PRODUCT_LISTED"}


def test_who_came_late_is_no_alarm_before_it_is_told(province: Province) -> None:
    """April is told below the province; what comes late for it makes one seller dominate, and waits for a closing."""
    _shelves(province, largest=2)
    province.publish(MAY_1)
    late = province.seller(0)
    province.on_sale(late, many=100)
    province.publish(MAY_1 + timedelta(days=1))
    assert not province.figure("PRODUCT_LISTED", "2022-04", area=province.communes[0]).hidden
    assert _of_rule(_recount(province)) == []
    province.publish(NOW)
    assert province.figure("PRODUCT_LISTED", "2022-04", area=province.communes[0]).hidden
    assert _recount(province).mismatches == []
