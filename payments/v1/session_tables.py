"""Visits to a page that asks for money: a session and what it sells; how it stands follows from its request."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from payments.types import PayBase, Sequence64, UtcDateTime

_ID = String(40)


class CheckoutSession(PayBase):
    """One visit, of a caller's own making or by a link; it owns its request. `left_at`: the payer says it is paid."""

    __tablename__ = "pay_sessions"

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey("pay_payees.id"), index=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("pay_requests.id"), unique=True)
    link_id: Mapped[str | None] = mapped_column(ForeignKey("pay_links.id"), index=True)
    livemode: Mapped[bool]
    success_url: Mapped[str | None] = mapped_column(Text)
    cancel_url: Mapped[str | None] = mapped_column(Text)
    client_reference_id: Mapped[str | None] = mapped_column(String(200))
    customer_email: Mapped[str | None] = mapped_column(String(320))
    noted: Mapped[dict[str, str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fields: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    texts: Mapped[dict[str, str] | None] = mapped_column(JSON)
    recovers: Mapped[bool] = mapped_column(default=False, server_default=false())
    recovered_from: Mapped[str | None] = mapped_column(_ID)


class SessionLine(PayBase):
    """One price in a session, so many times, at the sum of that day.

    `adjustable` says between which numbers the payer chooses, `chosen` what she chose: 0 leaves the line out.
    """

    __tablename__ = "pay_session_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    session_id: Mapped[str] = mapped_column(ForeignKey("pay_sessions.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    price_id: Mapped[str] = mapped_column(ForeignKey("pay_prices.id"))
    offered: Mapped[int] = mapped_column("quantity")
    amount_minor: Mapped[int] = mapped_column(Sequence64)
    adjustable: Mapped[dict[str, int] | None] = mapped_column(JSON)
    chosen: Mapped[int | None]

    @property
    def quantity(self) -> int:
        """Return how many are sold: what the payer chose, else what the maker put."""
        return self.offered if self.chosen is None else self.chosen
