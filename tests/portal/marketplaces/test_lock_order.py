"""One order of locks: acts over the same listings, accounts and channel wait for each other, and none dies of it."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from portal import create_app
from portal.acting import Acting
from portal.catalogue.actions import Offer, price_product
from portal.catalogue.models import Product
from portal.db import begin, db, reading
from portal.marketplaces import actions, operations
from portal.marketplaces.channels.protocol import Problem, Receipt, RemoteEvent
from portal.marketplaces.events import apply_events
from portal.marketplaces.models import ChannelAccount, Listing, Outbox
from portal.marketplaces.offers import photo_address
from portal.marketplaces.outbox import Claim, claim
from portal.marketplaces.recording import record_batch
from portal.onboarding import consents
from portal.onboarding.actions import approve
from portal.onboarding.models import Organisation
from portal.reference.loading import load_reference
from tests.portal.catalogue.making import product
from tests.portal.marketplaces.meeting import Act, meet
from tests.portal.onboarding.making import household, officer, registered
from tests.portal.pay.making import TAN_THANH

OFFICER = Acting.system("officer")
LISTING, SWITCH, TRAIL = (rf"FROM {table} .*FOR UPDATE" for table in ("listing", "channel_switch", "audit_head"))


class Stall:
    """A household with two goods on sale, over a database where commits are real."""

    def __init__(self, app: Any, *, phone: str) -> None:
        self.app, self.world = app, app.extensions["world"]
        self.now = self.world.clock.now()
        with begin() as session:
            answers = household(phone, unit=TAN_THANH.id, id_number=None)
            shop, self.owner = registered(self.world, session, answers)
            judge = officer(session, self.world, unit="80@20250701")
            approve(session, now=self.now, acting=judge, organisation_id=shop.id)
            self.shop = shop.id
        self.goods = [self._goods() for _ in range(2)]

    def _goods(self) -> str:
        with begin() as session:
            return product(session, self.world, self.owner).id

    def price(self, product_id: str, amount: int) -> None:
        with begin() as session:
            offer = Offer(quantity_milli=1000, unit_code="kg", price_minor=amount, stock_milli=12_000)
            one = session.get_one(Product, product_id)
            price_product(session, now=self.now, acting=self.owner, product=one, offer=offer)

    def publish(self, product_id: str) -> None:
        with begin() as session:
            done = actions.publish(
                session, now=self.now, acting=self.owner, product=session.get_one(Product, product_id),
                channel=self.world.channels["postmart"], keys=self.world.field_keys,
                photo_address=photo_address("http://localhost"),
            )  # fmt: skip
            assert done.problems == ()

    def publish_or_not(self, product_id: str) -> None:
        """Publish, or hear that the consent is gone: whichever came first."""
        with suppress(AssertionError):
            self.publish(product_id)

    def listings(self) -> list[str]:
        """Return both listings, in the order of their ids."""
        with begin() as session:
            own = select(Listing.id).where(Listing.organisation_id == self.shop)
            return list(session.scalars(own.order_by(Listing.id)))

    def claimed(self) -> list[Claim]:
        """Publish both, with an account, and claim both messages."""
        for one in self.goods:
            self.publish(one)
        with begin() as session:
            session.execute(update(ChannelAccount).values(state="created", created_at=self.now))
            session.execute(update(Outbox).where(Outbox.flow == "account").values(status="done"))
        with begin() as session:
            claims = claim(session, now=self.now + timedelta(seconds=1), channel="postmart", limit=2)
        assert len(claims) == 2
        return claims

    def record(self, claims: list[Claim]) -> None:
        """Record that the shop refused all of them."""
        receipts = [Receipt(one.delivery.id, "refused", problems=(Problem("x", "x", "No."),)) for one in claims]
        with begin() as session:
            record_batch(session, now=self.now, channel="postmart", claims=claims, receipts=receipts, ms=1)

    def hear(self, *refs: str) -> None:
        """Apply that the shop shows these."""
        with begin() as session:
            events = [
                RemoteEvent(
                    event_id=f"msg_{ref}", type="offer.live", ref=ref, version=1, at=self.now, remote_id=f"PO-{ref}",
                    url=f"{self.world.channels['postmart'].base}/p/{ref}", problems=(),
                )
                for ref in refs
            ]  # fmt: skip
            heard = [(self.world.channels["postmart"], event) for event in events]
            assert apply_events(session, now=self.now, heard=heard) == ["applied"] * len(events)

    def withdraw(self, purpose: str) -> None:
        with begin() as session:
            shop = session.get_one(Organisation, self.shop)
            consents.withdraw(session, now=self.now, acting=self.owner, organisation=shop, purpose=purpose)


@pytest.fixture(scope="module")
def portal(engines: Any, engine_name: str) -> Iterator[Any]:
    app = create_app(engines.settings(engines.fresh(engine_name)))
    with app.app_context():
        load_reference(now=app.extensions["world"].clock.now(), acting=OFFICER, simulations=True)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def stall(portal: Any) -> Iterator[Stall]:
    with portal.app_context():
        with begin() as session:
            number = session.scalar(select(func.count()).select_from(Organisation)) or 0
            session.execute(update(Outbox).values(status="superseded"))  # what the test before left in line
        yield Stall(portal, phone=f"09661003{number:02}")
        db.session.remove()


def test_the_record_of_a_batch_and_a_shop_that_speaks_of_its_last(stall: Stall) -> None:
    claims = stall.claimed()
    last = stall.listings()[-1]
    errors = meet(stall.app, Act(lambda: stall.record(claims), TRAIL), Act(lambda: stall.hear(last), LISTING))
    assert errors == [None, None]


def test_the_record_of_a_batch_and_callbacks_in_another_order(stall: Stall) -> None:
    claims = stall.claimed()
    errors = meet(
        stall.app,
        Act(lambda: stall.record(claims), LISTING),
        Act(lambda: stall.hear(*reversed(stall.listings())), TRAIL),
    )
    assert errors == [None, None]


def test_the_record_of_a_refusal_and_an_officer_who_switches_the_channel(stall: Stall) -> None:
    claims = stall.claimed()

    def switch() -> None:
        with begin() as session:
            operations.switch_channel(session, now=stall.now, acting=OFFICER, channel="postmart", on=False)

    errors = meet(stall.app, Act(lambda: stall.record(claims), TRAIL), Act(switch, SWITCH))
    assert errors == [None, None]


@pytest.mark.parametrize("purpose", ["share:postmart", "service"])
def test_a_consent_is_withdrawn_while_the_last_product_is_published_again(stall: Stall, purpose: str) -> None:
    for one in stall.goods:
        stall.publish(one)
    with stall.app.app_context():
        session = reading()
        last = session.get_one(Listing, stall.listings()[-1]).product_id
    stall.price(last, 70_000)
    errors = meet(
        stall.app, Act(lambda: stall.withdraw(purpose), TRAIL), Act(lambda: stall.publish_or_not(last), LISTING)
    )
    assert errors == [None, None]


def test_a_shop_closes_while_a_marketplace_speaks_of_its_goods(stall: Stall) -> None:
    stall.claimed()
    last = stall.listings()[-1]
    errors = meet(stall.app, Act(lambda: stall.withdraw("service"), TRAIL), Act(lambda: stall.hear(last), LISTING))
    assert errors == [None, None]


def test_two_products_of_a_new_seller_at_once_ask_for_one_account(stall: Stall) -> None:
    first, second = stall.goods
    errors = meet(
        stall.app,
        Act(lambda: stall.publish(first), "INSERT INTO channel_account"),
        Act(lambda: stall.publish(second), "FROM channel_account"),
    )
    assert errors == [None, None]
    with begin() as session:
        own = select(ChannelAccount).where(ChannelAccount.organisation_id == stall.shop)
        assert len(session.scalars(own).all()) == 1
