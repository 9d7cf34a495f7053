"""The trace_* tables. Ids of product, establishment and place are the portal's public ids, kept as plain text.

What recounts read: trace_batches, trace_ranges, trace_stamps, trace_scans. Those of the log stand in log_models.py,
and are named here, so that whoever asks for one table has them all.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from traceability.log_models import TraceAnchor as TraceAnchor
from traceability.log_models import TraceCheckpoint as TraceCheckpoint
from traceability.log_models import TraceCosignature as TraceCosignature
from traceability.log_models import TraceEntry as TraceEntry
from traceability.log_models import TraceLog as TraceLog
from traceability.log_models import TraceLogKey as TraceLogKey
from traceability.log_models import TraceLogTile as TraceLogTile
from traceability.log_models import TraceTransaction as TraceTransaction
from traceability.tables import TraceBase as TraceBase
from traceability.types import BIG as _BIG
from traceability.types import UtcDateTime


class TraceCounter(TraceBase):
    """The last number given out; a number is never given twice, not even after a failed issue."""

    __tablename__ = "trace_counters"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[int]


class TraceLot(TraceBase):
    """A lot of produce: one producer, one product, one harvest or packing. Facts do not change after recording."""

    __tablename__ = "trace_lots"
    __table_args__ = (Index("uq_trace_lots_product_number", "product", "number", unique=True),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[str] = mapped_column(String(20))
    product: Mapped[str] = mapped_column(String(40))
    establishment: Mapped[str] = mapped_column(String(40), index=True)
    origin_place: Mapped[str | None] = mapped_column(String(40))
    origin_words: Mapped[str] = mapped_column(String(200), default="")
    produced_on: Mapped[date | None]
    packed_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    standards: Mapped[str] = mapped_column(Text, default="[]")
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    differs: Mapped[bool] = mapped_column(default=False)
    # When its words went, after the time that they must be kept; the hash that the log names stays.
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erased_hash: Mapped[str | None] = mapped_column(String(80))


class TraceBatch(TraceBase):
    """The header of a print order; its stamps are derived, so they have no rows."""

    __tablename__ = "trace_batches"
    __table_args__ = (CheckConstraint("count > 0", name="count"),)

    batch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
    establishment: Mapped[str] = mapped_column(String(40), index=True)
    # What the public log names the establishment: its id, or a salted hash of a natural person's.
    establishment_logged: Mapped[str] = mapped_column(String(80))
    establishment_salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    product: Mapped[str] = mapped_column(String(40), index=True)
    gtin: Mapped[str | None] = mapped_column(String(14))
    url_prefix: Mapped[str] = mapped_column(String(120))
    alg: Mapped[str] = mapped_column(String(40))
    key_version: Mapped[int]
    origin: Mapped[str] = mapped_column(String(120))
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    # Whether a number under a scratch layer belongs to each stamp; it is derived, like the code.
    pin: Mapped[bool] = mapped_column(default=False)
    # The root of the last partial tile is no entry of level 1; without it each proof would derive two tiles.
    edge_root: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    check_value: Mapped[bytes] = mapped_column(LargeBinary(32))
    entry: Mapped[int] = mapped_column(ForeignKey("trace_entries.id"), unique=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    differs: Mapped[bool] = mapped_column(default=False)


class TraceBatchTile(TraceBase):
    """Hashes of a batch's tree, tile levels 1 and up."""

    __tablename__ = "trace_batch_tiles"

    batch: Mapped[int] = mapped_column(ForeignKey("trace_batches.batch"), primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class TraceRange(TraceBase):
    """Stamps first..last (both included) that share one state: active on a lot, or voided."""

    __tablename__ = "trace_ranges"
    __table_args__ = (
        Index("uq_trace_ranges_batch_first", "batch", "first", unique=True),
        CheckConstraint("first >= 0 AND first <= last", name="order"),
        CheckConstraint("activated_at IS NOT NULL OR voided_at IS NOT NULL", name="state"),
    )

    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    batch: Mapped[int] = mapped_column(ForeignKey("trace_batches.batch"))
    first: Mapped[int]
    last: Mapped[int]
    lot: Mapped[str | None] = mapped_column(ForeignKey("trace_lots.id"), index=True)
    activated_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    void_reason: Mapped[str | None] = mapped_column(String(300))
    activation_entry: Mapped[int | None] = mapped_column(ForeignKey("trace_entries.id"))
    void_entry: Mapped[int | None] = mapped_column(ForeignKey("trace_entries.id"))
    differs: Mapped[bool] = mapped_column(default=False)


class TraceRecall(TraceBase):
    """A recall of a lot, or of stamps first..last (both included) of a batch; open until lifted or completed."""

    __tablename__ = "trace_recalls"
    __table_args__ = (
        CheckConstraint("(lot IS NULL) <> (batch IS NULL)", name="target"),
        CheckConstraint("batch IS NULL OR (first >= 0 AND first <= last)", name="order"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    lot: Mapped[str | None] = mapped_column(ForeignKey("trace_lots.id"), index=True)
    batch: Mapped[int | None] = mapped_column(ForeignKey("trace_batches.batch"), index=True)
    first: Mapped[int | None]
    last: Mapped[int | None]
    instruction: Mapped[str] = mapped_column(String(500))
    contact: Mapped[str] = mapped_column(String(200))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_because: Mapped[str | None] = mapped_column(String(20))
    opened_entry: Mapped[int] = mapped_column(ForeignKey("trace_entries.id"))
    closed_entry: Mapped[int | None] = mapped_column(ForeignKey("trace_entries.id"))


class TraceCertificate(TraceBase):
    """A paper of an establishment, valid on `valid_from`..`valid_to` (both included); never changed, only withdrawn."""

    __tablename__ = "trace_certificates"
    __table_args__ = (CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="days"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    establishment: Mapped[str] = mapped_column(String(40), index=True)
    establishment_logged: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(40))
    issuer: Mapped[str] = mapped_column(String(200))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None] = mapped_column(index=True)
    paper: Mapped[str | None] = mapped_column(String(64))
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    entry: Mapped[int] = mapped_column(ForeignKey("trace_entries.id"), unique=True)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_entry: Mapped[int | None] = mapped_column(ForeignKey("trace_entries.id"))


class TraceStamp(TraceBase):
    """A stamp that was scanned: first time and counts. It has no row before.

    `recent` packs the latest scans, newest first, as `time:place:address;`: sliding windows in one statement.
    """

    __tablename__ = "trace_stamps"

    batch: Mapped[int] = mapped_column(ForeignKey("trace_batches.batch"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    mac: Mapped[int] = mapped_column(BigInteger)
    first_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_place: Mapped[str | None] = mapped_column(String(12))
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    scans: Mapped[int] = mapped_column(default=0)
    scans_before: Mapped[int] = mapped_column(default=0)
    recent: Mapped[str] = mapped_column(String(512), default="")


class TracePin(TraceBase):
    """The tries of the last hour at a stamp's number under the scratch layer, and when it was first entered.

    `tried` packs the tries' times, oldest first, in hexadecimal seconds. No try and no number is kept.
    """

    __tablename__ = "trace_pins"

    batch: Mapped[int] = mapped_column(ForeignKey("trace_batches.batch"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    tried: Mapped[str] = mapped_column(String(60), default="")
    revealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TraceScan(TraceBase):
    """One scan's details; deleted after 90 days."""

    __tablename__ = "trace_scans"
    __table_args__ = (Index("ix_trace_scans_batch_index", "batch", "index"),)

    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    batch: Mapped[int]
    index: Mapped[int]
    scanned_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    place: Mapped[str | None] = mapped_column(String(12))
    address_hash: Mapped[str] = mapped_column(String(8))


class TraceScanDay(TraceBase):
    """How many details of scans a day (UTC) must have, as long as they are kept."""

    __tablename__ = "trace_scan_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    details: Mapped[int] = mapped_column(_BIG)
