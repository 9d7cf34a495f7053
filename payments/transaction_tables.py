"""The pay_ tables of money that came: what a provider says, what it pays, what nobody claims, what needs a person."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from payments.types import PayBase, Sequence64, UtcDateTime

_ID = String(40)
_PAYEE_KEY = "pay_payees.id"
_REQUEST_KEY = "pay_requests.id"
_TRANSACTION_KEY = "pay_transactions.id"


class Transaction(PayBase):
    """What a provider says happened to money, once, under its own id."""

    __tablename__ = "pay_transactions"
    __table_args__ = (
        UniqueConstraint("provider", "provider_txn_id"),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_pay_transactions_payee_id_business_date", "payee_id", "business_date"),
        Index("ix_pay_transactions_provider_business_date", "provider", "business_date"),
    )

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    provider: Mapped[str] = mapped_column(String(16))
    provider_txn_id: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    payee_id: Mapped[str] = mapped_column(ForeignKey(_PAYEE_KEY))
    attempt_id: Mapped[str | None] = mapped_column(ForeignKey("pay_attempts.id"))
    amount_minor: Mapped[int] = mapped_column(Sequence64)
    currency: Mapped[str] = mapped_column(String(3))
    paid_at: Mapped[datetime] = mapped_column(UtcDateTime)
    business_date: Mapped[date] = mapped_column(Date)
    account: Mapped[str | None] = mapped_column(String(30))
    bank_reference: Mapped[str | None] = mapped_column(String(64))
    memo: Mapped[str | None] = mapped_column(Text)
    code_hint: Mapped[str | None] = mapped_column(String(40))
    balance_after_minor: Mapped[int | None] = mapped_column(Sequence64)
    area_ref: Mapped[str | None] = mapped_column(String(64))
    exceptions: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(10))
    booked_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def bank_number(self) -> str:
        """Return the number that payer and payee see at their banks, not a feed's own number of its message."""
        return self.bank_reference or self.provider_txn_id


class Allocation(PayBase):
    """Which part of a transaction pays which request, until it is undone."""

    __tablename__ = "pay_allocations"
    __table_args__ = (
        Index(
            "uq_pay_allocations_live",
            "transaction_id",
            "request_id",
            unique=True,
            sqlite_where=text("undone_at IS NULL"),
            postgresql_where=text("undone_at IS NULL"),
        ),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_pay_allocations_request_id", "request_id"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    transaction_id: Mapped[str] = mapped_column(ForeignKey(_TRANSACTION_KEY))
    request_id: Mapped[str] = mapped_column(ForeignKey(_REQUEST_KEY))
    amount_minor: Mapped[int] = mapped_column(Sequence64)
    made_by: Mapped[str] = mapped_column(_ID)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refunded_minor: Mapped[int] = mapped_column(Sequence64, server_default="0", default=0)
    suspense_id: Mapped[str | None] = mapped_column(_ID)
    used_minor: Mapped[int] = mapped_column(Sequence64, server_default="0", default=0)

    @property
    def left_minor(self) -> int:
        """Return what of it has not gone back, nor, of an advance, been taken by a charge."""
        return self.amount_minor - self.refunded_minor - self.used_minor


class Suspense(PayBase):
    """Money that no request claims yet, and how long it has lain there."""

    __tablename__ = "pay_suspense"
    __table_args__ = (
        Index(
            "uq_pay_suspense_open_transaction",
            "transaction_id",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    transaction_id: Mapped[str] = mapped_column(ForeignKey(_TRANSACTION_KEY))
    payee_id: Mapped[str] = mapped_column(ForeignKey(_PAYEE_KEY))
    request_id: Mapped[str | None] = mapped_column(ForeignKey(_REQUEST_KEY))
    amount_minor: Mapped[int] = mapped_column(Sequence64)
    status: Mapped[str] = mapped_column(String(16))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Case(PayBase):
    """A row in "needs a person" about money: why, about what, since when; one open case for a thing and a kind."""

    __tablename__ = "pay_cases"
    __table_args__ = (
        Index(
            "uq_pay_cases_open",
            "kind",
            "subject_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    subject_id: Mapped[str] = mapped_column(String(80))
    payee_id: Mapped[str | None] = mapped_column(ForeignKey(_PAYEE_KEY))
    reason: Mapped[str] = mapped_column(String(200))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(_ID)
