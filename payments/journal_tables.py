"""The journal's tables, and the triggers that keep movements and lines from being changed or deleted."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy import DDL, Date, ForeignKey, LargeBinary, String, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column

from payments.types import PayBase, Sequence64, UtcDateTime

_ID = String(40)


class Chain(PayBase):
    """The head of one payee's chain of movements; its row is locked while one is written."""

    __tablename__ = "pay_chains"

    payee_id: Mapped[str] = mapped_column(ForeignKey("pay_payees.id"), primary_key=True)
    last_seq: Mapped[int] = mapped_column(Sequence64)
    last_hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class Account(PayBase):
    """A name under which one payee's money in one currency is counted."""

    __tablename__ = "pay_accounts"
    __table_args__ = (UniqueConstraint("payee_id", "name", "currency"),)

    id: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey("pay_payees.id"))
    name: Mapped[str] = mapped_column(String(90))
    currency: Mapped[str] = mapped_column(String(3))


class Movement(PayBase):
    """One balanced entry, chained by hash to the payee's entry before it; append-only."""

    __tablename__ = "pay_movements"
    __table_args__ = (
        UniqueConstraint("source_kind", "source_id", "kind"),
        UniqueConstraint("payee_id", "seq"),
    )

    id: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey("pay_payees.id"))
    seq: Mapped[int] = mapped_column(Sequence64)
    kind: Mapped[str] = mapped_column(String(24))
    source_kind: Mapped[str] = mapped_column(String(24))
    source_id: Mapped[str] = mapped_column(_ID)
    business_date: Mapped[date] = mapped_column(Date)
    booked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(_ID)
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class Line(PayBase):
    """One side of a movement: debit above zero, credit below; append-only."""

    __tablename__ = "pay_lines"

    movement_id: Mapped[int] = mapped_column(ForeignKey("pay_movements.id"), primary_key=True)
    line_no: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("pay_accounts.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(Sequence64)


class Balance(PayBase):
    """The sum of an account's lines, kept beside them so that reading is one row."""

    __tablename__ = "pay_balances"

    account_id: Mapped[int] = mapped_column(ForeignKey("pay_accounts.id"), primary_key=True)
    balance_minor: Mapped[int] = mapped_column(Sequence64)


_APPEND_ONLY: Final = ("pay_movements", "pay_lines")
_ACTS: Final = ("update", "delete")

_REFUSE_FUNCTION = (
    "CREATE FUNCTION pay_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$"
)


def _sqlite_trigger(table: str, act: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    )


def _postgresql_trigger(table: str) -> str:
    return (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION pay_append_only()"
    )


# For the migration: statements by dialect, to be run after the tables exist.
APPEND_ONLY_DDL: Final[dict[str, tuple[str, ...]]] = {
    "sqlite": tuple(_sqlite_trigger(table, act) for table in _APPEND_ONLY for act in _ACTS),
    "postgresql": (_REFUSE_FUNCTION, *(_postgresql_trigger(table) for table in _APPEND_ONLY)),
}
# And back, before the tables are dropped.
APPEND_ONLY_DROP: Final[dict[str, tuple[str, ...]]] = {
    "sqlite": tuple(f"DROP TRIGGER {table}_no_{act}" for table in _APPEND_ONLY for act in _ACTS),
    "postgresql": (
        *(f"DROP TRIGGER {table}_append_only ON {table}" for table in _APPEND_ONLY),
        "DROP FUNCTION pay_append_only()",
    ),
}


def _on(moment: str, dialect: str, statement: str) -> None:
    event.listen(PayBase.metadata, moment, DDL(statement).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]


for _dialect, _statements in APPEND_ONLY_DDL.items():
    for _statement in _statements:
        _on("after_create", _dialect, _statement)
_on("after_drop", "postgresql", "DROP FUNCTION IF EXISTS pay_append_only()")
