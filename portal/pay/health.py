"""Which gateways answer: every call's end is noted, who rests is not offered, and a page says so."""

from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy.orm import Session

from payments import breaker
from payments.breaker import GatewayHealth
from payments.errors import GatewayError
from payments.models import Payee
from portal.pay.words import BRANDS

if TYPE_CHECKING:
    from portal.world import World


def note_call(session: Session, world: "World", gateway: str, error: GatewayError | None = None) -> None:
    """Note how a call of a gateway ended, and how far its clock was from ours."""
    now = world.clock.now()
    if breaker.after_call(session, gateway=gateway, error=error, now=now):
        current_app.extensions["log"].error("alarm.raised", alarm="gateway_down", gateway=gateway)
    ahead_s = world.clocks.take(gateway) if world.clocks is not None else None
    if ahead_s is not None and breaker.heard_clock(session, gateway=gateway, ahead_s=ahead_s, now=now):
        current_app.extensions["log"].error("alarm.raised", alarm="clock_skew", gateway=gateway, ahead_s=round(ahead_s))


def down_of(session: Session, payees: list[Payee]) -> list[tuple[object, GatewayHealth]]:
    """Return the ways of these payees that don't answer, each with its name."""
    ways = {way for payee in payees for way in payee.ways}
    return [(BRANDS.get(one.gateway, one.gateway), one) for one in breaker.down(session) if one.gateway in ways]
