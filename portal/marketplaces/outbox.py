"""The outbox: messages in line, the claim of what is due, and the record of what became of it.

Every write to a row is made under the lock of its listing or account. Order comes from versions, never from clocks.
Locks are taken in one order: product, listings, accounts, the channel's switch, the seller, the trail's head last; who
writes to several listings or accounts locks all of them first, by `locked_entities`.
"""

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from portal.bulk import among
from portal.marketplaces.channels.protocol import Delivery, Flow
from portal.marketplaces.models import Attempt, ChannelAccount, Listing, Outbox
from portal.marketplaces.states import ACCOUNT, EXISTS, LISTING, OUTBOX, may, step

TRIES_S = (0, 60, 300, 3_600, 86_400, 172_800)
WITHDRAW_AGAIN_S = 86_400
LEASE = timedelta(seconds=120)
PRICE_PAUSE = timedelta(seconds=60)
WAITING = ("due", "leased")
OPEN = (*WAITING, "dead")
CANDIDATES = 200
ACCOUNTS = "ac_"


Line = tuple[str, str]
"""Entity and flow: of one line only the newest message matters."""


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


def lines_of(session: Session, *, entities: Iterable[str], statuses: Iterable[str]) -> dict[Line, list[Outbox]]:
    """Return what `rows_of` does for each line of many entities, in one statement."""
    query = select(Outbox).where(among(session, Outbox.entity, entities), Outbox.status.in_(tuple(statuses)))
    found: defaultdict[Line, list[Outbox]] = defaultdict(list)
    for row in session.scalars(query.order_by(Outbox.version.desc()).execution_options(populate_existing=True)):
        found[row.entity, row.flow].append(row)
    return found


def newest(session: Session, *, entity: str, flow: Flow) -> Outbox | None:
    """Return the newest message of one flow."""
    query = select(Outbox).where(Outbox.entity == entity, Outbox.flow == flow)
    return session.scalars(query.order_by(Outbox.version.desc()).limit(1)).one_or_none()


def supersede(session: Session, *, now: datetime, entity: str, flow: Flow, below: int | None = None) -> None:
    """End what waits, is under way or lies dead in one flow; a worker that still holds one writes nothing."""
    _overtake(rows_of(session, entity=entity, flow=flow, statuses=OPEN), now=now, below=below)


def _overtake(rows: Iterable[Outbox], *, now: datetime, below: int | None) -> None:
    for row in rows:
        if below is None or row.version < below:
            row.status, row.lease, row.ended_at = step(OUTBOX, row.status, "superseded"), row.lease + 1, now


def settle_as_arrived(rows: Iterable[Outbox], *, now: datetime, version: int) -> None:
    """End the message of this version: the channel spoke of it, so it has arrived, whatever we know of the call.

    `rows` are those of its line that wait, are under way or lie dead.
    """
    for row in rows:
        if row.version == version and row.status in OPEN:
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


def is_waiting(session: Session, *, now: datetime, channel: str) -> bool:
    """Say, by reading alone, whether a channel's message is due."""
    due = select(Outbox).where(Outbox.channel == channel, Outbox.status.in_(WAITING), Outbox.next_attempt_at <= now)
    return session.scalar(select(due.exists())) is True


def claim(session: Session, *, now: datetime, channel: str, limit: int) -> list[Claim]:
    """Take up to `limit` messages of one kind under a lease; accounts first, then the longest due."""
    query = (
        select(Outbox.id, Outbox.entity, Outbox.flow, Outbox.act)
        .outerjoin(Listing, Listing.id == Outbox.entity)
        .where(_claimable(channel, now))
        .order_by(Outbox.flow != "account", Outbox.next_attempt_at, Outbox.id)
        .limit(CANDIDATES)
    )
    by_kind: dict[tuple[str, str], dict[str, str]] = {}
    for row_id, entity, flow, act in session.execute(query).all():
        by_kind.setdefault((flow, act), {})[row_id] = entity
    for rows in by_kind.values():
        claims = _take(session, now=now, rows=rows, limit=limit)
        if claims:
            return claims
    return []


def locked_entity(session: Session, entity: str) -> Listing | ChannelAccount | None:
    """Lock and return a listing or account."""
    return locked_entities(session, [entity]).get(entity)


def locked_entities(
    session: Session, entities: Iterable[str], *, skip_locked: bool = False
) -> dict[str, Listing | ChannelAccount]:
    """Lock listings, then accounts, each in the order of their ids; return those that exist by id.

    With `skip_locked` those that another worker holds are left out.
    """
    wanted, found = sorted(set(entities)), dict[str, Listing | ChannelAccount]()
    options = {"populate_existing": True}
    listings = [one for one in wanted if not one.startswith(ACCOUNTS)]
    if listings:
        query = select(Listing).where(among(session, Listing.id, listings)).order_by(Listing.id)
        rows = session.scalars(query.with_for_update(skip_locked=skip_locked).execution_options(**options))
        found.update((row.id, row) for row in rows)
    if len(listings) < len(wanted):
        wishing = select(ChannelAccount).where(among(session, ChannelAccount.id, wanted)).order_by(ChannelAccount.id)
        asked = session.scalars(wishing.with_for_update(skip_locked=skip_locked).execution_options(**options))
        found.update((row.id, row) for row in asked)
    return found


def _take(session: Session, *, now: datetime, rows: Mapping[str, str], limit: int) -> list[Claim]:
    """Lease up to `limit` rows of one kind (row → entity) under their entities' locks.

    What was taken, ended or overtaken meanwhile, or is held by another worker, is left out.
    """
    holders = locked_entities(session, rows.values(), skip_locked=True)
    lines = lines_of(session, entities=holders, statuses=OPEN)
    by_id = {row.id: row for line in lines.values() for row in line}
    claims: list[Claim] = []
    for row_id, entity in rows.items():
        row, holder = by_id.get(row_id), holders.get(entity)
        if row is None or holder is None or row.status not in WAITING or row.next_attempt_at > now:
            continue
        others = [one for one in lines[entity, row.flow] if one is not row]
        waiting = [one for one in others if one.status in WAITING]
        under_way = any(one.status == "leased" and one.next_attempt_at > now for one in waiting)
        if not under_way and not any(one.version > row.version for one in waiting):
            _overtake(others, now=now, below=row.version)
            claims.append(_lease(session, now=now, row=row, holder=holder))
            if len(claims) == limit:
                break
    return claims


def _lease(session: Session, *, now: datetime, row: Outbox, holder: Listing | ChannelAccount) -> Claim:
    row.status, row.lease = step(OUTBOX, row.status, "claimed"), row.lease + 1
    row.attempts, row.claimed_at, row.next_attempt_at = row.attempts + 1, now, now + LEASE
    if row.flow != "price_stock":
        table = ACCOUNT if isinstance(holder, ChannelAccount) else LISTING
        if may(table, holder.state, "unsettled"):  # a holder of the lease died: what became of its call is unknown
            holder.state = step(table, holder.state, "unsettled")
        holder.state = step(table, holder.state, "claimed")
    session.add(Attempt(outbox_id=row.id, number=row.lease, started_at=now))
    flow = cast(Flow, row.flow)
    delivery = Delivery(id=row.id, ref=row.entity, flow=flow, version=row.version, payload=row.payload)
    return Claim(delivery=delivery, act=row.act, lease=row.lease)
