"""The client: one way to call, one way to try again, and a resource for each kind of object."""

from __future__ import annotations

import json
import random as chance
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from payments.client import wire
from payments.client.errors import BadAnswer, TransportFailed, refusal
from payments.client.objects import Object
from payments.client.resources import KEPT, READ, Balance, Checkout, Resource
from payments.client.transport import NoAnswer, Reply, RequestsTransport, Transport

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 5.0


@dataclass(frozen=True, slots=True)
class Clock:
    """Time that passes and can be waited for, in seconds."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Client:
    """Calls one interface with one secret key. `deadline_s` holds for a call with all its tries."""

    key: str = field(repr=False)
    base_url: str
    transport: Transport = field(default_factory=RequestsTransport, repr=False)
    clock: Clock = field(default_factory=Clock)
    random: Callable[[], float] = chance.random
    deadline_s: float = 30.0
    retries: int = 2

    @property
    def products(self) -> Resource:
        """What is sold; also `delete`."""
        return Resource(self, "products", KEPT | {"delete"})

    @property
    def prices(self) -> Resource:
        """What a product costs, or between which sums the payer chooses."""
        return Resource(self, "prices")

    @property
    def payment_links(self) -> Resource:
        """Pages that make a payment for each visit; also `list_line_items`."""
        return Resource(self, "payment_links", KEPT | {"line_items"})

    @property
    def checkout(self) -> Checkout:
        """`checkout.sessions`: one visit to a page."""
        return Checkout(self)

    @property
    def payment_intents(self) -> Resource:
        """What payers are asked for; also `confirm`, `cancel` and `capture`."""
        return Resource(self, "payment_intents", KEPT | {"confirm", "cancel", "capture"})

    @property
    def refunds(self) -> Resource:
        """What goes back; also `cancel`."""
        return Resource(self, "refunds", KEPT | {"cancel"})

    @property
    def charges(self) -> Resource:
        """What paid; read only."""
        return Resource(self, "charges", READ)

    @property
    def events(self) -> Resource:
        """What happened; read only."""
        return Resource(self, "events", READ)

    @property
    def webhook_endpoints(self) -> Resource:
        """Addresses that are told; also `delete`."""
        return Resource(self, "webhook_endpoints", KEPT | {"delete"})

    @property
    def balance(self) -> Balance:
        """What is available and pending."""
        return Balance(self)

    @property
    def balance_transactions(self) -> Resource:
        """Each change of the balance; read only."""
        return Resource(self, "balance_transactions", READ)

    def call(self, method: str, path: str, values: Mapping[str, Any], *, idempotency_key: str | None = None) -> Object:
        """Call, and try again where that is safe and may help; raises a `ClientError`."""
        url, body = self.base_url.rstrip("/") + path, None
        headers = {"Authorization": f"Bearer {self.key}", "User-Agent": "payments-client/1"}
        if method == "POST":
            body = wire.body(values)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Idempotency-Key"] = idempotency_key or str(uuid.uuid4())
        else:
            url += wire.query(values)
        return _read(self._tried(method, url, headers, body))

    def _tried(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        ends = self.clock.now() + self.deadline_s
        tries = 0
        while True:
            tries += 1
            reply, reason = None, "out of time"
            try:
                left_s = max(ends - self.clock.now(), 0.001)
                reply = self.transport.send(method, url, headers=headers, body=body, timeout_s=left_s)
            except NoAnswer as error:
                reason = str(error)
            wait_s = self._wait_s(reply, tries)
            if wait_s is None or self.clock.now() + wait_s >= ends:
                if reply is None:
                    raise TransportFailed(reason, tries=tries)
                return reply
            self.clock.sleep(wait_s)

    def _wait_s(self, reply: Reply | None, tries: int) -> float | None:
        """Return how long to wait before the next try, or None: no more tries, or none that could help."""
        if tries > self.retries or (reply is not None and not _may_help(reply)):
            return None
        wait_s: float = min(FIRST_WAIT_S * 2 ** (tries - 1), LONGEST_WAIT_S) * (0.5 + 0.5 * self.random())
        return max(FIRST_WAIT_S, wait_s, _asked_wait_s(reply))


def _may_help(reply: Reply) -> bool:
    told = reply.headers.get("stripe-should-retry")
    return told == "true" or (told != "false" and (reply.status == 409 or reply.status >= 500))


def _asked_wait_s(reply: Reply | None) -> float:
    asked = reply.headers.get("retry-after", "") if reply is not None else ""
    return float(asked) if asked.isdecimal() and len(asked) < 6 else 0.0


def _read(reply: Reply) -> Object:
    try:
        said = json.loads(reply.body.decode())
    except ValueError:
        raise BadAnswer(reply.status) from None
    request_id = reply.headers.get("request-id")
    if not isinstance(said, dict):
        raise BadAnswer(reply.status)
    if 200 <= reply.status < 300 and "object" in said:
        return Object(said, request_id=request_id)
    error = said.get("error")
    if not isinstance(error, dict) or reply.status < 400:
        raise BadAnswer(reply.status)
    raise refusal(reply.status, error, request_id=request_id)
