"""`/v1/charges` and `/v1/events`: what paid, and what was told; both are only read."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from payments.models import Allocation, Attempt, Request, Transaction
from payments.states import AttemptStatus
from payments.v1 import balance, events, intents, listing, shapes
from payments.v1.intents import Caller
from payments.v1.listing import Order, Place
from payments.v1.parameters import LISTED, Parameter, Table, choice, flag, many, moments, text
from payments.v1.shapes import Shape
from payments.v1.tables import Told
from portal.db import reading
from portal.pay.answering import caller, told, values
from portal.pay.api import blueprint
from portal.world import current_world

_EVENTS: Table = {
    **LISTED,
    "created": Parameter(moments),
    "delivery_success": Parameter(flag),
    "type": Parameter(text(60)),
    "types": Parameter(many(text(60), most=20)),
}
_EXPANDED = ("balance_transaction", "payment_intent")
_CHARGES: Table = {
    **LISTED,
    "created": Parameter(moments),
    "expand": Parameter(many(choice(*(f"data.{one}" for one in _EXPANDED)), most=2)),
    "payment_intent": Parameter(text(64)),
}


@blueprint.get("/charges")
def list_charges() -> Response:
    """List what paid, newest first."""
    asked, session, who = values(_CHARGES), reading(), caller()
    own = _charges(who)
    if asked.get("payment_intent"):
        own = own.where(Request.id == shapes.renamed(asked["payment_intent"], shapes.REQUEST))

    def place_of(cursor: str) -> Place:
        found = _charges(who).where(Allocation.id == shapes.renamed(cursor, shapes.ALLOCATION))
        row = session.execute(found.with_only_columns(Transaction.seq, Allocation.id)).one_or_none()
        return None if row is None else tuple(row)

    order = Order((Transaction.seq, Allocation.id), Allocation.made_at)
    page = listing.page(session, own, asked, order=order, place_of=place_of)
    return told(listing.listed("/v1/charges", _shown(session, who, page.found, asked, "data."), has_more=page.has_more))


@blueprint.get("/charges/<charge_id>")
def show_charge(charge_id: str) -> Response:
    """Show what paid one intent, or a part of it."""
    asked = values({"expand": Parameter(many(choice(*_EXPANDED), most=2))})
    session, who = reading(), caller()
    found = session.scalars(_charges(who).where(Allocation.id == shapes.renamed(charge_id, shapes.ALLOCATION))).all()
    if found and charge_id.startswith("ch_"):
        return told(_shown(session, who, found, asked)[0])
    return told(_failed(session, who, charge_id))


@blueprint.get("/events")
def list_events() -> Response:
    """List what was told, newest first."""
    asked, session, who = values(_EVENTS), reading(), caller()
    query = events.narrowed(events.mine(who, now=current_world().clock.now()), asked)

    def place_of(cursor: str) -> Place:
        row = session.execute(select(Told.seq).where(Told.payee_id == who.payee_id, Told.id == cursor)).one_or_none()
        return None if row is None else tuple(row)

    page = listing.page(session, query, asked, order=Order((Told.seq,), Told.created_at), place_of=place_of)
    return told(listing.listed("/v1/events", events.shaped(session, page.found), has_more=page.has_more))


@blueprint.get("/events/<event_id>")
def show_event(event_id: str) -> Response:
    """Show one event."""
    values({})
    session = reading()
    found = session.scalar(events.mine(caller(), now=current_world().clock.now()).where(Told.id == event_id))
    if found is None:
        raise intents.missing("event", event_id)
    return told(events.shaped(session, [found])[0])


def _failed(session: Session, who: Caller, charge_id: str) -> Shape:
    """Show a try that was refused: `last_payment_error` and the event name it as a charge."""
    own = select(Attempt).join(Request, Request.id == Attempt.request_id).where(Request.payee_id == who.payee_id)
    named = own.where(Attempt.id == shapes.renamed(charge_id, "pa"), Attempt.status == AttemptStatus.FAILED)
    tried = session.scalar(named)
    if tried is None or not charge_id.startswith("ch_"):
        raise intents.missing("charge", charge_id)
    return shapes.failed_charge(intents.find(session, who, shapes.renamed(tried.request_id, shapes.INTENT)), tried)


def _charges(who: Caller) -> Select[Allocation]:
    own = select(Allocation).join(Transaction, Transaction.id == Allocation.transaction_id)
    own = own.join(Request, Request.id == Allocation.request_id)
    return own.where(Request.payee_id == who.payee_id, Allocation.undone_at.is_(None))


def _shown(
    session: Session, who: Caller, found: Sequence[Allocation], asked: Mapping[str, Any], within: str = ""
) -> list[Shape]:
    requests = session.scalars(select(Request).where(Request.id.in_({one.request_id for one in found}))).all()
    facts = {one.request.id: one for one in intents.gather(session, who, requests)}
    money = {one.id: pair for every in facts.values() for one, *pair in every.paid_by}
    charges = [(facts[one.request_id], shapes.charge(facts[one.request_id], one, money[one.id][0])) for one in found]
    for its, shape in charges:
        if f"{within}payment_intent" in (asked.get("expand") or ()):
            shape["payment_intent"] = shapes.intent(its)
        if f"{within}balance_transaction" in (asked.get("expand") or ()):
            shape["balance_transaction"] = balance.find(session, who, shape["balance_transaction"])
    return [shape for _, shape in charges]
