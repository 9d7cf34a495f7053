"""Refunds as the Stripe-shaped face shows and tells them. What needs a person waits at `pending` and says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from payments import Wanted, rows
from payments.models import Allocation, Refund, Request, Transaction
from payments.refunds.asking import allocations_of
from payments.states import RefundStatus
from payments.v1 import events, intents, shapes
from payments.v1.errors import InvalidRequest
from payments.v1.events import By
from payments.v1.intents import Caller, missing
from payments.v1.keys import livemode_of
from payments.v1.parameters import merged
from payments.v1.shapes import Shape

_PENDING = {
    RefundStatus.REQUESTED: "second_person",
    RefundStatus.BY_HAND: "transfer_by_hand",
}
_WITHOUT_WORDS = "Asked for by the payee's own system"
# Kept in `noted`, apart from the caller's own names.
_NOTED = "metadata"


def wanted_of(values: Mapping[str, Any]) -> Wanted:
    """Return what a caller asks for."""
    reason = values.get("reason")
    return Wanted(
        why=reason or _WITHOUT_WORDS, amount_minor=values.get("amount"), reason=reason,
        noted={_NOTED: merged({}, values.get("metadata"))},
    )  # fmt: skip


def named(session: Session, caller: Caller, values: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return the request, and the one payment of it, that a caller wants refunded; raises InvalidRequest."""
    charge, intent = values.get("charge"), values.get("payment_intent")
    if charge is None and intent is None:
        said = "Say what is refunded: payment_intent or charge."
        raise InvalidRequest(said, code="parameter_missing", param="payment_intent")
    if charge is None:
        return intents.find(session, caller, str(intent), param="payment_intent").request.id, None
    found = session.execute(
        select(Allocation.id, Allocation.request_id)
        .join(Request, Request.id == Allocation.request_id)
        .where(Request.payee_id == caller.payee_id, Allocation.id == shapes.renamed(charge, shapes.ALLOCATION))
    ).one_or_none()
    if found is None or not charge.startswith("ch_"):
        raise missing("charge", charge, param="charge")
    if intent is not None and shapes.renamed(intent, shapes.REQUEST) != found.request_id:
        raise InvalidRequest("This charge paid another PaymentIntent.", code="parameters_differ", param="charge")
    return found.request_id, found.id


def modify(session: Session, caller: Caller, refund_id: str, values: Mapping[str, Any]) -> Refund:
    """Change what was noted with a refund. Raises ResourceMissing."""
    row = find(session, caller, refund_id)
    if "metadata" in values:
        row.noted = {**row.noted, _NOTED: merged(row.noted.get(_NOTED, {}), values["metadata"])}
    session.flush()
    return row


def find(session: Session, caller: Caller, refund_id: str) -> Refund:
    """Return one refund of the caller's payee. Raises ResourceMissing."""
    row = session.scalar(mine(caller).where(Refund.id == refund_id))
    if row is None:
        raise missing("refund", refund_id)
    return row


def mine(caller: Caller) -> Select[Refund]:
    """Select a payee's refunds."""
    return select(Refund).where(Refund.payee_id == caller.payee_id)


def narrowed(query: Select[Refund], values: Mapping[str, Any]) -> Select[Refund]:
    """Narrow refunds to those of a charge or an intent."""
    if values.get("charge"):
        query = query.where(Refund.allocation_id == shapes.renamed(values["charge"], shapes.ALLOCATION))
    if values.get("payment_intent"):
        query = query.where(Refund.request_id == shapes.renamed(values["payment_intent"], shapes.REQUEST))
    return query


def status_of(row: Refund) -> str:
    """Return a refund's status in the words of the face."""
    ended = (RefundStatus.SUCCEEDED, RefundStatus.FAILED, RefundStatus.CANCELED)
    return row.status if row.status in ended else "pending"


def shape(row: Refund) -> Shape:
    """Return a refund."""
    status = status_of(row)
    released = shapes.renamed(row.release_id, shapes.TXN) if row.release_id and row.allocation_id else None
    return {
        "id": row.id, "object": "refund", "amount": row.amount_minor,
        "balance_transaction": shapes.renamed(row.id, shapes.TXN) if row.allocation_id else None,
        "charge": shapes.renamed(row.allocation_id, shapes.CHARGE) if row.allocation_id else None,
        "created": shapes.seconds(row.asked_at), "currency": row.currency.lower(), "customer": None,
        "failure_balance_transaction": released,
        "failure_reason": (row.failure or "unknown") if status == "failed" else None,
        "metadata": dict(row.noted.get(_NOTED, {})),
        "payment_intent": shapes.renamed(row.request_id, shapes.INTENT) if row.request_id else None,
        "payment_method": None,
        "pending_reason": _waits_for(row) if status == "pending" else None,
        "reason": row.reason, "receipt_number": None, "source_transfer_reversal": None, "status": status,
        "transfer_reversal": None,
    }  # fmt: skip


def tell(session: Session, refund_ids: Sequence[str], *, page: str, now: datetime, by: By | None = None) -> None:
    """Tell how refunds stand, if that is news, to payees with a living key."""
    found = session.scalars(select(Refund).where(Refund.id.in_(list(refund_ids))).order_by(Refund.seq)).all()
    for row in found:
        livemode = livemode_of(session, row.payee_id, now=now)
        if livemode is not None:
            _tell_one(session, Caller(row.payee_id, livemode, page), row, now=now, by=by)


def _tell_one(session: Session, caller: Caller, row: Refund, *, now: datetime, by: By | None) -> None:
    one, status = shape(row), status_of(row)
    events.tell(session, caller, "refund.created", one, mark="", now=now, by=by)
    stands = f"{status}:{one['pending_reason'] or ''}"
    if stands != _first(row):
        events.tell(session, caller, "refund.updated", one, mark=stands, now=now, by=by)
    if status == "failed":
        events.tell(session, caller, "refund.failed", one, mark="", now=now, by=by)
    if status == "succeeded" and row.allocation_id is not None and row.request_id is not None:
        facts = intents.gather(session, caller, [rows.request(session, row.request_id)])[0]
        for paid, money in facts.paid_by:
            if paid.id == row.allocation_id:
                charged = shapes.charge(facts, paid, money)
                events.tell(session, caller, "charge.refunded", charged, mark=row.id, now=now, by=by)


def charge_of(session: Session, caller: Caller, row: Refund) -> Shape | None:
    """Return the charge that a refund is of."""
    if row.request_id is None or row.allocation_id is None:
        return None
    facts = intents.gather(session, caller, [rows.request(session, row.request_id)])[0]
    paid: list[tuple[Allocation, Transaction]] = allocations_of(session, row.request_id)
    return next((shapes.charge(facts, *one) for one in paid if one[0].id == row.allocation_id), None)


def _waits_for(row: Refund) -> str:
    return _PENDING.get(RefundStatus(row.status), "processing")


def _first(row: Refund) -> str:
    """Return how a refund stood when it was made."""
    if row.needs_second:
        return "pending:second_person"
    return "pending:transfer_by_hand" if row.by_hand else "pending:processing"
