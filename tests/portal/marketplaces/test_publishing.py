"""From the wish to the shelf: nothing is live before the channel says so, and what it says is counted once."""

from typing import Any

import pytest
from sqlalchemy import select

from portal.counting.models import AdoptDelta
from portal.db import db
from portal.marketplaces.models import Attempt, ListingLive, Outbox
from portal.onboarding.models import StageReached
from tests.portal.marketplaces.conftest import Shop


def counts() -> dict[tuple[str, str], int]:
    """Return what was counted, by indicator and cut."""
    found: dict[tuple[str, str], int] = {}
    for row in db.session.scalars(select(AdoptDelta)):
        found[row.indicator, row.cut] = found.get((row.indicator, row.cut), 0) + row.d
    return {key: value for key, value in found.items() if value}


def test_publish_writes_account_content_and_prices_in_one_transaction(shop: Shop) -> None:
    done = shop.publish()
    assert done.problems == ()
    assert (shop.listing().state, shop.account().state) == ("queued", "queued")
    rows = db.session.scalars(select(Outbox)).all()
    assert sorted((row.flow, row.version, row.status) for row in rows) == [
        ("account", 1, "due"),
        ("content", 1, "due"),
        ("price_stock", 1, "due"),
    ]
    assert "Nguyễn" not in str([row.payload for row in rows])  # the seller's name waits sealed


def test_the_way_to_the_shelf(shop: Shop) -> None:
    shop.publish()
    shop.work()
    assert (shop.account().state, shop.listing().state) == ("sent", "queued")  # content waits for the account
    shop.hear()
    assert (shop.account().state, shop.listing().state) == ("created", "accepted")
    listing = shop.listing()
    assert listing.live_version is None
    assert counts()[("HH_ACCOUNT", "_T")] == counts()[("HH_FUNNEL", "stage@created")] == 1
    assert ("LISTING", "_T") not in counts()
    shop.hear()
    listing = shop.listing()
    assert (listing.state, listing.live_version) == ("live", 1)
    assert listing.remote_url == f"{shop.stage.running.base_url}/postmart/p/{listing.remote_id}"
    found = counts()
    assert found[("SELLER_ACTIVE", "_T")] == found[("SELLER_ACTIVE", "kind@household")] == 1
    assert found[("PRODUCT_LISTED", "sector@agri")] == found[("LISTING", "channel@postmart")] == 1
    assert found[("MARKETPLACE_CONN", "_T")] == 1
    assert db.session.get(StageReached, (shop.organisation_id, "listed")) is not None
    assert [row.to_at for row in db.session.scalars(select(ListingLive))] == [None]


def test_a_silent_partner_means_never_live(shop: Shop) -> None:
    shop.publish()
    shop.work()
    shop.hear()
    for _ in range(20):
        shop.clock.move(hours=12)
        shop.work()  # the shop decides nothing and calls nobody
    listing = shop.listing()
    assert (listing.state, listing.live_version) == ("accepted", None)
    assert ("LISTING", "_T") not in counts()


def test_two_channels_overlap_in_products_and_sellers_but_not_in_listings(shop: Shop) -> None:
    shop.go_live("postmart")
    shop.go_live("voso")
    found = counts()
    assert (found[("LISTING", "_T")], found[("PRODUCT_LISTED", "_T")], found[("SELLER_ACTIVE", "_T")]) == (2, 1, 1)
    assert (found[("HH_ACCOUNT", "_T")], found[("HH_ACCOUNT", "channel@voso")]) == (1, 1)
    assert found[("MARKETPLACE_CONN", "_T")] == 2


def test_published_twice_is_one_delivery(shop: Shop) -> None:
    shop.publish()
    shop.publish()
    assert len(db.session.scalars(select(Outbox)).all()) == 3
    shop.go_live()
    assert shop.listing().content_version == 1
    shop.publish()
    assert shop.listing().content_version == 1


