"""The pay_ tables: who is paid, what is asked, what providers said.

What became of money that came is in transaction_tables, the journal's own in journal_tables, receipts in
receipt_tables, what goes back in refunds.tables.

Orders by `seq`, an internal sequence; the public `id` is opaque with 128 random bits. Amounts are minor units.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from payments.codes import CodeForm
from payments.credit_tables import CreditUse as CreditUse
from payments.invoice_tables import Invoice as Invoice
from payments.journal_tables import APPEND_ONLY_DDL as APPEND_ONLY_DDL
from payments.journal_tables import APPEND_ONLY_DROP as APPEND_ONLY_DROP
from payments.journal_tables import Account as Account
from payments.journal_tables import Balance as Balance
from payments.journal_tables import Chain as Chain
from payments.journal_tables import Line as Line
from payments.journal_tables import Movement as Movement
from payments.receipt_tables import Receipt as Receipt
from payments.receipt_tables import Series as Series
from payments.refunds.tables import Approval as Approval
from payments.refunds.tables import Refund as Refund
from payments.states import AttemptStatus, Purpose
from payments.transaction_tables import Allocation as Allocation
from payments.transaction_tables import Case as Case
from payments.transaction_tables import Suspense as Suspense
from payments.transaction_tables import Transaction as Transaction
from payments.types import PayBase, Sequence64, UtcDateTime

_ID = String(40)
_PAYEE_KEY = "pay_payees.id"
_ODD = "exceptions <> ''"
_REQUEST_KEY = "pay_requests.id"
# Begins the key of a try that a provider began by looking a bill up.
LOOKED_UP = "bill:"
_UNHEARD = (AttemptStatus.PENDING, AttemptStatus.EXPIRED, AttemptStatus.CANCELED)


class Payee(PayBase):
    """A school, hospital, stall or seller that receives money, with its bank account and code form."""

    __tablename__ = "pay_payees"
    __table_args__ = (UniqueConstraint("bin", "account"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    holder_name: Mapped[str] = mapped_column(String(100))
    bin: Mapped[str] = mapped_column(String(6))
    account: Mapped[str] = mapped_column(String(19))
    prefix: Mapped[str] = mapped_column(String(4))
    code_digits: Mapped[int]
    code_check: Mapped[bool]
    last_code: Mapped[int]
    gateways: Mapped[str] = mapped_column(String(200))
    receipt_series: Mapped[str] = mapped_column(String(8))
    area_ref: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def code_form(self) -> CodeForm:
        """Return how this payee's payment codes look."""
        return CodeForm(prefix=self.prefix, digits=self.code_digits, check_digit=self.code_check)

    @property
    def ways(self) -> tuple[str, ...]:
        """Return the gateways this payee takes money by."""
        return tuple(self.gateways.split())


