"""Telling the systems of payees: signed calls to addresses that were checked when noted, and are again now."""

import ipaddress
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from payments.errors import LeaseLost
from payments.v1 import deliveries
from payments.v1.deliveries import Ended, Sending
from payments.v1.signature import signature
from portal.config import LOOPBACK
from portal.db import begin
from portal.marketplaces.channels.transport import call, is_public
from portal.marketplaces.errors import ChannelUnreachable

if TYPE_CHECKING:
    from portal.world import World

SEALED_AT = "pay_endpoints.sealed_secret."
TOTAL_S = 10.0
PORTS = (None, 443, 8443)
MOST_URL = 2_000
AGENT = "portal-webhooks/1"


def refuse_address(url: str, *, world: "World") -> str | None:
    """Return why an address cannot be called, or None. Outside production this machine's own may be."""
    parts = urlsplit(url)
    if not url.isascii() or len(url) > MOST_URL or not url.isprintable() or " " in url or parts.hostname is None:
        return "Send a whole address in ASCII: https://host/path."
    try:
        port = parts.port
    except ValueError:
        return "The port is no number."
    if parts.username is not None or parts.password is not None:
        return "An address holds no user and no password; each call is signed instead."
    if _is_own_machine(url, world):
        return None
    if parts.scheme != "https" or port not in PORTS:
        return "The address begins with https:// and its port is 443 or 8443."
    return None if _all_public(parts.hostname) else "This name leads to no public address."


def tell_one(world: "World") -> bool:
    """Make one call that is due; say whether there was one."""
    with begin() as session:
        sending = deliveries.claim(session, now=world.clock.now())
    if sending is None:
        return False
    ended = _called(world, sending)
    try:
        with begin() as session:
            deliveries.record(session, sending, ended, now=world.clock.now())
    except LeaseLost:
        pass  # somebody else has called meanwhile: at least once is what was promised
    return True


def _called(world: "World", sending: Sending) -> Ended:
    started = time.perf_counter()
    secret = world.field_keys.open(sending.sealed_secret, place=SEALED_AT + sending.endpoint_id)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(sending.body, secret_texts=[secret], at_s=int(world.clock.now().timestamp())),
        "Webhook-Id": sending.event_id,
        "Webhook-Attempt": str(sending.n),
        "User-Agent": AGENT,
    }
    if refuse_address(sending.url, world=world) is not None:
        return Ended(None, 0, error="address_refused")
    try:
        answer = call(
            "POST", sending.url, headers=headers, body=sending.body, total_s=TOTAL_S,
            private=_is_own_machine(sending.url, world),
        )  # fmt: skip
    except ChannelUnreachable as error:
        reason = str(error.fields.get("reason", error.code))
        return Ended(None, _ms(started), error="address_refused" if reason == "private_target" else reason)
    said = answer.body[: deliveries.MOST_ANSWER].decode(errors="replace")
    return Ended(answer.status, _ms(started), answer=said)


def _is_own_machine(url: str, world: "World") -> bool:
    return not world.settings.production and url.startswith(tuple(f"{one}:" for one in LOOPBACK))


def _all_public(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return all(is_public(ipaddress.ip_address(str(one[4][0]).split("%")[0])) for one in found)


def _ms(started: float) -> int:
    return int((time.perf_counter() - started) * 1000)
