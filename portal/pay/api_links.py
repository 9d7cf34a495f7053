"""`/v1/payment_links`: pages that make requests."""

from typing import Any

from flask import Response, url_for
from sqlalchemy.orm import Session

from payments.v1 import fields, links, listing, shapes
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
    name_of,
    nested,
    never,
    text,
)  # fmt: skip
from payments.v1.shapes import Shape
from portal.db import reading
from portal.pay.answering import caller, once, told, values
from portal.pay.api import blueprint
from portal.pay.api_catalog import PRICE, place_of, tell
from portal.world import current_world

MOST_LINES, MOST_QUANTITY = 20, 999
_ITEM: Table = {
    "price": Parameter(text(64)),
    "price_data": Parameter(
        nested({name: PRICE[name] for name in ("currency", "unit_amount", "product", "product_data")})
    ),
    "quantity": Parameter(integer(1, MOST_QUANTITY), required=True),
}
_ADJUSTABLE: Table = {
    "enabled": Parameter(flag, required=True),
    "minimum": Parameter(integer(0, MOST_QUANTITY)),
    "maximum": Parameter(integer(1, MOST_QUANTITY)),
}
LINES = Parameter(
    many(nested({**_ITEM, "adjustable_quantity": Parameter(nested(_ADJUSTABLE))}), most=MOST_LINES), required=True
)
_OPTION: Table = {"label": Parameter(text(100), required=True), "value": Parameter(text(100), required=True)}
_FIELD: Table = {
    "key": Parameter(name_of(200), required=True),
    "label": Parameter(
        nested({"type": Parameter(choice("custom"), required=True), "custom": Parameter(text(50), required=True)}),
        required=True,
    ),
    "type": Parameter(choice(fields.TEXT, fields.NUMERIC, fields.DROPDOWN), required=True),
    "optional": Parameter(flag),
    "dropdown": Parameter(nested({"options": Parameter(many(nested(_OPTION), most=100), required=True)})),
}
FIELDS = Parameter(many(nested(_FIELD), most=fields.MOST_FIELDS))
_SAID = Parameter(nested({"message": Parameter(text(1_200), required=True)}))
TEXTS = Parameter(nested(dict.fromkeys(fields.TEXTS, _SAID)))
_AFTER: Table = {
    "type": Parameter(choice("redirect", "hosted_confirmation"), required=True),
    "redirect": Parameter(nested({"url": Parameter(address, required=True)})),
    "hosted_confirmation": Parameter(nested({"custom_message": Parameter(text(500))})),
}
_LIMITS: Table = {"completed_sessions": Parameter(nested({"limit": Parameter(integer(1, 1_000_000), required=True)}))}
_EXPAND = Parameter(many(choice("line_items"), most=1))
_MODIFY: Table = {
    "active": Parameter(flag),
    "custom_fields": FIELDS,
    "custom_text": TEXTS,
    "after_completion": Parameter(nested(_AFTER)),
    "inactive_message": Parameter(text(500)),
    "metadata": Parameter(metadata),
    "restrictions": Parameter(nested(_LIMITS)),
    "expand": _EXPAND,
}
_CREATE: Table = {
    **{name: one for name, one in _MODIFY.items() if name != "active"},
    "allow_promotion_codes": Parameter(never),
    "currency": Parameter(currency),
    "line_items": LINES,
    "payment_intent_data": Parameter(nested({"description": Parameter(text(1_000)), "metadata": Parameter(metadata)})),
    "payment_method_types": Parameter(many(text(20), most=10)),
    "submit_type": Parameter(choice("auto", "book", "donate", "pay")),
}


@blueprint.post("/payment_links")
def create_link() -> Response:
    """Make a link."""
    asked = values(_CREATE)

    def work(session: Session) -> Shape:
        row = links.create(session, caller(), asked, now=current_world().clock.now())
        tell(session, "payment_link.created", _shape(session, row, {}), mark="")
        return _shape(session, row, asked)

    return once(work)


@blueprint.get("/payment_links")
def list_links() -> Response:
    """List links, newest first."""
    expand = Parameter(many(choice("data.line_items"), most=1))
    asked, session = values({**LISTED, "active": Parameter(flag), "expand": expand}), reading()
    query = links.mine(caller())
    if asked.get("active") is not None:
        query = query.where(Link.active == asked["active"])
    order = Order((Link.seq,), Link.created_at)
    page = listing.page(session, query, asked, order=order, place_of=place_of(Link))
    found = [_shape(session, one, asked) for one in page.found]
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
        before = _shape(session, links.find(session, caller(), link_id), {})
        row = links.modify(session, caller(), link_id, asked)
        tell(session, "payment_link.updated", _shape(session, row, {}), before=before)
        return _shape(session, row, asked)

    return once(work)


@blueprint.get("/payment_links/<link_id>/line_items")
def list_line_items(link_id: str) -> Response:
    """List what a link sells, in its order."""
    asked, session = values(LISTED), reading()
    shown = links.show(session, links.find(session, caller(), link_id))
    data, has_more = listing.of_few([links.line(one) for one in shown.lines], asked)
    return told(listing.listed(f"/v1/payment_links/{link_id}/line_items", data, has_more=has_more))


def _shape(session: Session, row: Link, asked: dict[str, Any]) -> Shape:
    path = url_for("pay.link_page", link_id=shapes.renamed(row.id, links.PAGE))
    page = current_world().settings.public_url.rstrip("/") + path
    return links.shape(links.show(session, row), page=page, expanded=bool(asked.get("expand")))
