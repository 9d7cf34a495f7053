"""Tables between us and the marketplaces. Internal, save what a channel shows in public (its id and address of offers).

Personal: an account's delivery names its seller, so its payload is sealed; nothing else here names a person. History
rows and dated facts are kept for ever, since past counts stand on them.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, ids
from portal.marketplaces.states import ACCOUNT_STATES, LISTING_STATES, OUTBOX_STATES

_OPEN = text("to_at IS NULL")


def _one_of(column: str, values: tuple[str, ...], name: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ('" + "', '".join(values) + "')", name=name)


class ChannelSwitch(Base):
    """How one channel stands with us: switched on or off, paused until when, failures in a row.

    Locking this row locks the channel's count. `pause_s` is the length of the last pause; it doubles.
    """

    __tablename__ = "channel_switch"

    channel: Mapped[str] = mapped_column(String(24), primary_key=True)
    is_on: Mapped[bool] = mapped_column(default=True)
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pause_reason: Mapped[str | None] = mapped_column(String(32))
    pause_s: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)


class ChannelLinkState(Base):
    """When a link to a marketplace worked: `[from_at, to_at)`, at most one open row a channel."""

    __tablename__ = "channel_link_state"
    __table_args__ = (
        _one_of("state", ("up", "down"), "state"),
        Index("uq_channel_link_state_open", "channel", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(8))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ChannelAccount(Base):
    """One seller's account on one marketplace. `created_at` is when the marketplace said that it exists."""

    __tablename__ = "channel_account"
    __table_args__ = (
        UniqueConstraint("channel", "organisation_id"),
        UniqueConstraint("channel", "remote_id"),
        _one_of("state", ACCOUNT_STATES, "state"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("ac"))
    channel: Mapped[str] = mapped_column(String(24))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    state: Mapped[str] = mapped_column(String(12))
    version: Mapped[int] = mapped_column(default=0)
    remote_id: Mapped[str | None] = mapped_column(String(100))
    problems: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    wanted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Listing(Base):
    """One product on one channel. `state` is the newest wish's; `live_version` is what buyers see now, or None.

    `content_version` and `price_version` are the last we queued, `accepted_version` the last content they took;
    `presence_version` and `presence_at` order what they said about being on or off the shelf; `product_version` is the
    edit of the product that we last looked at.
    """

    __tablename__ = "listing"
    __table_args__ = (
        UniqueConstraint("product_id", "channel"),
        UniqueConstraint("channel", "remote_id"),
        _one_of("state", LISTING_STATES, "state"),
        _one_of("wish", ("sell", "withdraw"), "wish"),
        Index("ix_listing_organisation_id_channel", "organisation_id", "channel"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("ls"))
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    channel: Mapped[str] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(12))
    wish: Mapped[str] = mapped_column(String(8), default="sell")
    product_version: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int | None]
    content_version: Mapped[int] = mapped_column(default=0)
    price_version: Mapped[int] = mapped_column(default=0)
    accepted_version: Mapped[int | None]
    live_version: Mapped[int | None]
    presence_version: Mapped[int] = mapped_column(default=0)
    presence_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    remote_id: Mapped[str | None] = mapped_column(String(100))
    remote_url: Mapped[str | None] = mapped_column(String(500))
    problems: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ListingLive(Base):
    """A time `[from_at, to_at)` in which a listing's `live_version` was set; at most one open row a listing.

    `sector` is the goods' then, so that a later change of category moves no past figure.
    """

    __tablename__ = "listing_live"
    __table_args__ = (
        Index("uq_listing_live_open", "listing_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[str] = mapped_column(ForeignKey("listing.id"), index=True)
    sector: Mapped[str] = mapped_column(String(16))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Outbox(Base):
    """One message to a channel, written with the act that wants it. `id` is its idempotency key for ever.

    `lease` counts the claims: a worker that lost its lease can't write. `put` or `withdraw` share the content line.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("entity", "flow", "version"),
        _one_of("status", OUTBOX_STATES, "status"),
        _one_of("flow", ("content", "price_stock", "account"), "flow"),
        Index("ix_outbox_due", "channel", "status", "next_attempt_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    channel: Mapped[str] = mapped_column(String(24))
    entity: Mapped[str] = mapped_column(String(32))
    flow: Mapped[str] = mapped_column(String(12))
    act: Mapped[str] = mapped_column(String(8), default="put")
    version: Mapped[int]
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    payload_sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(12))
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Attempt(Base):
    """One try of an outbox row, written before the call; `outcome` stays empty where the worker died. Kept 7 days."""

    __tablename__ = "outbox_attempt"
    __table_args__ = (UniqueConstraint("outbox_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    outbox_id: Mapped[str] = mapped_column(ForeignKey("outbox.id"))
    number: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ms: Mapped[int | None]
    status: Mapped[int | None]
    outcome: Mapped[str | None] = mapped_column(String(12))
    excerpt: Mapped[str] = mapped_column(String(2048), default="")


class ChannelEvent(Base):
    """A signed callback as it came, once by its id; applying it is due work. Public ids only, kept 90 days."""

    __tablename__ = "channel_event"
    __table_args__ = (
        UniqueConstraint("channel", "event_id"),
        _one_of("status", ("due", "applied", "parked"), "status"),
        Index("ix_channel_event_status_next_attempt_at", "status", "next_attempt_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(24))
    event_id: Mapped[str] = mapped_column(String(100))
    headers: Mapped[dict[str, str]] = mapped_column(JSON)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(8))
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(String(200), default="")


class CategoryMap(Base):
    """Our category on a channel's own tree, from a day on; the newest row not after today counts."""

    __tablename__ = "category_map"
    __table_args__ = (UniqueConstraint("channel", "category_code", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(24))
    category_code: Mapped[str] = mapped_column(ForeignKey("category.code"))
    remote_category: Mapped[str] = mapped_column(String(80))
    valid_from: Mapped[date] = mapped_column(Date)
