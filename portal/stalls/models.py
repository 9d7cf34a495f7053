"""Stalls of a market, each with the code of its board, and the daily looks at these codes."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, ids

RESULTS = ("own", "other_account", "other_stall", "no_vietqr", "unreadable")
ALARMS = ("other_account", "other_stall", "no_vietqr")
_OPEN = text("closed_at IS NULL")


class Stall(Base):
    """A stall that takes money by a printed code; what it received is found by its desk."""

    __tablename__ = "stall"
    __table_args__ = (
        Index("uq_stall_number_open", "payee", "number", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("st"))
    payee: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(String(12))
    sells: Mapped[str] = mapped_column(String(60))
    desk_ref: Mapped[str] = mapped_column(String(32), unique=True)
    standing_id: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(20))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StallCheck(Base):
    """One look at a stall's board: what its code said then."""

    __tablename__ = "stall_check"
    __table_args__ = (
        Index("ix_stall_check_stall_id_at", "stall_id", "at"),
        CheckConstraint("result IN ('" + "', '".join(RESULTS) + "')", name="result"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("sk"))
    stall_id: Mapped[str] = mapped_column(ForeignKey("stall.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str | None] = mapped_column(String(32))
    result: Mapped[str] = mapped_column(String(16))
    found_bin: Mapped[str | None] = mapped_column(String(6))
    found_account_end: Mapped[str | None] = mapped_column(String(4))
