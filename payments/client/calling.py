"""The client: one way to call, one way to try again, and a room for each kind of object."""

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
from payments.client.objects import Object, Page
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
    def payment_intents(self) -> Room:
        """What payers are asked for; also `confirm` and `cancel`."""
        return Room(self, "payment_intents", ("confirm", "cancel"))

    @property
    def charges(self) -> Room:
        """What paid; read only."""
        return Room(self, "charges")

    @property
    def events(self) -> Room:
        """What happened; read only."""
        return Room(self, "events")

    @property
    def webhook_endpoints(self) -> Room:
        """Addresses that are told."""
        return Room(self, "webhook_endpoints")

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


@dataclass(frozen=True, slots=True)
class Room:
    """The calls of one kind of object."""

    client: Client
    kind: str
    acts: tuple[str, ...] = ()

    def create(self, *, idempotency_key: str | None = None, **values: Any) -> Object:
        """Make one."""
        return self.client.call("POST", f"/v1/{self.kind}", values, idempotency_key=idempotency_key)

    def retrieve(self, object_id: str, **values: Any) -> Object:
        """Show one."""
        return self.client.call("GET", f"/v1/{self.kind}/{object_id}", values)

    def modify(self, object_id: str, *, idempotency_key: str | None = None, **values: Any) -> Object:
        """Change one."""
        return self.client.call("POST", f"/v1/{self.kind}/{object_id}", values, idempotency_key=idempotency_key)

    def delete(self, object_id: str) -> Object:
        """Take one away."""
        return self.client.call("DELETE", f"/v1/{self.kind}/{object_id}", {})

    def list(self, **values: Any) -> Page:
        """List them, newest first."""
        return self._page(values)

    def act(self, what: str, object_id: str, *, idempotency_key: str | None = None, **values: Any) -> Object:
        """Do what only this kind of object can: confirm or cancel an intent."""
        if what not in self.acts:
            raise ValueError(f"{self.kind} cannot {what}")
        return self.client.call("POST", f"/v1/{self.kind}/{object_id}/{what}", values, idempotency_key=idempotency_key)

    def confirm(self, object_id: str, *, idempotency_key: str | None = None, **values: Any) -> Object:
        """Begin to pay."""
        return self.act("confirm", object_id, idempotency_key=idempotency_key, **values)

    def cancel(self, object_id: str, *, idempotency_key: str | None = None, **values: Any) -> Object:
        """Withdraw."""
        return self.act("cancel", object_id, idempotency_key=idempotency_key, **values)

    def _page(self, values: Mapping[str, Any]) -> Page:
        answer = self.client.call("GET", f"/v1/{self.kind}", values)
        return Page(answer, asked=values, fetch=self._page)


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
