"""Planned figures beside the real ones."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, ids

_APPROVED = text("state = 'approved'")


class AdoptTarget(Base):
    """What a plan wants a figure to be in a period, and where that stands written; counts only for what two agreed on.

    Rows are never altered but for their state: another figure is a new row, which replaces the one before.
    """

    __tablename__ = "adopt_target"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'approved', 'replaced', 'dropped')", name="state"),
        CheckConstraint("value > 0", name="value"),
        Index(
            "uq_adopt_target_approved", "indicator", "cut", "area_id", "period", unique=True,
            sqlite_where=_APPROVED, postgresql_where=_APPROVED,
        ),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("tg"))
    indicator: Mapped[str] = mapped_column(String(24))
    cut: Mapped[str] = mapped_column(String(48))
    area_id: Mapped[str] = mapped_column(String(22))
    period: Mapped[str] = mapped_column(String(7))
    value: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(8))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(String(64))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by: Mapped[str | None] = mapped_column(String(64))
