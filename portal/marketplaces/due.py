"""Due work: hand messages over, and apply what the marketplaces said. Claim (tx 1) → call (no tx) → record (tx 2)."""

import json
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from portal.cases import open_case
from portal.catalogue.models import Product
from portal.crypto import FieldKeys
from portal.db import begin, reading
from portal.errors import PortalError
from portal.marketplaces import eligibility
from portal.marketplaces.actions import UNDER_WAY, publish, withdraw
from portal.marketplaces.channels.protocol import Channel, Delivery, RemoteEvent
from portal.marketplaces.errors import ChannelError
from portal.marketplaces.events import apply_events
from portal.marketplaces.models import Attempt, ChannelEvent, ChannelSwitch, Listing
from portal.marketplaces.offers import photo_address
from portal.marketplaces.outbox import Claim, claim, is_waiting
from portal.marketplaces.recording import WORKER, record_batch
from portal.marketplaces.switches import calls_allowed, link_up
from portal.places.actions import oldest_reform_due
from portal.places.areas import day_of
from portal.worker import Step

if TYPE_CHECKING:
    from portal.world import World

KEEP_ATTEMPTS = timedelta(days=7)
EVENT_TRIES, EVENTS = 5, 100
LONGEST_S = 1.0
EVENT_AGAIN = timedelta(seconds=30)


def send_due(world: "World") -> bool:
    """Hand over what is due on each channel that may be called, a batch a channel."""
    did_something = False
    for channel in world.channels.values():
        did_something |= _send(world, channel)
    return did_something


def _send(world: "World", channel: Channel) -> bool:
    now = world.clock.now()
    if not is_waiting(reading(), now=now, channel=channel.code):
        return False
    with begin() as session:
        switch = session.get(ChannelSwitch, channel.code, populate_existing=True)
        allowed = calls_allowed(switch, now=now, batch_max=channel.capabilities().batch_max)
        claims = claim(session, now=now, channel=channel.code, limit=allowed) if allowed else []
    if not claims:
        return False
    batch = [_opened(one, world.field_keys) for one in claims]
    started = time.monotonic()
    receipts = channel.withdraw(batch) if claims[0].act == "withdraw" else channel.push(batch)
    ms = round((time.monotonic() - started) * 1000)
    with begin() as session:
        now = world.clock.now()
        worked = record_batch(session, now=now, channel=channel.code, claims=claims, receipts=receipts, ms=ms)
    if worked:
        with begin() as session:
            link_up(session, now=now, channel=channel.code, province=world.settings.province)
    return True


def _opened(one: Claim, keys: FieldKeys) -> Delivery:
    """Return the delivery with its payload in clear, in memory only."""
    delivery = one.delivery
    if "sealed" not in delivery.payload:
        return delivery
    payload = json.loads(keys.open(delivery.payload["sealed"], place=f"outbox.payload.{delivery.id}"))
    return Delivery(delivery.id, delivery.ref, delivery.flow, delivery.version, payload)


def apply_due(world: "World") -> bool:
    """Apply stored callbacks for up to a second; one that fails is tried again later and never blocks the others."""
    until, worked = time.monotonic() + LONGEST_S, False
    while time.monotonic() < until and _is_heard(world) and (taken := _take(world)) is not None:
        worked = True
        if taken:
            with begin() as session:
                _apply(world, session, taken)
        if len(taken) < EVENTS:
            break  # what comes next comes in a crowd again, if there is more
    return worked


def _due_events(world: "World") -> Select[ChannelEvent]:
    return select(ChannelEvent).where(ChannelEvent.status == "due", ChannelEvent.next_attempt_at <= world.clock.now())


def _is_heard(world: "World") -> bool:
    """Say, by reading alone, whether a callback is due."""
    return reading().scalar(select(_due_events(world).exists())) is True


