"""The tables of settlement: files, their rows, what each row met in our books, differences, payouts, adjustments."""

from __future__ import annotations

from datetime import date, datetime
from enum import IntEnum

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from payments.types import PayBase, Sequence64, UtcDateTime

_ID = String(40)
_FILE_KEY = "pay_settlement_files.no"
_PAYEE_KEY = "pay_payees.id"
# Rows come by the million and are read in their order: they lie in it, without a second key and unchecked ones.
_CLUSTERED = {"sqlite_with_rowid": False}


class Outcome(IntEnum):
    """What became of one row of a file, or of a payment that its day's file lacks."""

    MATCHED = 1
    WRONG_DAY = 2
    AMOUNT_DIFFERS = 3
    STATUS_DIFFERS = 4
    DUPLICATE = 5
    MISSING_HERE = 6
    MISSING_AT_PROVIDER = 7

    @property
    def word(self) -> str:
        """Return the name by which commands, pages and cases call it."""
        return self.name.lower()


class SettlementFile(PayBase):
    """One provider's list of one day, known by the SHA-256 of its bytes."""

    __tablename__ = "pay_settlement_files"

    no: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    provider: Mapped[str] = mapped_column(String(16))
    business_date: Mapped[date] = mapped_column(Date)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    rows: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(Sequence64)
    fee_minor: Mapped[int] = mapped_column(Sequence64)
    net_minor: Mapped[int] = mapped_column(Sequence64)
    # The lowest and highest transaction that its rows met: only files that overlap can hold one twice.
    first_seq: Mapped[int | None] = mapped_column(Sequence64)
    last_seq: Mapped[int | None] = mapped_column(Sequence64)
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    waiver: Mapped[str | None] = mapped_column(String(200))
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    imported_by: Mapped[str] = mapped_column(_ID)


class FileRow(PayBase):
    """One row of a file in canonical form; dates and times as the provider wrote them."""

    __tablename__ = "pay_settlement_rows"
    __table_args__ = (_CLUSTERED,)

    file_no: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=False)
    row_no: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(String(12))
    provider_txn_id: Mapped[str] = mapped_column(String(64))
    merchant_ref: Mapped[str] = mapped_column(String(64))
    original_ref: Mapped[str] = mapped_column(String(64))
    amount_minor: Mapped[int] = mapped_column(Sequence64)
    fee_minor: Mapped[int] = mapped_column(Sequence64)
    net_minor: Mapped[int] = mapped_column(Sequence64)
    txn_time: Mapped[str] = mapped_column(String(32))
    batch_id: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(12))


class Match(PayBase):
    """What one row met: our transaction, and the account of the journal on which it stands."""

    __tablename__ = "pay_settlement_matches"
    __table_args__ = (_CLUSTERED,)

    file_no: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=False)
    row_no: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=False)
    transaction_seq: Mapped[int | None] = mapped_column(Sequence64)
    account_id: Mapped[int | None] = mapped_column(Sequence64)
    outcome: Mapped[int] = mapped_column(SmallInteger)


class Difference(PayBase):
    """A row, or a payment of ours, that does not agree: it waits until the system or a person has explained it."""

    __tablename__ = "pay_settlement_differences"
    __table_args__ = (
        Index("ix_pay_settlement_differences_file_no_row_no", "file_no", "row_no"),
        Index("ix_pay_settlement_differences_state_next_query_at", "state", "next_query_at"),
        Index(
            "uq_pay_settlement_differences_missing",
            "transaction_seq",
            unique=True,
            sqlite_where=text("row_no IS NULL"),
            postgresql_where=text("row_no IS NULL"),
        ),
    )

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    file_no: Mapped[int] = mapped_column(ForeignKey(_FILE_KEY))
    row_no: Mapped[int | None] = mapped_column(Sequence64)
    transaction_seq: Mapped[int | None] = mapped_column(Sequence64)
    attempt_id: Mapped[str | None] = mapped_column(_ID)
    payee_id: Mapped[str | None] = mapped_column(ForeignKey(_PAYEE_KEY))
    outcome: Mapped[int] = mapped_column(SmallInteger)
    ours_minor: Mapped[int | None] = mapped_column(Sequence64)
    theirs_minor: Mapped[int | None] = mapped_column(Sequence64)
    state: Mapped[str] = mapped_column(String(12))
    state_at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str | None] = mapped_column(String(200))
    closed_by: Mapped[str | None] = mapped_column(_ID)
    next_query_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int]

    @property
    def word(self) -> str:
        """Return its outcome's name."""
        return Outcome(self.outcome).word


class Payout(PayBase):
    """The one sum that a provider pays for a batch, and the bank's line that shows it came."""

    __tablename__ = "pay_payouts"
    __table_args__ = (UniqueConstraint("provider", "batch_id"), Index("ix_pay_payouts_status", "status"))

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    provider: Mapped[str] = mapped_column(String(16))
    batch_id: Mapped[str] = mapped_column(String(64))
    file_no: Mapped[int] = mapped_column(ForeignKey(_FILE_KEY))
    net_minor: Mapped[int] = mapped_column(Sequence64)
    came_minor: Mapped[int | None] = mapped_column(Sequence64)
    expected_on: Mapped[date] = mapped_column(Date)
    status: Mapped[str] = mapped_column(String(12))
    status_at: Mapped[datetime] = mapped_column(UtcDateTime)
    transaction_seq: Mapped[int | None] = mapped_column(Sequence64)


class PayoutShare(PayBase):
    """What of a batch belongs to one payee: the fee that was kept from it, and the net that is paid out."""

    __tablename__ = "pay_payout_shares"
    __table_args__ = (Index("ix_pay_payout_shares_payout_seq", "payout_seq"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    payout_seq: Mapped[int] = mapped_column(ForeignKey("pay_payouts.seq"))
    payee_id: Mapped[str] = mapped_column(ForeignKey(_PAYEE_KEY))
    fee_minor: Mapped[int] = mapped_column(Sequence64)
    net_minor: Mapped[int] = mapped_column(Sequence64)


class Adjustment(PayBase):
    """A movement between any two accounts of a payee, proposed by one person and approved by another."""

    __tablename__ = "pay_adjustments"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("checked_by IS NULL OR status = 'withdrawn' OR checked_by <> made_by", name="two_persons"),
        Index("ix_pay_adjustments_payee_id_status", "payee_id", "status"),
    )

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey(_PAYEE_KEY))
    debit: Mapped[str] = mapped_column(String(90))
    credit: Mapped[str] = mapped_column(String(90))
    amount_minor: Mapped[int] = mapped_column(Sequence64)
    reason: Mapped[str] = mapped_column(String(200))
    difference_id: Mapped[str | None] = mapped_column(_ID)
    payout_id: Mapped[str | None] = mapped_column(_ID)
    status: Mapped[str] = mapped_column(String(12))
    made_by: Mapped[str] = mapped_column(_ID)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    checked_by: Mapped[str | None] = mapped_column(_ID)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
