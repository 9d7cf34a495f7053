"""Tables of teams: who is in one, the sessions in which a member acts for a household, and what looks odd.

Class of columns: a team's name and hamlet are public; who is a member is personal by its person; sealed columns are
personal and emptied when a session ends.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint, text
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


class Assisted(Base):
    """A session in which one member acts for one household: it registers it (`register`) or changes its `phone`.

    The household's own phone confirms it; what is typed is kept in a draft of that phone's login. `phone_sealed` is the
    number that the code goes to, or the new number; `before_sealed` the number that a change replaced. `slip` is the
    name of the paper's page.
    """

    __tablename__ = "assisted"
    __table_args__ = (
        CheckConstraint("kind IN ('register', 'phone')", name="kind"),
        Index("ix_assisted_day", "login_id", "opened_at"),
        Index("ix_assisted_team", "team_id", "state"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("as"))
    kind: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(16))
    member_id: Mapped[str] = mapped_column(ForeignKey("team_member.id"))
    login_id: Mapped[str] = mapped_column(ForeignKey("logins.id"))
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id"))
    unit_id: Mapped[str] = mapped_column(String(22))
    phone_index: Mapped[str] = mapped_column(String(64))
    phone_sealed: Mapped[str | None] = mapped_column(String(200))
    before_sealed: Mapped[str | None] = mapped_column(String(200))
    challenge_id: Mapped[str | None] = mapped_column(String(32))
    household_login_id: Mapped[str | None] = mapped_column(ForeignKey("logins.id"))
    draft_id: Mapped[str | None] = mapped_column(ForeignKey("draft.id"))
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    slip: Mapped[str | None] = mapped_column(String(32), unique=True)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Flag(Base):
    """Something that a person should look at; it refuses nothing. `subject` is the login or session meant."""

    __tablename__ = "flag"
    __table_args__ = (UniqueConstraint("kind", "subject", "day"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("fl"))
    kind: Mapped[str] = mapped_column(String(24))
    subject: Mapped[str] = mapped_column(String(64))
    day: Mapped[date] = mapped_column(Date)
    unit_id: Mapped[str] = mapped_column(String(22), index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_by: Mapped[str | None] = mapped_column(String(64))
    note: Mapped[str | None] = mapped_column(String(500))
