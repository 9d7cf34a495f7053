"""Seeded storms: people, workers and partners do things in any order, then it gets quiet and everything must agree."""

import random
from typing import Any

import pytest
from sqlalchemy import select

from portal.db import begin, db
from portal.marketplaces.models import ListingLive, Outbox
from portal.onboarding import consents
from portal.onboarding.models import Organisation
from tests.portal.marketplaces.conftest import Shop
from tests.portal.marketplaces.test_publishing import counts

STEPS = 28
MOODS = ("answer_lost", "500", "html_200", "429", "refuse", "callback_doubled", "callback_forged")


def consent(shop: Shop, *, give: bool) -> None:
    with begin() as session:
        seller = session.get_one(Organisation, shop.organisation_id)
        more: dict[str, Any] = {"language": "vi", "method": "page"} if give else {}
        act = consents.give if give else consents.withdraw
        act(session, now=shop.clock.now(), acting=shop.owner, organisation=seller, purpose="share:postmart", **more)


def storm(shop: Shop, draw: random.Random) -> None:
    """Do one thing at random; letters may be kept back, doubled and shuffled."""
    kept: list[Any] = []
    for _ in range(STEPS):
        match draw.randrange(9):
            case 0 | 1:
                shop.publish()
            case 2:
                shop.rename(draw.choice(["Bưởi da xanh", "Bưởi năm roi", "Bưởi hàng giả"]))
            case 3:
                shop.price(draw.randrange(50_000, 90_000))
            case 4 if db.session.scalars(select(Outbox.id).where(Outbox.flow == "content")).first():
                shop.withdraw()
            case 5:
                shop.stage.mood(draw.choice(MOODS), seconds=1)
            case 6:
                consent(shop, give=draw.random() < 0.7)
            case 7:
                shop.clock.move(seconds=draw.choice([1, 30, 200]))
            case _:
                pass
        shop.work()
        shop.stage.decide()
        kept += shop.stage.box.take()
        draw.shuffle(kept)
        for _ in range(draw.randrange(len(kept) + 1)):
            letter = kept.pop()
            assert shop.deliver(*letter) in (200, 401)
            if draw.random() < 0.3:
                shop.deliver(*letter)
        shop.work()
    for letter in kept:
        shop.deliver(*letter)


def calm(shop: Shop) -> None:
    """Let everything that waits happen: moods used up, tries come, letters arrive."""
    with shop.stage.running.sandboxes.store.write() as connection:
        connection.execute("DELETE FROM mood")
    consent(shop, give=True)
    shop.rename("Bưởi da xanh")
    shop.publish()
    for _ in range(12):
        shop.work()
        shop.hear()
        shop.clock.move(seconds=4000)


@pytest.mark.parametrize("seed", range(6))
def test_after_a_storm_both_sides_agree(shop: Shop, seed: int) -> None:
    draw = random.Random(seed)
    storm(shop, draw)
    calm(shop)
    listing = shop.listing()
    (remote,) = shop.world.channels["postmart"].poll(None).offers
    assert (remote.ref, remote.remote_id) == (listing.id, listing.remote_id)
    assert listing.state == "live", (listing.state, listing.problems, listing.wish)
    assert listing.live_version == remote.live_version == listing.content_version == remote.version
    statistics = shop.stage.stats()
    assert (statistics["offers"], statistics["duplicates"]) == (1, 0)
    price = db.session.scalars(
        select(Outbox).where(Outbox.flow == "price_stock").order_by(Outbox.version.desc()).limit(1)
    ).one()
    assert remote.variants[0]["price"] == price.payload["variants"][0]["price"]
    waiting = db.session.scalars(select(Outbox).where(Outbox.status.in_(("due", "leased", "dead")))).all()
    assert [(row.flow, row.act, row.version, row.status) for row in waiting] == []
    opened = db.session.scalars(select(ListingLive).where(ListingLive.to_at.is_(None))).all()
    assert len(opened) == 1
    assert counts()[("LISTING", "_T")] == counts()[("SELLER_ACTIVE", "_T")] == counts()[("HH_ACCOUNT", "_T")] == 1
    shop.withdraw()
    for _ in range(3):
        shop.work()
        shop.hear()
    assert (shop.listing().live_version, shop.stage.stats()["live"]) == (None, 0)
    assert ("LISTING", "_T") not in counts()
