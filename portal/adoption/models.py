"""Published figures: opened months, how far each indicator was published, the revisions, and what is shown first.

Everything here is public once it is written: what the privacy rule hides has no value in any of these tables.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime

PUBLIC = "public"
_BIG = BigInteger().with_variant(Integer, "sqlite")


class AdoptPeriod(Base):
    """A month that is open for an indicator: from here on an absent cell is a true 0, not a missing one."""

    __tablename__ = "adopt_period"
    __table_args__ = (CheckConstraint("state IN ('open', 'closing', 'closed')", name="state"),)

    indicator: Mapped[str] = mapped_column(String(24), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    state: Mapped[str] = mapped_column(String(8), default="open")
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AdoptLane(Base):
    """How far an indicator is published: all changes up to `horizon`, all months up to `month`."""

    __tablename__ = "adopt_lane"

    indicator: Mapped[str] = mapped_column(String(24), primary_key=True)
    horizon: Mapped[int] = mapped_column(_BIG)
    month: Mapped[str] = mapped_column(String(7))


class AdoptObservation(Base):
    """One revision of one published figure; never updated. `value` is empty where it is hidden or missing.

    `horizon` is the number of the last change that it counts; `seq` numbers the revisions of a series, without gaps.
    """

    __tablename__ = "adopt_observation"
    __table_args__ = (
        UniqueConstraint("audience", "indicator", "cut", "seq"),
        CheckConstraint("obs_status IN ('A', 'P', 'Q', 'M', 'B', 'E')", name="obs_status"),
        CheckConstraint("status IN ('provisional', 'final', 'revised')", name="status"),
        CheckConstraint("obs_status NOT IN ('Q', 'M') OR value IS NULL", name="hidden"),
    )

    audience: Mapped[str] = mapped_column(String(48), primary_key=True)
    indicator: Mapped[str] = mapped_column(String(24), primary_key=True)
    cut: Mapped[str] = mapped_column(String(48), primary_key=True)
    area_id: Mapped[str] = mapped_column(String(22), primary_key=True)
    period: Mapped[str] = mapped_column(String(7), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[int | None] = mapped_column(BigInteger)
    obs_status: Mapped[str] = mapped_column(String(1))
    conf_status: Mapped[str] = mapped_column(String(1))
    status: Mapped[str] = mapped_column(String(12))
    seq: Mapped[int] = mapped_column(BigInteger)
    horizon: Mapped[int] = mapped_column(BigInteger)
    as_of: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(24), default="")
    deleted: Mapped[bool] = mapped_column(default=False)


class AdoptNote(Base):
    """A word that the pages need and nobody counts, by its key: which month is shown first, and why."""

    __tablename__ = "adopt_note"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
