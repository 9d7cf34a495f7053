"""One try to pay in three steps: the row (tx 1), the provider's page or code (no tx), the record (tx 2).

The key of a try follows from the books, not from the browser: two taps, a second tab and "back" find the same try;
after it has ended, or when another sum is due, the next one gets a new key.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

import payments
from payments import breaker
from payments.errors import GatewayMisconfigured, GatewayResting, NoAnswer, ProviderRefused
from payments.gateways.protocol import MISCONFIGURED, Gateway, Order, Started
from payments.models import Attempt, Payee, Request
from payments.states import LIVE_ATTEMPTS, AttemptStatus
from portal.acting import Acting
from portal.audit import record
from portal.db import begin
from portal.pay.errors import AmountChanged
from portal.pay.health import note_call
from portal.pay.owners import owner_of
from portal.pay.wiring import WAYS, gateway

if TYPE_CHECKING:
    from portal.world import World


def start(
    world: "World",
    *,
    acting: Acting,
    request_id: str,
    way: str,
    payer_ip: str,
    language: str,
    due_minor: int | None = None,
) -> Attempt:
    """Begin a try, or find the one that goes on, and return it with its address or code.

    `due_minor` is the sum that the payer saw: raises `AmountChanged` where another is due by now, and as
    `payments.start_attempt`. Raises NoAnswer when the provider's answer is not known (then the worker asks), and
    ProviderRefused when it said no, and GatewayResting while it is not called.
    """
    chosen = gateway(world, way)
    with begin() as session:
        _hold_back(session, world, chosen, request_id=request_id)
        began = _begin(session, world, acting=acting, request_id=request_id, chosen=chosen, due_minor=due_minor)
        attempt = payments.get_attempt(session, began)
        if attempt.status != AttemptStatus.CREATED:  # it goes on somewhere, or nobody knows: never a second call
            return attempt
        order = payments.order_of(
            session,
            attempt_id=began,
            return_url=_back(world, request_id=request_id, way=way),
            payer_ip=payer_ip,
            language=language,
        )
    started = _called(world, chosen, order, attempt_id=began)
    with begin() as session:
        if not chosen.capabilities.built_here:
            note_call(session, world, way)
        return payments.record_started(session, attempt_id=began, started=started, now=world.clock.now())


def _hold_back(session: Session, world: "World", chosen: Gateway, *, request_id: str) -> None:
    """Raise GatewayResting while nobody shall call a gateway. Only who calls it takes the one turn to probe."""
    now, down = world.clock.now(), {one.gateway for one in breaker.down(session)}
    if chosen.name not in down:
        return
    request = payments.get_request(session, request_id)
    going = live_try(session, request=request, way=chosen.name, world=world)
    if going is not None and going.status != AttemptStatus.CREATED:
        return
    if not chosen.capabilities.built_here:
        breaker.before_call(session, gateway=chosen.name, now=now)
    elif chosen.name in breaker.resting(session, now=now):
        raise GatewayResting(gateway=chosen.name)


def ways_of(payee: Payee, *, due_minor: int, world: "World") -> tuple[str, ...]:
    """Return the ways by which a payee takes this sum, those that rest among them."""
    found = []
    for name in WAYS:
        if name in payee.ways and name in world.gateways:
            can = gateway(world, name).capabilities
            if can.least.amount_minor <= due_minor <= can.most.amount_minor:
                found.append(name)
    return tuple(found)


def live_try(session: Session, *, request: Request, way: str, world: "World") -> Attempt | None:
    """Return the try by this way that still goes on for the sum that is due; no bill that its provider looked up."""
    for attempt in payments.live_attempts(session, request.id):
        if attempt.gateway == way and not attempt.looked_up and _goes_on(attempt, request, world):
            return attempt
    return None


def _begin(
    session: Session, world: "World", *, acting: Acting, request_id: str, chosen: Gateway, due_minor: int | None
) -> str:
    now = world.clock.now()
    request = payments.get_request(session, request_id)
    if due_minor is not None and due_minor != request.due_minor:
        raise AmountChanged(due_minor=request.due_minor)
    began = payments.start_attempt(
        session,
        request_id=request_id,
        gateway=chosen.name,
        capabilities=chosen.capabilities,
        key=_key(session, request, chosen.name, world),
        now=now,
    )
    if not began.repeated:
        own = replace(acting, organisation_id=owner_of(session, request.payee_id))
        changed: dict[str, tuple[object, object]] = {"gateway": (None, chosen.name)}
        record(
            session, now=now, acting=own, act="attempt.started", object_id=began.attempt_id, changed=changed,
            public=frozenset(changed),
        )  # fmt: skip
    return began.attempt_id


def _called(world: "World", chosen: Gateway, order: Order, *, attempt_id: str) -> Started:
    try:
        return chosen.create(order, now=world.clock.now())
    except (NoAnswer, ProviderRefused) as error:
        reason = str(error.fields.get("reason", error.code))[:60]
        note = payments.record_refused if isinstance(error, ProviderRefused) else payments.record_unknown
        with begin() as session:
            note_call(session, world, chosen.name, error)
            note(session, attempt_id=attempt_id, reason=reason, now=world.clock.now())
        if isinstance(error, GatewayMisconfigured) or reason == MISCONFIGURED:
            current_app.extensions["log"].error("alarm.raised", alarm="gateway_misconfigured", gateway=chosen.name)
        raise


def _back(world: "World", *, request_id: str, way: str) -> str:
    """Return where a provider leads the browser: to the request's page, which shows and by itself changes nothing.

    VNPay's fields are signed and long; they are taken at an address of their own, which leads on.
    """
    public = world.settings.public_url.rstrip("/")
    return f"{public}/pay/return/vnpay" if way == "vnpay" else f"{public}/pay/requests/{request_id}"


def _key(session: Session, request: Request, way: str, world: "World") -> str:
    tries = session.scalars(select(Attempt).where(Attempt.request_id == request.id, Attempt.gateway == way))
    over = sum(1 for attempt in tries if not attempt.looked_up and not _goes_on(attempt, request, world))
    return f"{way}:{over}"


def _goes_on(attempt: Attempt, request: Request, world: "World") -> bool:
    return (
        attempt.status in LIVE_ATTEMPTS
        and attempt.expires_at > world.clock.now()
        and attempt.amount_minor == request.due_minor
    )