class Feed(PayBase):
    """One bank account's lines as one provider reports them; at most one is live for an account."""

    __tablename__ = "pay_feeds"
    __table_args__ = (
        Index(
            "uq_pay_feeds_live_account",
            "account",
            unique=True,
            sqlite_where=text("status <> 'closed'"),
            postgresql_where=text("status <> 'closed'"),
        ),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey(_PAYEE_KEY))
    provider: Mapped[str] = mapped_column(String(16))
    account: Mapped[str] = mapped_column(String(19))
    status: Mapped[str] = mapped_column(String(16))
    last_balance_minor: Mapped[int | None] = mapped_column(Sequence64)
    last_line: Mapped[int | None] = mapped_column(Sequence64)
    complete_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_pull_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    lease_no: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Request(PayBase):
    """What a cashier or a system asks a payer for; holds no name of a payer."""

    __tablename__ = "pay_requests"
    __table_args__ = (
        UniqueConstraint("payee_id", "code"),
        UniqueConstraint("payee_id", "subject_ref", "period", "item"),
        UniqueConstraint("desk_ref", "client_ref"),
        CheckConstraint("amount_minor > 0 AND allocated_minor >= 0 AND over_minor >= 0", name="sums"),
        Index("ix_pay_requests_status_expires_at", "status", "expires_at"),
        Index("ix_pay_requests_desk_ref_seq", "desk_ref", "seq"),
        Index("ix_pay_requests_plan_id", "plan_id"),
        Index(
            "ix_pay_requests_payee_id_paid_at",
            "payee_id",
            "paid_at",
            sqlite_where=text("paid_at IS NOT NULL"),
            postgresql_where=text("paid_at IS NOT NULL"),
        ),
        Index("ix_pay_requests_odd", "payee_id", sqlite_where=text(_ODD), postgresql_where=text(_ODD)),
    )

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey(_PAYEE_KEY))
    code: Mapped[str] = mapped_column(String(20))
    amount_minor: Mapped[int] = mapped_column(Sequence64)
    currency: Mapped[str] = mapped_column(String(3))
    allocated_minor: Mapped[int] = mapped_column(Sequence64)
    over_minor: Mapped[int] = mapped_column(Sequence64)
    refunded_minor: Mapped[int] = mapped_column(Sequence64)
    over_settled_minor: Mapped[int] = mapped_column(Sequence64, server_default="0", default=0)
    status: Mapped[str] = mapped_column(String(16))
    exceptions: Mapped[str] = mapped_column(String(40))
    # Since when a person knows of these exceptions; what comes later makes them new.
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    item: Mapped[str] = mapped_column(String(120))
    period: Mapped[str | None] = mapped_column(String(20))
    subject_ref: Mapped[str | None] = mapped_column(String(64))
    plan_id: Mapped[str | None] = mapped_column(_ID)
    desk_ref: Mapped[str | None] = mapped_column(_ID)
    client_ref: Mapped[str | None] = mapped_column(String(64))
    cashier_ref: Mapped[str | None] = mapped_column(_ID)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    canceled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancel_reason: Mapped[str | None] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(8), server_default=Purpose.CHARGE, default=Purpose.CHARGE)

    def differs_by(self, exceptions: str) -> None:
        """Note what is out of the ordinary by now; nobody has looked at it yet."""
        self.exceptions, self.looked_at = exceptions, None

    @property
    def credit_account(self) -> str:
        """Return the account of what a payer has with us: the subject's, or the request's own."""
        return f"payer_credit:{self.subject_ref or self.id}"

    @property
    def pays_into(self) -> str:
        """Return the account that its money goes into: an advance stays the payer's until a charge takes it."""
        return self.credit_account if self.purpose == Purpose.ADVANCE else "owed"

    @property
    def due_minor(self) -> int:
        """Return what is still owed."""
        return max(0, self.amount_minor - self.allocated_minor)

    @property
    def over_left_minor(self) -> int:
        """Return what was paid too much and still lies in the payer's credit."""
        return self.over_minor - self.over_settled_minor

    @property
    def received_minor(self) -> int:
        """Return all that came for this request, the part over it too."""
        return self.allocated_minor + self.over_minor


class Attempt(PayBase):
    """One try to pay one request by one gateway; owns the idempotency key and the merchant_ref."""

    __tablename__ = "pay_attempts"
    __table_args__ = (
        UniqueConstraint("gateway", "merchant_ref"),
        UniqueConstraint("request_id", "key"),
        Index("ix_pay_attempts_next_query_at", "next_query_at"),
    )

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    request_id: Mapped[str] = mapped_column(ForeignKey(_REQUEST_KEY))
    gateway: Mapped[str] = mapped_column(String(16))
    merchant_ref: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(255))
    amount_minor: Mapped[int] = mapped_column(Sequence64)
    currency: Mapped[str] = mapped_column(String(3))
    received_minor: Mapped[int] = mapped_column(Sequence64)
    any_amount: Mapped[bool]
    queryable: Mapped[bool]
    status: Mapped[str] = mapped_column(String(16))
    status_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(String(60))
    redirect_url: Mapped[str | None] = mapped_column(Text)
    qr: Mapped[str | None] = mapped_column(Text)
    provider_ref: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_query_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_query_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_no: Mapped[int]

    @property
    def takes_more(self) -> bool:
        """Say whether its provider takes any sum and has told of less than was asked."""
        return self.any_amount and self.received_minor < self.amount_minor

    @property
    def looked_up(self) -> bool:
        """Say whether a provider began it by looking a bill up: no page of ours leads to it."""
        return self.key.startswith(LOOKED_UP)

    @property
    def only_looked_up(self) -> bool:
        """Say whether that is all that is known: nobody has been heard to pay, or to be refused."""
        return self.looked_up and self.status in _UNHEARD


class StoredNotice(PayBase):
    """One arrival at a hook, kept raw before it is judged; each arrival is a fact of its own."""

    __tablename__ = "pay_notices"
    __table_args__ = (
        Index("ix_pay_notices_status_next_try_at", "status", "next_try_at"),
        Index("ix_pay_notices_provider_verdict_received_at", "provider", "verdict", "received_at"),
    )

    id: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    provider: Mapped[str] = mapped_column(String(16))
    method: Mapped[str] = mapped_column(String(8))
    headers: Mapped[str] = mapped_column(Text)
    query: Mapped[bytes | None] = mapped_column(LargeBinary)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(16))
    verdict: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(200))
    transaction_id: Mapped[str | None] = mapped_column(_ID)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int]
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
