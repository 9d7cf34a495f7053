"""The tables of bank statements: what a bank lists for an account, and what each line met or became."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from payments.types import PayBase, Sequence64, UtcDateTime

_ID = String(40)


class BankStatement(PayBase):
    """One bank's list of an account's lines over some days, known by the SHA-256 of its bytes."""

    __tablename__ = "pay_bank_statements"
    __table_args__ = (Index("ix_pay_bank_statements_payee_id", "payee_id"),)

    no: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey("pay_payees.id"))
    account: Mapped[str] = mapped_column(String(30))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    first_on: Mapped[date] = mapped_column(Date)
    last_on: Mapped[date] = mapped_column(Date)
    rows: Mapped[int]
    opening_minor: Mapped[int] = mapped_column(Sequence64)
    closing_minor: Mapped[int] = mapped_column(Sequence64)
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    imported_by: Mapped[str] = mapped_column(_ID)


class StatementLine(PayBase):
    """One line of a statement: the transaction that it is. The memo stands in that alone.

    `told_by` is set where a feed told later what this line had booked: its provider and number.
    """

    __tablename__ = "pay_bank_statement_lines"
    __table_args__ = (Index("ix_pay_bank_statement_lines_transaction_seq", "transaction_seq"),)

    statement_no: Mapped[int] = mapped_column(
        ForeignKey("pay_bank_statements.no"), primary_key=True, autoincrement=False
    )
    row_no: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date)
    reference: Mapped[str] = mapped_column(String(64))
    amount_minor: Mapped[int] = mapped_column(Sequence64)
    balance_minor: Mapped[int] = mapped_column(Sequence64)
    outcome: Mapped[str] = mapped_column(String(12))
    transaction_seq: Mapped[int | None] = mapped_column(Sequence64)
    told_by: Mapped[str | None] = mapped_column(String(40))
