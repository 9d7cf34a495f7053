"""Telling endpoints: due rows, tried at least once, then after 1 and 5 minutes, 1 hour, 1 and 2 days.

`claim` (tx 1) → the call (no tx) → `record` (tx 2). Four failures in a row pause an endpoint, each further one doubles
the pause; after it the oldest delivery goes alone, and a success lets the others follow. A wait uses up no try.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from payments import cases, rows
from payments.errors import LeaseLost
from payments.types import new_id
from payments.v1 import endpoints, shapes
from payments.v1.delivery_tables import Delivery, DeliveryTry, Endpoint
from payments.v1.intents import Caller
from payments.v1.tables import Told

DUE, DELIVERED, SUPERSEDED, EXHAUSTED = "due", "delivered", "superseded", "exhausted"
AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1), timedelta(days=1), timedelta(days=2))
LEASE = timedelta(seconds=60)
MOST_AT_ONCE = 5
PAUSED_FROM = 4
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(days=1)
ANSWER_KEPT, MOST_ANSWER = timedelta(days=7), 1_000
_ENDPOINTS: Any = Endpoint.__table__
# Made once: every event asks it, of payees that mostly have none.
_LISTENING = select(_ENDPOINTS.c.id, _ENDPOINTS.c.enabled_events).where(
    _ENDPOINTS.c.payee_id == bindparam("its_payee"), _ENDPOINTS.c.livemode == bindparam("live"),
    _ENDPOINTS.c.deleted_at.is_(None), _ENDPOINTS.c.status == endpoints.ENABLED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sending:
    """One call to make: the bytes are the same at every try."""

    delivery_id: str
    lease_no: int
    n: int
    event_id: str
    endpoint_id: str
    url: str
    sealed_secrets: tuple[str, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended: a status, or the word of what went wrong."""

    status: int | None
    took_ms: int
    error: str | None = None
    answer: str | None = None
    address: str | None = None

    @property
    def good(self) -> bool:
        """Say whether it was delivered."""
        return self.status is not None and 200 <= self.status < 300


def plan(session: Session, caller: Caller, *, event_id: str, kind: str, now: datetime) -> int:
    """Make a due row for each endpoint that is told of an event; return how many."""
    found = session.connection().execute(_LISTENING, {"its_payee": caller.payee_id, "live": caller.livemode})
    wanted = [row.id for row in found if endpoints.wants(row.enabled_events, kind)]
    if not wanted:
        return 0
    told = session.scalars(select(Told).where(Told.id == event_id)).one()
    session.add_all(
        Delivery(
            id=new_id("de"), event_id=told.id, event_seq=told.seq, object_id=told.object_id, endpoint_id=one,
            status=DUE, tries=0, next_try_at=now, leased_until=None, lease_no=0,
        )
        for one in wanted
    )  # fmt: skip
    session.flush()
    return len(wanted)


def claim(session: Session, *, now: datetime) -> Sending | None:
    """Take the oldest call that is due; what a later event has overtaken is set aside on the way."""
    while (row := _next(session, now)) is not None:
        delivery, endpoint, told = row
        if delivery.tries and _overtaken(session, delivery):
            delivery.status, delivery.next_try_at = SUPERSEDED, None
            session.flush()
            continue
        delivery.lease_no += 1
        delivery.leased_until = now + LEASE
        session.flush()
        return Sending(
            delivery.id,
            delivery.lease_no,
            delivery.tries + 1,
            told.id,
            endpoint.id,
            endpoint.url,
            _secrets_of(endpoint, now),
            body_of(session, told),
        )
    return None


def record(session: Session, sending: Sending, ended: Ended, *, now: datetime) -> None:
    """Note how a call ended and plan what follows; raises LeaseLost where somebody else holds it by now."""
    query = select(Delivery).where(Delivery.id == sending.delivery_id).with_for_update()
    delivery = session.scalars(query, execution_options=rows.FRESH).one()
    if delivery.lease_no != sending.lease_no or delivery.status != DUE:
        raise LeaseLost(delivery_id=delivery.id)
    endpoint = session.scalars(
        select(Endpoint).where(Endpoint.id == delivery.endpoint_id).with_for_update(), execution_options=rows.FRESH
    ).one()
    delivery.tries, delivery.leased_until = delivery.tries + 1, None
    _note_try(session, delivery, ended, now=now)
    if ended.good:
        delivery.status, delivery.next_try_at = DELIVERED, None
        endpoint.failures, endpoint.paused_at, endpoint.paused_until = 0, None, None
    else:
        _plan_again(session, delivery, endpoint, now=now)
        _pause(session, endpoint, now=now)
    session.flush()


def send_again(session: Session, *, delivery_id: str, now: datetime) -> bool:
    """Make a delivery due at once, whatever became of it; its schedule is not begun anew. False for one under way."""
    query = select(Delivery).where(Delivery.id == delivery_id).with_for_update()
    delivery = session.scalars(query, execution_options=rows.FRESH).one()
    if delivery.status == DUE and delivery.next_try_at is not None and delivery.next_try_at <= now:
        return False  # it goes in a moment, or is on its way
    delivery.status, delivery.next_try_at = DUE, now
    session.flush()
    return True


