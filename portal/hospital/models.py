"""Stays and what was charged in them. Name and account are sealed; requests carry the stay's code alone."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, ids


class Stay(Base):
    """One stay of a patient at one payee, under the hospital's own code; its id is the subject of advances."""

    __tablename__ = "hospital_stay"
    __table_args__ = (
        UniqueConstraint("payee", "code"),
        Index("ix_hospital_stay_payee_discharged_at", "payee", "discharged_at"),
        CheckConstraint("checked_by IS NULL OR checked_by <> account_by", name="two_people"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("hs"))
    payee: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(20))
    name_sealed: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    discharged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    account_sealed: Mapped[str | None] = mapped_column(Text)
    account_by: Mapped[str | None] = mapped_column(String(64))
    checked_by: Mapped[str | None] = mapped_column(String(64))
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StayCharge(Base):
    """What a stay is charged: the sum before and what is taken off it, why; wholly taken off it has no request."""

    __tablename__ = "hospital_charge"
    __table_args__ = (
        UniqueConstraint("stay_id", "form_id"),
        CheckConstraint("gross_minor > 0 AND reduction_minor >= 0 AND reduction_minor <= gross_minor", name="sums"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("hc"))
    stay_id: Mapped[str] = mapped_column(ForeignKey("hospital_stay.id"))
    item: Mapped[str] = mapped_column(String(16))
    gross_minor: Mapped[int] = mapped_column(BigInteger)
    reduction_minor: Mapped[int] = mapped_column(BigInteger)
    reduction_reason: Mapped[str | None] = mapped_column(String(120))
    request_id: Mapped[str | None] = mapped_column(String(40), unique=True)
    form_id: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(64))
