"""The roll-up loses nothing, counts nothing twice, and never changes what a live figure says."""

from collections import Counter
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.counting import TOTAL, add, counting, live_cells, pending_rows, roll_up
from portal.counting.models import AdoptCell, AdoptChange, AdoptClock, AdoptDelta
from portal.counting.periods import parse_period, start_of
from tests.portal.counting.making import MONEY, SALES, SELLERS, TOTALS, Shops

NOW = datetime(2022, 12, 20, tzinfo=UTC)
AREAS = ("27694@20210101", "27697@20210101", "80@20210101_X")
MONTHS = ("2022-09", "2022-10", "2022-11", "2022-12")
PERIODS = tuple(parse_period(text) for text in (*MONTHS, "2022-Q3", "2022-Q4", "2022-S2", "2022", "2023-01"))


def cells(session: Any) -> dict[tuple[str, str, str], tuple[int, int]]:
    rows = session.scalars(select(AdoptCell), execution_options={"populate_existing": True})
    return {(one.indicator, one.month, one.area_id): (one.net, one.closing) for one in rows if one.cut == TOTAL}


def test_a_late_fact_moves_the_closings_of_all_later_months(counted: Any) -> None:
    here = AREAS[0]
    for month, d in (("2022-09", 5), ("2022-11", 2)):
        add(counted, "T_TOTAL", area=here, d=d, effective_at=start_of(month))
    assert roll_up(counted, now=NOW) == 2
    add(counted, "T_TOTAL", area=here, d=10, effective_at=start_of("2022-10"))
    assert roll_up(counted, now=NOW) == 1
    assert cells(counted) == {
        ("T_TOTAL", "2022-09", here): (5, 5),
        ("T_TOTAL", "2022-10", here): (10, 15),
        ("T_TOTAL", "2022-11", here): (2, 17),
    }
    found = [live_cells(counted, TOTALS, period).get(here, 0) for period in PERIODS[:4]]
    assert found == [5, 15, 17, 17]


def test_a_stock_before_its_first_month_is_zero(counted: Any) -> None:
    add(counted, "T_TOTAL", area=AREAS[0], d=1, effective_at=start_of("2022-10"))
    roll_up(counted, now=NOW)
    assert live_cells(counted, TOTALS, parse_period("2022-09")) == {}


def test_it_takes_exactly_what_it_read(counted: Any) -> None:
    for _ in range(7):
        add(counted, "T_SALE", area=AREAS[0], d=1, effective_at=NOW)
    assert roll_up(counted, now=NOW, most=5) == 5
    assert pending_rows(counted) == 2
    assert cells(counted) == {("T_SALE", "2022-12", AREAS[0]): (5, 5)}
    assert live_cells(counted, SALES, parse_period("2022-12")) == {AREAS[0]: 7}


def test_nothing_pending_changes_nothing(counted: Any) -> None:
    assert roll_up(counted, now=NOW) == 0
    assert counted.scalar(select(func.count()).select_from(AdoptChange)) == 0


def test_what_cancels_out_leaves_no_number(counted: Any) -> None:
    for d in (3, -3):
        add(counted, "T_SALE", area=AREAS[0], d=d, effective_at=NOW)
    assert roll_up(counted, now=NOW) == 2
    assert (cells(counted), counted.get(AdoptClock, 1).applied_seq) == ({}, 0)


def test_changes_are_numbered_without_a_gap_and_sum_up_to_the_cells(counted: Any) -> None:
    for round_ in range(3):
        for number, area in enumerate(AREAS):
            add(counted, "T_SALE", area=area, d=number + 1 + round_, effective_at=start_of(MONTHS[round_]))
        roll_up(counted, now=NOW)
    rows = counted.scalars(select(AdoptChange).order_by(AdoptChange.seq)).all()
    assert [row.seq for row in rows] == list(range(1, 10))
    assert counted.get(AdoptClock, 1).applied_seq == 9
    sums: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        sums[row.indicator, row.month, row.area_id] += row.d
    assert dict(sums) == {key: net for key, (net, _closing) in cells(counted).items()}


@pytest.mark.parametrize("seed", range(6))
def test_live_figures_are_what_was_counted_however_it_is_rolled_up(counted: Any, shops: Shops, seed: int) -> None:
    """A random month of work beside a plain list of facts: every figure of every period agrees after each step."""
    rng = Random(seed)
    facts: list[tuple[str, str, str, int]] = []
    for step in range(60):
        kind = rng.choice(("fact", "fact", "money", "total", "shop", "roll"))
        area, month = rng.choice(AREAS), rng.choice(MONTHS)
        if kind == "roll":
            roll_up(counted, now=NOW, most=rng.randint(1, 12))
        elif kind == "shop":
            _live_a_little(counted, shops, rng)
        else:
            code, d = {"fact": ("T_SALE", 1), "money": ("T_MONEY", rng.randint(-9, 9)), "total": ("T_TOTAL", 4)}[kind]
            add(counted, code, area=area, d=d, effective_at=start_of(month))
            facts.append((code, month, area, d))
        if step % 10 == 9:
            _compare(counted, facts, shops)
    while roll_up(counted, now=NOW, most=7):
        pass
    _compare(counted, facts, shops)
    assert counted.scalar(select(func.count()).select_from(AdoptDelta)) == 0
    closings = cells(counted)
    for (code, month, area), (_net, closing) in closings.items():
        assert closing == sum(
            net for (one, then, where), (net, _) in closings.items() if (one, where) == (code, area) and then <= month
        )


def _live_a_little(session: Any, shops: Shops, rng: Random) -> None:
    shop = rng.choice("abcde")
    with counting(session, shop, effective_at=NOW):
        shops.areas[shop] = rng.choice(AREAS)
        shops.channels[shop] = set(rng.sample(("voso", "postmart"), rng.randint(0, 2)))


def _compare(session: Any, facts: list[tuple[str, str, str, int]], shops: Shops) -> None:
    for period in PERIODS:
        for indicator in (SALES, MONEY, TOTALS):
            wanted: Counter[str] = Counter()
            for code, month, area, d in facts:
                inside = period.first <= month if indicator.kind == "F" else True
                if code == indicator.code and month <= period.last and inside:
                    wanted[area] += d
            assert live_cells(session, indicator, period) == {area: value for area, value in wanted.items() if value}
    standing = shops.recount()
    for cut in (TOTAL, "channel@voso", "channel@postmart"):
        wanted_shops = {area: count for (_code, one, area), count in standing.items() if one == cut}
        assert live_cells(session, SELLERS, parse_period("2022-12"), cut=cut) == wanted_shops
        assert live_cells(session, SELLERS, parse_period("2022-11"), cut=cut) == {}
