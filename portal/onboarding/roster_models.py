"""Tables of rosters: runs, the outcome of each row, keys by which a source's rows are known again; and firms' entries.

Internal. Nothing here holds a name or number: a row's problems are codes, its digest is keyed, keys are blind indexes.
The file itself lies sealed in the instance folder and goes after 90 days.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, ids
from portal.onboarding.roster_states import RUN_STATES, UNFINISHED

_UNFINISHED = text("state IN ('" + "', '".join(UNFINISHED) + "')")


class RosterRun(Base):
    """One file on its way into the register. `next_row` moves with each chunk's transaction, under the lease.

    `mapping` says which column holds which field, `sheet`, `header_row` and `encoding` where and how it is read;
    `captured_on` is the day on which the roster's places were valid.
    """

    __tablename__ = "roster_run"
    __table_args__ = (
        CheckConstraint("state IN ('" + "', '".join(RUN_STATES) + "')", name="state"),
        Index(
            "uq_roster_run_unfinished", "source", unique=True,
            sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED,
        ),
        Index("ix_roster_run_sha256", "sha256"),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("rr"))
    source: Mapped[str] = mapped_column(String(60))
    file_name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    kind: Mapped[str | None] = mapped_column(String(12))
    sheet: Mapped[str | None] = mapped_column(String(100))
    header_row: Mapped[int | None]
    encoding: Mapped[str | None] = mapped_column(String(16))
    legacy: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    mapping: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    unit_id: Mapped[str | None] = mapped_column(String(20))
    captured_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(12))
    rows: Mapped[int | None]
    next_row: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    duplicate: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    checked: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    lease: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_by: Mapped[str] = mapped_column(String(64))
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    running_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_note: Mapped[str | None] = mapped_column(String(200))


class RosterRow(Base):
    """The outcome of one row of a run: `row` is its line in the sheet, from 1. `problems` are codes with fields."""

    __tablename__ = "roster_row"

    run_id: Mapped[str] = mapped_column(ForeignKey("roster_run.id"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    outcome: Mapped[str] = mapped_column(String(9))
    organisation_id: Mapped[str | None] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(32))
    problems: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))


class RosterKey(Base):
    """How a source's row without an ID number is known again: its own code, or a fingerprint."""

    __tablename__ = "roster_key"

    source: Mapped[str] = mapped_column(String(60), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))


class TaxId(Base):
    """A firm's tax code, sealed and found by its index: `enterprise_10`, `unit_13`, `legacy_10` or `personal_12`."""

    __tablename__ = "tax_id"
    __table_args__ = (UniqueConstraint("kind", "index"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("tx"))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    index: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[str] = mapped_column(String(200))


class ProgrammeEntry(Base):
    """A firm's entry into a support programme: when first, and whether that was an error. Kept: counts stand on it."""

    __tablename__ = "programme_entry"
    __table_args__ = (UniqueConstraint("programme", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme: Mapped[str] = mapped_column(String(24))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    sector: Mapped[str] = mapped_column(String(16))
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
