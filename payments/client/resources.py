"""The rooms of an interface: each kind of object with the calls that it has, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote_plus

from payments.client.objects import Object, Page

READ = frozenset({"retrieve", "list"})
KEPT = READ | {"create", "modify"}


class Calls(Protocol):
    """What makes a call: the client."""

    def call(self, method: str, path: str, values: Mapping[str, Any], *, idempotency_key: str | None = None) -> Object:
        """Make one call; raise a `ClientError`."""


@dataclass(frozen=True, slots=True)
class Resource:
    """The calls of one kind of object; one that the interface has not got raises ValueError before anything is sent."""

    client: Calls
    name: str
    calls: frozenset[str] = KEPT

    def create(self, *, idempotency_key: str | None = None, **values: Any) -> Object:
        """Make one."""
        self._may("create")
        return self.client.call("POST", self._path(), values, idempotency_key=idempotency_key)

    def retrieve(self, object_id: str, **values: Any) -> Object:
        """Show one."""
        self._may("retrieve")
        return self.client.call("GET", self._path(object_id), values)

    def modify(self, object_id: str, *, idempotency_key: str | None = None, **values: Any) -> Object:
        """Change one."""
        self._may("modify")
        return self.client.call("POST", self._path(object_id), values, idempotency_key=idempotency_key)

    def delete(self, object_id: str) -> Object:
        """Take one away."""
        self._may("delete")
        return self.client.call("DELETE", self._path(object_id), {})

    def list(self, **values: Any) -> Page:
        """List them, newest first."""
        self._may("list")
        return self._page(self._path(), values)

    def list_line_items(self, object_id: str, **values: Any) -> Page:
        """List what a link or a session sells."""
        self._may("line_items")
        return self._page(self._path(object_id, "line_items"), values)

    def confirm(self, object_id: str, *, idempotency_key: str | None = None, **values: Any) -> Object:
        """Begin to pay an intent."""
        return self._act("confirm", object_id, idempotency_key, values)

    def cancel(self, object_id: str, *, idempotency_key: str | None = None, **values: Any) -> Object:
        """Withdraw an intent, or a refund that still waits."""
        return self._act("cancel", object_id, idempotency_key, values)

    def capture(self, object_id: str, *, idempotency_key: str | None = None, **values: Any) -> Object:
        """Take what was only reserved: refused by an interface that takes money at once."""
        return self._act("capture", object_id, idempotency_key, values)

    def expire(self, object_id: str, *, idempotency_key: str | None = None, **values: Any) -> Object:
        """End an open session."""
        return self._act("expire", object_id, idempotency_key, values)

    def _act(self, what: str, object_id: str, idempotency_key: str | None, values: Mapping[str, Any]) -> Object:
        self._may(what)
        return self.client.call("POST", self._path(object_id, what), values, idempotency_key=idempotency_key)

    def _may(self, what: str) -> None:
        if what not in self.calls:
            raise ValueError(f"{self.name} cannot {what}")

    def _path(self, *parts: str) -> str:
        return "/".join(["/v1", self.name, *(quote_plus(part) for part in parts)])

    def _page(self, path: str, values: Mapping[str, Any]) -> Page:
        answer = self.client.call("GET", path, values)
        return Page(answer, asked=values, fetch=lambda asked: self._page(path, asked))


@dataclass(frozen=True, slots=True)
class Balance:
    """What is available and what is pending: there is one of it, without an id."""

    client: Calls

    def retrieve(self) -> Object:
        """Show it."""
        return self.client.call("GET", "/v1/balance", {})


@dataclass(frozen=True, slots=True)
class Checkout:
    """Visits to a page that asks for money."""

    client: Calls

    @property
    def sessions(self) -> Resource:
        """The visits; also `expire` and `list_line_items`."""
        return Resource(self.client, "checkout/sessions", KEPT | {"expire", "line_items"})
