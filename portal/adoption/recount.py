"""The recount: every figure against its source rows, in one snapshot.

(a) recount = base + pending, for every cell on either side; (b) each latest public revision = base at its horizon;
(d) the numbers of each series' revisions have no gap. Two statements without one snapshot give false alarms, so the
isolation is asserted, not hoped for.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from portal.adoption.models import AdoptObservation
from portal.adoption.privacy import public_cell
from portal.adoption.provinces import area_of, leaves_of
from portal.adoption.publisher import PUBLIC, latest_rows
from portal.counting import TOTAL, Indicator, live_cells
from portal.counting.deltas import catalogue_of
from portal.counting.models import AdoptCell, AdoptChange, AdoptDelta
from portal.counting.periods import Period, month_of, parse_period

SCANS_LIVE_DAYS = 90


@dataclass(frozen=True, slots=True)
class Recounted:
    """What a recount found: the number of cells compared, and each one that differs."""

    snapshot_at: datetime
    cells: int
    mismatches: tuple[dict[str, object], ...]
    awaiting_revision: int
    seconds: float

    def as_dict(self) -> dict[str, object]:
        """Return the JSON object of the command line."""
        return {
            "snapshot_at": self.snapshot_at.isoformat(), "cells": self.cells, "mismatches": list(self.mismatches),
            "awaiting_revision": self.awaiting_revision, "seconds": round(self.seconds, 3),
        }  # fmt: skip


@contextmanager
def snapshot(engine: Engine, *, info: dict[str, object]) -> Iterator[Session]:
    """Give a session whose every statement sees the same moment, and which cannot write."""
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(**options)
        with Session(bind=connection, info=info) as session:
            yield session
            session.rollback()


def recount(session: Session, *, now: datetime, province: str) -> Recounted:
    """Compare everything; raise RuntimeError outside one snapshot."""
    _assert_snapshot(session)
    begun = time.monotonic()
    mismatches: list[dict[str, object]] = []
    cells = 0
    for indicator in catalogue_of(session):
        if indicator.kind == "R":
            continue
        for month in _months(session, indicator, now):
            compared, wrong = _compare(session, indicator, parse_period(month))
            cells += compared
            mismatches += wrong
    published, wrong = _compare_published(session, province=province)
    cells += published
    mismatches += wrong + _gaps(session)
    waiting = session.scalar(select(func.count()).select_from(AdoptDelta)) or 0
    return Recounted(datetime.now(UTC), cells, tuple(mismatches), waiting, time.monotonic() - begun)


def _assert_snapshot(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        level = session.execute(text("SHOW transaction_isolation")).scalar()
        if level not in ("repeatable read", "serializable"):
            raise RuntimeError("a recount needs one snapshot: open it with snapshot()")


def _months(session: Session, indicator: Indicator, now: datetime) -> list[str]:
    """Return the months that any row of an indicator touches, and the current one."""
    cells = select(AdoptCell.month).where(AdoptCell.indicator == indicator.code)
    deltas = select(AdoptDelta.month).where(AdoptDelta.indicator == indicator.code)
    found = set(session.scalars(cells.union(deltas))) | {month_of(now)}
    if indicator.code == "QR_SCAN":  # details live 90 days; older months are held by the stamps' own counts
        found = {month for month in found if (now - parse_period(month).start).days < SCANS_LIVE_DAYS}
    return sorted(found)


def _compare(session: Session, indicator: Indicator, period: Period) -> tuple[int, list[dict[str, object]]]:
    """Compare one indicator in one month: source rows against base and pending, for every cut and area."""
    compared, wrong = 0, []
    kept = {TOTAL: {TOTAL}} | {cut.dimension: _kept_cuts(session, indicator, cut.dimension) for cut in indicator.cuts}
    for dimension, sql in indicator.recount_sql.items():
        source = _source(session, sql, period, dimension)
        for cut in sorted(kept[dimension] | source.keys()):
            live = live_cells(session, indicator, period, cut=cut, allow_negative=True)
            counted = source.get(cut, {})
            for area in sorted(live.keys() | counted.keys()):
                compared += 1
                if live.get(area, 0) != counted.get(area, 0):
                    cell = {"clause": "a", "indicator": indicator.code, "cut": cut, "area": area, "period": period.text}
                    wrong.append({**cell, "source": counted.get(area, 0), "count": live.get(area, 0)})
    return compared, wrong


def _kept_cuts(session: Session, indicator: Indicator, dimension: str) -> set[str]:
    like = f"{dimension}@%"
    cells = select(AdoptCell.cut).where(AdoptCell.indicator == indicator.code, AdoptCell.cut.like(like))
    deltas = select(AdoptDelta.cut).where(AdoptDelta.indicator == indicator.code, AdoptDelta.cut.like(like))
    return set(session.scalars(cells.union(deltas)))


def _source(session: Session, sql: str, period: Period, dimension: str) -> dict[str, dict[str, int]]:
    """Run an indicator's own SQL; return cut → area → value."""
    bound = {"start": _bind(session, period.start), "end": _bind(session, period.end)}
    needed = {name: value for name, value in bound.items() if f":{name}" in sql}
    found: dict[str, dict[str, int]] = {}
    for area, cut, value in session.execute(text(sql), needed):
        name = TOTAL if dimension == TOTAL else f"{dimension}@{cut}"
        if value:
            areas = found.setdefault(name, {})
            areas[area] = areas.get(area, 0) + int(value)
    return found


