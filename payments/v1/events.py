"""Events: what happened, as a snapshot of that moment, written in the transaction of the change itself.

Told are payees with a living key. A change that is reported twice has the same mark, so it is one event.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from payments import rows
from payments.models import Attempt, Request
from payments.states import AttemptStatus
from payments.types import new_id
from payments.v1 import deliveries, intents, shapes
from payments.v1.intents import Caller
from payments.v1.keys import livemode_of
from payments.v1.shapes import Facts, Shape
from payments.v1.tables import Told


@dataclass(frozen=True, slots=True)
class By:
    """Which request of the interface caused an event; none for what a provider or the clock caused."""

    request_id: str | None = None
    idempotency_key: str | None = None


def tell(
    session: Session, caller: Caller, kind: str, shape: Shape, *, mark: str, now: datetime, by: By | None = None
) -> None:
    """Write one event, once for each mark."""
    by = by or By()
    values: dict[str, Any] = {
        "id": new_id("evt"), "payee_id": caller.payee_id, "type": kind, "object_id": shape["id"], "mark": mark[:60],
        "livemode": caller.livemode, "created_at": now, "snapshot": json.dumps(shape, ensure_ascii=False),
        "asked_by": by.request_id, "idempotency_key": by.idempotency_key,
    }  # fmt: skip
    if rows.insert_once(session, Told, values):
        told = session.scalars(select(Told).where(Told.id == values["id"])).one()
        deliveries.plan(session, told, now=now)


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
    if kind is not None:
        tell(session, caller, kind, shape, mark=mark, now=now, by=by)
    if not created:
        from payments.v1 import sessions  # sessions tell through this file

        sessions.tell(session, caller, facts, now=now, by=by)


def tell_requests(session: Session, request_ids: Sequence[str], *, page: str, now: datetime) -> None:
    """Tell what money or the clock has changed, to payees with a living key."""
    found = session.scalars(select(Request).where(Request.id.in_(list(request_ids))).order_by(Request.seq)).all()
    for payee_id in dict.fromkeys(request.payee_id for request in found):
        livemode = livemode_of(session, payee_id)
        if livemode is None:
            continue
        caller = Caller(payee_id, livemode, page)
        for facts in intents.gather(session, caller, [one for one in found if one.payee_id == payee_id]):
            tell_intent(session, caller, facts, now=now)


def mine(caller: Caller) -> Select[Told]:
    """Select the events of a payee."""
    return select(Told).where(Told.payee_id == caller.payee_id, Told.livemode == caller.livemode)


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
