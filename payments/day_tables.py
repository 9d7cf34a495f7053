"""The close of a desk's day, and which money it counted: each payment and refund stands in one close for ever."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from payments.types import PayBase, Sequence64, UtcDateTime

_ID = String(40)


class DayClose(PayBase):
    """One desk's closed day: opening + in − out = closing, counted and signed for by one person."""

    __tablename__ = "pay_days"
    __table_args__ = (
        UniqueConstraint("payee_id", "desk_ref", "business_date"),
        CheckConstraint("opening_minor + in_minor - out_minor = closing_minor", name="adds_up"),
    )

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey("pay_payees.id"))
    desk_ref: Mapped[str] = mapped_column(_ID, index=True)
    business_date: Mapped[date] = mapped_column(Date)
    opening_minor: Mapped[int] = mapped_column(Sequence64)
    in_minor: Mapped[int] = mapped_column(Sequence64)
    out_minor: Mapped[int] = mapped_column(Sequence64)
    closing_minor: Mapped[int] = mapped_column(Sequence64)
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_by: Mapped[str] = mapped_column(_ID)


class DayLine(PayBase):
    """One payment, or its undoing, refund or return, in the close that counted it; amounts out are below zero."""

    __tablename__ = "pay_day_lines"
    __table_args__ = (UniqueConstraint("source_id", "kind"),)

    day_seq: Mapped[int] = mapped_column(ForeignKey("pay_days.seq"), primary_key=True)
    line_no: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    source_id: Mapped[str] = mapped_column(_ID)
    request_id: Mapped[str] = mapped_column(_ID)
    amount_minor: Mapped[int] = mapped_column(Sequence64)
    business_date: Mapped[date] = mapped_column(Date)
    after_close: Mapped[bool]
