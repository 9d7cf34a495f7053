"""Tables of the log and of its ledgers."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from traceability.tables import TraceBase
from traceability.types import BIG as _BIG
from traceability.types import UtcDateTime


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
