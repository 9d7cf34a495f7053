"""Desks and their history. What a payee is on the province's list stands one floor lower, with who owns it."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, ids
from portal.pay.models import InstitutionList as InstitutionList
from portal.pay.models import PayeeOwner as PayeeOwner

STATES = ("active", "closed")
_NUMBER = BigInteger().with_variant(Integer, "sqlite")
_OPEN = text("to_at IS NULL")


class Desk(Base):
    """A place where money is asked for: a window of a school, a stall of a market."""

    __tablename__ = "desk"

    desk_ref: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("dk"))
    payee: Mapped[str] = mapped_column(String(40), index=True)
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CashierDeskState(Base):
    """A desk's state over time, `[from_at, to_at)`: what cashless points are recounted from."""

    __tablename__ = "cashier_desk_state"
    __table_args__ = (
        CheckConstraint("state IN ('active', 'closed')", name="state"),
        Index("uq_cashier_desk_state_open", "desk_ref", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_cashier_desk_state_payee_from_at", "payee", "from_at"),
    )

    id: Mapped[int] = mapped_column(_NUMBER, primary_key=True)
    desk_ref: Mapped[str] = mapped_column(ForeignKey("desk.desk_ref"))
    payee: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(8))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
