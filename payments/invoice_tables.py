"""Invoices as rows: who asked for one of a receipt, what the issuer said, what it became."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from payments.types import PayBase, Sequence64, UtcDateTime

_ID = String(40)
_OF_BUYER = "of_id IS NULL AND status IN ('requested', 'refused', 'issued')"


class Invoice(PayBase):
    """An invoice (hoá đơn) that a buyer asked for: the buyer's data sealed by the caller, the issuer's number.

    `change` is what is asked of the issuer about an issued one: cancelled, replaced, adjusted; `of_id` names the one
    whose place a new one takes or which it adjusts.
    """

    __tablename__ = "pay_invoices"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("status <> 'issued' OR number IS NOT NULL", name="number"),
        Index("uq_pay_invoices_payee_id_number", "payee_id", "number", unique=True),
        Index(
            "uq_pay_invoices_receipt_id",
            "receipt_id",
            unique=True,
            sqlite_where=text(_OF_BUYER),
            postgresql_where=text(_OF_BUYER),
        ),
        Index("ix_pay_invoices_receipt_id", "receipt_id"),
        Index("ix_pay_invoices_next_try_at", "next_try_at"),
        Index("ix_pay_invoices_payee_id_seq", "payee_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey("pay_payees.id"))
    receipt_id: Mapped[str] = mapped_column(ForeignKey("pay_receipts.id"))
    amount_minor: Mapped[int] = mapped_column(Sequence64)
    currency: Mapped[str] = mapped_column(String(3))
    item: Mapped[str] = mapped_column(String(120))
    sealed_buyer: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16))
    status_at: Mapped[datetime] = mapped_column(UtcDateTime)
    number: Mapped[str | None] = mapped_column(String(40))
    refusal: Mapped[str | None] = mapped_column(String(200))
    by_hand: Mapped[str | None] = mapped_column(String(64))
    change: Mapped[str | None] = mapped_column(String(16))
    change_reason: Mapped[str | None] = mapped_column(String(200))
    of_id: Mapped[str | None] = mapped_column(_ID)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int]
    lease_no: Mapped[int]
