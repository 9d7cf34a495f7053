"""Counts are written with the act that they count: facts by `add`, what may overlap by the difference."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.counting import Catalogue, CountingError, add, add_many, counting, live_cells
from portal.counting.models import AdoptDelta
from portal.counting.periods import month_of, parse_period
from tests.portal.counting.making import MONEY, SALES, SELLERS, TOTALS, Shops

AT = datetime(2022, 10, 5, tzinfo=UTC)
OCTOBER = parse_period("2022-10")
HERE, THERE = "27694@20210101", "27697@20210101"


def deltas(session: Any) -> int:
    return int(session.scalar(select(func.count()).select_from(AdoptDelta)))


def test_a_fact_counts_on_the_total_and_on_each_cut_that_has_a_value(counted: Any) -> None:
    add(counted, "T_SALE", area=HERE, d=3, effective_at=AT, values={"type": "school"})
    add(counted, "T_SALE", area=HERE, d=2, effective_at=AT)
    assert live_cells(counted, SALES, OCTOBER) == {HERE: 5}
    assert live_cells(counted, SALES, OCTOBER, cut="type@school") == {HERE: 3}


def test_the_month_is_the_one_of_the_fact_in_the_provinces_time(counted: Any) -> None:
    for moment in ("2022-10-31T16:59:59.999999+00:00", "2022-10-31T17:00:00+00:00"):
        add(counted, "T_SALE", area=HERE, d=1, effective_at=datetime.fromisoformat(moment))
    assert live_cells(counted, SALES, OCTOBER) == {HERE: 1}
    assert live_cells(counted, SALES, parse_period("2022-11")) == {HERE: 1}
    assert live_cells(counted, SALES, parse_period("2022-Q4")) == {HERE: 2}


@pytest.mark.parametrize(
    ("code", "values", "error"),
    [
        ("T_SALES", {}, "counting.unknown"),
        ("T_SALE", {"channel": "voso"}, "counting.cut"),
        ("T_SHARE", {}, "counting.cut"),
    ],
)
def test_what_is_not_declared_is_refused_and_nothing_is_written(
    counted: Any, code: str, values: dict[str, str], error: str
) -> None:
    with pytest.raises(CountingError) as caught:
        add(counted, code, area=HERE, d=1, effective_at=AT, values=values)
    assert caught.value.code == error
    assert deltas(counted) == 0


def test_one_bad_cell_refuses_the_whole_chunk(counted: Any) -> None:
    cells = {("T_SALE", "_T", HERE): 1, ("T_SALE", "channel@voso", HERE): 1}
    with pytest.raises(CountingError):
        add_many(counted, cells, effective_at=AT)
    assert deltas(counted) == 0


@pytest.mark.parametrize("d", [2**53, -(2**53)])
def test_a_number_that_json_would_round_is_refused(counted: Any, d: int) -> None:
    with pytest.raises(CountingError) as caught:
        add(counted, "T_MONEY", area=HERE, d=d, effective_at=AT)
    assert caught.value.code == "counting.value_too_large"
    add(counted, "T_MONEY", area=HERE, d=2**53 - 1, effective_at=AT)
    assert live_cells(counted, MONEY, OCTOBER) == {HERE: 2**53 - 1}


def test_nothing_is_written_for_zero(counted: Any) -> None:
    add(counted, "T_SALE", area=HERE, d=0, effective_at=AT, values={"type": "school"})
    assert deltas(counted) == 0


def test_a_shop_on_two_channels_counts_once(counted: Any, shops: Shops) -> None:
    shops.areas["a"] = HERE
    for channel in ("voso", "postmart"):
        with counting(counted, "a", effective_at=AT):
            shops.channels.setdefault("a", set()).add(channel)
    assert live_cells(counted, SELLERS, OCTOBER) == {HERE: 1}
    assert live_cells(counted, SELLERS, OCTOBER, cut="channel@voso") == {HERE: 1}
    assert live_cells(counted, SELLERS, OCTOBER, cut="channel@postmart") == {HERE: 1}
    one_writer = counted.get_bind().dialect.name == "sqlite"  # who holds everything
    assert shops.locked == ([] if one_writer else ["a", "a"])
    assert deltas(counted) == 3


def test_undone_and_redone_is_still_one(counted: Any, shops: Shops) -> None:
    shops.areas["a"] = HERE
    for channels in ({"voso"}, set(), {"voso"}):
        with counting(counted, "a", effective_at=AT):
            shops.channels["a"] = channels
    assert live_cells(counted, SELLERS, OCTOBER) == {HERE: 1}


def test_a_move_takes_the_counts_along_and_keeps_the_total(counted: Any, shops: Shops) -> None:
    shops.areas["a"], shops.channels["a"] = HERE, set()
    with counting(counted, "a", effective_at=AT):
        shops.channels["a"] = {"voso"}
    with counting(counted, "a", effective_at=AT):
        shops.areas["a"] = THERE
    assert live_cells(counted, SELLERS, OCTOBER) == {THERE: 1}
    with counting(counted, "a", effective_at=AT):
        shops.areas["a"] = HERE
    assert live_cells(counted, SELLERS, OCTOBER) == {HERE: 1}


def test_an_act_that_fails_counts_nothing(counted: Any, shops: Shops) -> None:
    shops.areas["a"] = HERE

    def fails() -> None:
        with counting(counted, "a", effective_at=AT):
            shops.channels["a"] = {"voso"}
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert deltas(counted) == 0


def test_an_act_that_changes_nothing_writes_nothing(counted: Any, shops: Shops) -> None:
    shops.areas["a"], shops.channels["a"] = HERE, {"voso"}
    with counting(counted, "a", effective_at=AT):
        pass
    assert deltas(counted) == 0


def test_a_count_below_zero_is_an_error_and_never_shown_as_zero(counted: Any) -> None:
    add(counted, "T_SALE", area=HERE, d=-1, effective_at=AT)
    add(counted, "T_SALE", area=THERE, d=5, effective_at=AT)
    with pytest.raises(CountingError) as caught:
        live_cells(counted, SALES, OCTOBER)
    assert caught.value.code == "counting.negative_cell"
    assert live_cells(counted, SALES, OCTOBER, allow_negative=True) == {HERE: -1, THERE: 5}


def test_money_given_back_may_exceed_what_came_in(counted: Any) -> None:
    add(counted, "T_MONEY", area=HERE, d=-450_000, effective_at=AT)
    assert live_cells(counted, MONEY, OCTOBER) == {HERE: -450_000}


class _Carts:
    """Tells how much a cart sold in a month, where its home is now: flows that follow a home that moves late."""

    def __init__(self) -> None:
        self.home = HERE
        self.sold = {"2022-10": 2, "2022-11": 7}

    def lock(self, session: Any, subject_id: str) -> None:
        pass

    def cells(self, session: Any, subject_id: str, at: datetime) -> dict[Any, int]:
        return {("T_SALE", "_T", self.home): self.sold.get(month_of(at), 0), ("T_TOTAL", "_T", self.home): 1}

    def lock_many(self, session: Any, subject_ids: Any) -> None:
        pass

    def cells_of_many(self, session: Any, subject_ids: Any, at: datetime) -> dict[Any, int]:
        return self.cells(session, subject_ids[0], at)

    def flow_subjects(self, session: Any, subject_ids: Any) -> Any:
        return subject_ids

    def flow_months(self, session: Any, subject_id: str, *, since: datetime, until: datetime) -> set[str]:
        return {month for month in self.sold if month_of(since) <= month <= month_of(until)}


def test_a_home_that_moves_late_takes_the_flows_of_later_months_along(session: Any) -> None:
    carts = _Carts()
    session.info["catalogue"] = Catalogue((SELLERS, TOTALS, SALES), (carts,), {})
    november = AT.replace(month=11, day=20)
    add(session, "T_SALE", area=HERE, d=2, effective_at=AT)
    add(session, "T_SALE", area=HERE, d=7, effective_at=november)
    add(session, "T_TOTAL", area=HERE, d=1, effective_at=AT)
    with counting(session, "cart", effective_at=AT, until=november):
        carts.home = THERE
    assert live_cells(session, SALES, OCTOBER) == {THERE: 2}
    assert live_cells(session, SALES, parse_period("2022-11")) == {THERE: 7}
    assert live_cells(session, TOTALS, parse_period("2022-11")) == {THERE: 1}
    moved = session.scalars(select(AdoptDelta).order_by(AdoptDelta.id.desc())).first()
    assert moved.recorded_at == november


def test_a_late_fact_is_recorded_when_it_is_told(counted: Any) -> None:
    add(counted, "T_SALE", area=HERE, d=1, effective_at=AT, now=AT.replace(month=12))
    add(counted, "T_SALE", area=HERE, d=1, effective_at=AT)
    rows = counted.scalars(select(AdoptDelta.recorded_at).order_by(AdoptDelta.id)).all()
    assert list(rows) == [AT.replace(month=12), AT]
