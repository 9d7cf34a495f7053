"""The trace_* tables. Ids of product, establishment and place are the portal's public ids, kept as plain text.

What recounts read: trace_batches, trace_ranges, trace_stamps, trace_scans.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from traceability.types import BIG as _BIG
from traceability.types import UtcDateTime

# Names are fixed, so that a migration can drop what it finds on either engine.
_NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class TraceBase(DeclarativeBase):
    """Base of the trace tables."""

    metadata = MetaData(naming_convention=_NAMES)


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


class TraceLog(TraceBase):
    """The one log of this database; the row is the lock under which it grows and is signed."""

    __tablename__ = "trace_log"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    origin: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(_BIG)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TraceEntry(TraceBase):
    """One fact as canonical bytes; pending until it has a place."""

    __tablename__ = "trace_entries"

    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The place in the log, given under the log's lock; a database sequence would leave gaps on rollback.
    position: Mapped[int | None] = mapped_column(_BIG, unique=True)
    integrated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TraceLogTile(TraceBase):
    """Hashes of the log; the last tile of a level grows, so every published partial width can be cut from it."""

    __tablename__ = "trace_log_tiles"

    level: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class TraceLogKey(TraceBase):
    """A public key that has signed for the log; kept for ever."""

    __tablename__ = "trace_log_keys"

    key_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    verifier: Mapped[str] = mapped_column(String(240))
    # Whether it is among the keys that the log last stated to sign.
    signs: Mapped[bool] = mapped_column(default=False)
    first_signed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TraceCheckpoint(TraceBase):
    """A signed checkpoint as it is served."""

    __tablename__ = "trace_checkpoints"

    size: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    note: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TraceCosignature(TraceBase):
    """A witness's newest line over a checkpoint: it has seen this one, and that it extends all it saw before."""

    __tablename__ = "trace_cosignatures"

    size: Mapped[int] = mapped_column(_BIG, ForeignKey("trace_checkpoints.size"), primary_key=True, autoincrement=False)
    key_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    line: Mapped[str] = mapped_column(String(400))
    cosigned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TraceAnchor(TraceBase):
    """A checkpoint on its way to a ledger."""

    __tablename__ = "trace_anchors"
    __table_args__ = (Index("uq_trace_anchors_ledger_origin_size", "ledger", "origin", "size", unique=True),)

    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    ledger: Mapped[str] = mapped_column(String(20))
    origin: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(_BIG)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    state: Mapped[str] = mapped_column(String(12), index=True)
    receipt: Mapped[str | None] = mapped_column(Text)
    covered_by: Mapped[int | None] = mapped_column(ForeignKey("trace_anchors.id"))
    reason: Mapped[str | None] = mapped_column(String(300))
    attempts: Mapped[int] = mapped_column(default=0)
    # Counts up with every claim; a late worker writes with an old number and is refused.
    lease: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    final_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TraceTransaction(TraceBase):
    """A signed transaction of the account that anchors, kept before it is sent; fees are wei per unit of gas.

    Its nonces are the account's: next is the largest kept plus one. Versions of one nonce differ in their fees.
    """

    __tablename__ = "trace_transactions"
    __table_args__ = (
        Index("uq_trace_transactions_account_nonce", "chain_id", "account", "nonce", "version", unique=True),
        Index("ix_trace_transactions_origin_size", "origin", "size"),
    )

    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    chain_id: Mapped[int] = mapped_column(_BIG)
    account: Mapped[str] = mapped_column(String(42))
    nonce: Mapped[int] = mapped_column(_BIG)
    version: Mapped[int]
    hash: Mapped[str] = mapped_column(String(66))
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    fee: Mapped[int] = mapped_column(_BIG)
    tip: Mapped[int] = mapped_column(_BIG)
    # What it is to anchor; without, it deployed the contract or stands for what the account did before us.
    origin: Mapped[str | None] = mapped_column(String(120))
    size: Mapped[int | None] = mapped_column(_BIG)
    root: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    # When it was made, or last sent again.
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    given_up: Mapped[str | None] = mapped_column(String(80))
