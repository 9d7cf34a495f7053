"""Tables of teams. Class of columns: a team's name and hamlet are public; who is a member is personal by its person."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, ids

ROLES = ("leader", "deputy", "member")
_OPEN = text("to_at IS NULL")


class Team(Base):
    """A team of a commune, or of one of its hamlets, `[from_at, to_at)`; its home says where it is counted.

    `unit_id` is the commune in which it was founded. One open team of a name in a hamlet.
    """

    __tablename__ = "team"
    __table_args__ = (
        CheckConstraint("to_at IS NULL OR to_at >= from_at", name="in_order"),
        Index(
            "uq_team_open",
            "unit_id",
            "hamlet_key",
            "name_key",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("te"))
    unit_id: Mapped[str] = mapped_column(ForeignKey("admin_unit.id"), index=True)
    hamlet: Mapped[str | None] = mapped_column(String(80))
    hamlet_key: Mapped[str] = mapped_column(String(80), default="")
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str] = mapped_column(String(120))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TeamMember(Base):
    """A person's time in a team, `[from_at, to_at)`, with one role. One team a person at a time."""

    __tablename__ = "team_member"
    __table_args__ = (
        CheckConstraint("to_at IS NULL OR to_at >= from_at", name="in_order"),
        CheckConstraint("role IN ('" + "', '".join(ROLES) + "')", name="role"),
        Index("uq_team_member_open", "person_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("tm"))
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str] = mapped_column(String(8))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
