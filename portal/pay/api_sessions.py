"""`/v1/checkout/sessions`: one visit to a page that asks for money."""

from typing import Any

from flask import Response, g
from sqlalchemy.orm import Session

from payments.v1 import events, intents, listing, sessions, shapes
from payments.v1.listing import Order
from payments.v1.parameters import (
    LISTED,
    Parameter,
    Table,
    address,
    choice,
    flag,
    many,
    metadata,
    moment,
    moments,
    nested,
    text,
)  # fmt: skip
from payments.v1.session_tables import CheckoutSession
from payments.v1.shapes import Shape
from portal.audit import record
from portal.db import reading
from portal.pay.answering import by, caller, once, told, values
from portal.pay.api import blueprint
from portal.pay.api_catalog import place_of
from portal.pay.api_links import FIELDS, LINES, TEXTS
from portal.world import current_world

_EXPANDED = ("line_items", "payment_intent")
_EXPAND = Parameter(many(choice(*_EXPANDED), most=2))
_RECOVERY = nested({"enabled": Parameter(flag, required=True)})
_CREATE: Table = {
    "after_expiration": Parameter(nested({"recovery": Parameter(_RECOVERY)})),
    "cancel_url": Parameter(address),
    "client_reference_id": Parameter(text(200)),
    "custom_fields": FIELDS,
    "custom_text": TEXTS,
    "customer_email": Parameter(text(320)),
    "expand": _EXPAND,
    "expires_at": Parameter(moment),
    "line_items": LINES,
    "locale": Parameter(choice("vi", "en", "auto")),
    "metadata": Parameter(metadata),
    "mode": Parameter(choice("payment"), required=True),
    "payment_intent_data": Parameter(nested({"description": Parameter(text(1_000)), "metadata": Parameter(metadata)})),
    "payment_method_types": Parameter(many(text(20), most=10)),
    "submit_type": Parameter(choice("auto", "book", "donate", "pay")),
    "success_url": Parameter(address, required=True),
    "ui_mode": Parameter(choice("hosted_page")),
}
_LIST: Table = {
    **LISTED,
    "created": Parameter(moments),
    "expand": Parameter(many(choice(*(f"data.{one}" for one in _EXPANDED)), most=2)),
    "payment_intent": Parameter(text(64)),
    "payment_link": Parameter(text(64)),
    "status": Parameter(choice("open", "complete", "expired")),
}


@blueprint.post("/checkout/sessions")
def create_session() -> Response:
    """Make a session and the request behind it."""
    asked = values(_CREATE)

    def work(session: Session) -> Shape:
        now = current_world().clock.now()
        row = sessions.create(session, caller(), asked, now=now)
        facts = intents.find(session, caller(), shapes.renamed(row.request_id, shapes.INTENT))
        events.tell_intent(session, caller(), facts, now=now, by=by(), created=True)
        record(session, now=now, acting=g.acting, act="request.asked", object_id=row.request_id)
        return _shape(session, row, asked)

    return once(work)


@blueprint.get("/checkout/sessions")
def list_sessions() -> Response:
    """List sessions, newest first."""
    asked, session = values(_LIST), reading()
    query = sessions.narrowed(sessions.mine(caller()), asked)
    order = Order((CheckoutSession.seq,), CheckoutSession.created_at)
    page = listing.page(session, query, asked, order=order, place_of=place_of(CheckoutSession))
    found = [_shape(session, one, asked, "data.") for one in page.found]
    return told(listing.listed("/v1/checkout/sessions", found, has_more=page.has_more))


@blueprint.get("/checkout/sessions/<session_id>")
def show_session(session_id: str) -> Response:
    """Show one session."""
    asked, session = values({"expand": _EXPAND}), reading()
    return told(_shape(session, sessions.find(session, caller(), session_id), asked))


@blueprint.post("/checkout/sessions/<session_id>")
def modify_session(session_id: str) -> Response:
    """Change what was noted with a session."""
    asked = values({"metadata": Parameter(metadata), "expand": _EXPAND})
    return once(lambda session: _shape(session, sessions.modify(session, caller(), session_id, asked), asked))


@blueprint.post("/checkout/sessions/<session_id>/expire")
def expire_session(session_id: str) -> Response:
    """End an open session."""
    asked = values({"expand": _EXPAND})

    def work(session: Session) -> Shape:
        now = current_world().clock.now()
        row = sessions.expire(session, caller(), session_id, now=now)
        facts = intents.find(session, caller(), shapes.renamed(row.request_id, shapes.INTENT))
        events.tell_intent(session, caller(), facts, now=now, by=by())
        record(session, now=now, acting=g.acting, act="request.canceled", object_id=row.request_id)
        return _shape(session, row, asked)

    return once(work)


@blueprint.get("/checkout/sessions/<session_id>/line_items")
def list_session_lines(session_id: str) -> Response:
    """List what a session sells, in its order."""
    asked, session = values(LISTED), reading()
    data, has_more = listing.of_few(sessions.line_shapes(session, sessions.find(session, caller(), session_id)), asked)
    return told(listing.listed(f"/v1/checkout/sessions/{session_id}/line_items", data, has_more=has_more))


def _shape(session: Session, row: CheckoutSession, asked: dict[str, Any], within: str = "") -> Shape:
    wanted = asked.get("expand") or ()
    shape = sessions.shape(session, row, page=caller().page, lines=f"{within}line_items" in wanted)
    if f"{within}payment_intent" in wanted:
        shape["payment_intent"] = shapes.intent(intents.find(session, caller(), shape["payment_intent"]))
    return shape
