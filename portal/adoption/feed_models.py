"""Who receives the figures, how far each series was acknowledged, and the batches under way."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime

_BIG = BigInteger().with_variant(Integer, "sqlite")


class AdoptRecipient(Base):
    """One who is sent the figures, and the breaker that spares it while it fails.

    `failures` counts those in a row; the breaker is open until `open_until`, and pauses twice as long each time.
    """

    __tablename__ = "adopt_recipient"
    __table_args__ = (CheckConstraint("breaker IN ('closed', 'open', 'half_open')", name="breaker"),)

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    url: Mapped[str] = mapped_column(String(300))
    audience: Mapped[str] = mapped_column(String(48))
    breaker: Mapped[str] = mapped_column(String(9), default="closed")
    failures: Mapped[int] = mapped_column(default=0)
    pause_s: Mapped[int] = mapped_column(default=0)
    open_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AdoptWatermark(Base):
    """How far one series was acknowledged by one recipient; `held` says why its lane waits for a person.

    `left_out` are numbers that the recipient has in conflict: a newer revision of them is on its way instead.
    """

    __tablename__ = "adopt_watermark"

    recipient: Mapped[str] = mapped_column(String(24), primary_key=True)
    indicator: Mapped[str] = mapped_column(String(24), primary_key=True)
    cut: Mapped[str] = mapped_column(String(48), primary_key=True)
    acked_seq: Mapped[int] = mapped_column(_BIG, default=0)
    held: Mapped[str] = mapped_column(String(24), default="")
    left_out: Mapped[list[int]] = mapped_column(JSON, default=list)


class AdoptBatch(Base):
    """Rows `from_seq` to `to_seq` of one series on their way; `lease` numbers the tries, and late ones are ignored."""

    __tablename__ = "adopt_batch"
    __table_args__ = (
        CheckConstraint(
            "state IN ('due', 'sending', 'retry_wait', 'acknowledged', 'conflict', 'refused')", name="state"
        ),
        Index("ix_adopt_batch_lane", "recipient", "indicator", "cut", "state"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    recipient: Mapped[str] = mapped_column(String(24))
    indicator: Mapped[str] = mapped_column(String(24))
    cut: Mapped[str] = mapped_column(String(48))
    prev_seq: Mapped[int] = mapped_column(_BIG)
    from_seq: Mapped[int] = mapped_column(_BIG)
    to_seq: Mapped[int] = mapped_column(_BIG)
    rows_sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12), default="due")
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
