"""`/v1/payment_intents` as the official Stripe SDK asks for them, unchanged.

Which parameters a call takes stands here as tables; what happens stands in `payments.v1`.
"""

from typing import Any

from flask import Blueprint, Response, current_app, g, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from payments.errors import (
    AmountTooLarge,
    AmountTooSmall,
    GatewayNotEnabled,
    GatewayResting,
    NoAnswer,
    ProviderRefused,
    RequestNotOpen,
)
from payments.gateways import test_card
from payments.models import Payee, Request
from payments.v1 import events, intents, listing, shapes
from payments.v1.errors import ApiError, Failed, InvalidRequest, TooLarge, UrlUnknown
from payments.v1.listing import Order, Place
from payments.v1.parameters import (
    LISTED,
    Parameter,
    Table,
    address,
    amount,
    choice,
    currency,
    flag,
    many,
    metadata,
    moments,
    nested,
    text,
)  # fmt: skip
from payments.v1.shapes import Facts, Shape
from portal.audit import record
from portal.db import reading
from portal.errors import NotFound
from portal.pay.answering import by, caller, once, once_in_steps, refused, told, values
from portal.pay.cards import decline, settle_now
from portal.pay.starting import start
from portal.world import current_world

blueprint = Blueprint("v1", __name__, url_prefix="/v1")

_WAY = nested({"type": Parameter(text(20), required=True)})
_EXPAND = Parameter(many(choice("latest_charge"), most=1))
_REASONS = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")
_NOTED: Table = {
    "description": Parameter(text(1_000)),
    "metadata": Parameter(metadata),
    "receipt_email": Parameter(text(320)),
    "expand": _EXPAND,
}
_CONFIRM: Table = {
    "payment_method": Parameter(text(64)),
    "payment_method_data": Parameter(_WAY),
    "return_url": Parameter(address),
    "expand": _EXPAND,
}
_CREATE: Table = {
    **_NOTED,
    **_CONFIRM,
    "amount": Parameter(amount, required=True),
    "currency": Parameter(currency, required=True),
    "automatic_payment_methods": Parameter(
        nested({"enabled": Parameter(flag, required=True), "allow_redirects": Parameter(choice("always", "never"))})
    ),
    "capture_method": Parameter(choice("automatic", "automatic_async")),
    "confirm": Parameter(flag),
    "payment_method_types": Parameter(many(text(20), most=10)),
    "statement_descriptor_suffix": Parameter(text(22)),
}
_LIST: Table = {
    **LISTED,
    "created": Parameter(moments),
    "expand": Parameter(many(choice("data.latest_charge"), most=1)),
}
_ONE: Table = {"expand": _EXPAND}


_NEWEST = Order((Request.seq,), Request.created_at)


@blueprint.errorhandler(ApiError)
def refuse(error: ApiError) -> Response:
    """Answer a refusal as the SDK reads it."""
    g.error_code = error.code
    return refused(error)


@blueprint.errorhandler(Exception)
def failed(error: Exception) -> Response:
    """Answer what went wrong on our side, or what the web server refuses, in the same shape."""
    if isinstance(error, HTTPException):
        said = "This address does not take that kind of request."
        refusal: ApiError = TooLarge(said) if error.code == 413 else InvalidRequest(said, code="method_not_allowed")
        return refuse(refusal)
    current_app.extensions["log"].error("request.failed", error=type(error).__name__, exc_info=error)
    return refuse(Failed("Something went wrong on our side. Please try again."))


@blueprint.route("/<path:rest>", methods=["GET", "POST", "DELETE"])
def nothing_here(rest: str) -> Any:
    """Say that there is no such address."""
    raise UrlUnknown(f"Unrecognized request URL ({request.method}: /v1/{rest[:100]}).")


@blueprint.post("/payment_intents")
def create_intent() -> Response:
    """Ask for money; with `confirm` begin to pay at once."""
    asked = values(_CREATE)
    if not asked.get("confirm"):
        return once(lambda session: _told(session, _created(session, asked), asked, created=True))

    def first(session: Session, made: str | None) -> str:
        return made or shapes.renamed(_created(session, asked).request.id, shapes.INTENT)

    def last(session: Session, intent_id: str) -> Shape:
        return _told(session, intents.find(session, caller(), intent_id), asked, created=True)

    return once_in_steps(first, lambda intent_id: _begin(intent_id, asked), last)


@blueprint.get("/payment_intents")
def list_intents() -> Response:
    """List what was asked for, newest first."""
    asked, session, who = values(_LIST), reading(), caller()

    def place_of(cursor: str) -> Place:
        own = select(Request.seq).where(Request.payee_id == who.payee_id)
        row = session.execute(own.where(Request.id == shapes.renamed(cursor, shapes.REQUEST))).one_or_none()
        return None if row is None else tuple(row)

    page = listing.page(session, intents.mine(who), asked, order=_NEWEST, place_of=place_of)
    found = [_expanded(facts, asked, "data.") for facts in intents.gather(session, who, page.found)]
    return told(listing.listed("/v1/payment_intents", found, has_more=page.has_more))


