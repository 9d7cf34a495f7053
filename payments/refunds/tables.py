"""What goes back, and who agreed to it: refunds with their reservation, and acts that need a second person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from payments.types import PayBase, Sequence64, UtcDateTime

_ID = String(40)
_PAYEE_KEY = "pay_payees.id"


class Refund(PayBase):
    """A sum that goes back: reserved when asked for, given out by a gateway or by a person's transfer.

    `source_account` is the account of the journal that it is taken from, `pays_account` the one it leaves by; `code`
    stands in the memo of a transfer by hand. `release_id` names the movement that gave the reservation back.
    """

    __tablename__ = "pay_refunds"
    __table_args__ = (
        UniqueConstraint("gateway", "merchant_ref"),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_pay_refunds_next_try_at", "next_try_at"),
        Index("ix_pay_refunds_payee_id_seq", "payee_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey(_PAYEE_KEY))
    request_id: Mapped[str | None] = mapped_column(ForeignKey("pay_requests.id"), index=True)
    allocation_id: Mapped[str | None] = mapped_column(ForeignKey("pay_allocations.id"), index=True)
    suspense_id: Mapped[str | None] = mapped_column(ForeignKey("pay_suspense.id"))
    transaction_id: Mapped[str | None] = mapped_column(ForeignKey("pay_transactions.id"))
    gateway: Mapped[str] = mapped_column(String(16))
    merchant_ref: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(20), unique=True)
    source_account: Mapped[str] = mapped_column(String(90))
    pays_account: Mapped[str] = mapped_column(String(90))
    amount_minor: Mapped[int] = mapped_column(Sequence64)
    currency: Mapped[str] = mapped_column(String(3))
    expected_minor: Mapped[int | None] = mapped_column(Sequence64)
    reason: Mapped[str | None] = mapped_column(String(40))
    why: Mapped[str] = mapped_column(String(200))
    noted: Mapped[dict[str, Any]] = mapped_column(JSON)
    sealed_to: Mapped[str | None] = mapped_column(Text)
    area_ref: Mapped[str | None] = mapped_column(String(64))
    by_hand: Mapped[bool]
    needs_second: Mapped[bool]
    status: Mapped[str] = mapped_column(String(16))
    status_at: Mapped[datetime] = mapped_column(UtcDateTime)
    failure: Mapped[str | None] = mapped_column(String(60))
    provider_ref: Mapped[str | None] = mapped_column(String(100))
    asked_by: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_by: Mapped[str | None] = mapped_column(String(64))
    release_id: Mapped[str | None] = mapped_column(_ID, unique=True)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_no: Mapped[int]


class Approval(PayBase):
    """An act that a second person must agree to: what, about which thing, why, who asked and who decided."""

    __tablename__ = "pay_approvals"
    __table_args__ = (
        CheckConstraint("checker IS NULL OR checker <> maker", name="two_people"),
        Index(
            "uq_pay_approvals_open",
            "what",
            "subject_id",
            unique=True,
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
        Index("ix_pay_approvals_payee_id_decided_at", "payee_id", "decided_at"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey(_PAYEE_KEY))
    what: Mapped[str] = mapped_column(String(24))
    subject_id: Mapped[str] = mapped_column(_ID)
    why: Mapped[str] = mapped_column(String(200))
    maker: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    checker: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agreed: Mapped[bool | None]