def forget_answers(session: Session, *, now: datetime) -> int:
    """Empty what endpoints answered more than a week ago; return how many."""
    old = update(DeliveryTry).where(DeliveryTry.at < now - ANSWER_KEPT, DeliveryTry.answer.is_not(None))
    done = session.execute(old.values(answer=None).execution_options(synchronize_session=False))
    return int(done.rowcount)  # type: ignore[attr-defined]


def body_of(session: Session, told: Told) -> bytes:
    """Return an event's bytes: the same whenever it is sent, so it counts all its messages as on their way."""
    planned = session.scalar(select(func.count()).where(Delivery.event_id == told.id)) or 0
    return json.dumps(shapes.event(told, pending=planned), ensure_ascii=False, sort_keys=True, indent=2).encode()


def tries_of(session: Session, delivery_ids: Sequence[str]) -> list[DeliveryTry]:
    """Return the tries of deliveries, in order."""
    query = select(DeliveryTry).where(DeliveryTry.delivery_id.in_(list(delivery_ids)))
    return list(session.scalars(query.order_by(DeliveryTry.delivery_id, DeliveryTry.n)))


def _next(session: Session, now: datetime) -> tuple[Delivery, Endpoint, Told] | None:
    other = aliased(Delivery)
    # After a pause one goes alone, until it has succeeded: another of this endpoint under way holds it back.
    under_way = exists().where(
        other.endpoint_id == Delivery.endpoint_id, other.id != Delivery.id, other.leased_until > now
    )  # fmt: skip
    busy = select(func.count()).where(other.endpoint_id == Delivery.endpoint_id, other.leased_until > now)
    query = (
        select(Delivery, Endpoint, Told)
        .join(Endpoint, Endpoint.id == Delivery.endpoint_id)
        .join(Told, Told.id == Delivery.event_id)
        .where(
            Delivery.status == DUE,
            Delivery.next_try_at <= now,
            or_(Delivery.leased_until.is_(None), Delivery.leased_until <= now),
            Endpoint.status == endpoints.ENABLED,
            or_(Endpoint.paused_until.is_(None), Endpoint.paused_until <= now),
            or_(Endpoint.failures < PAUSED_FROM, ~under_way),
            busy.correlate(Delivery).scalar_subquery() < MOST_AT_ONCE,
        )
        .order_by(Delivery.event_seq)
        .limit(1)
        .with_for_update(of=Delivery, skip_locked=True)
    )
    row = session.execute(query, execution_options=rows.FRESH).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


def _secrets_of(endpoint: Endpoint, now: datetime) -> tuple[str, ...]:
    """Return the sealed secrets that sign: the new one first, and for a day the one before it."""
    if endpoint.previous_sealed is None or endpoint.previous_until is None or endpoint.previous_until <= now:
        return (endpoint.sealed_secret,)
    return endpoint.sealed_secret, endpoint.previous_sealed


def _overtaken(session: Session, delivery: Delivery) -> bool:
    later = select(func.count()).where(
        Delivery.endpoint_id == delivery.endpoint_id, Delivery.object_id == delivery.object_id,
        Delivery.event_seq > delivery.event_seq, Delivery.status == DELIVERED,
    )  # fmt: skip
    return bool(session.scalar(later))


def _note_try(session: Session, delivery: Delivery, ended: Ended, *, now: datetime) -> None:
    answer = ended.answer[:MOST_ANSWER].replace("\0", "") if ended.answer else None
    session.add(
        DeliveryTry(
            delivery_id=delivery.id, n=delivery.tries, at=now, address=ended.address, status=ended.status,
            took_ms=ended.took_ms, error=ended.error[:60] if ended.error else None,
            answer=answer,
        )
    )  # fmt: skip


def _plan_again(session: Session, delivery: Delivery, endpoint: Endpoint, *, now: datetime) -> None:
    if delivery.tries <= len(AFTER):
        delivery.next_try_at = now + AFTER[delivery.tries - 1]
        return
    delivery.status, delivery.next_try_at = EXHAUSTED, None
    cases.open_case(
        session, kind=cases.NOT_TOLD, subject_id=delivery.id, payee_id=endpoint.payee_id,
        reason="an endpoint never took an event", now=now,
    )  # fmt: skip


def _pause(session: Session, endpoint: Endpoint, *, now: datetime) -> None:
    endpoint.failures += 1
    beyond = endpoint.failures - PAUSED_FROM
    if beyond < 0:
        return
    endpoint.paused_at = endpoint.paused_at or now
    endpoint.paused_until = now + min(FIRST_PAUSE * 2 ** min(beyond, 12), LONGEST_PAUSE)
    if beyond == 0:
        cases.open_case(
            session, kind=cases.ENDPOINT_PAUSED, subject_id=endpoint.id, payee_id=endpoint.payee_id,
            reason="an endpoint failed four times in a row", now=now,
        )  # fmt: skip
