"""Who is told of events by a call, which calls are due, and how each try went."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from payments.types import PayBase, Sequence64, UtcDateTime

_ID = String(40)


class Endpoint(PayBase):
    """An address of a payee's system. Its secrets are sealed by the caller of this library, never readable here."""

    __tablename__ = "pay_endpoints"

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey("pay_payees.id"), index=True)
    livemode: Mapped[bool]
    url: Mapped[str] = mapped_column(Text)
    enabled_events: Mapped[list[str]] = mapped_column(JSON)
    description: Mapped[str | None] = mapped_column(Text)
    noted: Mapped[dict[str, str]] = mapped_column(JSON)
    api_version: Mapped[str | None] = mapped_column(String(40))
    sealed_secret: Mapped[str] = mapped_column(Text)
    previous_sealed: Mapped[str | None] = mapped_column(Text)
    previous_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(12))
    failures: Mapped[int]
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Delivery(PayBase):
    """One event on its way to one endpoint."""

    __tablename__ = "pay_deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id"),
        Index("ix_pay_deliveries_status_next_try_at", "status", "next_try_at"),
        Index("ix_pay_deliveries_endpoint_id_object_id", "endpoint_id", "object_id"),
    )

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("pay_events.id"))
    event_seq: Mapped[int] = mapped_column(Sequence64)
    object_id: Mapped[str] = mapped_column(_ID)
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("pay_endpoints.id"))
    status: Mapped[str] = mapped_column(String(12))
    tries: Mapped[int]
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_no: Mapped[int]


class DeliveryTry(PayBase):
    """One call: when, where to, how it ended; the answer's first 1,000 characters are kept for a week."""

    __tablename__ = "pay_delivery_tries"

    delivery_id: Mapped[str] = mapped_column(ForeignKey("pay_deliveries.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    address: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[int | None]
    took_ms: Mapped[int]
    error: Mapped[str | None] = mapped_column(String(60))
    answer: Mapped[str | None] = mapped_column(Text)
