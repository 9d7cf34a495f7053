"""Payment links: pages that anybody may open and that make one request for each visit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from payments import rows
from payments.models import Request
from payments.states import RequestStatus
from payments.types import new_id
from payments.v1 import catalog, fields, quantities
from payments.v1.catalog_tables import Link, LinkLine, LinkRequest, Price, Product
from payments.v1.errors import InvalidRequest
from payments.v1.intents import Caller, missing, ways_of
from payments.v1.parameters import merged
from payments.v1.session_tables import SessionLine
from payments.v1.shapes import Shape

LINK, PAGE = "plink", "pl"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a link or of a session, with its price and product."""

    line: LinkLine | SessionLine
    price: Price
    product: Product

    @property
    def sum_minor(self) -> int | None:
        """Return what the line costs; None where the payer types it."""
        fixed = self.price.unit_amount_minor
        return None if fixed is None else fixed * self.line.quantity


@dataclass(frozen=True, slots=True)
class Shown:
    """A link with all that its page says; `open_` is False for one that takes no more payments."""

    link: Link
    lines: Sequence[Line]
    paid: int

    @property
    def open_(self) -> bool:
        """Say whether somebody may pay by it now."""
        return self.link.active and (self.link.most_paid is None or self.paid < self.link.most_paid)

    @property
    def total_minor(self) -> int | None:
        """Return what all lines cost; None where the payer types it."""
        sums = [one.sum_minor for one in self.lines]
        return None if None in sums else sum(one for one in sums if one is not None)

    @property
    def typed(self) -> Mapping[str, Any] | None:
        """Return between which bounds the payer types a sum."""
        return self.lines[0].price.typed if self.lines else None


def create(session: Session, caller: Caller, values: Mapping[str, Any], *, now: datetime) -> Link:
    """Make a link. Raises InvalidRequest or ResourceMissing."""
    prices = [price_of(session, caller, one, n, now=now) for n, one in enumerate(values["line_items"])]
    chosen = [quantities.read_bounds(one, n) for n, one in enumerate(values["line_items"])]
    if any(price.typed is not None for price, _ in prices) and (len(prices) > 1 or prices[0][1] != 1 or chosen[0]):
        said = "A price whose sum the payer types stands alone in a link, once."
        raise InvalidRequest(said, code="line_items_invalid", param="line_items")
    total = sum((price.unit_amount_minor or 0) * quantity for price, quantity in prices)
    if prices[0][0].typed is None:
        catalog.must_be_askable(total, "line_items")
    intent = values.get("payment_intent_data") or {}
    row = Link(
        id=new_id(LINK), payee_id=caller.payee_id, livemode=caller.livemode, active=True, most_paid=None,
        inactive_message=None, return_url=None, thanks=None, description=intent.get("description"),
        ways=ways_of(rows.payee(session, caller.payee_id).ways, values) if values.get("payment_method_types") else None,
        submit_type=values.get("submit_type"), noted=merged({}, values.get("metadata")),
        noted_on_intents=merged({}, intent.get("metadata")), created_at=now,
    )  # fmt: skip
    _set(row, values)
    session.add(row)
    session.flush()
    session.add_all(
        LinkLine(link_id=row.id, n=n, id=new_id("li"), price_id=price.id, quantity=quantity, adjustable=chosen[n])
        for n, (price, quantity) in enumerate(prices)
    )
    session.flush()
    return row


def modify(session: Session, caller: Caller, link_id: str, values: Mapping[str, Any]) -> Link:
    """Change a link. Raises ResourceMissing."""
    row = find(session, caller, link_id)
    _set(row, values)
    if values.get("active") is not None:
        row.active = values["active"]
    if "metadata" in values:
        row.noted = merged(row.noted, values["metadata"])
    session.flush()
    return row


def find(session: Session, caller: Caller, link_id: str) -> Link:
    """Return one link of the caller's payee. Raises ResourceMissing."""
    found = session.scalar(mine(caller).where(Link.id == link_id))
    if found is None:
        raise missing("payment_link", link_id)
    return found


def mine(caller: Caller) -> Select[Link]:
    """Select a payee's links."""
    return select(Link).where(Link.payee_id == caller.payee_id, Link.livemode == caller.livemode)


