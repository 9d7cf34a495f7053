"""`/v1/webhook_endpoints`: addresses that are told of events."""

from typing import Any

from flask import Response, g
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.v1 import endpoints, listing
from payments.v1.delivery_tables import Endpoint
from payments.v1.errors import InvalidRequest
from payments.v1.listing import Order, Place
from payments.v1.parameters import LISTED, Parameter, Table, flag, many, metadata, text
from payments.v1.shapes import Shape
from payments.v1.signature import new_secret
from portal.audit import record
from portal.db import reading
from portal.pay.answering import caller, once, told, values
from portal.pay.api import blueprint
from portal.pay.sending import SEALED_AT, WHY, refuse_address
from portal.world import current_world

_MODIFY: Table = {
    "url": Parameter(text(2_000)),
    "enabled_events": Parameter(many(text(60), most=50)),
    "description": Parameter(text(1_000)),
    "metadata": Parameter(metadata),
    "api_version": Parameter(text(40)),
    "disabled": Parameter(flag),
}
_CREATE: Table = {
    "url": Parameter(text(2_000), required=True),
    "enabled_events": Parameter(many(text(60), most=50), required=True),
    "description": Parameter(text(1_000)),
    "metadata": Parameter(metadata),
    "api_version": Parameter(text(40)),
}


@blueprint.post("/webhook_endpoints")
def create_endpoint() -> Response:
    """Note an address; its secret is in this answer alone."""
    asked, world, secret = values(_CREATE), current_world(), new_secret()
    _check_address(asked)

    def sealed(endpoint_id: str) -> str:
        return world.field_keys.seal(secret, place=SEALED_AT + endpoint_id)

    def work(session: Session) -> Shape:
        row = endpoints.create(session, caller(), asked, sealed=sealed, now=world.clock.now())
        _audit(session, "endpoint.made", row.id)
        return endpoints.shape(row, secret=secret)

    return once(work, told_once="secret")


@blueprint.get("/webhook_endpoints")
def list_endpoints() -> Response:
    """List addresses, newest first."""
    asked, session, who = values(LISTED), reading(), caller()

    def place_of(cursor: str) -> Place:
        own = select(Endpoint.seq).where(Endpoint.payee_id == who.payee_id, Endpoint.id == cursor)
        row = session.execute(own).one_or_none()
        return None if row is None else tuple(row)

    order = Order((Endpoint.seq,), Endpoint.created_at)
    page = listing.page(session, endpoints.mine(who), asked, order=order, place_of=place_of)
    found = [endpoints.shape(one) for one in page.found]
    return told(listing.listed("/v1/webhook_endpoints", found, has_more=page.has_more))


@blueprint.get("/webhook_endpoints/<endpoint_id>")
def show_endpoint(endpoint_id: str) -> Response:
    """Show one address, without its secret."""
    values({})
    return told(endpoints.shape(endpoints.find(reading(), caller(), endpoint_id)))


@blueprint.post("/webhook_endpoints/<endpoint_id>")
def modify_endpoint(endpoint_id: str) -> Response:
    """Change an address, what it is told, or whether it is told at all."""
    asked = values(_MODIFY)
    _check_address(asked)

    def work(session: Session) -> Shape:
        row = endpoints.modify(session, caller(), endpoint_id, asked)
        _audit(session, "endpoint.changed", row.id)
        return endpoints.shape(row)

    return once(work)


@blueprint.delete("/webhook_endpoints/<endpoint_id>")
def delete_endpoint(endpoint_id: str) -> Response:
    """Stop telling an address."""

    def work(session: Session) -> Shape:
        gone = endpoints.delete(session, caller(), endpoint_id, now=current_world().clock.now())
        _audit(session, "endpoint.deleted", endpoint_id)
        return gone

    return once(work)


def _check_address(asked: dict[str, Any]) -> None:
    if asked.get("url") is None:
        return
    why = refuse_address(asked["url"], world=current_world())
    if why is not None:
        raise InvalidRequest(WHY[why], code="url_invalid", param="url")


def _audit(session: Session, act: str, endpoint_id: str) -> None:
    record(session, now=current_world().clock.now(), acting=g.acting, act=act, object_id=endpoint_id)
