"""What belongs to a lot, a batch or a period, as tables: facts, ranges, recalls, papers, events, entries, scans."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from portal.catalogue.models import Product
from portal.crypto import FieldKeys
from portal.i18n import ZONE
from portal.onboarding.models import Organisation
from portal.onboarding.persons import seller_name
from portal.onboarding.places import place_name
from portal.stamps.goods import gtin_of
from portal.stamps.uris import lot_uris
from traceability import epcis, lot_facts
from traceability.models import TraceBatch, TraceCertificate, TraceEntry, TraceLot, TraceRange, TraceRecall, TraceStamp
from traceability.serials import encode_serial

MOST_LOTS, MOST_STAMPS = 2_000, 20_000


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
    """One table of the file."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """The lots, batches and ranges within a scope, and how many of each are too many for one file."""

    lots: Sequence[TraceLot]
    batches: Sequence[TraceBatch]
    ranges: Sequence[TraceRange]
    left_out: Mapping[str, int]


def find(session: Session, scope: Scope, reached: ColumnElement[bool]) -> Found:
    """Return what a scope holds of the sellers on which the condition is true."""
    sellers = select(Organisation.id).where(reached)
    own_lots, own_batches = TraceLot.establishment.in_(sellers), TraceBatch.establishment.in_(sellers)
    query = select(TraceRange).join(TraceBatch, TraceBatch.batch == TraceRange.batch).where(own_batches)
    ranges, more_ranges = _most(session, query.where(_ranges(scope)).order_by(TraceRange.batch, TraceRange.first))
    lot_ids = {row.lot for row in ranges if row.lot is not None} | ({scope.lot_id} if scope.lot_id else set())
    numbers = {row.batch for row in ranges} | ({scope.batch} if scope.batch is not None else set())
    lots = select(TraceLot).where(own_lots, or_(TraceLot.id.in_(lot_ids), _within(scope, TraceLot.recorded_at)))
    batches = select(TraceBatch).where(
        own_batches, or_(TraceBatch.batch.in_(numbers), _within(scope, TraceBatch.issued_at))
    )
    found_lots, more_lots = _most(session, lots.order_by(TraceLot.id))
    found_batches, more_batches = _most(session, batches.order_by(TraceBatch.batch))
    left_out = {"lots": more_lots, "batches": more_batches, "ranges": more_ranges}
    return Found(found_lots, found_batches, ranges, left_out)


def _most(session: Session, query: Select[Any]) -> tuple[list[Any], int]:
    """Return as many rows as one file holds, and the number of those beyond."""
    rows = list(session.scalars(query.limit(MOST_LOTS)))
    if len(rows) < MOST_LOTS:
        return rows, 0
    counted = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    return rows, counted - len(rows)


def _ranges(scope: Scope) -> ColumnElement[bool]:
    if scope.lot_id is not None:
        return TraceRange.lot == scope.lot_id
    if scope.batch is not None:
        return TraceRange.batch == scope.batch
    return or_(_within(scope, TraceRange.activated_at), _within(scope, TraceRange.voided_at))


def _within(scope: Scope, column: Any) -> ColumnElement[bool]:
    if scope.since is None or scope.until is None:
        return and_(column.is_(None), column.is_not(None))
    start = datetime.combine(scope.since, datetime.min.time(), ZONE)
    end = datetime.combine(scope.until + timedelta(days=1), datetime.min.time(), ZONE)
    return and_(column >= start, column < end)


def tables(session: Session, found: Found, *, keys: FieldKeys) -> list[Table]:
    """Return the tables of a scope, the events apart."""
    recalls = _recalls(session, found)
    certificates = list(
        session.scalars(
            select(TraceCertificate)
            .where(TraceCertificate.establishment.in_(_establishments(found)))
            .order_by(TraceCertificate.id)
        )
    )
    return [
        _lots(session, found.lots, keys),
        Table(
            "batches",
            ("batch", "count", "product", "gtin", "establishment", "issued_at", "root", "entry"),
            [(row.batch, row.count, row.product, row.gtin, row.establishment, row.issued_at, row.root.hex(), row.entry)
             for row in found.batches],
        ),
        Table(
            "ranges",
            ("batch", "first", "last", "lot", "activated_at", "voided_at", "void_reason"),
            [(row.batch, row.first, row.last, row.lot, row.activated_at, row.voided_at, row.void_reason)
             for row in found.ranges],
        ),
        Table(
            "recalls",
            ("id", "lot", "batch", "first", "last", "instruction", "contact", "opened_at", "closed_at", "because"),
            [(row.id, row.lot, row.batch, row.first, row.last, row.instruction, row.contact, row.opened_at,
              row.closed_at, row.closed_because) for row in recalls],
        ),
        Table(
            "certificates",
            ("id", "establishment", "kind", "number", "issuer", "valid_from", "valid_to", "withdrawn_at", "paper"),
            [(row.id, row.establishment, row.kind, row.number, row.issuer, row.valid_from, row.valid_to,
              row.withdrawn_at, row.paper) for row in certificates],
        ),
        _entries(session, found, recalls, certificates),
        stamps(session, found),
    ]  # fmt: skip


def _establishments(found: Found) -> set[str]:
    return {row.establishment for row in found.lots} | {row.establishment for row in found.batches}


def _lots(session: Session, lots: Iterable[TraceLot], keys: FieldKeys) -> Table:
    columns = (
        "id", "number", "product", "product_name", "brand", "gtin", "producer", "address", "origin_place",
        "origin_words", "produced_on", "packed_on", "expires_on", "standards", "recorded_at",
    )  # fmt: skip
    rows = []
    for row in lots:
        facts, product = lot_facts(row), session.get_one(Product, row.product)
        seller = session.get_one(Organisation, row.establishment)
        rows.append((
            row.id, facts.number, row.product, product.name, None, gtin_of(product), seller_name(session, seller, keys),
            place_name(session, seller.current_unit_id), facts.origin_place, facts.origin_words, facts.produced_on,
            facts.packed_on, facts.expires_on, "; ".join(facts.standards), row.recorded_at,
        ))  # fmt: skip
    return Table("lots", columns, rows)


def _recalls(session: Session, found: Found) -> list[TraceRecall]:
    own = or_(
        TraceRecall.lot.in_([row.id for row in found.lots]), TraceRecall.batch.in_([row.batch for row in found.batches])
    )
    return list(session.scalars(select(TraceRecall).where(own).order_by(TraceRecall.opened_at, TraceRecall.id)))


def _entries(
    session: Session, found: Found, recalls: Iterable[TraceRecall], certificates: Iterable[TraceCertificate]
) -> Table:
    ids: set[int | None] = {row.entry for row in found.batches}
    ids |= {one for row in found.ranges for one in (row.activation_entry, row.void_entry)}
    ids |= {one for row in recalls for one in (row.opened_entry, row.closed_entry)}
    ids |= {one for paper in certificates for one in (paper.entry, paper.withdrawn_entry)}
    rows = session.scalars(select(TraceEntry).where(TraceEntry.id.in_(ids - {None})).order_by(TraceEntry.id))
    columns = ("index", "kind", "recorded_at", "leaf_hash", "entry")
    return Table(
        "entries", columns,
        [(row.position, row.kind, row.recorded_at, row.leaf_hash.hex(), row.data.decode()) for row in rows],
    )  # fmt: skip


def stamps(session: Session, found: Found) -> Table:
    """Return the stamps of the ranges that were scanned: first and last time and counts, nothing of who scanned."""
    columns = ("code", "batch", "index", "first_scan", "last_scan", "scans", "scans_before")
    rows: list[Sequence[Any]] = []
    for part in found.ranges:
        query = select(TraceStamp).where(
            TraceStamp.batch == part.batch, TraceStamp.index >= part.first, TraceStamp.index <= part.last
        )
        for row in session.scalars(query.order_by(TraceStamp.index).limit(MOST_STAMPS - len(rows))):
            code = encode_serial(row.batch, row.index, row.mac)
            rows.append((code, row.batch, row.index, row.first_at, row.last_at, row.scans, row.scans_before))
    return Table("stamps", columns, rows)


def stamps_left_out(session: Session, found: Found, listed: int) -> int:
    """Return how many scanned stamps of the ranges are beyond what one file holds."""
    if listed < MOST_STAMPS:
        return 0
    parts = (
        select(func.count()).where(
            TraceStamp.batch == part.batch, TraceStamp.index >= part.first, TraceStamp.index <= part.last
        )
        for part in found.ranges
    )
    return sum(session.scalar(part) or 0 for part in parts) - listed


def events_of(session: Session, lots: Iterable[TraceLot], *, public_url: str) -> list[epcis.Event]:
    """Return the whole events of lots, each once, oldest first."""
    found: dict[str, tuple[datetime, epcis.Event]] = {}
    for row in lots:
        gtin = gtin_of(session.get_one(Product, row.product))
        names = lot_uris(public_url, lot_id=row.id, number=row.number, gtin=gtin)
        for step in epcis.journey(session, names):
            found[step.event_id] = (step.at, {**step.event, "eventID": step.event_id})
    return [event for _at, event in sorted(found.values(), key=lambda one: one[0])]
