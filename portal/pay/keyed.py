"""Who calls the Stripe-shaped face: a payee's secret key, as Bearer or as the user of HTTP Basic."""

from flask import g, request

from payments.v1.errors import RateLimited
from payments.v1.intents import Caller
from payments.v1.keys import find_key
from portal.acting import Acting
from portal.db import reading
from portal.guards import Guard
from portal.limits import KEY_READS, KEY_WRITES
from portal.pay.owners import owner_of
from portal.pay.wiring import payer_page
from portal.world import current_world


def _check() -> None:
    row = find_key(reading(), _given(), now=current_world().clock.now())
    reads = request.method in ("GET", "HEAD")
    limit = KEY_READS if reads else KEY_WRITES
    if not limit.hit(row.id):
        raise RateLimited(f"Too many requests by this key. Try again in {limit.seconds_left()} seconds.")
    g.caller = Caller(row.payee_id, row.livemode, payer_page(current_world().settings))
    g.acting = Acting(
        login_id=None, role="system", process=f"key:{row.name}"[:56], request_id=g.get("request_id"),
        # Only an act leaves a row in its organisation's trail.
        organisation_id=None if reads else owner_of(reading(), row.payee_id),
    )  # fmt: skip


def _given() -> str:
    sent = request.authorization
    if sent is None:
        return ""
    return (sent.token if sent.type == "bearer" else sent.username if sent.type == "basic" else None) or ""


keyed = Guard("a payee's secret key", _check, machine=True)
