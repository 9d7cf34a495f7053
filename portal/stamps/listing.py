"""What a seller sees of the own stamps: batches with three counts shown apart, their ranges, the next free stamps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.catalogue.models import Product
from portal.stamps.models import DUE, FAILED, StampOrder
from traceability.models import TraceBatch, TraceLot, TraceRange, TraceStamp

MOST_BATCHES = 100


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One batch: issued, activated and scanned are three counts; `voided` is a fourth, never netted."""

    batch: int
    product: str
    issued: int
    activated: int
    scanned: int
    voided: int
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class RangeRow:
    """Stamps first..last (both included) in one state, and the number of their lot."""

    first: int
    last: int
    lot: str | None
    activated_at: datetime | None
    voided_at: datetime | None


def batches_of(session: Session, organisation_id: str, *, batch: int | None = None) -> list[BatchRow]:
    """Return a seller's newest batches, or one of them, with their counts."""
    query = select(TraceBatch, Product.name).join(Product, Product.id == TraceBatch.product)
    query = query.where(TraceBatch.establishment == organisation_id)
    if batch is not None:
        query = query.where(TraceBatch.batch == batch)
    found = session.execute(query.order_by(TraceBatch.batch.desc()).limit(MOST_BATCHES)).all()
    numbers = [row.batch for row, _name in found]
    activated, voided, scanned = _counts(session, numbers)
    return [
        BatchRow(
            batch=row.batch,
            product=name,
            issued=row.count,
            activated=activated.get(row.batch, 0),
            scanned=scanned.get(row.batch, 0),
            voided=voided.get(row.batch, 0),
            issued_at=row.issued_at,
        )
        for row, name in found
    ]


def _counts(session: Session, numbers: Sequence[int]) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
    size = func.sum(TraceRange.last - TraceRange.first + 1)
    ranges = select(TraceRange.batch, size).where(TraceRange.batch.in_(numbers)).group_by(TraceRange.batch)
    stamps = select(TraceStamp.batch, func.count()).where(TraceStamp.batch.in_(numbers)).group_by(TraceStamp.batch)
    return (
        {batch: int(total) for batch, total in session.execute(ranges.where(TraceRange.activated_at.is_not(None)))},
        {batch: int(total) for batch, total in session.execute(ranges.where(TraceRange.voided_at.is_not(None)))},
        {batch: int(total) for batch, total in session.execute(stamps)},
    )


def ranges_of(session: Session, batch: int) -> list[RangeRow]:
    """Return the ranges of a batch in order."""
    query = select(TraceRange, TraceLot.number).outerjoin(TraceLot, TraceLot.id == TraceRange.lot)
    return [
        RangeRow(row.first, row.last, number, row.activated_at, row.voided_at)
        for row, number in session.execute(query.where(TraceRange.batch == batch).order_by(TraceRange.first))
    ]


def next_free(session: Session, batch: int, *, count: int) -> tuple[int, int] | None:
    """Return the first run of stamps that are neither active nor cancelled, None if all are."""
    start = 0
    for row in ranges_of(session, batch):
        if row.first > start:
            return start, row.first - 1
        start = row.last + 1
    return (start, count - 1) if start < count else None


def orders_under_way(session: Session, organisation_id: str) -> list[StampOrder]:
    """Return a seller's orders whose stamps are still being made, or could not be."""
    query = select(StampOrder).where(StampOrder.organisation_id == organisation_id, StampOrder.state.in_((DUE, FAILED)))
    return list(session.scalars(query.order_by(StampOrder.ordered_at.desc()).limit(MOST_BATCHES)))
