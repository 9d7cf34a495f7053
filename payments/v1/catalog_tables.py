"""What a payee sells over links: products, prices, and links with their lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from payments.types import PayBase, Sequence64, UtcDateTime

_ID = String(40)
_PAYEE_KEY = "pay_payees.id"


class Product(PayBase):
    """A thing or service with a name."""

    __tablename__ = "pay_products"

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey(_PAYEE_KEY), index=True)
    livemode: Mapped[bool]
    name: Mapped[str] = mapped_column(String(250))
    description: Mapped[str | None] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)
    images: Mapped[list[str] | None] = mapped_column(JSON)
    active: Mapped[bool]
    default_price: Mapped[str | None] = mapped_column(_ID)
    noted: Mapped[dict[str, str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Price(PayBase):
    """What a product costs: a fixed sum, or what the payer types between two bounds."""

    __tablename__ = "pay_prices"
    __table_args__ = (UniqueConstraint("payee_id", "lookup_key"),)

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey(_PAYEE_KEY), index=True)
    livemode: Mapped[bool]
    product_id: Mapped[str] = mapped_column(ForeignKey("pay_products.id"), index=True)
    unit_amount_minor: Mapped[int | None] = mapped_column(Sequence64)
    typed: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    nickname: Mapped[str | None] = mapped_column(String(250))
    lookup_key: Mapped[str | None] = mapped_column(String(200))
    active: Mapped[bool]
    noted: Mapped[dict[str, str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Link(PayBase):
    """A page that makes requests, for ever or so many times."""

    __tablename__ = "pay_links"

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey(_PAYEE_KEY), index=True)
    livemode: Mapped[bool]
    active: Mapped[bool]
    most_paid: Mapped[int | None]
    inactive_message: Mapped[str | None] = mapped_column(String(500))
    return_url: Mapped[str | None] = mapped_column(Text)
    thanks: Mapped[str | None] = mapped_column(String(500))
    description: Mapped[str | None] = mapped_column(Text)
    ways: Mapped[list[str] | None] = mapped_column(JSON)
    fields: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    texts: Mapped[dict[str, str] | None] = mapped_column(JSON)
    submit_type: Mapped[str | None] = mapped_column(String(12))
    noted: Mapped[dict[str, str]] = mapped_column(JSON)
    noted_on_intents: Mapped[dict[str, str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LinkLine(PayBase):
    """One price on a link, so many times; `adjustable` says between which numbers a visitor chooses."""

    __tablename__ = "pay_link_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    link_id: Mapped[str] = mapped_column(ForeignKey("pay_links.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    price_id: Mapped[str] = mapped_column(ForeignKey("pay_prices.id"))
    quantity: Mapped[int]
    adjustable: Mapped[dict[str, int] | None] = mapped_column(JSON)


class LinkRequest(PayBase):
    """A request that a link has made."""

    __tablename__ = "pay_link_requests"

    request_id: Mapped[str] = mapped_column(ForeignKey("pay_requests.id"), primary_key=True)
    link_id: Mapped[str] = mapped_column(ForeignKey("pay_links.id"), index=True)
