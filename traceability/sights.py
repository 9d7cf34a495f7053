"""What is known of a stamp: that its code is one of ours (mostly without a read), and what the records have of it now.

`see` takes a Connection too: the unit of work has nothing to add to a single statement, and doubles its cost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, func, select
from sqlalchemy.orm import Session

from traceability.batches import BatchBook, BatchHeader
from traceability.errors import BatchUnknown, StampUnknown
from traceability.models import TraceBatch, TraceLot, TraceRange, TraceRecall
from traceability.prepared import one_row
from traceability.recalls import Recall
from traceability.serials import decode_serial
from traceability.verdicts import Standing

_BATCHES, _RANGES, _LOTS, _RECALLS = (
    cast(Table, mapped.__table__) for mapped in (TraceBatch, TraceRange, TraceLot, TraceRecall)
)

# Of all ranges only the one that begins nearest before the index can hold it: one step in the index, however many.
_NEAREST = (
    select(func.max(_RANGES.c.first))
    .where(_RANGES.c.batch == bindparam("of"), _RANGES.c.first <= bindparam("at"))
    .scalar_subquery()
)
# A lot's recall holds a stamp only where the range itself does; a recall of stamps holds them on goods or not.
_LOT_RECALLED = (_RECALLS.c.lot == _LOTS.c.id) & (_RANGES.c.last >= bindparam("at"))
_RANGE_RECALLED = (
    (_RECALLS.c.batch == bindparam("of")) & (_RECALLS.c.first <= bindparam("at")) & (_RECALLS.c.last >= bindparam("at"))
)

# Built once: making a statement anew costs more than running it.
_STANDING = (
    select(
        _BATCHES.c.differs.label("batch_differs"),
        _RANGES.c.last,
        _RANGES.c.activated_at,
        _RANGES.c.voided_at,
        _RANGES.c.differs.label("range_differs"),
        _LOTS.c.id.label("lot"),
        _LOTS.c.expires_on,
        _LOTS.c.differs.label("lot_differs"),
        _RECALLS.c.id.label("recall"),
        _RECALLS.c.lot.label("recall_lot"),
        _RECALLS.c.batch.label("recall_batch"),
        _RECALLS.c.first.label("recall_first"),
        _RECALLS.c.last.label("recall_last"),
        _RECALLS.c.instruction,
        _RECALLS.c.contact,
        _RECALLS.c.opened_at,
    )
    .select_from(
        _BATCHES.outerjoin(_RANGES, (_RANGES.c.batch == _BATCHES.c.batch) & (_RANGES.c.first == _NEAREST))
        .outerjoin(_LOTS, _LOTS.c.id == _RANGES.c.lot)
        .outerjoin(_RECALLS, _RECALLS.c.closed_at.is_(None) & (_LOT_RECALLED | _RANGE_RECALLED))
    )
    .where(_BATCHES.c.batch == bindparam("of"))
    .order_by(_RECALLS.c.opened_at)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class ScanCode:
    """What was read off a stamp; `gtin` only where the path names one."""

    serial: str
    gtin: str | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp that was issued, by what never changes: its batch, its place in it and its code."""

    header: BatchHeader
    index: int
    mac: int
    serial: str


@dataclass(frozen=True, slots=True)
class Sight(Stamp):
    """A known stamp as the records have it at this moment."""

    standing: Standing
    lot: str | None
    activated_at: datetime | None
    voided_at: datetime | None
    recall: Recall | None


def identify(read: Callable[[], Session], *, book: BatchBook, code: ScanCode) -> Stamp:
    """Find the stamp of a code; `read` gives a session, asked for only where the book has not the batch yet.

    Raises StampUnknown, which is the verdict `unknown`, StampKeyMissing, StampKeyDiffers.
    """
    parts = decode_serial(code.serial)
    if parts is None:
        raise StampUnknown(serial=code.serial[:40])
    try:
        header, key = book.known(parts.batch) or book.open(read(), parts.batch)
    except BatchUnknown:
        raise StampUnknown(serial=code.serial) from None
    if not key.accepts(parts) or parts.index >= header.count or (code.gtin is not None and code.gtin != header.gtin):
        raise StampUnknown(serial=code.serial)
    return Stamp(header, parts.index, parts.mac, code.serial)


def look(session: Session, *, book: BatchBook, code: ScanCode) -> Sight:
    """Find the stamp of a code and read what the records have of it; raises as `identify`."""
    return see(session, identify(lambda: session, book=book, code=code))


def see(session: Session | Connection, stamp: Stamp) -> Sight:
    """Read what the records have of a stamp at this moment."""
    header = stamp.header
    row = one_row(session, _STANDING, {"of": header.batch, "at": stamp.index})
    held = row.last is not None and row.last >= stamp.index
    recall = _recall(row) if row.recall is not None else None
    return Sight(
        header=header,
        index=stamp.index,
        mac=stamp.mac,
        serial=stamp.serial,
        standing=Standing(
            recalled=recall is not None,
            voided=held and row.voided_at is not None,
            active=held and row.activated_at is not None and row.voided_at is None,
            expires_on=row.expires_on if held else None,
            differs=row.batch_differs or (held and bool(row.range_differs or row.lot_differs)),
        ),
        lot=row.lot if held else None,
        activated_at=row.activated_at if held else None,
        voided_at=row.voided_at if held else None,
        recall=recall,
    )


def _recall(row: Any) -> Recall:
    return Recall(
        row.recall, row.recall_lot, row.recall_batch, row.recall_first, row.recall_last,
        row.instruction, row.contact, row.opened_at,
    )  # fmt: skip
