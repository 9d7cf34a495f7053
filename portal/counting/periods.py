"""Months in the province's time (UTC+7 all year: a month ends at 17:00Z on its last day), and what is made of them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

OFFSET = timedelta(hours=7)
_FORMS = re.compile(r"(?P<year>[12][0-9]{3})(?:-(?:(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-4])|S(?P<half>[12])))?")


def month_of(at: datetime) -> str:
    """Return the month that an instant falls in: 2022-10-31T17:00Z is in 2022-11."""
    return (at.astimezone(UTC) + OFFSET).strftime("%Y-%m")


def next_month(month: str) -> str:
    """Return the month after."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def months_between(first: str, last: str) -> list[str]:
    """Return the months from the first to the last, both included."""
    found = []
    while first <= last:
        found.append(first)
        first = next_month(first)
    return found


def start_of(month: str) -> datetime:
    """Return the instant at which a month begins."""
    return datetime(int(month[:4]), int(month[5:]), 1, tzinfo=UTC) - OFFSET


def end_of(month: str) -> datetime:
    """Return the instant at which a month ends: the next one's begin."""
    return start_of(next_month(month))


@dataclass(frozen=True, slots=True)
class Period:
    """A month, quarter, half-year or year: its text and its months, the first and the last included."""

    text: str
    first: str
    last: str
    frequency: str

    @property
    def months(self) -> tuple[str, ...]:
        """Return its months in order."""
        return tuple(months_between(self.first, self.last))

    @property
    def start(self) -> datetime:
        """Return the instant of its begin."""
        return start_of(self.first)

    @property
    def end(self) -> datetime:
        """Return the instant of its end."""
        return end_of(self.last)


@lru_cache(maxsize=4096)
def parse_period(text: str) -> Period:
    """Read `2022-10`, `2022-Q4`, `2022-S2` or `2022`; raise ValueError for anything else."""
    found = _FORMS.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year = found["year"]
    if found["month"]:
        return Period(text, text, text, "M")
    if found["quarter"]:
        first = 3 * int(found["quarter"]) - 2
        return Period(text, f"{year}-{first:02d}", f"{year}-{first + 2:02d}", "Q")
    if found["half"]:
        first = 6 * int(found["half"]) - 5
        return Period(text, f"{year}-{first:02d}", f"{year}-{first + 5:02d}", "S")
    return Period(text, f"{year}-01", f"{year}-12", "A")
