"""Units, what became of them, other names for them, and who lived where from when to when."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime


class AdminUnit(Base):
    """One unit while it kept its code, kind and name; `valid_to` is the first day on which it is no more.

    `valid_from` is the day since which it is known, not always the day on which it was founded. `parent_id` is the
    unit above it on that first day. Public, no personal data.
    """

    __tablename__ = "admin_unit"
    __table_args__ = (
        UniqueConstraint("code", "valid_from"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="not_empty"),
        Index("ix_admin_unit_province_id_level", "province_id", "level"),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    code: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(24))
    level: Mapped[str] = mapped_column(String(8))
    parent_id: Mapped[str | None] = mapped_column(String(20), index=True)
    province_id: Mapped[str] = mapped_column(String(20))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    legal_doc: Mapped[str] = mapped_column(String(40))
    name_key: Mapped[str] = mapped_column(String(80), index=True)

    def valid_on(self, day: date) -> bool:
        """Say whether the unit is there on this day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class UnitSuccession(Base):
    """What a unit became on the day it ended: `whole` into one, or `part` of it into each of several.

    `basis` says why we believe it: `agreed` by two sources, `split`, `disagreement`, `one source`, … Public.
    """

    __tablename__ = "unit_succession"
    __table_args__ = (CheckConstraint("extent IN ('whole', 'part')", name="extent"),)

    from_id: Mapped[str] = mapped_column(ForeignKey("admin_unit.id"), primary_key=True)
    to_id: Mapped[str] = mapped_column(ForeignKey("admin_unit.id"), primary_key=True, index=True)
    extent: Mapped[str] = mapped_column(String(5))
    legal_doc: Mapped[str] = mapped_column(String(40))
    basis: Mapped[str] = mapped_column(String(20))


class UnitAlias(Base):
    """Another name under which people look for a unit, folded. Public."""

    __tablename__ = "unit_alias"

    unit_id: Mapped[str] = mapped_column(ForeignKey("admin_unit.id"), primary_key=True)
    name_key: Mapped[str] = mapped_column(String(80), primary_key=True, index=True)


class PlacesHome(Base):
    """Where a counted subject belongs, `[from_at, to_at)`: without gap or overlap, one open row a subject.

    `area_id` is a commune or a province's leaf "not attributable" (areas.py). Kept when a person is erased: the
    counts of past months stand on it, and it names nobody.
    """

    __tablename__ = "places_home"
    __table_args__ = (
        UniqueConstraint("subject_id", "from_at"),
        CheckConstraint("to_at IS NULL OR to_at > from_at", name="not_empty"),
        Index(
            "uq_places_home_open",
            "subject_id",
            unique=True,
            sqlite_where=text("to_at IS NULL"),
            postgresql_where=text("to_at IS NULL"),
        ),
        Index("ix_places_home_area_id_to_at", "area_id", "to_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(40))
    area_id: Mapped[str] = mapped_column(String(22))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
