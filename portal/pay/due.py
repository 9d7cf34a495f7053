"""Due work of payments, before all other: stored notices, ends of requests, questions to providers, bank statements."""

from typing import TYPE_CHECKING, Any, cast

from flask import current_app

import payments
from payments import Pull, RefundAsked, breaker
from payments.errors import GatewayError, GatewayMisconfigured, GatewayResting, LeaseLost
from payments.gateways.protocol import WORKER_SECONDS, Asked, Finding, RefundFinding, RefundOutcome, Withdrawing
from payments.v1 import deliveries, events, idempotency
from portal.acting import Acting
from portal.audit import record
from portal.db import begin
from portal.pay import wiring
from portal.pay.health import note_call
from portal.pay.money_in import follow
from portal.pay.owners import follow_homes
from portal.pay.refunding import follow_changed, follow_returned
from portal.pay.sending import tell_one
from portal.pay.taking import apply_one
from portal.worker import Step

if TYPE_CHECKING:
    from portal.world import World

_WORKER = Acting.system("worker")


def _notices(world: "World") -> bool:
    """Apply one notice that its hook could not."""
    with begin() as session:
        claimed = payments.claim_notice(session, now=world.clock.now())
    if claimed is None:
        return False
    notice_id, provider = claimed
    apply_one(world, notice_id=notice_id, sender=wiring.sender(world, provider), acting=_WORKER)
    return True


def _expire(world: "World") -> bool:
    """End the requests whose time is over."""
    now = world.clock.now()
    with begin() as session:
        ended = payments.expire_due(session, now=now)
        for request_id in ended:
            record(session, now=now, acting=_WORKER, act="request.expired", object_id=request_id)
        events.tell_requests(session, ended, page=wiring.payer_page(world.settings), now=now)
    return bool(ended)


def _query(world: "World") -> bool:
    """Ask a provider about one attempt whose end is not known."""
    try:
        with begin() as session:
            now = world.clock.now()
            asked = payments.claim_query(session, now=now, resting=breaker.resting(session, now=now))
            if asked is None:
                return False
            breaker.before_call(session, gateway=asked.gateway, now=now)
    except GatewayResting:  # somebody else probes meanwhile: the claim is undone
        return False
    try:
        finding = _asked(world, asked)
    except GatewayError as error:
        _no_answer(world, asked, error)
        return True
    try:
        with begin() as session:
            now = world.clock.now()
            note_call(session, world, asked.gateway)
            found = payments.record_finding(session, asked=asked, finding=finding, now=now, actor=_WORKER.actor)
            follow(session, now=now, acting=_WORKER, allocations=found.allocations, request_ids=found.request_ids)
    except LeaseLost:
        _log().info("query.late", gateway=asked.gateway)
    return True


def _asked(world: "World", asked: Asked) -> Finding:
    """Ask how an order stands; one that nobody shall pay any more is closed, where its provider does that."""
    gateway, now = wiring.gateway(world, asked.gateway), world.clock.now()
    if asked.withdrawn and gateway.capabilities.cancel:
        return cast(Withdrawing, gateway).cancel(asked, now=now, seconds=WORKER_SECONDS)
    return gateway.query(asked, now=now, seconds=WORKER_SECONDS)


def _no_answer(world: "World", asked: Asked, error: GatewayError) -> None:
    if isinstance(error, GatewayMisconfigured):
        _log().error("alarm.raised", alarm="gateway_misconfigured", gateway=asked.gateway)
    try:
        with begin() as session:
            reason = str(error.fields.get("reason", error.code))
            note_call(session, world, asked.gateway, error)
            payments.record_no_answer(session, asked=asked, reason=reason, now=world.clock.now())
    except LeaseLost:
        _log().info("query.late", gateway=asked.gateway)


def _pull(world: "World") -> bool:
    """Pull the new lines of one bank account."""
    with begin() as session:
        pull = payments.claim_pull(session, now=world.clock.now())
    if pull is None:
        return False
    try:
        _record_pull(world, pull)
    except LeaseLost:
        _log().info("pull.late", provider=pull.provider)
    return True


