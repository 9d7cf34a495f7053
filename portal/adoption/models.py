"""Published figures: opened months, how far each indicator was published, the revisions, and what is shown first.

Everything here is public once it is written: what the privacy rule hides has no value in any of these tables.
"""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime

PUBLIC = "public"
_BIG = BigInteger().with_variant(Integer, "sqlite")


class AdoptPeriod(Base):
    """A month of an indicator: once it is opened, an absent cell is a true 0, not a missing one.

    Closing it certifies that: `units` is the province as of then, `cells` how many figures there are, `recount_hash`
    what the source rows gave. `tried_at` is the last try to close that had to wait.
    """

    __tablename__ = "adopt_period"
    __table_args__ = (CheckConstraint("state IN ('open', 'closing', 'closed')", name="state"),)

    indicator: Mapped[str] = mapped_column(String(24), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    state: Mapped[str] = mapped_column(String(8), default="open")
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    units: Mapped[str | None] = mapped_column(String(22))
    cells: Mapped[int | None] = mapped_column(Integer)
    recount_hash: Mapped[str | None] = mapped_column(String(64))


class AdoptLane(Base):
    """How far an indicator is published: all changes up to `horizon`, all months up to `month`.

    What waits for a closing (communes and cuts under a rule) counts the changes up to `closed_horizon`.
    """

    __tablename__ = "adopt_lane"

    indicator: Mapped[str] = mapped_column(String(24), primary_key=True)
    horizon: Mapped[int] = mapped_column(_BIG)
    month: Mapped[str] = mapped_column(String(7))
    closed_horizon: Mapped[int] = mapped_column(_BIG, default=0)


class AdoptObservation(Base):
    """One revision of one month's published figure; never updated. `value` is empty where it is hidden or missing.

    A stock or total stands for its month and those after, until the next row of its cell; the province's total has a
    row in every month. Quarters, half-years and years are made of months when they are read.
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


class OauthClient(Base):
    """A machine that may ask for tokens; its secret is kept as a hash."""

    __tablename__ = "oauth_client"

    id: Mapped[str] = mapped_column(String(48), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    secret_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OauthToken(Base):
    """A token that was given, by its hash."""

    __tablename__ = "oauth_token"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("oauth_client.id"), index=True)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class AdoptNote(Base):
    """A word that the pages need and nobody counts, by its key: which month is shown first, and why."""

    __tablename__ = "adopt_note"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
