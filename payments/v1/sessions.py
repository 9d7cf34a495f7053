"""Checkout sessions over requests: made by a caller or by a visit to a link, found, expired, told of.

A session's status is about the page: paid is complete, ended is expired, and a try whose end nobody knows, or a payer
who says that she has paid, is complete and unpaid; only a bank's or gateway's word makes it paid.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from payments import requests, rows
from payments.models import Attempt, Request
from payments.money import Money
from payments.states import LIVE_ATTEMPTS, AttemptStatus, RequestStatus
from payments.types import new_id
from payments.v1 import catalog, events, fields, links, quantities, shapes
from payments.v1.catalog_tables import Price, Product
from payments.v1.errors import InvalidRequest
from payments.v1.events import By
from payments.v1.intents import Caller, make_notes, missing, ways_of
from payments.v1.links import Line, price_of
from payments.v1.parameters import merged
from payments.v1.session_tables import CheckoutSession, SessionLine
from payments.v1.shapes import Facts, Shape
from payments.v1.tables import IntentNotes, Told

SESSION, PLACEHOLDER = "cs", "{CHECKOUT_SESSION_ID}"
SHORTEST, LONGEST = timedelta(minutes=30), timedelta(hours=24)
RECOVERABLE = timedelta(days=30)
MOST_ITEM = 120
OPEN, COMPLETE, EXPIRED = "open", "complete", "expired"
_STANDS = {
    RequestStatus.PAID: COMPLETE,
    RequestStatus.CANCELED: EXPIRED,
    RequestStatus.EXPIRED: EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Sold(Line):
    """One line of a session, with its price and product."""

    line: SessionLine


def create(session: Session, caller: Caller, values: Mapping[str, Any], *, now: datetime) -> CheckoutSession:
    """Make a session with its request. Raises InvalidRequest or ResourceMissing."""
    prices = [price_of(session, caller, one, n, now=now) for n, one in enumerate(values["line_items"])]
    bounds = [quantities.read_bounds(one, n) for n, one in enumerate(values["line_items"])]
    if any(price.unit_amount_minor is None for price, _ in prices):
        said = "A price whose sum the payer types stands in a payment link, not in a session."
        raise InvalidRequest(said, code="line_items_invalid", param="line_items")
    total = sum((price.unit_amount_minor or 0) * quantity for price, quantity in prices)
    catalog.must_be_askable(total, "line_items")
    until = _until(values.get("expires_at"), now)
    payee = rows.payee(session, caller.payee_id)
    intent = values.get("payment_intent_data") or {}
    names = {one.id: one.name for one in session.scalars(_products(prices))}
    item = item_of([(names[price.product_id], quantity) for price, quantity in prices])
    request = requests.create_request(
        session, payee_id=payee.id, amount=Money(total), item=item, now=now, expires_at=until
    )
    row = CheckoutSession(
        id=new_id(SESSION), link_id=None, livemode=caller.livemode, success_url=values.get("success_url"),
        cancel_url=values.get("cancel_url"), client_reference_id=values.get("client_reference_id"),
        customer_email=values.get("customer_email"), noted=merged({}, values.get("metadata")), expires_at=until,
        fields=fields.read_fields(values.get("custom_fields")), texts=fields.read_texts(values.get("custom_text")),
        recovers=bool(((values.get("after_expiration") or {}).get("recovery") or {}).get("enabled")),
    )  # fmt: skip
    session.add(
        make_notes(
            request, livemode=caller.livemode, description=intent.get("description") or item,
            noted=merged({}, intent.get("metadata")), ways=ways_of(payee.ways, values), return_url=back_of(row),
            receipt_email=row.customer_email,
        )
    )  # fmt: skip
    lines = [
        SessionLine(
            price_id=price.id, offered=quantity, amount_minor=(price.unit_amount_minor or 0) * quantity, adjustable=own
        )
        for (price, quantity), own in zip(prices, bounds, strict=True)
    ]  # fmt: skip
    return add(session, row, request, lines, now=now)


def add(
    session: Session, row: CheckoutSession, request: Request, lines: Sequence[SessionLine], *, now: datetime
) -> CheckoutSession:
    """Keep a session of a request with its lines in their order; the caller has filled in the rest."""
    row.id = row.id or new_id(SESSION)
    row.payee_id, row.request_id, row.created_at = request.payee_id, request.id, now
    session.add(row)
    session.flush()
    for n, line in enumerate(lines):
        line.session_id, line.n, line.id = row.id, n, new_id("li")
    session.add_all(lines)
    session.flush()
    return row


def expire(session: Session, caller: Caller, session_id: str, *, now: datetime) -> CheckoutSession:
    """End an open session: its request takes no payment any more. Raises ResourceMissing or InvalidRequest."""
    row = find(session, caller, session_id)
    request = rows.lock_request(session, row.request_id)
    if status_of(session, row, request) != OPEN:
        said = "Only an open session can be expired."
        raise InvalidRequest(said, code="session_unexpected_state")
    requests.cancel_request(session, request_id=request.id, reason=EXPIRED, now=now)
    return row


def modify(session: Session, caller: Caller, session_id: str, values: Mapping[str, Any]) -> CheckoutSession:
    """Change what was noted. Raises ResourceMissing."""
    row = find(session, caller, session_id)
    if "metadata" in values:
        row.noted = merged(row.noted, values["metadata"])
    session.flush()
    return row


def find(session: Session, caller: Caller, session_id: str) -> CheckoutSession:
    """Return one session of the caller's payee. Raises ResourceMissing."""
    row = session.scalar(mine(caller).where(CheckoutSession.id == session_id))
    if row is None:
        raise missing("checkout.session", session_id)
    return row