def _take(world: "World") -> list[int] | None:
    """Take callbacks that are due, and return their ids; None where none was due.

    Fresh ones are taken many at once; one that was tried before is taken alone, so that it can spoil no others again.
    """
    now = world.clock.now()
    with begin() as session:
        fresh_first = _due_events(world).order_by(ChannelEvent.attempts > 0, ChannelEvent.id).limit(EVENTS)
        due = session.scalars(fresh_first.with_for_update(skip_locked=True)).all()
        rows = [row for row in due if not row.attempts] or due[:1]
        for row in rows:
            row.attempts, row.next_attempt_at = row.attempts + 1, now + EVENT_AGAIN
            if row.attempts > EVENT_TRIES:
                row.status, row.note = "parked", "tries"
                _report(session, row, now=now, reason="tries")
        return [row.id for row in rows if row.status == "due"] if rows else None


def _report(session: Session, row: ChannelEvent, *, now: datetime, reason: str) -> None:
    open_case(session, now=now, kind="channel.event", subject=f"{row.channel}:{row.event_id}"[:64], reason=reason)


def _apply(world: "World", session: Session, row_ids: Sequence[int]) -> None:
    now = world.clock.now()
    query = select(ChannelEvent).where(ChannelEvent.id.in_(row_ids), ChannelEvent.status == "due")
    locked = query.order_by(ChannelEvent.id).with_for_update().execution_options(populate_existing=True)
    heard: list[tuple[ChannelEvent, Channel, RemoteEvent]] = []
    for row in session.scalars(locked).all():
        try:
            heard += [(row, *one) for one in _heard(world, row)]
        except PortalError as error:
            row.status, row.note = "parked", str(error.fields.get("reason", error.code))
            _report(session, row, now=now, reason=row.note)
    effects = apply_events(session, now=now, heard=[(channel, event) for _row, channel, event in heard])
    for row, some in groupby(zip(heard, effects, strict=True), key=lambda one: one[0][0]):
        notes = [effect for _, effect in some]
        row.status, row.note = "parked" if "parked" in notes else "applied", ",".join(notes)


def _heard(world: "World", row: ChannelEvent) -> list[tuple[Channel, RemoteEvent]]:
    channel = world.channels.get(row.channel)
    if channel is None:
        raise ChannelError(reason="channel_gone")
    return [(channel, event) for event in channel.parse_callback(row.headers, row.body, now=row.received_at)]


def follow_edits(world: "World") -> bool:
    """Bring one offered product that was edited since to its channels; one that went off sale is withdrawn there."""
    now = world.clock.now()
    query = select(Listing).join(Product, Product.id == Listing.product_id)
    edited = query.where(
        Listing.wish == "sell",
        Listing.state.in_(UNDER_WAY),
        Product.version != Listing.product_version,
        Listing.channel.in_(tuple(world.channels)),
    )
    if not reading().scalar(select(edited.exists())):
        return False
    with begin() as session:
        listing = session.scalars(edited.order_by(Listing.id).limit(1)).one_or_none()
        if listing is None:
            return False
        product = session.get_one(Product, listing.product_id)
        if product.state == "archived":
            withdraw(session, now=now, acting=WORKER, listing=listing)
        else:
            publish(
                session, now=now, acting=WORKER, product=product, channel=world.channels[listing.channel],
                keys=world.field_keys, photo_address=photo_address(world.settings.public_url),
            )  # fmt: skip
    return True


def forget_attempts(world: "World") -> bool:
    """Delete attempts older than seven days, a thousand at a time."""
    with begin() as session:
        old = select(Attempt.id).where(Attempt.started_at < world.clock.now() - KEEP_ATTEMPTS).limit(1_000)
        gone = session.execute(delete(Attempt).where(Attempt.id.in_(old)).returning(Attempt.id))
        return bool(gone.all())


def sweep(world: "World") -> bool:
    """Judge a chunk of accounts while a sweep is due; not before there are rules, and after a reform has moved all."""
    now = world.clock.now()
    if not eligibility.is_due(reading(), now=now) or eligibility.rules_on(reading(), day_of(now)) is None:
        return False
    if oldest_reform_due(reading(), on=day_of(now)) is not None:
        return False
    with begin() as session:
        return eligibility.sweep_some(session, now=now, acting=WORKER)


STEPS = (
    Step("marketplaces.edits", follow_edits, priority=5),
    Step("marketplaces.events", apply_due, priority=3),
    Step("marketplaces.outbox", send_due, priority=4),
    Step("marketplaces.eligibility", sweep, priority=6),
    Step("marketplaces.attempts", forget_attempts, priority=9, every_s=3600.0),
)
