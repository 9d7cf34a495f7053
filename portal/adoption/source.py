"""Run the texts by which an indicator is counted from its source rows."""

from collections import defaultdict
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.orm import Session

from portal.adoption.figures import Cell
from portal.adoption.privacy import Shares
from portal.counting import TOTAL, Indicator
from portal.counting.periods import Period, end_of, month_of, start_of
from portal.db import UtcDateTime


def source_rows(session: Session, sql: str, period: Period) -> list[Any]:
    """Return the rows of a text for one period; `:start` and `:end` are bound as the engine stores times."""
    times = {"start": period.start, "end": period.end}
    needed = {name: at for name, at in times.items() if f":{name}" in sql}
    return list(session.execute(_bound(sql), needed))


def count_sources(session: Session, indicator: Indicator, period: Period) -> dict[Cell, int]:
    """Return the recount of a period by cell; cells that are 0 are left out."""
    found: defaultdict[Cell, int] = defaultdict(int)
    for dimension, sql in indicator.recount_sql.items():
        for area, value_of_cut, value in source_rows(session, sql, period):
            found[_cut(dimension, value_of_cut), area] += int(value)
    return {cell: value for cell, value in found.items() if value}


def contributions(session: Session, indicator: Indicator, period: Period) -> dict[Cell, Shares]:
    """Return who contributed how much to each raw cell in a period; nothing where the indicator doesn't say."""
    found: defaultdict[Cell, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for dimension, sql in indicator.contributors_sql.items():
        for area, value_of_cut, contributor, value in source_rows(session, sql, period):
            found[_cut(dimension, value_of_cut), area][contributor] += int(value)
    return dict(found)


def _cut(dimension: str, value: object) -> str:
    return TOTAL if dimension == TOTAL else f"{dimension}@{value}"


@lru_cache(maxsize=256)
def _bound(sql: str) -> TextClause:
    names = [name for name in ("start", "end") if f":{name}" in sql]
    return text(sql).bindparams(*(bindparam(name, type_=UtcDateTime) for name in names))


class Times:
    """In which months a column of times has any; found by going from one to the next, once a column."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], set[str]] = {}

    def months(self, session: Session, column: str, first: str, last: str) -> set[str]:
        """Return the months from the first to the last in which `table.column` has a time."""
        key = (column, first, last)
        if key not in self._known:
            self._known[key] = _months_with(session, column, first, last)
        return self._known[key]


def _months_with(session: Session, column: str, first: str, last: str) -> set[str]:
    table, _, name = column.partition(".")
    next_one = text(f"SELECT MIN({name}) AS at FROM {table} WHERE {name} >= :since AND {name} < :until")  # noqa: S608
    bound = next_one.bindparams(bindparam("since", type_=UtcDateTime), bindparam("until", type_=UtcDateTime))
    asking = bound.columns(at=UtcDateTime())
    since, until, found = start_of(first), end_of(last), set[str]()
    while (at := session.scalar(asking, {"since": since, "until": until})) is not None:
        month = month_of(at)
        found.add(month)
        since = end_of(month)
    return found
