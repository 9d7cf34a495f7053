"""Batches, lots and due work for tests."""

from datetime import date
from typing import Any

from portal.acting import Acting
from portal.catalogue.actions import Offer
from portal.catalogue.models import Product
from portal.db import begin, reading
from portal.stamps import actions, voiding
from portal.stamps.anchoring import anchor
from portal.stamps.due import grow_log
from portal.stamps.orders import issue_now
from portal.stamps.wiring import book_of
from tests.portal.catalogue.making import product
from traceability import LotFacts, StampCode, open_recall, read_header, stamp_codes

GTIN = "08938505974194"


class Stamps:
    """One shop's stamps: order, activate, void, recall, publish."""

    def __init__(self, session: Any, world: Any, acting: Acting) -> None:
        self.session, self.world, self.acting = session, world, acting
        self.product: Product | None = None

    def goods(self, *, gtin: str | None = None) -> Product:
        """Return the product, on sale, with a GTIN where one is asked."""
        if self.product is None:
            offer = Offer(quantity_milli=1000, unit_code="kg", price_minor=60_000, stock_milli=12_000, gtin=gtin)
            self.product = product(self.session, self.world, self.acting, offer=offer)
        return self.product

    def issue(self, count: int = 300, *, gtin: str | None = None, pin: bool = False) -> int:
        """Issue a batch and return its number."""
        _order, issued = issue_now(
            self.world,
            now=self.world.clock.now(),
            acting=self.acting,
            product_id=self.goods(gtin=gtin).id,
            count=count,
            pin=pin,
        )
        assert issued is not None
        return issued.batch

    def serial(self, batch: int, index: int) -> str:
        """Return the serial of one stamp."""
        book = book_of(self.world.stamp_keys)
        return next(stamp_codes(reading(), book=book, batch=batch, first=index, last=index)).serial

    def codes(self, batch: int, first: int, last: int) -> list[StampCode]:
        """Return the codes of a range, as they are printed."""
        book = book_of(self.world.stamp_keys)
        return list(stamp_codes(reading(), book=book, batch=batch, first=first, last=last))

    def plain_goods_batch(self) -> int:
        """Issue a batch of another product, which has no GTIN."""
        self.product = None
        return self.issue(20)

    def lot(self, batch: int, number: str = "L2026-114", **more: Any) -> str:
        """Note a lot of the batch's product and return its id."""
        with begin() as session:
            header = read_header(session, batch)
            facts = LotFacts(
                number=number,
                product=header.product,
                establishment=header.establishment,
                origin_words=more.pop("origin_words", "xã Tân Thạnh, tỉnh Tây Ninh"),
                produced_on=more.pop("produced_on", date(2026, 11, 12)),
                **more,
            )
            return actions.note_lot(session, now=self.world.clock.now(), acting=self.acting, facts=facts).id

    def activate(self, batch: int, first: int, last: int, lot_id: str | None = None) -> str:
        """Put a range on a lot and return the lot's id."""
        lot_id = lot_id or self.lot(batch)
        now = self.world.clock.now()
        with begin() as session:
            actions.activate(
                session, now=now, acting=self.acting, batch=batch, first=first, last=last, lot_id=lot_id
            )  # fmt: skip
        return lot_id

    def void(self, batch: int, first: int, last: int) -> None:
        """Cancel a range."""
        now = self.world.clock.now()
        with begin() as session:
            voiding.void(session, now=now, acting=self.acting, batch=batch, first=first, last=last, reason="rách")

    def recall(self, lot_id: str) -> None:
        """Recall a lot."""
        with begin() as session:
            open_recall(
                session,
                now=self.world.clock.now(),
                lot=lot_id,
                instruction="Trả lại nơi bán để được hoàn tiền.",
                contact="1022",
            )

    def publish(self) -> None:
        """Do the log's and the ledger's due work until there is none."""
        while grow_log(self.world):
            pass
        while anchor(self.world):
            pass