def mine(caller: Caller) -> Select[CheckoutSession]:
    """Select a payee's sessions."""
    own = select(CheckoutSession).where(CheckoutSession.payee_id == caller.payee_id)
    return own.where(CheckoutSession.livemode == caller.livemode)


def narrowed(query: Select[CheckoutSession], values: Mapping[str, Any]) -> Select[CheckoutSession]:
    """Narrow sessions to those of a link, of an intent, or with a status."""
    if values.get("payment_link"):
        query = query.where(CheckoutSession.link_id == values["payment_link"])
    if values.get("payment_intent"):
        named = shapes.renamed(values["payment_intent"], shapes.REQUEST)
        query = query.where(CheckoutSession.request_id == named)
    if values.get("status"):
        query = query.join(Request, Request.id == CheckoutSession.request_id)
        unknown = select(Attempt.id).where(Attempt.request_id == Request.id, Attempt.status == AttemptStatus.UNKNOWN)
        going = Request.status.in_((RequestStatus.OPEN, RequestStatus.DRAFT))
        done = CheckoutSession.left_at.is_not(None) | unknown.exists()
        query = query.where(
            {
                OPEN: going & ~done,
                COMPLETE: (Request.status == RequestStatus.PAID) | (going & done),
                EXPIRED: Request.status.in_((RequestStatus.CANCELED, RequestStatus.EXPIRED)),
            }[values["status"]]
        )
    return query


def of_request(session: Session, request_id: str) -> CheckoutSession | None:
    """Return the session that a request belongs to, if it was made by one."""
    return session.scalar(select(CheckoutSession).where(CheckoutSession.request_id == request_id))


def status_of(session: Session, row: CheckoutSession, request: Request) -> str:
    """Return how a session stands: complete says that the payer is done with the page, not that she paid."""
    ended = _STANDS.get(RequestStatus(request.status))
    if ended is not None:
        return ended
    if row.left_at is not None:
        return COMPLETE
    query = select(Attempt.status).where(Attempt.request_id == request.id, Attempt.status.in_(LIVE_ATTEMPTS))
    return COMPLETE if AttemptStatus.UNKNOWN in session.scalars(query).all() else OPEN


def back_of(row: CheckoutSession) -> str | None:
    """Return where a payer goes once it is paid, the session's id filled in."""
    return (row.success_url or "").replace(PLACEHOLDER, row.id) or None


def page_of(row: CheckoutSession, page: str) -> str:
    """Return the address of a session's own page: it stands beside the pages of requests."""
    return f"{page.removesuffix('requests/%s')}sessions/{row.id}"


