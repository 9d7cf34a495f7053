"""A notice's way in: stored raw and committed, then judged and applied at once, then answered from what is stored."""

from typing import TYPE_CHECKING, Any

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

import payments
from payments import Applied
from payments.gateways.protocol import Authenticity, Raw, Reply, Sender, Verdict
from payments.gateways.replying import answer_to
from portal.acting import Acting
from portal.db import begin
from portal.pay.money_in import apply_stored
from portal.pay.wiring import sender as sender_of

if TYPE_CHECKING:
    from portal.world import World


def take(world: "World", *, provider: str, raw: Raw, acting: Acting) -> Reply:
    """Take a provider's notice and return its answer; what could not be applied now, the worker applies."""
    sender, now, log = sender_of(world, provider), world.clock.now(), _log()
    try:
        with begin() as session:
            notice_id = payments.store(session, sender=sender, raw=raw, now=now)
    except SQLAlchemyError as error:
        log.error("notice.not_stored", provider=provider, error=type(error).__name__, exc_info=error)
        return answer_to(sender, raw, Verdict.OUR_FAULT)
    try:
        applied = apply_one(world, notice_id=notice_id, sender=sender, acting=acting)
    except Exception as error:
        log.error("notice.not_applied", provider=provider, error=type(error).__name__, exc_info=error)
        return answer_to(sender, raw, _by_what_is_stored(sender, raw, world))
    return answer_to(sender, raw, applied.verdict)


def apply_one(world: "World", *, notice_id: int, sender: Sender, acting: Acting) -> Applied:
    """Apply one stored notice in a transaction of its own; park it, and raise, where that fails."""
    try:
        with begin() as session:
            applied = apply_stored(session, now=world.clock.now(), acting=acting, notice_id=notice_id, sender=sender)
    except Exception as error:
        with begin() as session:
            payments.park(session, notice_id=notice_id, reason=type(error).__name__, now=world.clock.now())
        raise
    if applied.security_event:
        _log().warning("security.notice_refused", provider=applied.provider, reason=str(applied.verdict))
    if applied.feed_gap:
        _log().error("alarm.raised", alarm="feed_gap", provider=applied.provider)
    if applied.misconfigured:
        _log().error("alarm.raised", alarm="gateway_misconfigured", gateway=applied.provider)
    return applied


def _by_what_is_stored(sender: Sender, raw: Raw, world: "World") -> Verdict:
    """Say "recorded" for an authentic notice: it lies in the inbox and will be applied, once."""
    notice = sender.parse_notice(raw, now=world.clock.now())
    if notice.authenticity is Authenticity.AUTHENTIC:
        return Verdict.RECORDED
    return Verdict.UNREADABLE if notice.authenticity is Authenticity.UNREADABLE else Verdict.NOT_AUTHENTIC


def _log() -> Any:
    return current_app.extensions["log"]