def _record_pull(world: "World", pull: Pull) -> None:
    try:
        lines = wiring.statement(world, pull.provider).lines(
            pull.account, after=pull.after, since=pull.since, seconds=WORKER_SECONDS
        )
    except GatewayError as error:
        _log().warning("pull.failed", provider=pull.provider, code=error.code)
        with begin() as session:
            payments.record_pull_failed(session, pull=pull, now=world.clock.now())
        return
    with begin() as session:
        now = world.clock.now()
        taken = payments.record_pull(session, pull=pull, lines=lines, now=now, actor=_WORKER.actor)
        booked = [one.booked for one in taken if one.booked is not None]
        allocations = [allocated for one in booked for allocated in one.allocations]
        requests = list(dict.fromkeys(request_id for one in booked for request_id in one.request_ids))
        follow(session, now=now, acting=_WORKER, allocations=allocations, request_ids=requests)
        for one in booked:
            if one.returned is not None:
                follow_returned(session, now=now, acting=_WORKER, returned=one.returned)


def _refund(world: "World") -> bool:
    """Have one sum given back by its gateway, or ask about one that was sent."""
    try:
        with begin() as session:
            now = world.clock.now()
            asked = payments.claim_refund(
                session, now=now, one_by_one=wiring.one_by_one(world), resting=breaker.resting(session, now=now)
            )
            if asked is None:
                return False
            breaker.before_call(session, gateway=asked.gateway, now=now)
    except GatewayResting:  # somebody else probes meanwhile: the claim is undone
        return False
    failed: GatewayError | None = None
    try:
        finding = _sent(world, asked)
    except GatewayError as error:
        failed = error
        if isinstance(error, GatewayMisconfigured):
            _log().error("alarm.raised", alarm="gateway_misconfigured", gateway=asked.gateway)
        finding = RefundFinding(RefundOutcome.UNKNOWN, str(error.fields.get("reason", error.code)))
    try:
        with begin() as session:
            now = world.clock.now()
            note_call(session, world, asked.gateway, failed)
            changed = payments.record_refund(session, asked=asked, finding=finding, now=now, actor=_WORKER.actor)
            follow_changed(session, now=now, acting=_WORKER, changed=changed)
    except LeaseLost:
        _log().info("refund.late", gateway=asked.gateway)
    return True


def _sent(world: "World", asked: RefundAsked) -> RefundFinding:
    gateway, now = wiring.gateway(world, asked.gateway), world.clock.now()
    call = gateway.query_refund if asked.again else gateway.refund
    return call(asked.order, now=now, seconds=WORKER_SECONDS)


def _forget(world: "World") -> bool:
    """Empty the raw bytes of forged notices that are too old."""
    with begin() as session:
        return payments.forget_refused(session, now=world.clock.now()) > 0


def _answers(world: "World") -> bool:
    """Forget answers of the interface that nobody may ask for again."""
    with begin() as session:
        return idempotency.forget(session, now=world.clock.now()) > 0


def _told_answers(world: "World") -> bool:
    """Empty what systems answered to our messages a week ago."""
    with begin() as session:
        return deliveries.forget_answers(session, now=world.clock.now()) > 0


def _homes(_world: "World") -> bool:
    """Follow payees whose commune was reformed."""
    with begin() as session:
        return follow_homes(session) > 0


def _log() -> Any:
    return current_app.extensions["log"]


STEPS = (
    Step("pay.notices", _notices, priority=1),
    Step("pay.queries", _query, priority=1),
    Step("pay.refunds", _refund, priority=1),
    Step("pay.statements", _pull, priority=1),
    Step("pay.expiry", _expire, priority=1, every_s=1.0),
    Step("pay.homes", _homes, priority=7, every_s=60.0),
    Step("pay.messages", tell_one, priority=3),
    Step("pay.messages_answers", _told_answers, priority=8, every_s=3600.0),
    Step("pay.answers", _answers, priority=8, every_s=3600.0),
    Step("pay.refused", _forget, priority=8, every_s=3600.0),
)
