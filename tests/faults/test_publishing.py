"""kill -9 around publishing: a message that went out goes out again under its key, the shop shows each product once."""

import json
import random
import time
from collections.abc import Sequence

import requests
import sqlalchemy as sa

from portal.marketplaces.models import Attempt, ChannelEvent, ListingLive, Outbox
from tests.faults.town import WAIT_S, Town
from tests.supervisor import until


def all_live(town: Town, listings: Sequence[str]) -> None:
    """Bring everything up, let pauses end, wait until each listing is live; then hold that nothing is there twice."""
    waiting = Outbox.status.in_(("due", "leased"))
    town.settles(lambda: all(town.live(one) for one in listings), why="the listings did not all become live")
    town.settles(lambda: not town.count(Outbox, Outbox.entity.in_(listings), waiting), why="a message stayed due")
    for one in listings:
        assert town.count(ListingLive, ListingLive.listing_id == one) == 1
        assert town.count(Outbox, Outbox.entity == one, Outbox.status.in_(("due", "leased", "dead"))) == 0
    assert town.stats()["duplicates"] == 0
    addresses = {town.listing(one).remote_url for one in listings}
    assert len(addresses) == len(listings)
    for address in addresses:  # and a buyer finds each at the address that the shop gave
        assert requests.get(str(address), timeout=WAIT_S).status_code == 200
    town.sound()


def tries(town: Town, listing: str) -> int:
    """Return how often a listing's content was claimed to be sent."""
    own = sa.select(Outbox.id).where(Outbox.entity == listing, Outbox.flow == "content")
    return town.count(Attempt, Attempt.outbox_id.in_(own))


def test_a7_the_worker_dies_after_the_shop_took_an_offer_and_before_we_know(town: Town) -> None:
    before = town.stats()
    with town.stop.at("outbox", act="UPDATE", when="NEW.status = 'done' AND NEW.flow = 'content'") as stop:
        listing = town.publish(town.seller, town.product(town.seller, "Chanh không hạt"))
        until(lambda: town.stats()["offers"] > before["offers"] and stop.reached(), why="nothing sent")
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
    until(lambda: town.stats()["calls"] > before["calls"], why="nothing was sent")
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
    for round_ in range(2):
        known = town.count(Attempt)
        for number in range(3):
            product = town.product(town.seller, f"Gạo nhà số {round_ * 3 + number + 1}")
            listings.append(town.publish(town.seller, product))
        until(lambda known=known: town.count(Attempt) > known, why="the worker sent nothing")  # type: ignore[misc]
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
        until(lambda: town.stats()["live"] > shown and stop.reached(), why="the shop never called back")
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
