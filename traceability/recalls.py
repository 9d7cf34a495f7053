"""Recall of a lot, or of a range of stamps: it holds from the very next scan, and nothing is activated onto it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from traceability.batches import check_range, lock_batch
from traceability.canonical import Value
from traceability.days import utc_text
from traceability.errors import LotRecalled, RangeRecalled, RecallUnknown
from traceability.ids import new_id
from traceability.log import add_entry
from traceability.lots import lock_lot, lot_hash
from traceability.models import TraceBatch, TraceLot, TraceRange, TraceRecall


@dataclass(frozen=True, slots=True)
class Recall:
    """A recall as readers see it: of a lot, or of stamps first..last (both included) of a batch."""

    id: str
    lot: str | None
    batch: int | None
    first: int | None
    last: int | None
    instruction: str
    contact: str
    opened_at: datetime
    closed_at: datetime | None = None
    closed_because: str | None = None


def open_recall(session: Session, *, now: datetime, lot: str, instruction: str, contact: str) -> Recall:
    """Recall a lot; raises LotUnknown, LotRecalled if one is open already."""
    goods = lock_lot(session, lot)
    if open_recall_of(session, lot) is not None:
        raise LotRecalled(lot=lot)
    row = TraceRecall(id=new_id("rc"), lot=lot, instruction=instruction, contact=contact, opened_at=now)
    return _opened(session, row, goods)


def open_range_recall(
    session: Session, *, now: datetime, batch: int, first: int, last: int, instruction: str, contact: str
) -> Recall:
    """Recall stamps first..last (both included), on goods or not.

    Raises BatchUnknown, RangeReversed, RangeOutsideBatch, RangeRecalled if an open recall covers them all.
    """
    check_range(lock_batch(session, batch), first=first, last=last)
    open_ones = recalls_touching(session, batch, first=first, last=last)
    if any(_covers(one, first=first, last=last) for one in open_ones):
        raise RangeRecalled(first=first, last=last)
    row = TraceRecall(
        id=new_id("rc"), batch=batch, first=first, last=last, instruction=instruction, contact=contact, opened_at=now
    )
    return _opened(session, row, None)


def _opened(session: Session, row: TraceRecall, lot: TraceLot | None) -> Recall:
    row.opened_entry = add_entry(session, now=row.opened_at, kind="recall_opened", facts=opening_facts(row, lot)).id
    session.add(row)
    session.flush()
    return recall_of(row)


def _covers(recall: Recall, *, first: int, last: int) -> bool:
    return recall.first is not None and recall.last is not None and recall.first <= first and last <= recall.last


def get_recall(session: Session, recall: str) -> Recall:
    """Give a recall by id, open or closed; raises RecallUnknown."""
    row = session.get(TraceRecall, recall)
    if row is None:
        raise RecallUnknown(recall=recall)
    return recall_of(row)


def open_recall_of(session: Session, lot: str) -> Recall | None:
    """Give the open recall of a lot, None if there is none."""
    found = _open_recalls(session, TraceRecall.lot == lot)
    return found[0] if found else None


def recalls_touching(session: Session, batch: int, *, first: int, last: int) -> list[Recall]:
    """Give the open recalls of ranges that hold any of the stamps first..last (both included)."""
    return _open_recalls(session, TraceRecall.batch == batch, TraceRecall.first <= last, TraceRecall.last >= first)


def open_recalls_of_lot(session: Session, lot: str) -> list[Recall]:
    """Give the open recalls of a lot, and of stamps that are on it."""
    on_it = exists().where(
        TraceRange.lot == lot,
        TraceRange.batch == TraceRecall.batch,
        TraceRange.first <= TraceRecall.last,
        TraceRange.last >= TraceRecall.first,
    )
    return _open_recalls(session, (TraceRecall.lot == lot) | on_it)


def open_recalls_of_product(session: Session, product: str) -> list[Recall]:
    """Give the open recalls of a product's lots and stamps."""
    lots = select(TraceLot.id).where(TraceLot.product == product)
    batches = select(TraceBatch.batch).where(TraceBatch.product == product)
    return _open_recalls(session, TraceRecall.lot.in_(lots) | TraceRecall.batch.in_(batches))


def _open_recalls(session: Session, *conditions: ColumnElement[bool]) -> list[Recall]:
    query = select(TraceRecall).where(TraceRecall.closed_at.is_(None), *conditions)
    return [recall_of(row) for row in session.scalars(query.order_by(TraceRecall.opened_at, TraceRecall.id))]


def opening_facts(row: TraceRecall, lot: TraceLot | None) -> dict[str, Value]:
    """Give a recall's facts as the log states them; `lot` is the recalled one, None for a range."""
    opened: dict[str, Value] = {"opened_at": utc_text(row.opened_at)}
    if lot is not None:
        return {"lot": lot.number, "lot_hash": lot_hash(lot), **opened}
    return {"batch": row.batch, "first": row.first, "last": row.last, **opened}


def closing_facts(row: TraceRecall, lot: TraceLot | None) -> Mapping[str, Value]:
    """Give the facts of a recall's end as the log states them."""
    if row.closed_at is None:
        raise ValueError("a recall that is open")
    return {"because": row.closed_because, "closed_at": utc_text(row.closed_at), **opening_facts(row, lot)}


def recall_of(row: TraceRecall) -> Recall:
    """Read a stored recall."""
    return Recall(
        row.id, row.lot, row.batch, row.first, row.last, row.instruction, row.contact, row.opened_at,
        row.closed_at, row.closed_because,
    )  # fmt: skip
