"""Pupils, what each is charged, and the lists that said so. Names and phones are sealed; requests hang on a charge."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, ids

STATES = ("checked", "done", "stopped")


class Pupil(Base):
    """A pupil of one payee under the school's own code; only initials and class may leave the school."""

    __tablename__ = "school_pupil"
    __table_args__ = (
        UniqueConstraint("payee", "code"),
        Index("ix_school_pupil_payee_class_name", "payee", "class_name"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("pu"))
    payee: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(30))
    class_name: Mapped[str] = mapped_column(String(12))
    initials: Mapped[str] = mapped_column(String(16))
    name_sealed: Mapped[str] = mapped_column(Text)
    phone_sealed: Mapped[str | None] = mapped_column(Text)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Charge(Base):
    """What a pupil is asked for in a period: the sum before and what is taken off it, and in how many instalments.

    Its requests carry its id as `plan_id`; one that is wholly taken off has none.
    """

    __tablename__ = "school_charge"
    __table_args__ = (
        UniqueConstraint("pupil_id", "period", "item"),
        Index("ix_school_charge_payee_period", "payee", "period"),
        CheckConstraint("gross_minor > 0 AND reduction_minor >= 0 AND reduction_minor <= gross_minor", name="sums"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("pc"))
    payee: Mapped[str] = mapped_column(String(40))
    pupil_id: Mapped[str] = mapped_column(ForeignKey("school_pupil.id"))
    period: Mapped[str] = mapped_column(String(20))
    item: Mapped[str] = mapped_column(String(80))
    gross_minor: Mapped[int] = mapped_column(BigInteger)
    reduction_minor: Mapped[int] = mapped_column(BigInteger)
    reduction_reason: Mapped[str | None] = mapped_column(String(120))
    due_on: Mapped[date] = mapped_column(Date)
    parts: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClassList(Base):
    """A list that was sent: rehearsed, then imported or stopped; and what became of its rows."""

    __tablename__ = "school_list"
    __table_args__ = (
        Index("ix_school_list_payee_uploaded_at", "payee", "uploaded_at"),
        CheckConstraint("state IN ('checked', 'done', 'stopped')", name="state"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("sl"))
    payee: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(8))
    file_name: Mapped[str] = mapped_column(String(120))
    period: Mapped[str | None] = mapped_column(String(20))
    rows: Mapped[int]
    created: Mapped[int]
    changed: Mapped[int]
    unchanged: Mapped[int]
    rejected: Mapped[int]
    requests: Mapped[int]
    carried: Mapped[int]
    problems: Mapped[list[Any]] = mapped_column(JSON)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    uploaded_by: Mapped[str | None] = mapped_column(String(32))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
