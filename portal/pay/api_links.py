"""`/v1/payment_links`: pages that make requests."""

from typing import Any

from flask import Response, url_for
from sqlalchemy.orm import Session

from payments.v1 import links, listing, shapes
from payments.v1.catalog_tables import Link
from payments.v1.listing import Order
from payments.v1.parameters import (
    LISTED,
    Parameter,
    Table,
    address,
    choice,
    currency,
    flag,
    integer,
    many,
    metadata,
    nested,
    text,
)  # fmt: skip
from payments.v1.shapes import Shape
from portal.db import reading
from portal.pay.answering import caller, once, told, values
from portal.pay.api import blueprint
from portal.pay.api_catalog import PRICE, place_of, tell
from portal.world import current_world

MOST_LINES, MOST_QUANTITY = 20, 999
ITEM: Table = {
    "price": Parameter(text(64)),
    "price_data": Parameter(
        nested({name: PRICE[name] for name in ("currency", "unit_amount", "product", "product_data")})
    ),
    "quantity": Parameter(integer(1, MOST_QUANTITY), required=True),
}
_AFTER: Table = {
    "type": Parameter(choice("redirect", "hosted_confirmation"), required=True),
    "redirect": Parameter(nested({"url": Parameter(address, required=True)})),
    "hosted_confirmation": Parameter(nested({"custom_message": Parameter(text(500))})),
}
_LIMITS: Table = {"completed_sessions": Parameter(nested({"limit": Parameter(integer(1, 1_000_000), required=True)}))}
_MODIFY: Table = {
    "active": Parameter(flag),
    "after_completion": Parameter(nested(_AFTER)),
    "inactive_message": Parameter(text(500)),
    "metadata": Parameter(metadata),
    "restrictions": Parameter(nested(_LIMITS)),
}
_EXPAND = Parameter(many(choice("line_items"), most=1))
_CREATE: Table = {
    **{name: one for name, one in _MODIFY.items() if name != "active"},
    "currency": Parameter(currency),
    "expand": _EXPAND,
    "line_items": Parameter(many(nested(ITEM), most=MOST_LINES), required=True),
    "payment_intent_data": Parameter(nested({"description": Parameter(text(1_000)), "metadata": Parameter(metadata)})),
    "payment_method_types": Parameter(many(text(20), most=10)),
}


@blueprint.post("/payment_links")
def create_link() -> Response:
    """Make a link."""
    asked = values(_CREATE)

    def work(session: Session) -> Shape:
        row = links.create(session, caller(), asked, now=current_world().clock.now())
        return tell(session, "payment_link.created", _shape(session, row, asked), mark="")

    return once(work)


@blueprint.get("/payment_links")
def list_links() -> Response:
    """List links, newest first."""
    asked, session = values({**LISTED, "active": Parameter(flag)}), reading()
    query = links.mine(caller())
    if asked.get("active") is not None:
        query = query.where(Link.active == asked["active"])
    order = Order((Link.seq,), Link.created_at)
    page = listing.page(session, query, asked, order=order, place_of=place_of(Link))
    found = [_shape(session, one, {}) for one in page.found]
    return told(listing.listed("/v1/payment_links", found, has_more=page.has_more))


@blueprint.get("/payment_links/<link_id>")
def show_link(link_id: str) -> Response:
    """Show one link."""
    asked, session = values({"expand": _EXPAND}), reading()
    return told(_shape(session, links.find(session, caller(), link_id), asked))


@blueprint.post("/payment_links/<link_id>")
def modify_link(link_id: str) -> Response:
    """Change a link, or close and open it."""
    asked = values(_MODIFY)

    def work(session: Session) -> Shape:
        row = links.modify(session, caller(), link_id, asked)
        return tell(session, "payment_link.updated", _shape(session, row, {}))

    return once(work)


@blueprint.get("/payment_links/<link_id>/line_items")
def list_line_items(link_id: str) -> Response:
    """List what a link sells; all of it is on the first page."""
    values({"limit": LISTED["limit"]})
    session = reading()
    shown = links.show(session, links.find(session, caller(), link_id))
    data = [links.line(one) for one in shown.lines]
    return told(listing.listed(f"/v1/payment_links/{link_id}/line_items", data, has_more=False))


def _shape(session: Session, row: Link, asked: dict[str, Any]) -> Shape:
    path = url_for("pay.link_page", link_id=shapes.renamed(row.id, links.PAGE))
    page = current_world().settings.public_url.rstrip("/") + path
    return links.shape(links.show(session, row), page=page, expanded=bool(asked.get("expand")))
