"""What belongs to a lot, a batch or a period, as tables whose rows are read as they are written: however many."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, false, or_, select, union
from sqlalchemy.orm import Session

from portal.catalogue.models import Product
from portal.crypto import FieldKeys
from portal.i18n import ZONE
from portal.onboarding.models import Organisation
from portal.onboarding.persons import seller_name
from portal.onboarding.places import place_name
from portal.stamps.goods import gtin_of
from portal.supply.events import Told
from traceability import lot_facts
from traceability.models import TraceBatch, TraceCertificate, TraceEntry, TraceLot, TraceRange, TraceRecall, TraceStamp
from traceability.serials import encode_serial

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is asked for: one lot, one batch, or the days `since`..`until` (both included) of these sellers."""

    lot_id: str | None = None
    batch: int | None = None
    since: date | None = None
    until: date | None = None

    def name(self) -> str:
        """Return a name for the file."""
        if self.lot_id is not None:
            return self.lot_id
        return f"batch-{self.batch}" if self.batch is not None else f"{self.since}-{self.until}"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the file; its rows can be read once."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """The lots, batches, ranges and stamps within a scope, as questions to the database; nothing was read yet."""

    lots: Select[TraceLot]
    batches: Select[TraceBatch]
    ranges: Select[TraceRange]
    stamps: Select[TraceStamp]


def find(scope: Scope, reached: ColumnElement[bool]) -> Found:
    """Return what a scope holds of the sellers on which the condition is true."""
    sellers = select(Organisation.id).where(reached)
    own_lots, own_batches = TraceLot.establishment.in_(sellers), TraceBatch.establishment.in_(sellers)
    of_own = TraceRange.batch.in_(select(TraceBatch.batch).where(own_batches))
    ranges = select(TraceRange).where(of_own, _ranges(scope))
    lots = select(TraceLot).where(
        own_lots,
        or_(
            TraceLot.id == scope.lot_id,
            TraceLot.id.in_(ranges.with_only_columns(TraceRange.lot)),
            _within(scope, TraceLot.recorded_at),
        ),
    )
    batches = select(TraceBatch).where(
        own_batches,
        or_(
            TraceBatch.batch == scope.batch,
            TraceBatch.batch.in_(ranges.with_only_columns(TraceRange.batch)),
            _within(scope, TraceBatch.issued_at),
        ),
    )
    return Found(lots, batches, ranges, _stamps(scope, ranges, batches))


def _ranges(scope: Scope) -> ColumnElement[bool]:
    if scope.lot_id is not None:
        return TraceRange.lot == scope.lot_id
    if scope.batch is not None:
        return TraceRange.batch == scope.batch
    return or_(_within(scope, TraceRange.activated_at), _within(scope, TraceRange.voided_at))


def _stamps(scope: Scope, ranges: Select[TraceRange], batches: Select[TraceBatch]) -> Select[TraceStamp]:
    """Return the scanned stamps: of a batch all of them, else those of the ranges."""
    if scope.batch is not None:
        return select(TraceStamp).where(TraceStamp.batch.in_(batches.with_only_columns(TraceBatch.batch)))
    part = ranges.subquery()
    inside = and_(
        TraceStamp.batch == part.c.batch, TraceStamp.index >= part.c.first, TraceStamp.index <= part.c.last
    )  # fmt: skip
    return select(TraceStamp).join(part, inside)


def _within(scope: Scope, column: Any) -> ColumnElement[bool]:
    if scope.since is None or scope.until is None:
        return false()
    start = datetime.combine(scope.since, datetime.min.time(), ZONE)
    end = datetime.combine(scope.until + timedelta(days=1), datetime.min.time(), ZONE)
    return and_(column >= start, column < end)


def each(session: Session, query: Select[Any]) -> Iterator[Any]:
    """Read the rows of a query some at a time."""
    yield from session.scalars(query.execution_options(yield_per=_AT_ONCE))


def facts(session: Session, found: Found, *, keys: FieldKeys) -> Iterator[Table]:
    """Give the tables of lots, batches, ranges, recalls, certificates and stamps."""
    yield _lots(session, found, keys)
    yield Table(
        "batches",
        ("batch", "count", "product", "gtin", "establishment", "issued_at", "root"),
        ((row.batch, row.count, row.product, row.gtin, row.establishment, row.issued_at, row.root.hex())
         for row in each(session, found.batches.order_by(TraceBatch.batch))),
    )  # fmt: skip
    yield Table(
        "ranges",
        ("batch", "first", "last", "lot", "activated_at", "voided_at", "void_reason"),
        ((row.batch, row.first, row.last, row.lot, row.activated_at, row.voided_at, row.void_reason)
         for row in each(session, found.ranges.order_by(TraceRange.batch, TraceRange.first))),
    )  # fmt: skip
    yield Table(
        "recalls",
        ("id", "lot", "batch", "first", "last", "instruction", "contact", "opened_at", "closed_at", "because"),
        ((row.id, row.lot, row.batch, row.first, row.last, row.instruction, row.contact, row.opened_at,
          row.closed_at, row.closed_because)
         for row in each(session, _recalls(found).order_by(TraceRecall.opened_at, TraceRecall.id))),
    )  # fmt: skip
    yield Table(
        "certificates",
        ("id", "establishment", "kind", "number", "issuer", "valid_from", "valid_to", "withdrawn_at", "paper"),
        ((row.id, row.establishment, row.kind, row.number, row.issuer, row.valid_from, row.valid_to,
          row.withdrawn_at, row.paper)
         for row in each(session, _certificates(found).order_by(TraceCertificate.id))),
    )  # fmt: skip
    yield Table(
        "stamps",
        ("code", "batch", "index", "first_scan", "last_scan", "scans", "scans_before"),
        ((code_of(row), row.batch, row.index, row.first_at, row.last_at, row.scans, row.scans_before)
         for row in each(session, in_order(found.stamps))),
    )  # fmt: skip


def in_order(stamps: Select[TraceStamp]) -> Select[TraceStamp]:
    """Return the same stamps by batch and index."""
    return stamps.order_by(TraceStamp.batch, TraceStamp.index)


def code_of(stamp: TraceStamp) -> str:
    """Return the code that is printed on a stamp."""
    return encode_serial(stamp.batch, stamp.index, stamp.mac)


def _lots(session: Session, found: Found, keys: FieldKeys) -> Table:
    columns = (
        "id", "number", "product", "product_name", "brand", "gtin", "producer", "address", "origin_place",
        "origin_words", "produced_on", "packed_on", "expires_on", "standards", "recorded_at",
    )  # fmt: skip

    def rows() -> Iterator[Sequence[Any]]:
        for row in each(session, found.lots.order_by(TraceLot.id)):
            said, product = lot_facts(row), session.get_one(Product, row.product)
            seller = session.get_one(Organisation, row.establishment)
            yield (
                row.id, said.number, row.product, product.name, None, gtin_of(product),
                seller_name(session, seller, keys), place_name(session, seller.current_unit_id), said.origin_place,
                said.origin_words, said.produced_on, said.packed_on, said.expires_on, "; ".join(said.standards),
                row.recorded_at,
            )  # fmt: skip

    return Table("lots", columns, rows())


def _recalls(found: Found) -> Select[TraceRecall]:
    of_lots = TraceRecall.lot.in_(found.lots.with_only_columns(TraceLot.id))
    return select(TraceRecall).where(
        or_(of_lots, TraceRecall.batch.in_(found.batches.with_only_columns(TraceBatch.batch)))
    )


def _certificates(found: Found) -> Select[TraceCertificate]:
    sellers = union(
        found.lots.with_only_columns(TraceLot.establishment), found.batches.with_only_columns(TraceBatch.establishment)
    )
    return select(TraceCertificate).where(TraceCertificate.establishment.in_(sellers))


def entries(session: Session, found: Found, told: Told) -> Table:
    """Return the log's entries of all these facts and events, in the log's order."""
    recalls, papers = _recalls(found), _certificates(found)
    own: CompoundSelect[Any] = union(
        found.batches.with_only_columns(TraceBatch.entry),
        found.ranges.with_only_columns(TraceRange.activation_entry),
        found.ranges.with_only_columns(TraceRange.void_entry),
        recalls.with_only_columns(TraceRecall.opened_entry),
        recalls.with_only_columns(TraceRecall.closed_entry),
        papers.with_only_columns(TraceCertificate.entry),
        papers.with_only_columns(TraceCertificate.withdrawn_entry),
    )

    def rows() -> Iterator[Sequence[Any]]:
        for query in (select(TraceEntry).where(TraceEntry.id.in_(own)), *told.entries()):
            for row in each(session, query.order_by(TraceEntry.id)):
                yield (row.position, row.kind, row.recorded_at, row.leaf_hash.hex(), row.data.decode())

    return Table("entries", ("index", "kind", "recorded_at", "leaf_hash", "entry"), rows())
