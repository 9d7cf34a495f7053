"""What a marketplace says by itself: stored raw and once, then applied once, whatever the order in which it came.

About being on or off the shelf the later of (version, time by the channel's own clock) holds. An event also proves that
the message of its version has arrived, so a call whose answer was lost is settled by it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.bulk import among
from portal.cases import open_case
from portal.catalogue.models import Category, Product
from portal.counting import counting_many
from portal.db import insert_new
from portal.marketplaces.channels.protocol import EVENT_TYPES, Channel, RemoteEvent
from portal.marketplaces.models import ChannelAccount, ChannelEvent, Listing, ListingLive, Outbox
from portal.marketplaces.outbox import OPEN, Line, lines_of, locked_entities, settle_as_arrived
from portal.marketplaces.states import ACCOUNT, EXISTS, LISTING, may, step
from portal.onboarding.models import Organisation
from portal.onboarding.stages import reach_many

Effect = Literal["applied", "no_effect", "parked"]
WORKER = Acting.system("worker")
# A fresh callback is due at once by any worker's clock: web and worker may disagree about the time.
AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)
_SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")


def store_callback(
    connection: Connection, *, now: datetime, channel: str, event_id: str, headers: Mapping[str, str], body: bytes
) -> bool:
    """Keep a checked callback as it came; say whether its id is new."""
    kept = {name: headers[name] for name in _SIGNED}
    return insert_new(
        connection, ChannelEvent, channel=channel, event_id=event_id, headers=kept, body=body, received_at=now,
        status="due", next_attempt_at=AT_ONCE, attempts=0, note="",
    )  # fmt: skip


@dataclass(slots=True)
class _Spoken:
    """All that some events speak of, locked and read at once; `reached` collects who came to which stage.

    `open_lines` are the messages that wait, are under way or lie dead, `showing` the open rows of being on the shelf,
    `sectors` the goods' sectors by product.
    """

    holders: dict[str, Listing | ChannelAccount]
    open_lines: dict[Line, list[Outbox]]
    showing: dict[str, ListingLive]
    sectors: dict[str, str]
    reached: dict[str, set[str]] = field(default_factory=dict)


def apply_events(session: Session, *, now: datetime, heard: Sequence[tuple[Channel, RemoteEvent]]) -> list[Effect]:
    """Apply what channels said, in order; all that it speaks of is locked first, and counted as one difference."""
    spoken = _spoken_of(session, (event.ref for _channel, event in heard))
    sellers = [holder.organisation_id for holder in spoken.holders.values()]
    with counting_many(session, sellers, effective_at=now):
        found = [_apply(session, now=now, channel=channel, event=event, spoken=spoken) for channel, event in heard]
        for stage, who in spoken.reached.items():
            reach_many(session, households=_households(session, who), stage=stage, at=now)
    return found


def _spoken_of(session: Session, refs: Iterable[str]) -> _Spoken:
    holders = locked_entities(session, refs)
    listings = [one for one in holders.values() if isinstance(one, Listing)]
    shown = select(ListingLive).where(
        among(session, ListingLive.listing_id, [one.id for one in listings]), ListingLive.to_at.is_(None)
    )
    sectors = (
        select(Product.id, Category.sector)
        .join(Category, Category.code == Product.category_code)
        .where(among(session, Product.id, {one.product_id for one in listings}))
    )
    return _Spoken(
        holders=holders,
        open_lines=lines_of(session, entities=holders, statuses=OPEN),
        showing={row.listing_id: row for row in session.scalars(shown)} if listings else {},
        sectors=dict(session.execute(sectors).all()) if listings else {},
    )


def _households(session: Session, organisation_ids: Iterable[str]) -> list[str]:
    """Return those that are households: others have no funnel."""
    own = among(session, Organisation.id, organisation_ids)
    query = select(Organisation.id).where(own, Organisation.kind == "household")
    return list(session.scalars(query.order_by(Organisation.id)))


def _apply(session: Session, *, now: datetime, channel: Channel, event: RemoteEvent, spoken: _Spoken) -> Effect:
    """Apply one event. What we cannot place is parked as a case and changes nothing."""
    if event.type not in EVENT_TYPES:
        return _park(session, now=now, channel=channel, event=event, reason="unknown_type")
    holder = spoken.holders.get(event.ref)
    if holder is None or holder.channel != channel.code:
        return _park(session, now=now, channel=channel, event=event, reason="unknown_ref")
    if isinstance(holder, ChannelAccount):
        return _account(session, now=now, account=holder, event=event, spoken=spoken)
    return _listing(session, now=now, channel=channel, listing=holder, event=event, spoken=spoken)


def _park(session: Session, *, now: datetime, channel: Channel, event: RemoteEvent, reason: str) -> Effect:
    subject = f"{channel.code}:{event.event_id}"[:64]
    open_case(
        session,
        now=now,
        kind="channel.event",
        subject=subject,
        reason=reason,
        detail={"type": event.type, "ref": event.ref},
    )
    return "parked"


def _account(
    session: Session, *, now: datetime, account: ChannelAccount, event: RemoteEvent, spoken: _Spoken
) -> Effect:
    asked = spoken.open_lines.get((account.id, "account"), [])
    settle_as_arrived(asked, now=now, version=event.version or account.version)
    steps = {
        "account.created": () if account.state in EXISTS else ("claimed", "said_created"),
        "account.verified": ("claimed", "said_created", "said_verified"),
        "account.closed": ("close", "said_closed"),
    }.get(event.type, ())
    before = account.state
    for one in steps:
        if may(ACCOUNT, account.state, one):
            account.state = step(ACCOUNT, account.state, one)
    if account.state == before:
        return "no_effect"
    account.changed_at, account.problems = now, []
    account.remote_id = account.remote_id or event.remote_id
    if account.state in EXISTS:
        account.created_at = account.created_at or now
        spoken.reached.setdefault("created", set()).add(account.organisation_id)
    if account.state == "verified":
        account.verified_at = now
    act = event.type
    record(session, now=now, acting=WORKER, act=act, object_id=account.id, subject=account.organisation_id)
    return "applied"


def _listing(
    session: Session, *, now: datetime, channel: Channel, listing: Listing, event: RemoteEvent, spoken: _Spoken
) -> Effect:
    if not event.type.startswith("offer.") or event.version is None or event.version > listing.content_version:
        return _park(session, now=now, channel=channel, event=event, reason="version")
    if listing.remote_id is not None and event.remote_id not in (None, listing.remote_id):
        return _park(session, now=now, channel=channel, event=event, reason="remote_id")
    if event.type == "offer.refused":
        return _said_refused(session, now=now, listing=listing, event=event, spoken=spoken)
    if event.type == "offer.live" and (event.url is None or not channel.owns(event.url)):
        return _park(session, now=now, channel=channel, event=event, reason="remote_url.host")
    if not _later(listing, event) or (event.type == "offer.removed" and event.version < (listing.live_version or 0)):
        return "no_effect"
    _arrived(now=now, listing=listing, event=event, spoken=spoken)
    listing.presence_version, listing.presence_at, listing.changed_at = event.version, event.at, now
    listing.remote_id = listing.remote_id or event.remote_id
    if event.type == "offer.live":
        _on_the_shelf(session, now=now, listing=listing, event=event, spoken=spoken)
    else:
        _off_the_shelf(session, now=now, listing=listing, event=event, spoken=spoken)
    record(session, now=now, acting=WORKER, act=event.type, object_id=listing.id, subject=listing.organisation_id)
    return "applied"


def _later(listing: Listing, event: RemoteEvent) -> bool:
    """Say whether an event tells more than we know of the shelf."""
    if event.version != listing.presence_version:
        return (event.version or 0) > listing.presence_version
    return listing.presence_at is None or event.at > listing.presence_at


def _arrived(*, now: datetime, listing: Listing, event: RemoteEvent, spoken: _Spoken) -> None:
    """Settle the message that an event speaks of, and bring the listing to where that message led."""
    version = event.version or 0
    settle_as_arrived(spoken.open_lines.get((listing.id, "content"), []), now=now, version=version)
    if listing.wish == "sell" or version < listing.content_version:
        listing.accepted_version = max(version, listing.accepted_version or 0)
    if version != listing.content_version:
        return
    taken = "accepted" if listing.wish == "sell" else "withdrawal_accepted"
    for one in ("redriven", "claimed", taken):
        if may(LISTING, listing.state, one):
            listing.state = step(LISTING, listing.state, one)


def _on_the_shelf(session: Session, *, now: datetime, listing: Listing, event: RemoteEvent, spoken: _Spoken) -> None:
    listing.live_version, listing.remote_url = event.version, event.url
    _show(session, now=now, listing=listing, spoken=spoken)
    if event.version == listing.content_version and may(LISTING, listing.state, "said_live"):
        listing.state, listing.problems = step(LISTING, listing.state, "said_live"), []
    spoken.reached.setdefault("listed", set()).add(listing.organisation_id)


def _show(session: Session, *, now: datetime, listing: Listing, spoken: _Spoken) -> None:
    """Open the history row of being on the shelf; goods that moved to another sector begin a new one."""
    sector, row = spoken.sectors[listing.product_id], spoken.showing.get(listing.id)
    if row is not None and row.sector == sector:
        return
    if row is not None:
        row.to_at = now
        session.flush()
    spoken.showing[listing.id] = ListingLive(listing_id=listing.id, sector=sector, from_at=now)
    session.add(spoken.showing[listing.id])


def _off_the_shelf(session: Session, *, now: datetime, listing: Listing, event: RemoteEvent, spoken: _Spoken) -> None:
    listing.live_version, listing.remote_url = None, None
    row = spoken.showing.pop(listing.id, None)
    if row is not None:
        row.to_at = now
        session.flush()
    if (
        event.version == listing.content_version
        and listing.wish == "sell"
        and may(LISTING, listing.state, "said_removed")
    ):
        listing.state = step(LISTING, listing.state, "said_removed")
        listing.problems = [asdict(problem) for problem in event.problems]


def _said_refused(session: Session, *, now: datetime, listing: Listing, event: RemoteEvent, spoken: _Spoken) -> Effect:
    """Show the reasons; the version on sale, if there is one, stays where it is."""
    overtaken = event.version == listing.presence_version and not _later(listing, event)
    if event.version != listing.content_version or listing.wish != "sell" or overtaken:
        return "no_effect"
    _arrived(now=now, listing=listing, event=event, spoken=spoken)
    if not may(LISTING, listing.state, "said_refused"):
        return "no_effect"
    listing.state, listing.changed_at = step(LISTING, listing.state, "said_refused"), now
    listing.problems = [asdict(problem) for problem in event.problems]
    record(session, now=now, acting=WORKER, act=event.type, object_id=listing.id, subject=listing.organisation_id)
    return "applied"
