"""Write counts in the transaction of the act that they count.

`add` serves facts that cannot overlap (a payment, a batch). `counting` serves what can (a household on two
marketplaces): it locks the subject, notes its cells, runs the act, and writes the difference.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.counting.errors import CountingError
from portal.counting.indicator import TOTAL, Catalogue, Cell, FlowCounter
from portal.counting.models import AdoptDelta
from portal.counting.periods import end_of, month_of, start_of
from portal.counting.watch import OPEN

LARGEST = 2**53
LOOKED_UP = 5_000
_ADDING = insert(AdoptDelta.__table__)  # type: ignore[arg-type]


def catalogue_of(session: Session) -> Catalogue:
    """Return the catalogue of the running portal."""
    found: Catalogue = session.info["catalogue"]
    return found


def add(
    session: Session,
    code: str,
    *,
    area: str,
    d: int,
    effective_at: datetime,
    values: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> None:
    """Count a fact: `d` on the total, and on each declared cut whose dimension is in `values`."""
    add_figures(session, {code: d}, area=area, effective_at=effective_at, values=values, now=now)


def add_figures(
    session: Session,
    figures: Mapping[str, int],
    *,
    area: str,
    effective_at: datetime,
    values: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> None:
    """Count a fact that several indicators tell of, each by its own figure, as `add` counts one."""
    cells = {(code, cut, area): d for code, d in figures.items() for cut in _cuts(session, code, values or {})}
    add_many(session, cells, effective_at=effective_at, now=now)


def add_many(
    session: Session, cells: Mapping[Cell, int], *, effective_at: datetime, now: datetime | None = None
) -> None:
    """Write many cells' changes as one insert; zeros are left out. `now` is when a late fact is recorded."""
    catalogue = catalogue_of(session)
    recorded_at, month = now or effective_at, month_of(effective_at)
    rows = []
    for (code, cut, area), d in cells.items():
        _check(catalogue, code, cut)
        if abs(d) >= LARGEST:
            raise CountingError("counting.value_too_large", indicator=code)
        if d:
            row = {"indicator": code, "cut": cut, "area_id": area, "month": month, "d": d}
            rows.append({**row, "effective_at": effective_at, "recorded_at": recorded_at})
    if rows:
        session.connection().execute(_ADDING, rows)  # it names no other row, so nothing need be written before it


@contextmanager
def counting(
    session: Session, subject_id: str, *, effective_at: datetime, until: datetime | None = None
) -> Iterator[None]:
    """Count what the block changes about a subject: its cells after less before, in the same transaction.

    With `until` the block is the move of a home: the flows of the months after `effective_at`, up to that instant, are
    counted anew too, so a home that moves late takes along what was counted at the old one since. Which cells a
    subject stands in is told by the counters that the subjects registered with the catalogue, so a lower one (a home
    that moves) moves the figures of the higher ones (what is live, what was issued) too.
    """
    catalogue = catalogue_of(session)
    if until is None:
        catalogue.settle(session, [subject_id], effective_at)
    if session.get_bind().dialect.name != "sqlite":  # whose one writer holds everything
        for counter in catalogue.counters:
            counter.lock(session, subject_id)
    instants = [effective_at, *_later_flows(session, subject_id, effective_at, until)]
    with _difference(session, partial(_cells, session, subject_id), instants, recorded_at=until or effective_at):
        yield


@contextmanager
def _difference(
    session: Session, cells: Callable[[datetime], "Counter[Cell]"], instants: Sequence[datetime], *,
    recorded_at: datetime,
) -> Iterator[None]:  # fmt: skip
    """Write what the block changes about the cells of each instant; of the later ones the flows alone."""
    catalogue = catalogue_of(session)
    session.flush()
    before = [cells(at) for at in instants]
    session.info[OPEN] = session.info.get(OPEN, 0) + 1
    try:
        yield
        session.flush()
    finally:
        session.info[OPEN] -= 1
    for place, at in enumerate(instants):
        after = cells(at)
        after.subtract(before[place])
        moved = {cell: d for cell, d in after.items() if not place or catalogue.get(cell[0]).kind == "F"}
        add_many(session, moved, effective_at=at, now=recorded_at)


def _later_flows(session: Session, subject_id: str, effective_at: datetime, until: datetime | None) -> list[datetime]:
    """Return the begin of each month after `effective_at` in which flows of the subject were counted at its home."""
    since = end_of(month_of(effective_at))
    if until is None or since > until:
        return []
    months: set[str] = set()
    for counter in catalogue_of(session).counters:
        if isinstance(counter, FlowCounter):
            months |= counter.flow_months(session, subject_id, since=since, until=until)
    return [start_of(month) for month in sorted(months)]


def pieces(subject_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut a long list of subjects for statements that name each."""
    for start in range(0, len(subject_ids), LOOKED_UP):
        yield subject_ids[start : start + LOOKED_UP]


@contextmanager
def counting_many(
    session: Session, subject_ids: Sequence[str], *, effective_at: datetime, until: datetime | None = None
) -> Iterator[None]:
    """Count what the block changes about many subjects, as `counting` does of one, by a few statements a counter."""
    ordered = sorted(set(subject_ids))
    catalogue = catalogue_of(session)
    if until is None:
        for piece in pieces(ordered):
            catalogue.settle(session, piece, effective_at)
    if session.get_bind().dialect.name != "sqlite":
        for counter in catalogue.counters:
            counter.lock_many(session, ordered)
    instants = [effective_at, *_later_flows_of_many(session, ordered, effective_at, until)]
    with _difference(session, partial(_cells_of_many, session, ordered), instants, recorded_at=until or effective_at):
        yield


def _later_flows_of_many(
    session: Session, subject_ids: Sequence[str], effective_at: datetime, until: datetime | None
) -> list[datetime]:
    """Return what `_later_flows` does, for the subjects among many that have flows at all."""
    found: set[datetime] = set()
    for counter in catalogue_of(session).counters:
        if isinstance(counter, FlowCounter) and until is not None:
            for subject_id in counter.flow_subjects(session, subject_ids):
                found |= set(_later_flows(session, subject_id, effective_at, until))
    return sorted(found)


def _cells_of_many(session: Session, subject_ids: Sequence[str], at: datetime) -> "Counter[Cell]":
    found: Counter[Cell] = Counter()
    for counter in catalogue_of(session).counters:
        found.update(counter.cells_of_many(session, subject_ids, at))
    return found


def _cells(session: Session, subject_id: str, at: datetime) -> "Counter[Cell]":
    found: Counter[Cell] = Counter()
    for counter in catalogue_of(session).counters:
        found.update(counter.cells(session, subject_id, at))
    return found


def _cuts(session: Session, code: str, values: Mapping[str, str]) -> list[str]:
    indicator = catalogue_of(session).get(code)
    declared = {cut.dimension for cut in indicator.cuts}
    unknown = values.keys() - declared
    if unknown:
        raise CountingError("counting.cut", indicator=code, cut=sorted(unknown)[0])
    return [TOTAL, *(f"{name}@{value}" for name, value in values.items())]


def _check(catalogue: Catalogue, code: str, cut: str) -> None:
    indicator = catalogue.get(code)
    dimension = cut.partition("@")[0]
    if indicator.kind == "R" or (cut != TOTAL and dimension not in {one.dimension for one in indicator.cuts}):
        raise CountingError("counting.cut", indicator=code, cut=cut)