def test_five_faults_come_at_once_and_nothing_is_queued(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.catalogue.models import Photo, Product
    from portal.db import begin
    from portal.marketplaces.models import CategoryMap
    from portal.onboarding.consents import withdraw
    from portal.onboarding.models import Organisation

    with begin() as session:
        product = session.get_one(Product, shop.product_id)
        seller = session.get_one(Organisation, shop.organisation_id)
        withdraw(session, now=shop.clock.now(), acting=shop.owner, organisation=seller, purpose="share:postmart")
        seller.state = "suspended"
        for photo in session.scalars(select(Photo).where(Photo.product_id == product.id)):
            session.delete(photo)
        for row in session.scalars(select(CategoryMap)):
            session.delete(row)
        product.state = "archived"
        session.flush()
        session.expire(product)
    done = shop.publish()
    assert {one.code for one in done.problems} == {
        "seller.not_eligible", "consent.missing", "product.not_on_sale", "category.unmapped", "images.missing",
    }  # fmt: skip
    assert shop.listing().state == "invalid"
    assert len(shop.listing().problems) == 5
    assert db.session.scalars(select(Outbox)).all() == []


def test_a_refused_offer_shows_its_reasons_and_can_be_put_right(shop: Shop) -> None:
    shop.rename("Bưởi hàng giả")
    shop.publish()
    for _ in range(3):
        shop.work()
        shop.hear()
    listing = shop.listing()
    assert (listing.state, listing.live_version) == ("rejected", None)
    assert listing.problems[0]["code"] == "banned_word"
    assert ("LISTING", "_T") not in counts()
    shop.rename("Bưởi da xanh")
    shop.clock.move(minutes=2)
    assert shop.go_live().live_version == 2


def test_a_refused_update_leaves_the_old_version_on_sale_and_counted(shop: Shop) -> None:
    shop.go_live()
    shop.rename("Bưởi thuốc lá")
    shop.work()  # an edit is followed by itself
    shop.hear()
    listing = shop.listing()
    assert (listing.state, listing.live_version, listing.content_version) == ("rejected", 1, 2)
    assert counts()[("LISTING", "_T")] == 1


def test_a_withdrawal_is_over_when_the_channel_says_so(shop: Shop) -> None:
    shop.go_live()
    shop.withdraw()
    assert counts()[("LISTING", "_T")] == 1
    shop.work()
    assert (shop.listing().state, shop.listing().live_version) == ("withdrawn", 1)
    shop.hear()
    assert (shop.listing().state, shop.listing().live_version) == ("withdrawn", None)
    found = counts()
    assert ("LISTING", "_T") not in found
    assert ("SELLER_ACTIVE", "_T") not in found
    assert shop.stage.stats()["live"] == 0
    shop.clock.move(minutes=2)
    assert shop.go_live().remote_id is not None
    assert shop.stage.stats()["offers"] == 1


def test_an_ended_consent_withdraws_everything_there_and_nothing_elsewhere(shop: Shop) -> None:
    from portal.db import begin
    from portal.onboarding.consents import withdraw
    from portal.onboarding.models import Organisation

    shop.go_live("postmart")
    shop.go_live("voso")
    with begin() as session:
        seller = session.get_one(Organisation, shop.organisation_id)
        withdraw(session, now=shop.clock.now(), acting=shop.owner, organisation=seller, purpose="share:postmart")
    shop.work()
    shop.hear()
    assert (shop.listing("postmart").live_version, shop.listing("voso").live_version) == (None, 1)
    shop.rename("Bưởi da xanh loại một")
    shop.work()
    assert shop.listing("postmart").state == "withdrawn"


def test_a_product_taken_off_sale_is_withdrawn_by_itself(shop: Shop) -> None:
    from portal.catalogue.actions import take_off
    from portal.catalogue.models import Product
    from portal.db import begin

    shop.go_live()
    shop.clock.move(seconds=1)
    with begin() as session:
        take_off(session, now=shop.clock.now(), acting=shop.owner, product=session.get_one(Product, shop.product_id))
    shop.work()
    shop.hear()
    assert (shop.listing().state, shop.listing().live_version) == ("withdrawn", None)


def test_fifty_prices_in_a_minute_are_one_send_and_the_last_one_stands(shop: Shop) -> None:
    shop.go_live()
    calls = shop.stage.stats()["calls"]
    for amount in range(50):
        shop.price(70_000 + amount)
        shop.work()
    assert shop.stage.stats()["calls"] - calls == 0  # the first price went less than a minute ago
    shop.clock.move(seconds=61)
    shop.work()
    assert shop.stage.stats()["calls"] - calls == 1
    page = shop.world.channels["postmart"].poll(None)
    assert page.offers[0].variants[0]["price"] == "70049"
    assert shop.listing().state == "live"


def test_attempts_are_kept_for_a_week(shop: Shop) -> None:
    from portal.marketplaces import due

    shop.go_live()
    assert {row.outcome for row in db.session.scalars(select(Attempt))} == {"accepted"}
    shop.clock.move(days=8)
    assert due.forget_attempts(shop.world)
    assert db.session.scalars(select(Attempt)).all() == []


def test_the_recount_agrees(shop: Shop) -> None:
    from datetime import timedelta

    from sqlalchemy import text

    from portal.marketplaces.indicators import INDICATORS

    shop.go_live("postmart")
    shop.go_live("voso")
    shop.withdraw("voso")
    shop.work()
    shop.hear()
    found = counts()
    bounds: dict[str, Any] = {
        "start": shop.clock.now() - timedelta(days=40),
        "end": shop.clock.now() + timedelta(days=1),
    }
    for indicator in INDICATORS:
        recounted: dict[tuple[str, str], int] = {}
        for dimension, sql in indicator.recount_sql.items():
            for _area, cut, value in db.session.execute(text(sql), bounds):
                recounted[indicator.code, "_T" if dimension == "_T" else f"{dimension}@{cut}"] = value
        assert recounted == {key: value for key, value in found.items() if key[0] == indicator.code}, indicator.code
