"""kill -9 around publishing: a message that went out goes out again under its key, the shop shows each product once."""

import itertools
import json
import random
import time
from collections.abc import Sequence

import sqlalchemy as sa

from portal.marketplaces.models import Attempt, ChannelEvent, Listing, ListingLive, Outbox
from tests.faults.town import WAIT_S, Town
from tests.supervisor import until


def all_live(town: Town, listings: Sequence[str]) -> None:
    """Bring everything up, let pauses end, wait until each listing is live; then hold that nothing is there twice."""
    town.minutes_pass()
    town.up()
    looks = itertools.count(1)

    def done() -> bool:
        if next(looks) % 10 == 0:  # a try that failed waits a minute, a price waits a minute after another one
            town.minutes_pass()
        return all(town.live(one) for one in listings)

    until(done, seconds=WAIT_S, why="the listings did not all become live")
    for one in listings:
        assert town.count(ListingLive, ListingLive.listing_id == one) == 1
        assert town.count(Outbox, Outbox.entity == one, Outbox.status.in_(("due", "leased", "dead"))) == 0
    stats = town.stats()
    assert stats["duplicates"] == 0
    with town.rows() as session:
        live = session.scalar(sa.select(sa.func.count()).where(Listing.live_version.is_not(None)))
        remote = session.scalars(sa.select(Listing.remote_id).where(Listing.id.in_(listings))).all()
    assert stats["live"] == live
    assert len(set(remote)) == len(listings)
    town.sound()


def tries(town: Town, listing: str) -> int:
    """Return how often a listing's content was claimed to be sent."""
    own = sa.select(Outbox.id).where(Outbox.entity == listing, Outbox.flow == "content")
    return town.count(Attempt, Attempt.outbox_id.in_(own))


def test_a7_the_worker_dies_after_the_shop_took_an_offer_and_before_we_know(town: Town) -> None:
    before = town.stats()
    with town.stop.at("outbox", act="UPDATE", when="NEW.status = 'done' AND NEW.flow = 'content'") as stop:
        listing = town.publish(town.seller, town.product(town.seller, "Chanh không hạt"))
        until(lambda: town.stats()["offers"] > before["offers"] and stop.reached(), seconds=WAIT_S, why="nothing sent")
        town.portal.kill("worker")
    assert town.stats()["offers"] == before["offers"] + 1  # taken there
    assert town.listing(listing).state == "sent"  # and not known here
    all_live(town, [listing])
    after = town.stats()
    assert after["offers"] == before["offers"] + 1
    assert after["repeats"] == before["repeats"] + 1  # it came again, under the same key
    assert tries(town, listing) == 2


def test_the_worker_dies_before_the_shop_took_anything(town: Town) -> None:
    before = town.stats()
    town.mood("time_out", seconds=8)  # so long the shop keeps the call, and then hangs up without having taken it
    listing = town.publish(town.seller, town.product(town.seller, "Khóm Thạnh Hóa"))
    until(lambda: town.stats()["calls"] > before["calls"], seconds=WAIT_S, why="nothing was sent")
    town.portal.kill("worker")
    assert town.stats()["offers"] == before["offers"]
    all_live(town, [listing])
    after = town.stats()
    assert (after["offers"], after["repeats"]) == (before["offers"] + 1, before["repeats"])
    assert tries(town, listing) == 2


def test_the_worker_dies_again_and_again_while_the_shop_misbehaves(town: Town) -> None:
    chance = random.Random(f"listings {town.address.partition(':')[0]}")
    before = town.stats()
    town.mood("answer_lost", "500", "answer_lost", "callback_doubled", "callback_late", "html_200")
    listings = []
    for round_ in range(3):
        known = town.count(Attempt)
        for number in range(2):
            product = town.product(town.seller, f"Gạo nhà số {round_ * 2 + number + 1}")
            listings.append(town.publish(town.seller, product))
        until(lambda known=known: town.count(Attempt) > known, seconds=WAIT_S, why="the worker sent nothing")  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.5))
        town.portal.kill("worker")
        town.minutes_pass()
        town.up()
    all_live(town, listings)
    assert town.stats()["offers"] == before["offers"] + len(listings)


def test_the_web_dies_with_the_shops_answer_in_its_hands(town: Town) -> None:
    shown = town.stats()["live"]
    with town.stop.at("channel_event") as stop:
        listing = town.publish(town.seller, town.product(town.seller, "Nếp Thủ Thừa"))
        until(lambda: town.stats()["live"] > shown and stop.reached(), seconds=WAIT_S, why="the shop never called back")
        town.portal.kill("web")
    assert said_of(town, listing) == []
    assert not town.live(listing)
    all_live(town, [listing])  # nobody had acknowledged it, so it comes again
    assert said_of(town, listing) == ["offer.live"]


def said_of(town: Town, listing: str) -> list[str]:
    """Return what the shop said of a listing, as far as it is stored."""
    with town.rows() as session:
        told = [json.loads(body) for body in session.scalars(sa.select(ChannelEvent.body))]
    return [one["type"] for one in told if one["ref"] == listing]
