"""What an officer can do with a channel: switch it, see what waits or lies dead, send a dead message again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.counting import counting
from portal.errors import NotFound
from portal.marketplaces.models import ChannelAccount, ChannelLinkState, ChannelSwitch, Listing, Outbox
from portal.marketplaces.outbox import WAITING, locked_entity, newest
from portal.marketplaces.states import LISTING, OUTBOX, step
from portal.marketplaces.switches import locked_switch, note_success, subject_of

DEAD_SHOWN = 50


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """One channel at a glance: its switch, what waits, and how its listings stand."""

    code: str
    switch: ChannelSwitch | None
    waiting: int
    oldest_at: datetime | None
    dead: int
    listings: dict[str, int]
    on_sale: int
    accounts: int


def status_of(session: Session, channel: str) -> ChannelStatus:
    """Count what an officer needs to know of a channel."""
    waiting = select(func.count(), func.min(Outbox.created_at)).where(
        Outbox.channel == channel, Outbox.status.in_(WAITING)
    )
    count, oldest = session.execute(waiting).one()
    states = select(Listing.state, func.count()).where(Listing.channel == channel).group_by(Listing.state)
    accounts = select(func.count()).where(ChannelAccount.channel == channel, ChannelAccount.created_at.is_not(None))
    on_sale = select(func.count()).where(Listing.channel == channel, Listing.live_version.is_not(None))
    dead = select(func.count()).where(Outbox.channel == channel, Outbox.status == "dead")
    return ChannelStatus(
        code=channel,
        switch=session.get(ChannelSwitch, channel),
        waiting=count,
        oldest_at=oldest,
        dead=session.scalar(dead) or 0,
        listings={str(state): number for state, number in session.execute(states)},
        on_sale=session.scalar(on_sale) or 0,
        accounts=session.scalar(accounts) or 0,
    )


def dead_letters(session: Session) -> list[Outbox]:
    """Return the messages whose tries are spent, oldest first."""
    query = select(Outbox).where(Outbox.status == "dead").order_by(Outbox.created_at).limit(DEAD_SHOWN)
    return list(session.scalars(query))


def switch_channel(session: Session, *, now: datetime, acting: Acting, channel: str, on: bool) -> None:
    """Switch one channel on or off; no other is touched. Switched off it is no connected marketplace."""
    switch = locked_switch(session, channel)
    if switch.is_on == on:
        return
    switch.is_on = on
    if on:
        note_success(switch)
    with counting(session, subject_of(channel), effective_at=now):
        query = select(ChannelLinkState).where(ChannelLinkState.channel == channel, ChannelLinkState.to_at.is_(None))
        row = session.scalars(query).one_or_none()
        if row is not None and not on:
            row.to_at = now
    changed: dict[str, tuple[object, object]] = {"is_on": (not on, on)}
    record(
        session, now=now, acting=acting, act="channel.switched", object_id=channel, changed=changed,
        public=frozenset(changed),
    )  # fmt: skip


def redrive(session: Session, *, now: datetime, acting: Acting, outbox_id: str) -> None:
    """Send a dead message again, same id, same version; one that was overtaken meanwhile stays where it is."""
    found = session.get(Outbox, outbox_id)
    holder = locked_entity(session, found.entity) if found is not None else None
    row = session.get(Outbox, outbox_id, populate_existing=True)
    if row is None or holder is None:
        raise NotFound
    latest = newest(session, entity=row.entity, flow=row.flow)  # type: ignore[arg-type]
    if row.status != "dead" or latest is not row:
        return
    row.status, row.attempts, row.next_attempt_at, row.ended_at = step(OUTBOX, row.status, "redriven"), 0, now, None
    if isinstance(holder, Listing) and row.flow == "content":
        holder.state, holder.changed_at = step(LISTING, holder.state, "redriven"), now
    record(session, now=now, acting=acting, act="outbox.redriven", object_id=row.id, subject=holder.organisation_id)
