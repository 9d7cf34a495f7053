"""A month closes once: it is over, its last counts are rolled up, its reforms are done, and the recount agrees."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.adoption.errors import IllegalTransition
from portal.adoption.figures import Cell, Nets
from portal.adoption.models import AdoptPeriod
from portal.adoption.source import count_sources
from portal.counting import Indicator
from portal.counting.models import AdoptDelta
from portal.counting.periods import Period, month_of, next_month
from portal.places.actions import oldest_reform_due
from portal.places.areas import starts_at

GRACE = timedelta(hours=2)
WAIT = timedelta(minutes=10)
MOVES = {"open": ("closing",), "closing": ("closed",), "closed": ()}
PROVINCE = "province"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a recount says of months that are to close: a hash a month, or where it differs."""

    hashes: dict[str, str]
    differs: tuple[str, ...]


def last_closable(now: datetime) -> str:
    """Return the first month that may not close yet: closing waits until 02:00 of a month's first day."""
    return month_of(now - GRACE)


def move_period(period: AdoptPeriod, state: str) -> None:
    """Move a month's state on; raise `IllegalTransition`."""
    if state not in MOVES[period.state]:
        raise IllegalTransition("adoption.illegal_transition", subject=period.month, before=period.state, after=state)
    period.state = state


def _waiting(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Months that are over and not closed, and were not tried a moment ago."""
    tried = AdoptPeriod.tried_at.is_(None) | (AdoptPeriod.tried_at <= now - WAIT)
    return (AdoptPeriod.state != "closed", AdoptPeriod.month < last_closable(now), tried)


def closings_due(session: Session, *, now: datetime) -> set[str]:
    """Return the indicators of which a month waits to be closed."""
    return set(session.scalars(select(AdoptPeriod.indicator).where(*_waiting(now)).distinct()))


def waiting_to_close(session: Session, indicator: Indicator, *, now: datetime) -> list[AdoptPeriod]:
    """Return an indicator's months that wait to be closed, the oldest first."""
    query = select(AdoptPeriod).where(AdoptPeriod.indicator == indicator.code, *_waiting(now))
    return list(session.scalars(query.order_by(AdoptPeriod.month), execution_options={"populate_existing": True}))


def until_when(session: Session, indicator: Indicator, *, now: datetime) -> str:
    """Return the first month that must wait: counts of it are pending, or a reform has not moved its subjects yet."""
    oldest = session.scalar(select(func.min(AdoptDelta.month)).where(AdoptDelta.indicator == indicator.code))
    found = min(last_closable(now), oldest or "9999")
    reform = oldest_reform_due(session, on=(now + timedelta(hours=7)).date())
    return min(found, month_of(starts_at(reform))) if reform is not None else found


def certify(session: Session, indicator: Indicator, nets: Nets, months: Sequence[str], *, now: datetime) -> Certificate:
    """Compare base with source rows for months that are to close.

    A run of months in which nothing was counted is compared as one, at its end: it holds what the month before it did.
    Months whose source rows are gone keep what was counted.
    """
    quiet = set(months) - {month for _cut, _area, month in nets}
    hashes: dict[str, str] = {}
    differs: list[str] = []
    for run in runs_of(months, quiet):
        base = _base(indicator, nets, run)
        span = spanning(indicator, run)
        text = json.dumps(sorted((cut, area, value) for (cut, area), value in base.items()))
        hashes |= dict.fromkeys(run, hashlib.sha256(text.encode()).hexdigest())
        kept = indicator.kept_days is None or span.start >= now - timedelta(days=indicator.kept_days)
        if kept and _compared(indicator, count_sources(session, indicator, span)) != _compared(indicator, base):
            differs += run
    return Certificate(hashes, tuple(differs))


def _compared(indicator: Indicator, cells: dict[Cell, int]) -> dict[Cell, int]:
    """Return cells as they are compared: of what the province counts as one, only the sum is true."""
    if not indicator.province_only:
        return cells
    found: dict[Cell, int] = {}
    for (cut, _area), value in cells.items():
        found[cut, PROVINCE] = found.get((cut, PROVINCE), 0) + value
    return {cell: value for cell, value in found.items() if value}


def spanning(indicator: Indicator, run: Sequence[str]) -> Period:
    """Return the span to recount for a run of months: a flow's whole run, for others its last month."""
    return Period(run[-1], run[0] if indicator.kind == "F" else run[-1], run[-1], "M")


def runs_of(months: Sequence[str], quiet: set[str]) -> list[list[str]]:
    """Return the months in runs: each that was counted in begins one of its own, quiet ones follow each other."""
    runs: list[list[str]] = []
    for month in months:
        if runs and month in quiet and runs[-1][-1] in quiet and next_month(runs[-1][-1]) == month:
            runs[-1].append(month)
        else:
            runs.append([month])
    return runs


def _base(indicator: Indicator, nets: Nets, run: Sequence[str]) -> dict[Cell, int]:
    found: dict[Cell, int] = {}
    for (cut, area, month), net in nets.items():
        if month <= run[-1] and (indicator.kind != "F" or month >= run[0]):
            found[cut, area] = found.get((cut, area), 0) + net
    return {cell: value for cell, value in found.items() if value}
