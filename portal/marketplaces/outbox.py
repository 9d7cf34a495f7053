"""The outbox: messages in line, the claim of what is due, and the record of what became of it.

Every write to a row is made under the lock of its listing or account. Order comes from versions, never from clocks.
Locks are taken in one order: product, listings, accounts, the channel's switch, the seller, the trail's head last; who
writes to several listings or accounts locks all of them first, by `locked_entities`.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from portal.marketplaces.channels.protocol import Delivery, Flow
from portal.marketplaces.models import Attempt, ChannelAccount, Listing, Outbox
from portal.marketplaces.states import ACCOUNT, EXISTS, LISTING, OUTBOX, may, step

TRIES_S = (0, 60, 300, 3_600, 86_400, 172_800)
WITHDRAW_AGAIN_S = 86_400
LEASE = timedelta(seconds=120)
PRICE_PAUSE = timedelta(seconds=60)
WAITING = ("due", "leased")
CANDIDATES = 200


@dataclass(frozen=True, slots=True)
class Claim:
    """One row in our hands: what to deliver, under which lease."""

    delivery: Delivery
    act: str
    lease: int


def canonical(payload: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a payload's canonical JSON."""
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def enqueue(
    session: Session,
    *,
    now: datetime,
    channel: str,
    entity: str,
    flow: Flow,
    version: int,
    payload: Mapping[str, Any],
    act: str = "put",
    row_id: str | None = None,
) -> Outbox:
    """Add a message to the line, in the transaction of the act that wants it."""
    row = Outbox(
        id=row_id or str(uuid.uuid4()), channel=channel, entity=entity, flow=flow, act=act, version=version,
        payload=dict(payload), payload_sha256=canonical(payload), status="due", next_attempt_at=now, created_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def rows_of(session: Session, *, entity: str, flow: Flow, statuses: Iterable[str]) -> list[Outbox]:
    """Return an entity's rows of one flow in these states, newest first. The caller holds the entity's lock."""
    query = select(Outbox).where(Outbox.entity == entity, Outbox.flow == flow, Outbox.status.in_(tuple(statuses)))
    return list(session.scalars(query.order_by(Outbox.version.desc()).execution_options(populate_existing=True)))


def newest(session: Session, *, entity: str, flow: Flow) -> Outbox | None:
    """Return the newest message of one flow."""
    query = select(Outbox).where(Outbox.entity == entity, Outbox.flow == flow)
    return session.scalars(query.order_by(Outbox.version.desc()).limit(1)).one_or_none()


def supersede(session: Session, *, now: datetime, entity: str, flow: Flow, below: int | None = None) -> None:
    """End what waits, is under way or lies dead in one flow; a worker that still holds one writes nothing."""
    for row in rows_of(session, entity=entity, flow=flow, statuses=(*WAITING, "dead")):
        if below is None or row.version < below:
            row.status, row.lease, row.ended_at = step(OUTBOX, row.status, "superseded"), row.lease + 1, now


def settle_as_arrived(session: Session, *, now: datetime, entity: str, flow: Flow, version: int) -> None:
    """End the message of this version: the channel spoke of it, so it has arrived, whatever we know of the call."""
    for row in rows_of(session, entity=entity, flow=flow, statuses=(*WAITING, "dead")):
        if row.version == version:
            for event in {"due": ("claimed",), "dead": ("redriven", "claimed")}.get(row.status, ()):
                row.status = step(OUTBOX, row.status, event)
            row.status, row.lease, row.ended_at = step(OUTBOX, row.status, "settled"), row.lease + 1, now


def delay_s(row_id: str, attempts: int) -> float | None:
    """Return seconds until the next try after `attempts` failed ones, ± 10 % by the row's id; None when spent."""
    if attempts >= len(TRIES_S):
        return None
    spread = int.from_bytes(hashlib.sha256(f"{row_id}{attempts}".encode()).digest()[:4]) / 2**32
    return TRIES_S[attempts] * (0.9 + 0.2 * spread)


def _claimable(channel: str, now: datetime) -> ColumnElement[bool]:
    """Say what may be sent now: the newest of its line, none under way, account there, first content before prices."""
    other = aliased(Outbox)
    line = and_(other.entity == Outbox.entity, other.flow == Outbox.flow, other.id != Outbox.id)
    newer = exists().where(line, other.version > Outbox.version, other.status.in_(WAITING))
    under_way = exists().where(line, other.status == "leased", other.next_attempt_at > now)
    just_sent = exists().where(line, other.claimed_at > now - PRICE_PAUSE)
    account = exists().where(
        ChannelAccount.channel == Outbox.channel,
        ChannelAccount.organisation_id == Listing.organisation_id,
        ChannelAccount.state.in_(EXISTS),
    )
    return and_(
        Outbox.channel == channel,
        Outbox.status.in_(WAITING),
        Outbox.next_attempt_at <= now,
        ~newer,
        ~under_way,
        or_(
            Outbox.flow == "account",
            Outbox.act == "withdraw",
            and_(Outbox.flow == "content", account),
            and_(Outbox.flow == "price_stock", Listing.accepted_version.is_not(None), account, ~just_sent),
        ),
    )


def claim(session: Session, *, now: datetime, channel: str, limit: int) -> list[Claim]:
    """Take up to `limit` messages of one kind under a lease; accounts first, then the longest due."""
    query = (
        select(Outbox.id, Outbox.entity, Outbox.flow, Outbox.act)
        .outerjoin(Listing, Listing.id == Outbox.entity)
        .where(_claimable(channel, now))
        .order_by(Outbox.flow != "account", Outbox.next_attempt_at, Outbox.id)
        .limit(CANDIDATES)
    )
    claims: list[Claim] = []
    kind: tuple[str, str] | None = None
    for row_id, entity, flow, act in session.execute(query).all():
        if len(claims) >= limit:
            break
        if kind not in (None, (flow, act)):
            continue
        taken = _take(session, now=now, row_id=row_id, entity=entity)
        if taken is not None:
            claims.append(taken)
            kind = (flow, act)
    return claims


def locked_entity(session: Session, entity: str, *, skip_locked: bool = False) -> Listing | ChannelAccount | None:
    """Lock and return a listing or account; None where another worker holds it and `skip_locked` is asked."""
    fresh = {"populate_existing": True}
    if entity.startswith("ac_"):
        accounts = select(ChannelAccount).where(ChannelAccount.id == entity).with_for_update(skip_locked=skip_locked)
        return session.scalars(accounts.execution_options(**fresh)).one_or_none()
    listings = select(Listing).where(Listing.id == entity).with_for_update(skip_locked=skip_locked)
    return session.scalars(listings.execution_options(**fresh)).one_or_none()


def locked_entities(session: Session, entities: Iterable[str]) -> dict[str, Listing | ChannelAccount]:
    """Lock listings, then accounts, each in the order of their ids; return those that exist by id."""
    wanted, fresh = set(entities), {"populate_existing": True}
    listings = select(Listing).where(Listing.id.in_(wanted)).order_by(Listing.id).with_for_update()
    found: dict[str, Listing | ChannelAccount] = {
        row.id: row for row in session.scalars(listings.execution_options(**fresh))
    }
    accounts = select(ChannelAccount).where(ChannelAccount.id.in_(wanted)).order_by(ChannelAccount.id).with_for_update()
    found.update((row.id, row) for row in session.scalars(accounts.execution_options(**fresh)))
    return found


def _take(session: Session, *, now: datetime, row_id: str, entity: str) -> Claim | None:
    """Lease one row under its entity's lock, or return None where it was taken, ended or overtaken meanwhile."""
    holder = locked_entity(session, entity, skip_locked=True)
    row = session.get(Outbox, row_id, populate_existing=True)
    if holder is None or row is None or row.status not in WAITING or row.next_attempt_at > now:
        return None
    flow = cast(Flow, row.flow)
    others = [one for one in rows_of(session, entity=entity, flow=flow, statuses=WAITING) if one is not row]
    under_way = any(one.status == "leased" and one.next_attempt_at > now for one in others)
    if under_way or any(one.version > row.version for one in others):
        return None
    supersede(session, now=now, entity=entity, flow=flow, below=row.version)
    row.status, row.lease = step(OUTBOX, row.status, "claimed"), row.lease + 1
    row.attempts, row.claimed_at, row.next_attempt_at = row.attempts + 1, now, now + LEASE
    if row.flow != "price_stock":
        table = ACCOUNT if isinstance(holder, ChannelAccount) else LISTING
        if may(table, holder.state, "unsettled"):  # a holder of the lease died: what became of its call is unknown
            holder.state = step(table, holder.state, "unsettled")
        holder.state = step(table, holder.state, "claimed")
    session.add(Attempt(outbox_id=row.id, number=row.lease, started_at=now))
    delivery = Delivery(id=row.id, ref=row.entity, flow=flow, version=row.version, payload=row.payload)
    return Claim(delivery=delivery, act=row.act, lease=row.lease)
