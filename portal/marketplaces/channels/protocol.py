"""What a marketplace is to us: a place that takes messages, and says later what became of them.

`accepted` is "they took our message"; only an event `offer.live` says that a buyer can see it. An outcome is `unknown`
after a time-out, a cut, a 5xx, or any answer that is not of the documented shape: the message goes again, same id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Flow = Literal["content", "price_stock", "account"]
Outcome = Literal["accepted", "refused", "stale", "throttled", "unknown"]

EVENT_TYPES = (
    "offer.live",
    "offer.refused",
    "offer.removed",
    "account.created",
    "account.verified",
    "account.closed",
)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do; `needs_person` means that somebody carries files, `per_second` caps our calls."""

    offers: bool
    accounts: bool
    price_stock: bool
    callbacks: bool
    full_poll: bool
    remembers_keys: bool
    batch_max: int
    per_second: int
    needs_person: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an offer, and what to do about it."""

    field: str
    code: str
    sentence: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What we would send of a product: complete content, and the prices that go their own way."""

    seller: str
    title: str
    category: str
    description: str
    variants: tuple[Mapping[str, Any], ...]
    images: tuple[str, ...]
    origin: Mapping[str, str]
    prices: tuple[Mapping[str, Any], ...]
    certificates: tuple[Mapping[str, str], ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> dict[str, Any]:
        """Return the complete state that a content message carries: what is absent there is cleared."""
        return {
            "seller": self.seller,
            "title": self.title,
            "category": self.category,
            "description": self.description,
            "variants": [dict(one) for one in self.variants],
            "images": list(self.images),
            "origin": dict(self.origin),
            "certificates": [dict(one) for one in self.certificates],
            "attributes": dict(self.attributes),
        }

    def price_stock(self) -> dict[str, Any]:
        """Return prices and stock as absolute values, written as text."""
        return {"variants": [dict(one) for one in self.prices]}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message: `id` is its idempotency key for ever, `ref` the listing or account, `version` its place in line."""

    id: str
    ref: str
    flow: Flow
    version: int
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one delivery. `retry_after_s` stands with `throttled`; `note` is for our attempt row only."""

    delivery: str
    outcome: Outcome
    remote_id: str | None = None
    problems: tuple[Problem, ...] = ()
    retry_after_s: int | None = None
    status: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class RemoteEvent:
    """What a marketplace said by itself. `type` may be one that we do not know: then a person looks at it."""

    event_id: str
    type: str
    ref: str
    version: int | None
    remote_id: str | None
    url: str | None
    at: datetime
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class RemoteOffer:
    """One offer as a poll shows it."""

    ref: str
    version: int
    live_version: int | None
    remote_id: str
    url: str | None
    variants: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class RemotePage:
    """One page of a poll; `next` is None on the last."""

    offers: tuple[RemoteOffer, ...]
    next: str | None


class Channel(Protocol):
    """One marketplace, by one adapter."""

    @property
    def code(self) -> str:
        """Return the channel's code, as in `share:<code>`."""

    @property
    def name(self) -> str:
        """Return the name that people know."""

    @property
    def simulation(self) -> bool:
        """Say whether a stand-in answers; pages then say so."""

    def capabilities(self) -> Capabilities:
        """Say what this channel can do."""

    def validate(self, offer: Offer) -> tuple[Problem, ...]:
        """Return every problem of an offer at once. Pure."""

    def push(self, batch: Sequence[Delivery]) -> tuple[Receipt, ...]:
        """Hand over deliveries of one flow; one receipt each, matched by id, never by position."""

    def withdraw(self, batch: Sequence[Delivery]) -> tuple[Receipt, ...]:
        """Ask to take offers off; receipts as for `push`."""

    def poll(self, cursor: str | None) -> RemotePage:
        """Return what stands there, from the start when `cursor` is None; raise `ChannelUnreadable`."""

    def parse_callback(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> tuple[RemoteEvent, ...]:
        """Check and read a callback; raise `CallbackForged`, or `ChannelUnreadable` for a signed one we cannot read."""

    def owns(self, url: str) -> bool:
        """Say whether an address is on this channel's own hosts."""
