"""What the Stripe-shaped face keeps beside the requests: keys, answers given, what callers noted, what was told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from payments.types import PayBase, Sequence64, UtcDateTime

_ID = String(40)
_PAYEE_KEY = "pay_payees.id"


class AccountKey(PayBase):
    """A payee's secret key, as a hash; `hint` is its last four characters; from `revoked_at` on it opens nothing."""

    __tablename__ = "pay_keys"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey(_PAYEE_KEY), index=True)
    name: Mapped[str] = mapped_column(String(80))
    hint: Mapped[str] = mapped_column(String(4))
    livemode: Mapped[bool]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class KeptAnswer(PayBase):
    """One idempotency key of one payee: what it was used for, what it made, and what was answered once it has run."""

    __tablename__ = "pay_idempotency"
    __table_args__ = (Index("ix_pay_idempotency_expires_at", "expires_at"),)

    account: Mapped[str] = mapped_column(_ID, primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    runs_until: Mapped[datetime] = mapped_column(UtcDateTime)
    made: Mapped[str | None] = mapped_column(_ID)
    status: Mapped[int | None]
    body: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class IntentNotes(PayBase):
    """What a caller noted with a request that it made as a payment intent."""

    __tablename__ = "pay_intents"

    request_id: Mapped[str] = mapped_column(ForeignKey("pay_requests.id"), primary_key=True)
    livemode: Mapped[bool]
    secret: Mapped[str] = mapped_column(String(40))
    description: Mapped[str | None] = mapped_column(Text)
    noted: Mapped[dict[str, str]] = mapped_column(JSON)
    ways: Mapped[list[str]] = mapped_column(JSON)
    return_url: Mapped[str | None] = mapped_column(Text)
    receipt_email: Mapped[str | None] = mapped_column(String(320))
    cancellation_reason: Mapped[str | None] = mapped_column(String(40))


class Told(PayBase):
    """One event: a snapshot that never changes. `mark` tells changes of one kind apart, so none is told twice."""

    __tablename__ = "pay_events"
    __table_args__ = (
        UniqueConstraint("object_id", "type", "mark"),
        Index("ix_pay_events_payee_seq", "payee_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey(_PAYEE_KEY))
    type: Mapped[str] = mapped_column(String(60))
    object_id: Mapped[str] = mapped_column(_ID)
    mark: Mapped[str] = mapped_column(String(60))
    livemode: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    snapshot: Mapped[str] = mapped_column(Text)
    previous: Mapped[str | None] = mapped_column(Text)
    asked_by: Mapped[str | None] = mapped_column(_ID)
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
