"""What a seller can do with goods: describe, price, picture, put on sale, take off; and freeze them for a channel.

Each act names the version that its page showed, where there was a page: an older page changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from portal.acting import Acting
from portal.audit import record
from portal.catalogue.errors import GoodsRefused, PhotoRefused, ProductChanged, ProductIncomplete
from portal.catalogue.models import Category, Photo, Product, SaleUnit, Variant
from portal.catalogue.photos import Picture
from portal.catalogue.prices import unit_price
from portal.catalogue.search import exact_text, folded_text
from portal.db import new_id
from portal.errors import NotFound
from portal.onboarding.models import Organisation
from portal.onboarding.validators import plain

MOST_PHOTOS = 8
NAME_LENGTH, DESCRIPTION_LENGTH = 150, 5000
_PARTS = {"price": _l("the price"), "photo": _l("a picture")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A pack and its price. `content_milli` is the number in a chục or the kilograms in a thùng, in thousandths."""

    quantity_milli: int
    unit_code: str
    price_minor: int
    content_milli: int | None = None
    stock_milli: int | None = None
    gtin: str | None = None


def describe_product(
    session: Session,
    *,
    now: datetime,
    acting: Acting,
    organisation_id: str,
    name: str,
    category_code: str,
    description: str = "",
    client_id: str | None = None,
) -> Product:
    """Begin a product as a draft; the same `client_id` again is the same product."""
    if client_id is not None:
        known = session.scalars(select(Product).where(Product.client_id == client_id)).one_or_none()
        if known is not None:
            if known.organisation_id != organisation_id:
                raise NotFound
            return known
    seller = session.get_one(Organisation, organisation_id)
    product = Product(
        id=new_id("pd"),
        organisation_id=organisation_id,
        category_code=category_code,
        name=name,
        state="draft",
        origin_unit_id=seller.current_unit_id,
        client_id=client_id,
        created_at=now,
        updated_at=now,
    )
    _describe(session, product, name=name, category_code=category_code, description=description)
    session.add(product)
    record(session, now=now, acting=acting, act="product.begun", object_id=product.id, subject=organisation_id)
    return product


def redescribe_product(
    session: Session,
    *,
    now: datetime,
    acting: Acting,
    product: Product,
    name: str,
    category_code: str,
    description: str,
) -> None:
    """Change name, kind and description."""
    old = (product.name, product.category_code)
    _describe(session, product, name=name, category_code=category_code, description=description)
    _touch(product, now)
    changed: dict[str, tuple[object, object]] = {
        "name": (old[0], product.name),
        "category": (old[1], product.category_code),
    }
    _note(session, now, acting, product, "product.described", changed)


def price_product(session: Session, *, now: datetime, acting: Acting, product: Product, offer: Offer) -> Variant:
    """Set the pack and price of a product's first variant; the unit price is computed."""
    unit = session.get(SaleUnit, offer.unit_code)
    if unit is None:
        raise GoodsRefused("unit.unknown")
    content = unit.factor_milli if unit.factor_milli is not None else offer.content_milli
    if content is None:
        raise GoodsRefused(f"unit.{unit.asks}_needed")
    if offer.gtin is not None:
        _refuse_taken_gtin(session, product, offer.gtin)
    variant = product.variants[0] if product.variants else _first_variant(product)
    old = variant.price_minor
    variant.unit_code, variant.quantity_milli, variant.price_minor = unit.code, offer.quantity_milli, offer.price_minor
    variant.content_milli = offer.content_milli if unit.factor_milli is None else None
    variant.stock_milli, variant.gtin, variant.unit_price_base = offer.stock_milli, offer.gtin, unit.base
    variant.unit_price_minor = unit_price(
        price_minor=offer.price_minor, quantity_milli=offer.quantity_milli, content_milli=content
    )
    if variant not in product.variants:
        product.variants.append(variant)
    _touch(product, now)
    _note(session, now, acting, product, "product.priced", {"price": (old, offer.price_minor)})
    return variant


def _first_variant(product: Product) -> Variant:
    # A marketplace tells a seller's packs apart by this, so two products of one seller may not share it.
    return Variant(id=new_id("va"), product_id=product.id, sku=product.id[-8:].upper())


