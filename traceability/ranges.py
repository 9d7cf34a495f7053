"""Ranges of stamps: put on a lot's goods (activate), taken back for good (void).

    (none) → active · (none) → voided · active → voided

A wrong lot is corrected by voiding and new stamps, never by a silent move.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.batches import check_range, lock_batch
from traceability.canonical import Value
from traceability.days import day_in_vietnam, utc_text
from traceability.errors import LotExpired, LotProductDiffers, LotRecalled, RangeOverlap, RangeRecalled
from traceability.log import add_entry
from traceability.lots import lock_lot, lot_hash
from traceability.models import TraceBatch, TraceEntry, TraceLot, TraceRange
from traceability.recalls import open_recall_of, recalls_touching


@dataclass(frozen=True, slots=True)
class Activation:
    """What an activation did; `changed` is the number of stamps, 0 if the same was done before."""

    batch: int
    first: int
    last: int
    lot: str
    changed: int


@dataclass(frozen=True, slots=True)
class Voiding:
    """What voiding did; `was_active` of the `changed` stamps had been activated."""

    batch: int
    first: int
    last: int
    changed: int
    was_active: int


def activate_range(session: Session, *, now: datetime, batch: int, first: int, last: int, lot: str) -> Activation:
    """State that stamps first..last (both included) are on goods of a lot.

    Raises RangeReversed, RangeOutsideBatch, RangeOverlap, RangeRecalled, LotUnknown, LotProductDiffers, LotExpired,
    LotRecalled.
    """
    header = lock_batch(session, batch)
    check_range(header, first=first, last=last)
    goods = lock_lot(session, lot)
    taken = _overlapping(session, batch, first=first, last=last)
    if _is_same_activation(session, taken, first=first, last=last, lot=lot):
        return Activation(batch, first, last, lot, changed=0)
    if taken:
        raise RangeOverlap(first=taken[0].first, last=taken[-1].last)
    if recalls_touching(session, batch, first=first, last=last):
        raise RangeRecalled(first=first, last=last)
    _check_lot(session, goods, header, now=now)
    row = TraceRange(batch=batch, first=first, last=last, lot=lot, activated_at=now)
    row.activation_entry = add_entry(session, now=now, kind="range_activated", facts=activation_facts(row, goods)).id
    session.add(row)
    session.flush()
    return Activation(batch, first, last, lot, changed=last - first + 1)


def _overlapping(session: Session, batch: int, *, first: int, last: int) -> list[TraceRange]:
    statement = (
        select(TraceRange)
        .where(TraceRange.batch == batch, TraceRange.first <= last, TraceRange.last >= first)
        .order_by(TraceRange.first)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(statement))


def _is_same_activation(session: Session, taken: list[TraceRange], *, first: int, last: int, lot: str) -> bool:
    if len(taken) != 1 or taken[0].voided_at is not None or taken[0].activated_at is None:
        return False
    row = taken[0]
    # A remainder of a larger activation has the same bounds only by chance: its entry says what was stated.
    entry = session.get(TraceEntry, row.activation_entry)
    stated = json.loads(entry.data) if entry is not None else {}
    return (first, last, lot) == (row.first, row.last, row.lot) == (stated.get("first"), stated.get("last"), row.lot)


def _check_lot(session: Session, lot: TraceLot, header: TraceBatch, *, now: datetime) -> None:
    if (lot.product, lot.establishment) != (header.product, header.establishment):
        raise LotProductDiffers(lot=lot.id, batch=header.batch)
    if lot.expires_on is not None and lot.expires_on < day_in_vietnam(now):
        raise LotExpired(lot=lot.id, expired_on=lot.expires_on.isoformat())
    if open_recall_of(session, lot.id) is not None:
        raise LotRecalled(lot=lot.id)


def activation_facts(row: TraceRange, lot: TraceLot) -> Mapping[str, Value]:
    """Give an activation's facts as the log states them."""
    if row.activated_at is None:
        raise ValueError("a range that was never activated")
    return {
        "activated_at": utc_text(row.activated_at),
        "batch": row.batch,
        "first": row.first,
        "last": row.last,
        "lot": lot.number,
        "lot_hash": lot_hash(lot),
    }


def void_range(session: Session, *, now: datetime, batch: int, first: int, last: int, reason: str) -> Voiding:
    """Cancel stamps first..last (both included), active or not; the reason stays here, not in the public log.

    Raises RangeReversed, RangeOutsideBatch, RangeOverlap (some are voided already).
    """
    taken = _voidable(session, batch, first=first, last=last)
    facts = voiding_facts(batch, first=first, last=last, voided_at=now)
    entry = add_entry(session, now=now, kind="range_voided", facts=facts).id
    gaps = _gaps(taken, first=first, last=last)
    was_active = 0
    for row in taken:
        middle = _cut_out(session, row, first=max(first, row.first), last=min(last, row.last))
        middle.voided_at, middle.void_reason, middle.void_entry = now, reason, entry
        was_active += middle.last - middle.first + 1
    for gap_first, gap_last in gaps:
        session.add(
            TraceRange(batch=batch, first=gap_first, last=gap_last, voided_at=now, void_reason=reason, void_entry=entry)
        )
    session.flush()
    return Voiding(batch, first, last, changed=last - first + 1, was_active=was_active)


def check_voidable(session: Session, *, batch: int, first: int, last: int) -> None:
    """Hold that stamps first..last (both included) could be cancelled now; raises as `void_range`."""
    _voidable(session, batch, first=first, last=last)


def _voidable(session: Session, batch: int, *, first: int, last: int) -> list[TraceRange]:
    check_range(lock_batch(session, batch), first=first, last=last)
    taken = _overlapping(session, batch, first=first, last=last)
    voided = [row for row in taken if row.voided_at is not None]
    if voided:
        raise RangeOverlap(first=voided[0].first, last=voided[-1].last)
    return taken


def voiding_facts(batch: int, *, first: int, last: int, voided_at: datetime) -> Mapping[str, Value]:
    """Give the facts of voiding as the log states them."""
    return {"batch": batch, "first": first, "last": last, "voided_at": utc_text(voided_at)}


def _gaps(taken: list[TraceRange], *, first: int, last: int) -> list[tuple[int, int]]:
    gaps = []
    next_free = first
    for row in taken:
        if row.first > next_free:
            gaps.append((next_free, row.first - 1))
        next_free = row.last + 1
    if next_free <= last:
        gaps.append((next_free, last))
    return gaps


def _cut_out(session: Session, row: TraceRange, *, first: int, last: int) -> TraceRange:
    """Split a row so that first..last is a row of its own; every part keeps when and to what it was activated."""
    if last < row.last:
        session.add(_part(row, first=last + 1, last=row.last))
    if first == row.first:
        row.last = last
        return row
    middle = _part(row, first=first, last=last)
    row.last = first - 1
    session.add(middle)
    return middle


def _part(row: TraceRange, *, first: int, last: int) -> TraceRange:
    return TraceRange(
        batch=row.batch,
        first=first,
        last=last,
        lot=row.lot,
        activated_at=row.activated_at,
        activation_entry=row.activation_entry,
        differs=row.differs,
    )