def _bind(session: Session, at: datetime) -> object:
    """Return an instant as the engine stores it: SQLite keeps UTC as text."""
    return (
        at
        if session.get_bind().dialect.name == "postgresql"
        else at.replace(tzinfo=None).isoformat(" ", "microseconds")
    )


def _compare_published(session: Session, *, province: str) -> tuple[int, list[dict[str, object]]]:
    """Hold each latest public revision against the base without the changes after its horizon."""
    compared, wrong = 0, []
    catalogue = catalogue_of(session)
    for row in session.scalars(latest_rows(codes=[one.code for one in catalogue])):
        indicator, period = catalogue.get(row.indicator), parse_period(row.period)
        top = area_of(session, province, period)
        is_province = row.area_id == top.id
        leaves = leaves_of(session, top, period) if is_province else (row.area_id,)
        base = sum(
            live_cells(
                session, indicator, period, cut=row.cut, areas=leaves, with_pending=False, allow_negative=True
            ).values()
        )
        then = base - _changed_after(session, row, indicator, period, leaves)
        compared += 1
        cell = {"indicator": row.indicator, "cut": row.cut, "area": row.area_id, "period": row.period}
        if row.value != then:
            wrong.append({"clause": "b", **cell, "source": then, "count": row.value})
        if not public_cell(indicator, cut=row.cut, is_province=is_province):
            wrong.append({"clause": "b", **cell, "source": "hidden by the rule", "count": row.value})
    return compared, wrong


def _changed_after(
    session: Session, row: AdoptObservation, indicator: Indicator, period: Period, leaves: tuple[str, ...]
) -> int:
    query = select(func.coalesce(func.sum(AdoptChange.d), 0)).where(
        AdoptChange.indicator == row.indicator,
        AdoptChange.cut == row.cut,
        AdoptChange.area_id.in_(leaves),
        AdoptChange.seq > row.horizon,
        AdoptChange.month <= period.last,
    )
    if indicator.kind == "F":
        query = query.where(AdoptChange.month >= period.first)
    return int(session.scalar(query) or 0)


def _gaps(session: Session) -> list[dict[str, object]]:
    """Return the series whose revisions are not numbered 1, 2, 3, …"""
    columns = (AdoptObservation.indicator, AdoptObservation.cut)
    query = select(*columns, func.count(), func.max(AdoptObservation.seq)).where(AdoptObservation.audience == PUBLIC)
    rows = session.execute(query.group_by(*columns))
    return [
        {"clause": "d", "indicator": code, "cut": cut, "source": count, "count": newest}
        for code, cut, count, newest in rows
        if count != newest
    ]
