"""Months in the province's time, and the four forms of a period."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.counting.periods import Period, end_of, month_of, next_month, parse_period, start_of

MONTHS = st.builds(lambda year, month: f"{year}-{month:02d}", st.integers(1990, 2200), st.integers(1, 12))


@pytest.mark.parametrize(
    ("at", "month"),
    [
        ("2022-10-31T16:59:59.999999+00:00", "2022-10"),
        ("2022-10-31T17:00:00+00:00", "2022-11"),
        ("2022-10-31T23:59:59+07:00", "2022-10"),
        ("2022-12-31T17:00:00+00:00", "2023-01"),
        ("2024-02-29T12:00:00-04:00", "2024-02"),
    ],
)
def test_a_month_ends_at_seventeen_hours_utc_of_its_last_day(at: str, month: str) -> None:
    assert month_of(datetime.fromisoformat(at)) == month


@given(MONTHS)
def test_months_follow_each_other_without_gap(month: str) -> None:
    assert end_of(month) == start_of(next_month(month))
    assert month_of(start_of(month)) == month
    assert month_of(end_of(month) - timedelta(microseconds=1)) == month
    assert 28 <= (end_of(month) - start_of(month)).days <= 31


@pytest.mark.parametrize(
    ("text", "first", "last", "frequency", "count"),
    [
        ("2022-10", "2022-10", "2022-10", "M", 1),
        ("2022-Q4", "2022-10", "2022-12", "Q", 3),
        ("2022-S1", "2022-01", "2022-06", "S", 6),
        ("2022", "2022-01", "2022-12", "A", 12),
    ],
)
def test_the_four_forms(text: str, first: str, last: str, frequency: str, count: int) -> None:
    period = parse_period(text)
    assert period == Period(text, first, last, frequency)
    assert len(period.months) == count
    assert (period.months[0], period.months[-1]) == (first, last)
    assert period.start == start_of(first)
    assert period.end == end_of(last)


def test_quarters_make_halves_and_halves_the_year() -> None:
    year = parse_period("2022").months
    assert sum((parse_period(f"2022-Q{n}").months for n in range(1, 5)), ()) == year
    assert sum((parse_period(f"2022-S{n}").months for n in range(1, 3)), ()) == year


@pytest.mark.parametrize(
    "text",
    ["", "2022-13", "2022-00", "2022-1", "10/2022", "2022-10-01", "2022-Q5", "2022-S3", "2022-q1", " 2022", "22-10",
     "2022-10\n", "０２２-10", "２０２２-10", "0000-01", "0001-01", "9999-12", "2022..2023"],
)  # fmt: skip
def test_anything_else_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        parse_period(text)


@given(st.text(max_size=8))
def test_whatever_is_read_as_a_period_has_a_begin_and_an_end(text: str) -> None:
    try:
        period = parse_period(text)
    except ValueError:
        return
    assert period.start < period.end
    assert period.start.tzinfo is UTC