def shape(session: Session, row: CheckoutSession, *, page: str, lines: bool = False) -> Shape:
    """Return a session; `page` has one `%s` for its request's id."""
    request = rows.request(session, row.request_id)
    status = status_of(session, row, request)
    paid = request.status == RequestStatus.PAID
    body: Shape = {
        "id": row.id, "object": "checkout.session", "after_expiration": _recovery(row, status, page),
        "amount_subtotal": request.amount_minor, "amount_total": request.amount_minor,
        "automatic_tax": {"enabled": False, "status": None},
        "billing_address_collection": None, "cancel_url": row.cancel_url,
        "client_reference_id": row.client_reference_id, "created": shapes.seconds(row.created_at), "currency": "vnd",
        "custom_fields": row.fields or [], "custom_text": fields.shown_texts(row.texts),
        "customer": None, "customer_creation": None, "customer_details": None, "customer_email": row.customer_email,
        "exceptions": request.exceptions.split(), "expires_at": shapes.seconds(row.expires_at), "invoice": None,
        "livemode": row.livemode, "locale": "vi", "metadata": dict(row.noted), "mode": "payment",
        "origin_context": None, "payment_intent": shapes.renamed(request.id, shapes.INTENT),
        "payment_link": row.link_id, "payment_method_collection": "always",
        "payment_method_types": list(session.get_one(IntentNotes, request.id).ways),
        "payment_status": "paid" if paid else "unpaid", "recovered_from": row.recovered_from,
        "redirect_on_completion": None, "setup_intent": None,
        "shipping_options": [], "status": status, "submit_type": None, "subscription": None,
        "success_url": row.success_url,
        "total_details": dict.fromkeys(("amount_discount", "amount_shipping", "amount_tax"), 0),
        "ui_mode": "hosted_page", "url": _url(session, row, page) if status == OPEN else None,
    }  # fmt: skip
    if lines:
        found = line_shapes(session, row)
        body["line_items"] = {
            "object": "list", "url": f"/v1/checkout/sessions/{row.id}/line_items", "has_more": False, "data": found,
        }  # fmt: skip
    return body


def line_shapes(session: Session, row: CheckoutSession) -> list[Shape]:
    """Return what a session sells, without what its payer chose none of."""
    return [links.sold(one, one.line.amount_minor) for one in lines_of(session, row) if one.line.quantity]


def lines_of(session: Session, row: CheckoutSession) -> list[Sold]:
    """Return all lines of a session in their order, those too of which its payer chose none."""
    query = select(SessionLine, Price, Product).join(Price, Price.id == SessionLine.price_id)
    own = query.join(Product, Product.id == Price.product_id).where(SessionLine.session_id == row.id)
    return [Sold(*found) for found in session.execute(own.order_by(SessionLine.n))]


def tell(session: Session, caller: Caller, facts: Facts, *, now: datetime, by: By | None = None) -> None:
    """Tell how a request's session stands, if it has one and that is news."""
    row = of_request(session, facts.request.id)
    if row is None:
        return
    one = shape(session, row, page=caller.page)
    if one["status"] == OPEN:
        return
    before = session.scalar(
        select(Told.snapshot).where(Told.object_id == row.id, Told.type == "checkout.session.completed")
    )
    waited = before is not None and json.loads(before)["payment_status"] == "unpaid"
    if one["status"] == EXPIRED:
        kind = "async_payment_failed" if waited else "expired"
    elif before is None:
        kind = "completed"
    elif waited and one["payment_status"] == "paid":
        kind = "async_payment_succeeded"
    else:
        return
    events.tell(session, caller, f"checkout.session.{kind}", one, mark="", now=now, by=by)


def _until(asked: datetime | None, now: datetime) -> datetime:
    until = asked or now + LONGEST
    # Whole seconds go over the wire, so a caller that asks for just thirty minutes is not too early.
    if not SHORTEST - timedelta(seconds=60) <= until - now <= LONGEST + timedelta(seconds=60):
        said = "A session ends 30 minutes to 24 hours from now."
        raise InvalidRequest(said, code="expires_at_invalid", param="expires_at")
    return until


def item_of(sold: Sequence[tuple[str, int]]) -> str:
    """Return what a payer is asked for: the names of what is sold, each with its quantity."""
    words = [(f"{quantity} × " if quantity > 1 else "") + name for name, quantity in sold]
    return ", ".join(words)[:MOST_ITEM].strip()


def _products(prices: Sequence[tuple[Price, int]]) -> Select[Product]:
    return select(Product).where(Product.id.in_({price.product_id for price, _ in prices}))


def _url(session: Session, row: CheckoutSession, page: str) -> str:
    """Return where the payer goes: first to what the session asks her, where that is anything."""
    if row.link_id is None and (row.fields or any(one.line.adjustable for one in lines_of(session, row))):
        return page_of(row, page)
    return page % row.request_id


def _recovery(row: CheckoutSession, status: str, page: str) -> Shape | None:
    if not row.recovers:
        return None
    over = status == EXPIRED
    return {
        "recovery": {
            "allow_promotion_codes": False, "enabled": True,
            "expires_at": shapes.seconds(row.expires_at + RECOVERABLE) if over else None,
            "url": page_of(row, page) if over else None,
        }
    }  # fmt: skip
