"""Settings become the world: clock, ledger, signers, gateways, channels, SMS. The only place that chooses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from flask import current_app

from portal.config import Settings
from portal.crypto import FieldKeys
from portal.people.sms import HttpSms, Sms


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
    """All that is outside: passed to actions and due work as arguments."""

    settings: Settings
    clock: Clock
    field_keys: FieldKeys = field(repr=False)
    sms: Sms
    stamp_keys: Any = field(repr=False)
    log_signer: Any = field(repr=False)
    ledgers: Mapping[str, Any]
    gateways: Mapping[str, Any] = field(repr=False)
    channels: Mapping[str, Any] = field(repr=False)


def make_world(settings: Settings) -> World:
    """Choose every part from the settings."""
    from portal.pay.wiring import make_gateways

    try:
        from portal.marketplaces.channels.registry import make_channels
    except ImportError:
        make_channels = lambda s: {}
    try:
        from portal.stamps.wiring import make_ledgers, make_log_signer, make_stamp_keys
    except ImportError:
        make_ledgers = make_log_signer = make_stamp_keys = lambda s: {}

    keys = FieldKeys(
        settings.versioned("FIELD_KEY"),
        bytes.fromhex(settings.index_key) if len(settings.index_key) == 64 else settings.index_key.encode(),
    )
    return World(
        settings=settings,
        clock=SystemClock(),
        field_keys=keys,
        sms=HttpSms(url=settings.partner("SMS_URL"), token=settings.sms_token),
        stamp_keys=make_stamp_keys(settings),
        log_signer=make_log_signer(settings),
        ledgers=make_ledgers(settings),
        gateways=make_gateways(settings),
        channels=make_channels(settings),
    )


def current_world() -> World:
    """Return the world of the running app."""
    world: World = current_app.extensions["world"]
    return world