def add_photo(session: Session, *, now: datetime, acting: Acting, product: Product, picture: Picture) -> Photo:
    """Add a stored picture to a product; the same picture again is the same one."""
    known = next((photo for photo in product.photos if photo.sha256 == picture.sha256), None)
    if known is not None:
        return known
    if len(product.photos) >= MOST_PHOTOS:
        raise PhotoRefused("photo.too_many")
    position = max((photo.position for photo in product.photos), default=0) + 1
    photo = Photo(
        id=new_id("ph"),
        product_id=product.id,
        sha256=picture.sha256,
        position=position,
        width=picture.width,
        height=picture.height,
        added_at=now,
    )
    product.photos.append(photo)
    _touch(product, now)
    _note(session, now, acting, product, "product.photo_added", {"photo": (None, picture.sha256)})
    return photo


def put_on_sale(session: Session, *, now: datetime, acting: Acting, product: Product) -> None:
    """Put a product on sale; raise `ProductIncomplete`, which names what is missing. A second time changes nothing."""
    missing = [part for part, there in (("price", product.variants), ("photo", product.photos)) if not there]
    if missing:
        raise ProductIncomplete(parts=missing, labels=[_PARTS[part] for part in missing])
    _move(session, now, acting, product, "active", "product.on_sale")


def take_off(session: Session, *, now: datetime, acting: Acting, product: Product) -> None:
    """Take a product off sale. A second time changes nothing."""
    _move(session, now, acting, product, "archived", "product.taken_off")


def own_product(
    session: Session, acting: Acting, product_id: str, *, lock: bool = False, version: int | None = None
) -> Product:
    """Return a product of the acting seller; anybody else's is missing. Raises `ProductChanged` for an older page."""
    query = select(Product).where(Product.id == product_id, Product.organisation_id == acting.organisation_id)
    product = session.scalars(query.with_for_update(of=Product) if lock else query).one_or_none()
    if product is None or acting.organisation_id is None:
        raise NotFound
    if version is not None and product.version != version:
        raise ProductChanged
    return product


def own_products(session: Session, acting: Acting, *, limit: int = 100) -> list[Product]:
    """Return the acting seller's products, newest first."""
    query = select(Product).where(Product.organisation_id == acting.organisation_id)
    return list(session.scalars(query.order_by(Product.created_at.desc(), Product.id).limit(limit)))


def _describe(session: Session, product: Product, *, name: str, category_code: str, description: str) -> None:
    tidy, text = plain(name), "\n".join(plain(line) for line in description.splitlines()).strip()
    if not tidy:
        raise GoodsRefused("product.name")
    if len(tidy) > NAME_LENGTH or len(text) > DESCRIPTION_LENGTH:
        raise GoodsRefused("product.too_long")
    category = session.get(Category, category_code)
    if category is None:
        raise GoodsRefused("product.category")
    product.name, product.category_code, product.description = tidy, category.code, text
    product.search_exact = exact_text(tidy, category.name_vi)
    product.search_folded = folded_text(tidy, category.name_vi, category.name_en)


def _touch(product: Product, now: datetime) -> None:
    """Give the product a new version, whatever part of it changed."""
    product.updated_at = now
    flag_modified(product, "updated_at")


def _refuse_taken_gtin(session: Session, product: Product, gtin: str) -> None:
    holder = session.scalar(select(Variant.product_id).where(Variant.gtin == gtin))
    if holder is not None and holder != product.id:
        raise GoodsRefused("gtin.taken")


def _move(session: Session, now: datetime, acting: Acting, product: Product, state: str, act: str) -> None:
    if product.state == state:
        return
    old, product.state = product.state, state
    _touch(product, now)
    _note(session, now, acting, product, act, {"state": (old, state)})


def _note(
    session: Session,
    now: datetime,
    acting: Acting,
    product: Product,
    act: str,
    changed: dict[str, tuple[object, object]],
) -> None:
    public = frozenset(changed)  # what is offered is public
    record(
        session,
        now=now,
        acting=acting,
        act=act,
        object_id=product.id,
        subject=product.organisation_id,
        changed=changed,
        public=public,
    )
