"""Pending deltas, the cells that they are rolled up into, and what each roll-up changed."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime

_BIG = BigInteger().with_variant(Integer, "sqlite")


class AdoptDelta(Base):
    """One change of one cell, pending until the roll-up consumes it. Writers only insert."""

    __tablename__ = "adopt_delta"
    __table_args__ = (
        CheckConstraint("d <> 0", name="not_zero"),
        Index("ix_adopt_delta_cell", "indicator", "cut", "month", "area_id"),
    )

    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    indicator: Mapped[str] = mapped_column(String(24))
    cut: Mapped[str] = mapped_column(String(48))
    area_id: Mapped[str] = mapped_column(String(22))
    month: Mapped[str] = mapped_column(String(7))
    d: Mapped[int] = mapped_column(BigInteger)
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AdoptCell(Base):
    """One month of one cell: what it gained (`net`) and the sum up to it (`closing`, for stocks and totals)."""

    __tablename__ = "adopt_cell"

    indicator: Mapped[str] = mapped_column(String(24), primary_key=True)
    cut: Mapped[str] = mapped_column(String(48), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    area_id: Mapped[str] = mapped_column(String(22), primary_key=True)
    net: Mapped[int] = mapped_column(BigInteger, default=0)
    closing: Mapped[int] = mapped_column(BigInteger, default=0)


class AdoptChange(Base):
    """What a roll-up changed: numbered under the clock's lock, without gaps."""

    __tablename__ = "adopt_change"

    seq: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)
    indicator: Mapped[str] = mapped_column(String(24))
    cut: Mapped[str] = mapped_column(String(48))
    month: Mapped[str] = mapped_column(String(7))
    area_id: Mapped[str] = mapped_column(String(22))
    d: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class AdoptClock(Base):
    """The one lock of roll-up and publisher; writers never touch it."""

    __tablename__ = "adopt_clock"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    applied_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    last_published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
