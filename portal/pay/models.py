"""Who stands behind a payee, and as what it is on the province's list; public facts about institutions only."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime

TYPES = ("school", "hospital", "market", "other")
_NUMBER = BigInteger().with_variant(Integer, "sqlite")
_OPEN = text("to_at IS NULL")


class PayeeOwner(Base):
    """The organisation that a payee's money belongs to: whose people may see it, whose audit chain tells of it."""

    __tablename__ = "payee_owner"

    payee_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(String(32), index=True)


class InstitutionList(Base):
    """A payee on the list of schools, hospitals and markets, `[from_at, to_at)`: what counts are recounted from."""

    __tablename__ = "institution_list"
    __table_args__ = (
        CheckConstraint("type IN ('" + "', '".join(TYPES) + "')", name="type"),
        Index("uq_institution_list_open", "payee", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_institution_list_payee_from_at", "payee", "from_at"),
    )

    id: Mapped[int] = mapped_column(_NUMBER, primary_key=True)
    payee: Mapped[str] = mapped_column(String(40))
    type: Mapped[str] = mapped_column(String(12))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
