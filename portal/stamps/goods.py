"""What the public sees of a product: its name and picture, who makes it and where, the province's confirmation.

Read for each scan, so it is kept for a few seconds in the process; what must hold at once (recall, cancelling) is
never kept.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalogue.models import ChainConfirmation, Product, Variant
from portal.crypto import FieldKeys
from portal.onboarding.actions import agrees
from portal.onboarding.models import Organisation
from portal.onboarding.persons import seller_name
from portal.onboarding.places import place_name
from traceability import LotFacts, get_lot, lot_facts, to_gtin14

KEPT_S = 5.0
_MOST_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Picture:
    """A product's first picture: its name and the pixels of its largest file."""

    sha256: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Goods:
    """A product as everybody may see it; `producer` is None for a household that shows no public page."""

    product_id: str
    name: str
    photo: Picture | None
    producer: str | None
    place: str
    certificate: str | None
    certified_since: datetime | None


class GoodsShelf:
    """Keeps what was read for `KEPT_S` seconds; one for a process."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Goods]] = {}
        self._lots: dict[str, LotFacts] = {}

    def find(self, read: Callable[[], Session], product_id: str, *, keys: FieldKeys) -> Goods:
        """Return a product's public facts, at most `KEPT_S` seconds old."""
        now = time.monotonic()
        kept = self._kept.get(product_id)
        if kept is not None and kept[0] > now:
            return kept[1]
        goods = read_goods(read(), product_id, keys=keys)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[product_id] = (now + KEPT_S, goods)
        return goods

    def find_lot(self, read: Callable[[], Session], lot_id: str) -> LotFacts:
        """Return a lot's facts: they do not change once they are noted."""
        facts = self._lots.get(lot_id)
        if facts is None:
            facts = lot_facts(get_lot(read(), lot_id))
            if len(self._lots) >= _MOST_KEPT:
                self._lots.clear()
            self._lots[lot_id] = facts
        return facts

    def clear(self) -> None:
        """Forget what was read."""
        self._kept.clear()
        self._lots.clear()


SHELF = GoodsShelf()


def read_goods(session: Session, product_id: str, *, keys: FieldKeys) -> Goods:
    """Read a product's public facts; a household is named only while it agrees to a public page."""
    product = session.get_one(Product, product_id)
    seller = session.get_one(Organisation, product.organisation_id)
    photo = product.photos[0] if product.photos else None
    named = seller.head_person_id is None or agrees(session, seller, "public_page")
    chain = session.scalars(
        select(ChainConfirmation).where(
            ChainConfirmation.establishment_id == seller.id,
            ChainConfirmation.to_at.is_(None),
            ChainConfirmation.state == "valid",
        )
    ).one_or_none()
    return Goods(
        product_id=product.id,
        name=product.name,
        photo=Picture(photo.sha256, photo.width, photo.height) if photo else None,
        producer=(seller_name(session, seller, keys) or None) if named else None,
        place=place_name(session, seller.current_unit_id),
        certificate=None if chain is None else chain.number or "",
        certified_since=None if chain is None else chain.from_at,
    )


def gtin_of(product: Product) -> str | None:
    """Return the GTIN under which stamps of a product are printed: its first variant's, padded to 14 digits."""
    numbers = [variant.gtin for variant in product.variants if variant.gtin]
    return to_gtin14(numbers[0]) if numbers else None


def as_on_barcode(gtin: str) -> str:
    """Return a GTIN as people read it below a barcode: 13, 12 or 8 digits where zeros were put before them."""
    for length in (8, 12, 13):
        if gtin and not gtin[: 14 - length].strip("0"):
            return gtin[14 - length :]
    return gtin


def product_of_gtin(session: Session, gtin: str) -> str | None:
    """Return the id of the product with a GTIN of 14 digits, however short it was noted."""
    spellings = [gtin, *(gtin[14 - length :] for length in (8, 12, 13) if not gtin[: 14 - length].strip("0"))]
    return session.scalar(select(Variant.product_id).where(Variant.gtin.in_(spellings)).limit(1))
