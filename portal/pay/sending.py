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
from portal.marketplaces.channels.transport import call, is_public, last_address
from portal.marketplaces.errors import ChannelUnreachable

if TYPE_CHECKING:
    from portal.world import World

SEALED_AT = "pay_endpoints.sealed_secret."
TOTAL_S = 10.0
PORTS = (None, 443, 8443)
MOST_URL = 2_000
MOST_READ = 64 * 1024
AGENT = "portal-webhooks/1"
WHY = {
    "not_whole": "Send a whole address in ASCII: https://host/path.",
    "holds_user": "An address holds no user and no password; each call is signed instead.",
    "not_https": "The address begins with https:// and its port is 443 or 8443.",
    "own_address": "This is the portal's own address.",
    "not_allowed": "The portal calls no address under this domain yet. Ask its operator to allow it (WEBHOOK_DOMAINS).",
    "not_public": "This name leads to no public address.",
}


def refuse_address(url: str, *, world: "World") -> str | None:
    """Return why an address cannot be called, a word of `WHY`, or None. Outside production one's own machine may be."""
    parts = urlsplit(url)
    if not url.isascii() or len(url) > MOST_URL or not url.isprintable() or " " in url or parts.hostname is None:
        return "not_whole"
    try:
        port = parts.port
    except ValueError:
        return "not_whole"
    if parts.username is not None or parts.password is not None:
        return "holds_user"
    if _is_own_machine(url, world):
        return None
    if parts.scheme != "https" or port not in PORTS:
        return "not_https"
    if parts.hostname == urlsplit(world.settings.public_url).hostname:
        return "own_address"
    if not _is_allowed(parts.hostname, world):
        return "not_allowed"
    return None if _all_public(parts.hostname) else "not_public"


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
    place = SEALED_AT + sending.endpoint_id
    signed_by = [world.field_keys.open(one, place=place) for one in sending.sealed_secrets]
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(sending.body, secret_texts=signed_by, at_s=int(world.clock.now().timestamp())),
        "Webhook-Id": sending.event_id,
        "Webhook-Attempt": str(sending.n),
        "User-Agent": AGENT,
    }
    if refuse_address(sending.url, world=world) is not None:
        return Ended(None, 0, error="address_refused")
    try:
        answer = call(
            "POST", sending.url, headers=headers, body=sending.body, total_s=TOTAL_S,
            private=_is_own_machine(sending.url, world), most=MOST_READ,
        )  # fmt: skip
    except ChannelUnreachable as error:
        reason = str(error.fields.get("reason", error.code))
        error_word = "address_refused" if reason == "private_target" else reason
        return Ended(None, _ms(started), error=error_word, address=last_address())
    said = answer.body[: deliveries.MOST_ANSWER].decode(errors="replace")
    return Ended(answer.status, _ms(started), answer=said, address=last_address())


def _is_own_machine(url: str, world: "World") -> bool:
    return not world.settings.production and url.startswith(tuple(f"{one}:" for one in LOOPBACK))


def _is_allowed(host: str, world: "World") -> bool:
    """Say whether a host is under a domain that is called here; outside production an empty list is no list."""
    named = world.settings.values["WEBHOOK_DOMAINS"].lower().split(",")
    domains = [one.strip().lstrip(".") for one in named if one.strip()]
    if not domains and not world.settings.production:
        return True
    return any(host == one or host.endswith(f".{one}") for one in domains)


def _all_public(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return all(is_public(ipaddress.ip_address(str(one[4][0]).split("%")[0])) for one in found)


def _ms(started: float) -> int:
    return int((time.perf_counter() - started) * 1000)
