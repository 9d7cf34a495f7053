"""Receipts as rows: numbers given out in each series, and what each receipt says."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from payments.types import PayBase, Sequence64, UtcDateTime

_ID = String(40)
_PAYEE_KEY = "pay_payees.id"
_REQUEST_KEY = "pay_requests.id"


class Series(PayBase):
    """The last number given out in one payee's series of receipts; locked while one is issued."""

    __tablename__ = "pay_series"

    payee_id: Mapped[str] = mapped_column(ForeignKey(_PAYEE_KEY), primary_key=True)
    series: Mapped[str] = mapped_column(String(16), primary_key=True)
    last_number: Mapped[int]


class Receipt(PayBase):
    """Proof of a payment: gapless number in its series, check word, copies; never a payer's name."""

    __tablename__ = "pay_receipts"
    __table_args__ = (
        UniqueConstraint("payee_id", "series", "number"),
        Index(
            "uq_pay_receipts_issued_request",
            "request_id",
            unique=True,
            sqlite_where=text("status = 'issued'"),
            postgresql_where=text("status = 'issued'"),
        ),
        Index("uq_pay_receipts_replaces_id", "replaces_id", unique=True),
        Index("ix_pay_receipts_request_id", "request_id"),
        Index("ix_pay_receipts_number_text_check_word", "number_text", "check_word"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey(_PAYEE_KEY))
    request_id: Mapped[str] = mapped_column(ForeignKey(_REQUEST_KEY))
    series: Mapped[str] = mapped_column(String(16))
    number: Mapped[int]
    number_text: Mapped[str] = mapped_column(String(32))
    check_word: Mapped[str] = mapped_column(String(6))
    amount_minor: Mapped[int] = mapped_column(Sequence64)
    currency: Mapped[str] = mapped_column(String(3))
    item: Mapped[str] = mapped_column(String(120))
    paid_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_by: Mapped[str] = mapped_column(_ID)
    status: Mapped[str] = mapped_column(String(16))
    status_reason: Mapped[str | None] = mapped_column(String(200))
    status_by: Mapped[str | None] = mapped_column(_ID)
    status_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    copies: Mapped[int]
    replaces_id: Mapped[str | None] = mapped_column(_ID)
