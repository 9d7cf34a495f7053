"""What a product's number and a lot's number stand for here; where a lot is unknown, its product is shown."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalogue.models import Product
from portal.crypto import FieldKeys
from portal.stamps.errors import GtinUnknown
from portal.stamps.goods import Goods, gtin_of, product_of_gtin, read_goods
from portal.stamps.linksets import About, about_lot, about_product
from traceability import DigitalLink, LotFacts, Recall, get_lot, lot_facts, open_recalls_of_lot, open_recalls_of_product
from traceability.models import TraceLot


@dataclass(frozen=True, slots=True)
class Known:
    """A product, and the lot where one was asked for and is known; both with their open recalls."""

    gtin: str | None
    goods: Goods
    lot_id: str | None
    lot: LotFacts | None
    recalls: tuple[Recall, ...]

    def about(self, public_url: str) -> About:
        """Return what there is to read of it."""
        if self.gtin is None:
            raise GtinUnknown
        if self.lot is None or self.lot_id is None:
            return about_product(public_url, goods=self.goods, gtin=self.gtin, recalls=self.recalls)
        lot = (self.lot_id, self.lot.number)
        return about_lot(public_url, goods=self.goods, gtin=self.gtin, lot=lot, recalls=self.recalls)


def find_known(session: Session, link: DigitalLink, *, keys: FieldKeys) -> Known:
    """Find the product of a link, and its lot if there is such a one. Raises GtinUnknown."""
    product_id = product_of_gtin(session, link.gtin)
    if product_id is None:
        raise GtinUnknown
    row = None
    if link.lot is not None:
        row = session.scalar(select(TraceLot).where(TraceLot.product == product_id, TraceLot.number == link.lot))
    recalls = open_recalls_of_product(session, product_id) if row is None else open_recalls_of_lot(session, row.id)
    return Known(
        gtin=link.gtin,
        goods=read_goods(session, product_id, keys=keys),
        lot_id=None if row is None else row.id,
        lot=None if row is None else lot_facts(row),
        recalls=tuple(recalls),
    )


def find_lot(session: Session, lot_id: str, *, keys: FieldKeys) -> Known:
    """Find a lot by its id; its product may have no GTIN. Raises LotUnknown."""
    row = get_lot(session, lot_id)
    return Known(
        gtin=gtin_of(session.get_one(Product, row.product)),
        goods=read_goods(session, row.product, keys=keys),
        lot_id=row.id,
        lot=lot_facts(row),
        recalls=tuple(open_recalls_of_lot(session, row.id)),
    )