@blueprint.get("/payment_intents/<intent_id>")
def show_intent(intent_id: str) -> Response:
    """Show one intent."""
    asked = values(_ONE)
    return told(_expanded(intents.find(reading(), caller(), intent_id), asked))


@blueprint.post("/payment_intents/<intent_id>")
def modify_intent(intent_id: str) -> Response:
    """Change what was noted, or the sum before anybody began to pay."""
    asked = values({**_NOTED, "amount": Parameter(amount)})
    return once(lambda session: _told(session, _changed(session, intent_id, asked), asked))


@blueprint.post("/payment_intents/<intent_id>/confirm")
def confirm_intent(intent_id: str) -> Response:
    """Begin to pay: the answer says where the payer goes, or what she scans."""
    asked = values(_CONFIRM)

    def first(session: Session, _made: str | None) -> str:
        intents.modify(session, caller(), intent_id, {name: asked[name] for name in ("return_url",) if name in asked})
        return intent_id

    def last(session: Session, intent_id: str) -> Shape:
        return _told(session, intents.find(session, caller(), intent_id), asked)

    return once_in_steps(first, lambda one: _begin(one, asked), last)


@blueprint.post("/payment_intents/<intent_id>/cancel")
def cancel_intent(intent_id: str) -> Response:
    """Withdraw; money that still comes waits for a person."""
    asked = values({"cancellation_reason": Parameter(choice(*_REASONS)), "expand": _EXPAND})

    def work(session: Session) -> Shape:
        facts = intents.cancel(session, caller(), intent_id, asked, now=current_world().clock.now())
        _audit(session, "request.canceled", facts)
        return _told(session, facts, asked)

    return once(work)


@blueprint.post("/payment_intents/<intent_id>/capture")
def capture_intent(intent_id: str) -> Response:
    """Refuse: money here is never only reserved."""
    intents.find(reading(), caller(), intent_id)
    raise intents.unexpected_state("This PaymentIntent could not be captured: it takes the money at once.")


def _created(session: Session, asked: dict[str, Any]) -> Facts:
    facts = intents.create(session, caller(), asked, now=current_world().clock.now())
    _audit(session, "request.asked", facts, amount_minor=facts.request.amount_minor)
    return facts


def _changed(session: Session, intent_id: str, asked: dict[str, Any]) -> Facts:
    facts = intents.modify(session, caller(), intent_id, asked)
    _audit(session, "request.changed", facts, amount_minor=facts.request.amount_minor)
    return facts


def _begin(intent_id: str, asked: dict[str, Any]) -> None:
    """Begin a try, or go on with the one that lives; what the provider did not answer clearly is asked again later."""
    session, world = reading(), current_world()
    facts = intents.find(session, caller(), intent_id)
    if shapes.status_of(facts) in ("succeeded", "canceled"):
        raise intents.unexpected_state(f"This PaymentIntent has a status of {shapes.status_of(facts)}.")
    way = intents.chosen_way(facts, asked, session.get_one(Payee, caller().payee_id))
    if way in test_card.BY_METHOD.values() and way not in world.gateways:
        said = "Test cards pay only where no real money moves."
        raise InvalidRequest(said, code="payment_method_not_available", param="payment_method")
    try:
        attempt = start(
            world, acting=g.acting, request_id=facts.request.id, way=way, payer_ip=request.remote_addr or "127.0.0.1",
            language="vi",
        )  # fmt: skip
    except ProviderRefused:
        if way == test_card.DECLINES:
            decline(world, intent_id, caller=caller(), by=by())
        return
    except NoAnswer:
        return
    except GatewayResting:
        said = f"{way} does not answer just now. Choose another way, or try again in a minute with another key."
        raise InvalidRequest(said, code="payment_method_not_available", param="payment_method_data[type]") from None
    except RequestNotOpen:
        raise intents.unexpected_state("This PaymentIntent takes no payment any more.") from None
    except (AmountTooSmall, AmountTooLarge, GatewayNotEnabled, NotFound):
        said = f"{way} does not take this sum for this payee."
        raise InvalidRequest(said, code="payment_method_not_available", param="payment_method_data[type]") from None
    if way == test_card.PAYS:
        settle_now(world, attempt, acting=g.acting)


def _told(session: Session, facts: Facts, asked: dict[str, Any], *, created: bool = False) -> Shape:
    events.tell_intent(session, caller(), facts, now=current_world().clock.now(), by=by(), created=created)
    return _expanded(facts, asked)


def _expanded(facts: Facts, asked: dict[str, Any], within: str = "") -> Shape:
    shape = shapes.intent(facts)
    if f"{within}latest_charge" in (asked.get("expand") or ()) and facts.paid_by:
        shape["latest_charge"] = shapes.charge(facts, *facts.paid_by[-1])
    return shape


def _audit(session: Session, act: str, facts: Facts, **figures: int) -> None:
    changed: dict[str, tuple[object, object]] = {name: (None, value) for name, value in figures.items()}
    record(
        session, now=current_world().clock.now(), acting=g.acting, act=act, object_id=facts.request.id,
        changed=changed, public=frozenset(changed),
    )  # fmt: skip
