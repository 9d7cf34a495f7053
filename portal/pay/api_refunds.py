"""`/v1/refunds`: what goes back of a payment; above the limit it waits for a second person of the payee."""

from typing import Any

from flask import Response, g
from sqlalchemy.orm import Session

from payments.errors import IllegalTransition, NotPaid
from payments.models import Refund
from payments.refunds.errors import AlreadyRefunded, RefundTooLarge
from payments.v1 import balance, intents, listing, refunds, shapes
from payments.v1.errors import InvalidRequest
from payments.v1.listing import Order
from payments.v1.parameters import LISTED, Parameter, Table, choice, integer, many, metadata, moments, text
from payments.v1.shapes import Shape
from portal.db import reading
from portal.pay import refunding
from portal.pay.answering import caller, once, told, values
from portal.pay.api import blueprint
from portal.pay.api_catalog import place_of, tell
from portal.world import current_world

_MOST = 10**11
_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
_EXPANDED = ("balance_transaction", "charge", "payment_intent")
_EXPAND = Parameter(many(choice(*_EXPANDED), most=3))
_CREATE: Table = {
    "amount": Parameter(integer(1, _MOST)),
    "charge": Parameter(text(64)),
    "expand": _EXPAND,
    "metadata": Parameter(metadata),
    "payment_intent": Parameter(text(64)),
    "reason": Parameter(choice(*_REASONS)),
}
_LIST: Table = {
    **LISTED,
    "charge": Parameter(text(64)),
    "created": Parameter(moments),
    "expand": Parameter(many(choice(*(f"data.{one}" for one in _EXPANDED)), most=3)),
    "payment_intent": Parameter(text(64)),
}


@blueprint.post("/refunds")
def create_refund() -> Response:
    """Ask for a refund: reserved at once, sent by the worker, or left to a person."""
    asked = values(_CREATE)

    def work(session: Session) -> Shape:
        request_id, allocation_id = refunds.named(session, caller(), asked)
        try:
            row = refunding.ask(
                session, now=current_world().clock.now(), acting=g.acting, request_id=request_id,
                wanted=refunds.wanted_of(asked), allocation_id=allocation_id,
            )  # fmt: skip
        except NotPaid:
            raise intents.unexpected_state("Nothing has been paid of this yet, so nothing goes back.") from None
        except AlreadyRefunded:
            said = "This has been refunded already."
            raise InvalidRequest(said, code="charge_already_refunded") from None
        except RefundTooLarge as error:
            said = f"Refund amount is greater than what one charge still holds ({error.fields['left_minor']} vnd)."
            raise InvalidRequest(said, code="amount_too_large", param="amount") from None
        return _shape(session, row, asked)

    return once(work)


@blueprint.get("/refunds")
def list_refunds() -> Response:
    """List refunds, newest first."""
    asked, session = values(_LIST), reading()
    query = refunds.narrowed(refunds.mine(caller()), asked)
    order = Order((Refund.seq,), Refund.asked_at)
    page = listing.page(session, query, asked, order=order, place_of=place_of(Refund))
    found = [_shape(session, one, asked, "data.") for one in page.found]
    return told(listing.listed("/v1/refunds", found, has_more=page.has_more))


@blueprint.get("/refunds/<refund_id>")
def show_refund(refund_id: str) -> Response:
    """Show one refund."""
    asked, session = values({"expand": _EXPAND}), reading()
    return told(_shape(session, refunds.find(session, caller(), refund_id), asked))


@blueprint.post("/refunds/<refund_id>")
def modify_refund(refund_id: str) -> Response:
    """Change what was noted with a refund."""
    asked = values({"metadata": Parameter(metadata), "expand": _EXPAND})

    def work(session: Session) -> Shape:
        row = refunds.modify(session, caller(), refund_id, asked)
        tell(session, "refund.updated", refunds.shape(row))
        return _shape(session, row, asked)

    return once(work)


@blueprint.post("/refunds/<refund_id>/cancel")
def cancel_refund(refund_id: str) -> Response:
    """Withdraw a refund while it waits for a second person or for a transfer."""
    asked = values({"expand": _EXPAND})

    def work(session: Session) -> Shape:
        refunds.find(session, caller(), refund_id)
        try:
            row = refunding.cancel(session, now=current_world().clock.now(), acting=g.acting, refund_id=refund_id)
        except IllegalTransition as error:
            said = f"This refund cannot be canceled any more: it is {error.fields['from_status']}."
            raise InvalidRequest(said, code="refund_unexpected_state") from None
        return _shape(session, row, asked)

    return once(work)


def _shape(session: Session, row: Refund, asked: dict[str, Any], within: str = "") -> Shape:
    shape, wanted = refunds.shape(row), asked.get("expand") or ()
    if f"{within}balance_transaction" in wanted and shape["balance_transaction"] is not None:
        shape["balance_transaction"] = balance.find(session, caller(), shape["balance_transaction"])
    if f"{within}charge" in wanted and row.allocation_id is not None:
        shape["charge"] = refunds.charge_of(session, caller(), row)
    if f"{within}payment_intent" in wanted and row.request_id is not None:
        facts = intents.find(session, caller(), shapes.renamed(row.request_id, shapes.INTENT))
        shape["payment_intent"] = shapes.intent(facts)
    return shape
