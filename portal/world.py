"""The world that is passed to actions and due work: clock, ledger, signers, gateways, channels, SMS."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from flask import current_app

from portal.config import Settings
from portal.crypto import FieldKeys

if TYPE_CHECKING:
    from portal.people.sms import Sms


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return an aware time in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present."""
        return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class World:
    """All that is outside. `Any` stands for the types of subjects that this floor may not know."""

    settings: Settings
    clock: Clock
    field_keys: FieldKeys = field(repr=False)
    sms: "Sms"
    stamp_keys: Any = field(repr=False)
    log_signer: Any = field(repr=False)
    ledgers: Mapping[str, Any]
    gateways: Mapping[str, Any] = field(repr=False)
    channels: Mapping[str, Any] = field(repr=False)
    issuer: Any = None
    clocks: Any = None


def current_world() -> World:
    """Return the world of the running app."""
    world: World = current_app.extensions["world"]
    return world
