"""What was published: revisions that are only ever added, and notes such as the demo's months."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime

_BIG = BigInteger().with_variant(Integer, "sqlite")


class AdoptObservation(Base):
    """One revision of one figure for one audience. `seq` counts a series' revisions without a gap."""

    __tablename__ = "adopt_observation"
    __table_args__ = (
        UniqueConstraint("audience", "indicator", "cut", "area_id", "period", "revision"),
        UniqueConstraint("audience", "indicator", "cut", "seq"),
        Index("ix_adopt_observation_latest", "audience", "indicator", "period", "area_id", "cut"),
        Index("ix_adopt_observation_as_of", "as_of"),
    )

    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    audience: Mapped[str] = mapped_column(String(40))
    indicator: Mapped[str] = mapped_column(String(24))
    cut: Mapped[str] = mapped_column(String(48))
    area_id: Mapped[str] = mapped_column(String(22))
    period: Mapped[str] = mapped_column(String(7))
    revision: Mapped[int]
    value: Mapped[int | None] = mapped_column(BigInteger)
    obs_status: Mapped[str] = mapped_column(String(1))
    conf_status: Mapped[str] = mapped_column(String(1))
    status: Mapped[str] = mapped_column(String(12))
    seq: Mapped[int] = mapped_column(BigInteger)
    horizon: Mapped[int] = mapped_column(BigInteger)
    as_of: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str | None] = mapped_column(String(300))
    deleted: Mapped[bool] = mapped_column(Boolean, default=False)


class AdoptNote(Base):
    """A named note: how far the publisher came, and which months the demo's dashboard opens on."""

    __tablename__ = "adopt_note"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(400))