def show(session: Session, row: Link) -> Shown:
    """Read a link's lines, and how often it was paid."""
    query = select(LinkLine, Price, Product).join(Price, Price.id == LinkLine.price_id)
    lines = query.join(Product, Product.id == Price.product_id).where(LinkLine.link_id == row.id).order_by(LinkLine.n)
    paid = select(func.count()).select_from(LinkRequest).join(Request, Request.id == LinkRequest.request_id)
    count = session.scalar(paid.where(LinkRequest.link_id == row.id, Request.status == RequestStatus.PAID)) or 0
    return Shown(row, [Line(*found) for found in session.execute(lines)], count)


def shape(shown: Shown, *, page: str, expanded: bool = False) -> Shape:
    """Return a link; `page` is the address of its page."""
    row = shown.link
    limit = {"completed_sessions": {"count": shown.paid, "limit": row.most_paid}} if row.most_paid else None
    if row.return_url is not None:
        after: Shape = {"type": "redirect", "redirect": {"url": row.return_url}}
    else:
        after = {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": row.thanks}}
    body: Shape = {
        "id": row.id, "object": "payment_link", "active": row.active, "after_completion": after,
        "allow_promotion_codes": False, "application": None, "automatic_tax": {"enabled": False},
        "billing_address_collection": "auto", "currency": "vnd", "custom_fields": row.fields or [],
        "custom_text": fields.shown_texts(row.texts),
        "customer_creation": "if_required", "inactive_message": row.inactive_message, "livemode": row.livemode,
        "metadata": dict(row.noted), "on_behalf_of": None,
        "payment_intent_data": {"description": row.description, "metadata": dict(row.noted_on_intents)},
        "payment_method_collection": "always", "payment_method_types": row.ways,
        "phone_number_collection": {"enabled": False}, "restrictions": limit, "shipping_options": [],
        "submit_type": row.submit_type or "auto", "tax_id_collection": {"enabled": False, "required": "never"},
        "url": page,
    }  # fmt: skip
    if expanded:
        body["line_items"] = {"object": "list", "url": f"/v1/payment_links/{row.id}/line_items", "has_more": False,
                              "data": [line(one) for one in shown.lines]}  # fmt: skip
    return body


def line(one: Line) -> Shape:
    """Return a line of a link."""
    preset = (one.price.typed or {}).get("preset") or 0
    return sold(one, preset if one.sum_minor is None else one.sum_minor)


def sold(one: Line, cost_minor: int) -> Shape:
    """Return a line of a link or of a session, at what it costs."""
    return {
        "id": one.line.id, "object": "item", "adjustable_quantity": quantities.shape(one.line.adjustable),
        "amount_discount": 0, "amount_subtotal": cost_minor, "amount_tax": 0, "amount_total": cost_minor,
        "currency": "vnd", "description": one.product.name, "price": catalog.price(one.price),
        "quantity": one.line.quantity,
    }  # fmt: skip


def price_of(session: Session, caller: Caller, item: Mapping[str, Any], n: int, *, now: datetime) -> tuple[Price, int]:
    """Return the n-th price and how often; raises InvalidRequest or ResourceMissing."""
    named, described, quantity = item.get("price"), item.get("price_data"), item.get("quantity") or 1
    param = f"line_items[{n}][price]"
    if (named is None) == (described is None):
        raise InvalidRequest("Send either price or price_data.", code="parameter_missing", param=param)
    if described is not None:
        return catalog.create_price(session, caller, described, now=now), quantity
    price = catalog.find_price(session, caller, str(named), param=param)
    if not price.active:
        raise InvalidRequest("This price is not active.", code="price_inactive", param=param)
    return price, quantity


def _set(row: Link, values: Mapping[str, Any]) -> None:
    if "inactive_message" in values:
        row.inactive_message = values["inactive_message"]
    if "restrictions" in values:
        limits = (values["restrictions"] or {}).get("completed_sessions") or {}
        row.most_paid = limits.get("limit")
    if "custom_fields" in values:
        row.fields = fields.read_fields(values["custom_fields"])
    if "custom_text" in values:
        row.texts = fields.read_texts(values["custom_text"])
    after = values.get("after_completion")
    if after is not None:
        row.return_url = (after.get("redirect") or {}).get("url") if after["type"] == "redirect" else None
        row.thanks = (after.get("hosted_confirmation") or {}).get("custom_message")
