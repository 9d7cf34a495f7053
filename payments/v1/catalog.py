"""Products and prices of one payee: made, changed, and shown in the SDK's shape."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from payments.errors import AmountTooLarge, AmountTooSmall
from payments.money import LEAST_MINOR, MOST_MINOR, Money, askable
from payments.types import new_id
from payments.v1 import shapes
from payments.v1.catalog_tables import Price, Product
from payments.v1.errors import InvalidRequest
from payments.v1.intents import Caller, amount_refused, missing
from payments.v1.parameters import merged
from payments.v1.shapes import Shape


def create_product(session: Session, caller: Caller, values: Mapping[str, Any], *, now: datetime) -> Product:
    """Note a product. Raises InvalidRequest: a price names its product, so a new one has none of its own."""
    if values.get("default_price") is not None:
        raise missing("price", values["default_price"], param="default_price")
    row = Product(
        id=new_id("prod"), payee_id=caller.payee_id, livemode=caller.livemode, name=values["name"],
        description=values.get("description"), url=values.get("url"), images=values.get("images"),
        active=values.get("active", True), default_price=None, noted=merged({}, values.get("metadata")),
        created_at=now, updated_at=now, deleted_at=None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def modify_product(
    session: Session, caller: Caller, product_id: str, values: Mapping[str, Any], *, now: datetime
) -> Product:
    """Change a product. Raises ResourceMissing, for a price of another product too."""
    row = find_product(session, caller, product_id)
    if values.get("default_price") is not None:
        price = find_price(session, caller, values["default_price"], param="default_price")
        if price.product_id != row.id:
            raise missing("price", price.id, param="default_price")
    for name in ("name", "description", "url", "images", "active", "default_price"):
        if name in values and not (values[name] is None and name in ("name", "active")):
            setattr(row, name, values[name])
    if "metadata" in values:
        row.noted = merged(row.noted, values["metadata"])
    row.updated_at = now
    session.flush()
    return row


def delete_product(session: Session, caller: Caller, product_id: str, *, now: datetime) -> Product:
    """Take a product away. Raises InvalidRequest for one that has prices."""
    row = find_product(session, caller, product_id)
    if session.scalar(select(exists().where(Price.product_id == row.id))):
        raise InvalidRequest("This product cannot be deleted because it has prices. Set it inactive instead.")
    row.deleted_at, row.active = now, False
    session.flush()
    return row


def create_price(session: Session, caller: Caller, values: Mapping[str, Any], *, now: datetime) -> Price:
    """Note a price, with its product where that is given along. Raises InvalidRequest or ResourceMissing."""
    fixed, typed = values.get("unit_amount"), values.get("custom_unit_amount")
    if (fixed is None) == (typed is None):
        said = "Send either unit_amount or custom_unit_amount."
        raise InvalidRequest(said, code="parameter_missing", param="unit_amount")
    product = _product_of(session, caller, values, now=now)
    _refuse_taken(session, caller, values.get("lookup_key"), besides=None)
    row = Price(
        id=new_id("price"), payee_id=caller.payee_id, livemode=caller.livemode, product_id=product.id,
        unit_amount_minor=must_be_askable(fixed, "unit_amount"), typed=_bounds(typed), nickname=values.get("nickname"),
        lookup_key=values.get("lookup_key"), active=values.get("active", True),
        noted=merged({}, values.get("metadata")), created_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def modify_price(session: Session, caller: Caller, price_id: str, values: Mapping[str, Any]) -> Price:
    """Change what is noted of a price; its sum never changes. Raises ResourceMissing or InvalidRequest."""
    row = find_price(session, caller, price_id)
    _refuse_taken(session, caller, values.get("lookup_key"), besides=row.id)
    for name in ("nickname", "lookup_key", "active"):
        if name in values and not (values[name] is None and name == "active"):
            setattr(row, name, values[name])
    if "metadata" in values:
        row.noted = merged(row.noted, values["metadata"])
    session.flush()
    return row


def find_product(session: Session, caller: Caller, product_id: str, *, param: str = "id") -> Product:
    """Return one product of the caller's payee. Raises ResourceMissing."""
    found = session.scalar(products_of(caller).where(Product.id == product_id))
    if found is None:
        raise missing("product", product_id, param=param)
    return found


