"""What a recall touches, and its two ends: lifted (it was not needed), or completed (its stamps are voided).

open → closed, with reason `lifted` or `completed`
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from traceability.batches import lock_batch
from traceability.errors import RecallMove, RecallUnknown
from traceability.log import add_entry
from traceability.lots import lock_lot
from traceability.models import TraceLot, TraceRange, TraceRecall, TraceStamp
from traceability.ranges import Voiding, void_range
from traceability.recalls import Recall, closing_facts, get_recall, recall_of
from traceability.serials import encode_serial

LIFTED, COMPLETED = "lifted", "completed"


@dataclass(frozen=True, slots=True)
class AffectedRange:
    """Recalled stamps first..last (both included) in one state; `scanned` of them were scanned, `scans` times."""

    batch: int
    first: int
    last: int
    lot: str | None
    activated_at: datetime | None
    voided_at: datetime | None
    scanned: int
    scans: int

    @property
    def count(self) -> int:
        """Give the number of stamps."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Affected:
    """All that a recall touches."""

    ranges: tuple[AffectedRange, ...]

    @property
    def stamps(self) -> int:
        """Give the number of recalled stamps, those voided since included."""
        return sum(one.count for one in self.ranges)

    @property
    def scanned(self) -> int:
        """Give how many of them were ever scanned."""
        return sum(one.scanned for one in self.ranges)

    @property
    def lots(self) -> tuple[str, ...]:
        """Give the lots whose goods carry them."""
        return tuple(sorted({one.lot for one in self.ranges if one.lot is not None}))

    @property
    def open_ranges(self) -> tuple[AffectedRange, ...]:
        """Give the ranges that are not voided."""
        return tuple(one for one in self.ranges if one.voided_at is None)


@dataclass(frozen=True, slots=True)
class ScannedStamp:
    """A stamp that was scanned: when first (since activation) and last, how often since and before."""

    serial: str
    batch: int
    index: int
    first_at: datetime | None
    last_at: datetime
    scans: int
    scans_before: int


@dataclass(frozen=True, slots=True)
class Completion:
    """A recall that was completed, and what was voided with it."""

    recall: Recall
    voided: tuple[Voiding, ...]


def affected(session: Session, recall: str) -> Affected:
    """Give the ranges of a recall with their counts, open or closed; raises RecallUnknown."""
    found = get_recall(session, recall)
    parts = _of_lot(session, found.lot) if found.lot is not None else _of_range(session, found)
    return Affected(tuple(_scanned(session, one) for one in parts))


def _of_lot(session: Session, lot: str) -> list[AffectedRange]:
    query = select(TraceRange).where(TraceRange.lot == lot).order_by(TraceRange.batch, TraceRange.first)
    return [_part(row, row.first, row.last) for row in session.scalars(query)]


def _of_range(session: Session, recall: Recall) -> list[AffectedRange]:
    if recall.batch is None or recall.first is None or recall.last is None:
        raise ValueError("a recall of a lot")
    query = select(TraceRange).where(
        TraceRange.batch == recall.batch, TraceRange.first <= recall.last, TraceRange.last >= recall.first
    )
    parts: list[AffectedRange] = []
    free = recall.first
    for row in session.scalars(query.order_by(TraceRange.first)):
        if row.first > free:
            parts.append(_unused(recall.batch, free, row.first - 1))
        parts.append(_part(row, max(row.first, recall.first), min(row.last, recall.last)))
        free = row.last + 1
    if free <= recall.last:
        parts.append(_unused(recall.batch, free, recall.last))
    return parts


def _part(row: TraceRange, first: int, last: int) -> AffectedRange:
    return AffectedRange(row.batch, first, last, row.lot, row.activated_at, row.voided_at, 0, 0)


def _unused(batch: int, first: int, last: int) -> AffectedRange:
    return AffectedRange(batch, first, last, None, None, None, 0, 0)


def _scanned(session: Session, part: AffectedRange) -> AffectedRange:
    scans = func.coalesce(func.sum(TraceStamp.scans + TraceStamp.scans_before), 0)
    stamps, total = session.execute(
        select(func.count(), scans)
        .select_from(TraceStamp)
        .where(TraceStamp.batch == part.batch, TraceStamp.index >= part.first, TraceStamp.index <= part.last)
    ).one()
    return AffectedRange(
        part.batch, part.first, part.last, part.lot, part.activated_at, part.voided_at, int(stamps), int(total)
    )


def scanned_stamps(session: Session, recall: str) -> Iterator[ScannedStamp]:
    """Give the recalled stamps that were scanned, in the order of their codes; raises RecallUnknown."""
    for part in affected(session, recall).ranges:
        query = select(TraceStamp).where(
            TraceStamp.batch == part.batch, TraceStamp.index >= part.first, TraceStamp.index <= part.last
        )
        for row in session.scalars(query.order_by(TraceStamp.index).execution_options(yield_per=1000)):
            serial = encode_serial(row.batch, row.index, row.mac)
            yield ScannedStamp(serial, row.batch, row.index, row.first_at, row.last_at, row.scans, row.scans_before)


def lift_recall(session: Session, *, now: datetime, recall: str) -> Recall:
    """Close a recall that was not needed; the verdict returns to normal. Raises RecallUnknown, RecallMove."""
    row, lot = _lock(session, recall)
    return _close(session, row, lot, now=now, because=LIFTED)


def complete_recall(session: Session, *, now: datetime, recall: str) -> Completion:
    """Close a recall and void every stamp of it that is not voided yet. Raises RecallUnknown, RecallMove."""
    row, lot = _lock(session, recall)
    voided = [
        void_range(session, now=now, batch=one.batch, first=one.first, last=one.last, reason=f"recall {recall}")
        for one in affected(session, recall).open_ranges
    ]
    return Completion(_close(session, row, lot, now=now, because=COMPLETED), tuple(voided))


def _lock(session: Session, recall: str) -> tuple[TraceRecall, TraceLot | None]:
    # What it is of is held first, as whoever opens a recall or activates stamps does.
    found = session.get(TraceRecall, recall)
    if found is None:
        raise RecallUnknown(recall=recall)
    lot = lock_lot(session, found.lot) if found.lot is not None else None
    if found.batch is not None:
        lock_batch(session, found.batch)
    row = session.get_one(TraceRecall, recall, with_for_update=True, populate_existing=True)
    if row.closed_at is not None:
        raise RecallMove(recall=recall)
    return row, lot


def _close(session: Session, row: TraceRecall, lot: TraceLot | None, *, now: datetime, because: str) -> Recall:
    row.closed_at, row.closed_because = now, because
    row.closed_entry = add_entry(session, now=now, kind="recall_closed", facts=closing_facts(row, lot)).id
    session.flush()
    return recall_of(row)
