"""An approved household with one product on sale, and the stand-ins of the marketplaces over loopback."""

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from portal.acting import Acting
from portal.catalogue import actions as catalogue
from portal.catalogue.models import Product
from portal.catalogue.photos import read_picture
from portal.db import begin, db
from portal.marketplaces import actions, due
from portal.marketplaces.categories import load_simulation_categories
from portal.marketplaces.channels.registry import make_channels
from portal.marketplaces.models import ChannelAccount, Listing
from portal.marketplaces.offers import photo_address
from portal.onboarding.actions import approve
from portal.onboarding.models import Organisation
from tests.portal.marketplaces.listening import Stage, stage
from tests.portal.onboarding.conftest import commune, province  # noqa: F401  fixtures
from tests.portal.onboarding.making import CLI, household, officer, registered


@dataclass
class Shop:
    """A household's shop and the hands that drive it: publish, let the worker work, let the partners answer."""

    app: Any
    client: Any
    stage: Stage
    clock: Any
    organisation_id: str
    product_id: str
    owner: Acting

    @property
    def world(self) -> Any:
        return self.app.extensions["world"]

    def publish(self, channel: str = "postmart") -> Any:
        with begin() as session:
            product = session.get_one(Product, self.product_id)
            return actions.publish(
                session, now=self.clock.now(), acting=self.owner, product=product, channel=self.world.channels[channel],
                keys=self.world.field_keys, photo_address=photo_address("http://localhost"),
            )  # fmt: skip

    def withdraw(self, channel: str = "postmart") -> None:
        with begin() as session:
            product = session.get_one(Product, self.product_id)
            listing = actions.own_listing(session, product=product, channel=channel)
            actions.withdraw(session, now=self.clock.now(), acting=self.owner, listing=listing)

    def price(self, amount: int) -> None:
        self.clock.move(seconds=1)  # an edit is seen by its time
        with begin() as session:
            product = session.get_one(Product, self.product_id)
            offer = catalogue.Offer(quantity_milli=1000, unit_code="kg", price_minor=amount, stock_milli=12_000)
            catalogue.price_product(session, now=self.clock.now(), acting=self.owner, product=product, offer=offer)

    def rename(self, name: str) -> None:
        self.clock.move(seconds=1)
        with begin() as session:
            product = session.get_one(Product, self.product_id)
            catalogue.redescribe_product(
                session, now=self.clock.now(), acting=self.owner, product=product, name=name,
                category_code=product.category_code, description=product.description,
            )  # fmt: skip

    def listing(self, channel: str = "postmart") -> Listing:
        db.session.rollback()
        query = select(Listing).where(Listing.product_id == self.product_id, Listing.channel == channel)
        return db.session.scalars(query.execution_options(populate_existing=True)).one()

    def account(self, channel: str = "postmart") -> ChannelAccount:
        db.session.rollback()
        query = select(ChannelAccount).where(ChannelAccount.channel == channel)
        return db.session.scalars(query.execution_options(populate_existing=True)).one()

    def work(self) -> None:
        """Do due work until there is none now."""
        while any([due.apply_due(self.world), due.follow_edits(self.world), due.send_due(self.world)]):
            db.session.rollback()

    def hear(self) -> list[int]:
        """Let the partners decide; hand their callbacks to our hook; return its answers."""
        self.stage.decide()
        answers = [self.deliver(*letter) for letter in self.stage.box.take()]
        self.work()
        return answers

    def deliver(self, channel: str, headers: dict[str, str], body: bytes) -> int:
        kept = {name: value for name, value in headers.items() if name.lower().startswith("webhook-")}
        return int(self.client.post(f"/hooks/channels/{channel}", data=body, headers=kept).status_code)

    def go_live(self, channel: str = "postmart") -> Listing:
        """Publish and let everything happen that has to."""
        self.publish(channel)
        for _ in range(4):
            self.work()
            self.hear()
        listing = self.listing(channel)
        assert listing.state == "live", (listing.state, listing.problems)
        return listing


def picture(colour: str = "green") -> Any:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), colour).save(out, "JPEG")
    return read_picture(out.getvalue())


@pytest.fixture
def partners(tmp_path: Path) -> Iterator[Stage]:
    """The stand-ins, running."""
    with stage(tmp_path) as running:
        yield running


@pytest.fixture
def shop(app: Any, client: Any, clock: Any, province: Any, commune: str, partners: Stage) -> Shop:  # noqa: F811
    """An approved household with a product on sale; the world's channels lead to the stand-ins."""
    clock.at = datetime.now(UTC)
    partners.running.sandboxes.moderator.clock = lambda: max(time.time(), clock.now().timestamp())
    channels = make_channels(partners.settings, clock=clock.now)
    app.extensions["world"] = world = replace(app.extensions["world"], channels=channels)
    now = clock.now()
    with begin() as session:
        load_simulation_categories(session, now=now, acting=CLI)
        organisation, owner = registered(world, session, household(unit=commune))
        judge = officer(session, world, unit="80@20250701")
        approve(session, now=now, acting=judge, organisation_id=organisation.id)
        product = catalogue.describe_product(
            session, now=now, acting=owner, organisation_id=organisation.id, name="Bưởi da xanh",
            category_code="VN-FRUIT-POMELO", description="Vườn nhà.",
        )  # fmt: skip
        session.flush()
        offer = catalogue.Offer(quantity_milli=1000, unit_code="kg", price_minor=60_000, stock_milli=12_000)
        catalogue.price_product(session, now=now, acting=owner, product=product, offer=offer)
        catalogue.add_photo(session, now=now, acting=owner, product=product, picture=picture())
        catalogue.put_on_sale(session, now=now, acting=owner, product=product)
        ids = (organisation.id, product.id)
    return Shop(app, client, partners, clock, *ids, owner)


def seller(shop: Shop) -> Organisation:
    """Return the shop's organisation."""
    return db.session.get_one(Organisation, shop.organisation_id)
