"""For k = 1, 2, … the k-th statement of an act fails: nothing of it is there, until a run passes untouched."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, func, select

from portal.audit import AuditRow
from portal.counting.models import AdoptDelta
from portal.db import begin, db
from portal.marketplaces import due
from portal.marketplaces.models import ChannelAccount, ChannelEvent, Listing, ListingLive, Outbox
from tests.portal.marketplaces.conftest import Shop
from tests.portal.marketplaces.test_events import accepted

TABLES = (AuditRow, AdoptDelta, ChannelAccount, Listing, ListingLive, Outbox)


class Broken(Exception):
    """What fails on purpose."""


@contextmanager
def failing_at(k: int) -> Iterator[list[int]]:
    """Let the k-th statement fail; give the number of statements that were begun."""
    seen = [0]

    def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):  # the fixture's own
            return
        seen[0] += 1
        if seen[0] == k:
            raise Broken

    event.listen(db.engine, "before_cursor_execute", before)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", before)


def digest() -> list[Any]:
    """Return what the act may change."""
    db.session.rollback()
    db.session.expire_all()
    sizes = [db.session.scalar(select(func.count()).select_from(table)) for table in TABLES]
    listing = db.session.execute(select(Listing.state, Listing.live_version, Listing.content_version)).all()
    return [
        *sizes,
        listing,
        db.session.execute(select(Outbox.id, Outbox.status, Outbox.lease).order_by(Outbox.id)).all(),
    ]


def all_or_nothing(act: Callable[[], object]) -> int:
    """Run the act with each of its statements failing once; return how many there were."""
    before = digest()
    for k in range(1, 300):
        try:
            with failing_at(k):
                act()
        except Broken:
            assert digest() == before, k
            continue
        assert digest() != before
        return k - 1
    raise AssertionError("no run passed")


def test_publish(shop: Shop) -> None:
    assert all_or_nothing(shop.publish) > 15
    assert shop.listing().state == "queued"


def test_what_a_channel_says(shop: Shop) -> None:
    accepted(shop)
    shop.stage.decide()
    (letter,) = shop.stage.box.take()
    shop.deliver(*letter)
    row = db.session.scalars(select(ChannelEvent).where(ChannelEvent.status == "due")).one()
    row_id = row.id

    def apply() -> None:
        with begin() as session:
            due._apply(shop.world, session, [row_id])

    assert all_or_nothing(apply) > 15
    assert (shop.listing().state, shop.listing().live_version) == ("live", 1)


def test_the_record_of_a_call(shop: Shop) -> None:
    from portal.marketplaces.channels.protocol import Receipt
    from portal.marketplaces.outbox import claim
    from portal.marketplaces.recording import record_batch

    shop.publish()
    with begin() as session:
        claims = claim(session, now=shop.clock.now(), channel="postmart", limit=5)
    receipts = [Receipt(claims[0].delivery.id, "accepted", remote_id="PO-1")]

    def record() -> None:
        with begin() as session:
            record_batch(session, now=shop.clock.now(), channel="postmart", claims=claims, receipts=receipts, ms=1)

    assert all_or_nothing(record) > 3
