"""The list of what needs a person (money has its own, `pay_cases`; one page shows both)."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, ids


class Case(Base):
    """One thing that a person must look at; at most one open row of a kind and subject."""

    __tablename__ = "cases"
    __table_args__ = (
        Index(
            "uq_cases_open",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("ca"))
    kind: Mapped[str] = mapped_column(String(48))
    subject: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(200))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_note: Mapped[str | None] = mapped_column(String(500))


class CaseWork(Base):
    """Who works on a case, of the portal or of money, in which queue it stood, and what a person closed it with."""

    __tablename__ = "case_work"

    case_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    queue: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(48))
    taken_by: Mapped[str | None] = mapped_column(String(64))
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(String(64))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    note: Mapped[str | None] = mapped_column(String(500))
