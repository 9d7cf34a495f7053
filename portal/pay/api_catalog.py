"""`/v1/products` and `/v1/prices`."""

from typing import Any

from flask import Response, g
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.v1 import catalog, events, listing
from payments.v1.catalog_tables import Price, Product
from payments.v1.listing import Order, Place
from payments.v1.parameters import (
    LISTED,
    Parameter,
    Table,
    address,
    amount,
    choice,
    currency,
    flag,
    many,
    metadata,
    moments,
    nested,
    text,
)  # fmt: skip
from payments.v1.shapes import Shape
from portal.audit import record
from portal.db import reading
from portal.pay.answering import by, caller, once, told, values
from portal.pay.api import blueprint
from portal.world import current_world

_EXPAND_PRODUCT = Parameter(many(choice("default_price"), most=1))
_EXPAND_PRICE = Parameter(many(choice("product"), most=1))
_DESCRIBED: Table = {
    "name": Parameter(text(250)),
    "active": Parameter(flag),
    "description": Parameter(text(1_000)),
    "metadata": Parameter(metadata),
    "url": Parameter(text(2_000)),
    "default_price": Parameter(text(64)),
    "images": Parameter(many(address, most=8)),
    "expand": _EXPAND_PRODUCT,
}
_PRODUCT: Table = {**_DESCRIBED, "name": Parameter(text(250), required=True)}
_TYPED: Table = {
    "enabled": Parameter(flag, required=True),
    "minimum": Parameter(amount),
    "maximum": Parameter(amount),
    "preset": Parameter(amount),
}
_KEPT: Table = {
    "active": Parameter(flag),
    "lookup_key": Parameter(text(200)),
    "metadata": Parameter(metadata),
    "nickname": Parameter(text(250)),
    "expand": _EXPAND_PRICE,
}
PRICE: Table = {
    **_KEPT,
    "currency": Parameter(currency, required=True),
    "product": Parameter(text(64)),
    "product_data": Parameter(nested({"name": Parameter(text(250), required=True), "metadata": Parameter(metadata)})),
    "unit_amount": Parameter(amount),
    "custom_unit_amount": Parameter(nested(_TYPED)),
}
_PRODUCTS: Table = {
    **LISTED,
    "active": Parameter(flag),
    "created": Parameter(moments),
    "expand": Parameter(many(choice("data.default_price"), most=1)),
    "ids": Parameter(many(text(64), most=100)),
}
_PRICES: Table = {
    **LISTED,
    "active": Parameter(flag),
    "created": Parameter(moments),
    "currency": Parameter(currency),
    "expand": Parameter(many(choice("data.product"), most=1)),
    "lookup_keys": Parameter(many(text(200), most=10)),
    "product": Parameter(text(64)),
    "type": Parameter(choice("one_time")),
}


@blueprint.post("/products")
def create_product() -> Response:
    """Note a product."""
    asked = values(_PRODUCT)

    def work(session: Session) -> Shape:
        row = catalog.create_product(session, caller(), asked, now=_now())
        return _product(session, row, asked, told=tell(session, "product.created", catalog.product(row), mark=""))

    return once(work)


@blueprint.get("/products")
def list_products() -> Response:
    """List products, newest first."""
    asked = values(_PRODUCTS)
    query = catalog.products_of(caller())
    if asked.get("active") is not None:
        query = query.where(Product.active == asked["active"])
    if asked.get("ids"):
        query = query.where(Product.id.in_(asked["ids"]))
    return _listed(Product, query, asked, _product, "products")


@blueprint.get("/products/<product_id>")
def show_product(product_id: str) -> Response:
    """Show one product."""
    asked, session = values({"expand": _EXPAND_PRODUCT}), reading()
    return told(_product(session, catalog.find_product(session, caller(), product_id), asked))


@blueprint.post("/products/<product_id>")
def modify_product(product_id: str) -> Response:
    """Change a product."""
    asked = values(_DESCRIBED)

    def work(session: Session) -> Shape:
        before = catalog.product(catalog.find_product(session, caller(), product_id))
        row = catalog.modify_product(session, caller(), product_id, asked, now=_now())
        return _product(session, row, asked, told=tell(session, "product.updated", catalog.product(row), before=before))

    return once(work)


