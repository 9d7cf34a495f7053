"""Tables of eligibility: which rules held when, and what they said of each account. Internal, kept for ever."""

from datetime import date, datetime

from sqlalchemy import JSON, Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime


class RuleSet(Base):
    """One version of what makes an account eligible, from a day on; a past moment is judged by the one of its day."""

    __tablename__ = "rule_set"
    __table_args__ = (UniqueConstraint("code", "version"), UniqueConstraint("code", "valid_from"))

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(24))
    version: Mapped[int]
    valid_from: Mapped[date] = mapped_column(Date)
    rules: Mapped[list[str]] = mapped_column(JSON)
    basis: Mapped[str] = mapped_column(String(300), default="")


class Snapshot(Base):
    """What the rules said of an account at `at`: written when the answer changed, never altered.

    `unmet` names the rules of that version that were not met, in order, separated by spaces.
    """

    __tablename__ = "eligibility_snapshot"

    account_id: Mapped[str] = mapped_column(ForeignKey("channel_account.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    period: Mapped[str] = mapped_column(String(7))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    eligible: Mapped[bool]
    rule_set_id: Mapped[int] = mapped_column(ForeignKey("rule_set.id"))
    unmet: Mapped[str] = mapped_column(String(200))


class EligibilitySweep(Base):
    """The one walk over all accounts: where it stands, and when the next is due. `after` is the last account judged."""

    __tablename__ = "eligibility_sweep"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    after: Mapped[str | None] = mapped_column(String(32))
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
