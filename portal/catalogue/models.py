"""Tables of the catalogue. All columns are public or internal; none is personal. Money is whole đồng.

Quantities are whole thousandths of their unit (`1500` milli-kg is 1.5 kg), so that no engine rounds them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base, UtcDateTime, ids


class Category(Base):
    """Our own category of goods; channels map it to theirs. `sector` is the cut under which figures count it."""

    __tablename__ = "category"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name_vi: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    sector: Mapped[str] = mapped_column(String(16))
    position: Mapped[int]


class SaleUnit(Base):
    """A unit in which goods are sold: `factor_milli` thousandths of `base` in one, None where the seller must say it.

    `asks` is `count` where a number is asked (chục: 10, 12, 14 or 16), `content` where the content is (thùng).
    """

    __tablename__ = "sale_unit"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name_vi: Mapped[str] = mapped_column(String(40))
    name_en: Mapped[str] = mapped_column(String(40))
    base: Mapped[str] = mapped_column(String(8))
    factor_milli: Mapped[int | None] = mapped_column(BigInteger)
    asks: Mapped[str | None] = mapped_column(String(8))
    position: Mapped[int]


class Product(Base):
    """What a seller offers. Editing works on these rows; channels and buyers get frozen revisions of them."""

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'active', 'archived')", name="state"),
        Index("ix_product_shelf", "state", "updated_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("pd"))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    category_code: Mapped[str] = mapped_column(ForeignKey("category.code"), index=True)
    name: Mapped[str] = mapped_column(String(150))
    description: Mapped[str] = mapped_column(String(5000), default="")
    state: Mapped[str] = mapped_column(String(8))
    origin_unit_id: Mapped[str | None] = mapped_column(ForeignKey("admin_unit.id"))
    search_exact: Mapped[str] = mapped_column(String(400), default="")
    search_folded: Mapped[str] = mapped_column(String(400), default="")
    client_id: Mapped[str | None] = mapped_column(String(36), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    variants: Mapped[list["Variant"]] = relationship(order_by="Variant.sku", lazy="selectin")
    photos: Mapped[list["Photo"]] = relationship(order_by="Photo.position", lazy="selectin")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way to say it


class Variant(Base):
    """One pack or grade: so much of a unit at a price. `stock_milli` None means on request.

    `content_milli` is what one unit holds of its base, where the unit leaves that open. `unit_price_minor` is đồng per
    kg, litre or piece (`unit_price_base`), computed on each change.
    """

    __tablename__ = "variant"
    __table_args__ = (
        UniqueConstraint("product_id", "sku"),
        CheckConstraint("price_minor > 0", name="price"),
        CheckConstraint("quantity_milli > 0", name="quantity"),
        CheckConstraint("stock_milli IS NULL OR stock_milli >= 0", name="stock"),
        Index(
            "uq_variant_gtin",
            "gtin",
            unique=True,
            sqlite_where=text("gtin IS NOT NULL"),
            postgresql_where=text("gtin IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("va"))
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"), index=True)
    sku: Mapped[str] = mapped_column(String(40))
    gtin: Mapped[str | None] = mapped_column(String(14))
    quantity_milli: Mapped[int] = mapped_column(BigInteger)
    unit_code: Mapped[str] = mapped_column(ForeignKey("sale_unit.code"))
    content_milli: Mapped[int | None] = mapped_column(BigInteger)
    price_minor: Mapped[int] = mapped_column(BigInteger)
    unit_price_minor: Mapped[int] = mapped_column(BigInteger)
    unit_price_base: Mapped[str] = mapped_column(String(8))
    stock_milli: Mapped[int | None] = mapped_column(BigInteger)

    unit: Mapped[SaleUnit] = relationship(lazy="joined")


class Photo(Base):
    """A picture of a product, named by the SHA-256 of its largest re-encoding; the bytes lie in the photo storage."""

    __tablename__ = "photo"
    __table_args__ = (UniqueConstraint("product_id", "sha256"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("ph"))
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    position: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProductRevision(Base):
    """A product as it was at a publish: complete, never changed. `content_hash` is SHA-256 of its canonical JSON."""

    __tablename__ = "product_revision"
    __table_args__ = (UniqueConstraint("product_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    content_hash: Mapped[str] = mapped_column(String(64))
    frozen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ChainConfirmation(Base):
    """The province's confirmation of a safe food chain for an establishment, `[from_at, to_at)`; at most one open.

    `state` is `valid` while it holds; the row of an ended one keeps `valid` for its time and a row `ended` follows it.
    """

    __tablename__ = "chain_confirmation"
    __table_args__ = (
        CheckConstraint("state IN ('valid', 'ended')", name="state"),
        Index(
            "uq_chain_confirmation_open",
            "establishment_id",
            unique=True,
            sqlite_where=text("to_at IS NULL"),
            postgresql_where=text("to_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    establishment_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    state: Mapped[str] = mapped_column(String(8))
    number: Mapped[str | None] = mapped_column(String(40))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