@blueprint.delete("/products/<product_id>")
def delete_product(product_id: str) -> Response:
    """Take a product away that has no prices."""

    def work(session: Session) -> Shape:
        row = catalog.delete_product(session, caller(), product_id, now=_now())
        tell(session, "product.deleted", catalog.product(row), mark="")
        return {"id": row.id, "object": "product", "deleted": True}

    return once(work)


@blueprint.post("/prices")
def create_price() -> Response:
    """Note a price."""
    asked = values(PRICE)

    def work(session: Session) -> Shape:
        row = catalog.create_price(session, caller(), asked, now=_now())
        return _price(session, row, asked, told=tell(session, "price.created", catalog.price(row), mark=""))

    return once(work)


@blueprint.get("/prices")
def list_prices() -> Response:
    """List prices, newest first."""
    asked = values(_PRICES)
    query = catalog.prices_of(caller())
    if asked.get("active") is not None:
        query = query.where(Price.active == asked["active"])
    if asked.get("product"):
        query = query.where(Price.product_id == asked["product"])
    if asked.get("lookup_keys"):
        query = query.where(Price.lookup_key.in_(asked["lookup_keys"]))
    return _listed(Price, query, asked, _price, "prices")


@blueprint.get("/prices/<price_id>")
def show_price(price_id: str) -> Response:
    """Show one price."""
    asked, session = values({"expand": _EXPAND_PRICE}), reading()
    return told(_price(session, catalog.find_price(session, caller(), price_id), asked))


@blueprint.post("/prices/<price_id>")
def modify_price(price_id: str) -> Response:
    """Change what is noted of a price; its sum stays."""
    asked = values(_KEPT)

    def work(session: Session) -> Shape:
        before = catalog.price(catalog.find_price(session, caller(), price_id))
        row = catalog.modify_price(session, caller(), price_id, asked)
        return _price(session, row, asked, told=tell(session, "price.updated", catalog.price(row), before=before))

    return once(work)


def tell(session: Session, kind: str, shape: Shape, *, mark: str | None = None, before: Shape | None = None) -> Shape:
    """Leave an event and an audit row of a change, and return the shape; each change without a mark is news."""
    now = _now()
    marked = g.request_id if mark is None else mark
    events.tell(session, caller(), kind, shape, mark=marked, now=now, by=by(), before=before)
    record(session, now=now, acting=g.acting, act=kind, object_id=shape["id"])
    return shape


def place_of(model: Any) -> Any:
    """Return what finds a cursor's place among a payee's rows of a table with `seq`."""

    def find(cursor: str) -> Place:
        own = select(model.seq).where(model.payee_id == caller().payee_id, model.id == cursor)
        row = reading().execute(own).one_or_none()
        return None if row is None else tuple(row)

    return find


def _product(
    session: Session, row: Product, asked: dict[str, Any], *, within: str = "", told: Shape | None = None
) -> Shape:
    shape = told or catalog.product(row)
    if f"{within}default_price" in (asked.get("expand") or ()) and row.default_price is not None:
        price = catalog.find_price(session, caller(), row.default_price)
        return {**shape, "default_price": catalog.price(price)}
    return shape


def _price(
    session: Session, row: Price, asked: dict[str, Any], *, within: str = "", told: Shape | None = None
) -> Shape:
    shape = told or catalog.price(row)
    if f"{within}product" in (asked.get("expand") or ()):
        named = session.scalars(select(Product).where(Product.id == row.product_id)).one()
        return {**shape, "product": catalog.product(named)}
    return shape


def _listed(model: Any, query: Any, asked: dict[str, Any], shape: Any, name: str) -> Response:
    order = Order((model.seq,), model.created_at)
    page = listing.page(reading(), query, asked, order=order, place_of=place_of(model))
    return told(
        listing.listed(
            f"/v1/{name}", [shape(reading(), one, asked, within="data.") for one in page.found], has_more=page.has_more
        )
    )


def _now() -> Any:
    return current_world().clock.now()