def find_price(session: Session, caller: Caller, price_id: str, *, param: str = "id") -> Price:
    """Return one price of the caller's payee. Raises ResourceMissing."""
    found = session.scalar(prices_of(caller).where(Price.id == price_id))
    if found is None:
        raise missing("price", price_id, param=param)
    return found


def products_of(caller: Caller) -> Select[Product]:
    """Select a payee's products."""
    own = select(Product).where(Product.payee_id == caller.payee_id, Product.livemode == caller.livemode)
    return own.where(Product.deleted_at.is_(None))


def prices_of(caller: Caller) -> Select[Price]:
    """Select a payee's prices."""
    return select(Price).where(Price.payee_id == caller.payee_id, Price.livemode == caller.livemode)


def must_be_askable(amount_minor: int | None, param: str) -> int | None:
    """Return a sum that payers may be asked for, or None for none. Raises InvalidRequest."""
    if amount_minor is not None:
        try:
            askable(Money(amount_minor))
        except (AmountTooSmall, AmountTooLarge) as error:
            raise amount_refused(error, param=param) from None
    return amount_minor


def product(row: Product) -> Shape:
    """Return a product."""
    return {
        "id": row.id, "object": "product", "active": row.active, "created": shapes.seconds(row.created_at),
        "default_price": row.default_price, "description": row.description, "images": row.images or [],
        "livemode": row.livemode, "marketing_features": [], "metadata": dict(row.noted),
        "name": row.name, "tax_code": None, "type": "service",
        "updated": shapes.seconds(row.updated_at), "url": row.url,
    }  # fmt: skip


def price(row: Price) -> Shape:
    """Return a price."""
    fixed = row.unit_amount_minor
    return {
        "id": row.id, "object": "price", "active": row.active, "billing_scheme": "per_unit",
        "created": shapes.seconds(row.created_at), "currency": "vnd", "custom_unit_amount": row.typed,
        "livemode": row.livemode, "lookup_key": row.lookup_key, "metadata": dict(row.noted), "nickname": row.nickname,
        "product": row.product_id, "recurring": None, "tax_behavior": "unspecified", "tiers_mode": None,
        "transform_quantity": None, "type": "one_time", "unit_amount": fixed,
        "unit_amount_decimal": str(fixed) if fixed is not None else None,
    }  # fmt: skip


def _product_of(session: Session, caller: Caller, values: Mapping[str, Any], *, now: datetime) -> Product:
    named, described = values.get("product"), values.get("product_data")
    if (named is None) == (described is None):
        raise InvalidRequest("Send either product or product_data.", code="parameter_missing", param="product")
    if described is not None:
        return create_product(session, caller, described, now=now)
    return find_product(session, caller, str(named), param="product")


def _bounds(typed: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if typed is None:
        return None
    if typed.get("enabled") is not True:
        raise InvalidRequest("This is true.", code="parameter_invalid_value", param="custom_unit_amount[enabled]")
    least = must_be_askable(typed.get("minimum"), "custom_unit_amount[minimum]") or LEAST_MINOR
    most = must_be_askable(typed.get("maximum"), "custom_unit_amount[maximum]") or MOST_MINOR
    preset = must_be_askable(typed.get("preset"), "custom_unit_amount[preset]")
    if least > most or (preset is not None and not least <= preset <= most):
        said = "The least is at most the greatest, and what is proposed lies between."
        raise InvalidRequest(said, code="parameter_invalid_value", param="custom_unit_amount")
    return {"minimum": least, "maximum": most, "preset": preset}


def _refuse_taken(session: Session, caller: Caller, lookup_key: str | None, *, besides: str | None) -> None:
    if lookup_key is None:
        return
    taken = session.scalar(select(Price.id).where(Price.payee_id == caller.payee_id, Price.lookup_key == lookup_key))
    if taken not in (None, besides):
        raise InvalidRequest("Another price has this lookup_key.", code="lookup_key_taken", param="lookup_key")
