"""Events: what happened, as a snapshot of that moment, written in the transaction of the change itself.

Told are payees with a living key. A change that is reported twice has the same mark, so it is one event.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, exists, func, select
from sqlalchemy.orm import Session

from payments import rows
from payments.models import Attempt, Request
from payments.states import AttemptStatus
from payments.types import new_id
from payments.v1 import balance, deliveries, intents, shapes
from payments.v1.delivery_tables import Delivery
from payments.v1.intents import Caller
from payments.v1.keys import KEYS, LIVES, livemode_of
from payments.v1.shapes import Facts, Shape
from payments.v1.tables import Told

SHOWN = timedelta(days=30)
# Made once: every payment asks it, of payees that mostly have no key.
_OF_KEYED = (
    select(Request)
    .where(Request.id.in_(bindparam("ids", expanding=True)))
    .where(exists().where(KEYS.c.payee_id == Request.payee_id, LIVES))
    .order_by(Request.seq)
)


@dataclass(frozen=True, slots=True)
class By:
    """Which request of the interface caused an event; none for what a provider or the clock caused."""

    request_id: str | None = None
    idempotency_key: str | None = None


def tell(
    session: Session, caller: Caller, kind: str, shape: Shape, *, mark: str, now: datetime, by: By | None = None,
    before: Shape | None = None,
) -> None:  # fmt: skip
    """Write one event, once for each mark; `before` is the object before a change, and what differs is kept."""
    by = by or By()
    values: dict[str, Any] = {
        "id": new_id("evt"), "payee_id": caller.payee_id, "type": kind, "object_id": shape.get("id", caller.payee_id),
        "mark": mark[:60], "livemode": caller.livemode, "created_at": now,
        "snapshot": json.dumps(shape, ensure_ascii=False), "asked_by": by.request_id,
        "idempotency_key": by.idempotency_key,
        "previous": None if before is None else json.dumps(changed(before, shape), ensure_ascii=False),
    }  # fmt: skip
    if rows.insert_once(session, Told, values):
        deliveries.plan(session, caller, event_id=values["id"], kind=kind, now=now)


def tell_intent(
    session: Session, caller: Caller, facts: Facts, *, now: datetime, by: By | None = None, created: bool = False
) -> None:
    """Tell how an intent stands, if that is news."""
    shape = shapes.intent(facts)
    if created:
        tell(session, caller, "payment_intent.created", shape, mark="", now=now, by=by)
    for paid, money in facts.paid_by:
        one = shapes.charge(facts, paid, money)
        tell(session, caller, "charge.succeeded", one, mark="", now=now, by=by)
    kind, mark = _news(facts, shape)
    if kind == "payment_intent.payment_failed":
        tell(session, caller, "charge.failed", shapes.failed_charge(facts, facts.tries[-1]), mark="", now=now, by=by)
    if kind is not None:
        tell(session, caller, kind, shape, mark=mark, now=now, by=by)
    if not created:
        from payments.v1 import sessions  # sessions tell through this file

        sessions.tell(session, caller, facts, now=now, by=by)


def tell_requests(session: Session, request_ids: Sequence[str], *, page: str, now: datetime) -> None:
    """Tell what money or the clock has changed, to payees with a living key."""
    found = session.scalars(_OF_KEYED, {"ids": list(request_ids), "at": now}).all()
    for payee_id in dict.fromkeys(request.payee_id for request in found):
        livemode = livemode_of(session, payee_id, now=now)
        if livemode is None:
            continue
        caller = Caller(payee_id, livemode, page)
        for facts in intents.gather(session, caller, [one for one in found if one.payee_id == payee_id]):
            tell_intent(session, caller, facts, now=now)


def tell_balance(session: Session, payee_ids: Sequence[str], *, mark: str, now: datetime) -> None:
    """Tell payees with a living key that there is more at the bank; `mark` is what brought it there."""
    for payee_id in dict.fromkeys(payee_ids):
        livemode = livemode_of(session, payee_id, now=now)
        if livemode is not None:
            caller = Caller(payee_id, livemode, "")
            tell(session, caller, "balance.available", balance.balance(session, caller), mark=mark, now=now)


def mine(caller: Caller, *, now: datetime) -> Select[Told]:
    """Select the events of a payee that are still shown."""
    own = select(Told).where(Told.payee_id == caller.payee_id, Told.livemode == caller.livemode)
    return own.where(Told.created_at > now - SHOWN)


def narrowed(query: Select[Told], values: Mapping[str, Any]) -> Select[Told]:
    """Narrow events to some kinds, or to those that every endpoint took, or that one did not (yet)."""
    kinds = [*(values.get("types") or ()), *([values["type"]] if values.get("type") else ())]
    if kinds:
        query = query.where(Told.type.in_(kinds))
    if values.get("delivery_success") is not None:
        good = (deliveries.DELIVERED, deliveries.SUPERSEDED)
        failing = exists().where(Delivery.event_id == Told.id, Delivery.status.not_in(good))
        query = query.where(~failing if values["delivery_success"] else failing)
    return query


def shaped(session: Session, found: Sequence[Told]) -> list[Shape]:
    """Return events as they are shown: each says how many messages about it have not arrived."""
    query = select(Delivery.event_id, func.count()).where(Delivery.event_id.in_([one.id for one in found]))
    due = query.where(Delivery.status == deliveries.DUE).group_by(Delivery.event_id)
    waiting = {row[0]: row[1] for row in session.execute(due)}
    return [shapes.event(one, pending=waiting.get(one.id, 0)) for one in found]


def changed(before: Shape, after: Shape) -> Shape:
    """Return what an object's changed fields were; of metadata only the names that changed, null for a new one."""
    found = {name: before.get(name) for name, value in after.items() if before.get(name) != value}
    found.pop("updated", None)
    if "metadata" in found:
        old, new = before["metadata"], after["metadata"]
        found["metadata"] = {name: old.get(name) for name in sorted({*old, *new}) if old.get(name) != new.get(name)}
    return found


def _news(facts: Facts, shape: Shape) -> tuple[str | None, str]:
    """Return what an intent's status tells, and what makes this telling different from the one before."""
    status, received = shape["status"], str(shape["amount_received"])
    if status in ("succeeded", "canceled"):
        return f"payment_intent.{status}", ""
    if "partial" in shape["exceptions"]:
        return "payment_intent.partially_funded", received
    last = facts.tries[-1] if facts.tries else None
    if last is None:
        return None, ""
    if status in ("requires_action", "processing"):
        return f"payment_intent.{status}", _of(last)
    return ("payment_intent.payment_failed", _of(last)) if last.status == AttemptStatus.FAILED else (None, "")


def _of(attempt: Attempt) -> str:
    return attempt.id
