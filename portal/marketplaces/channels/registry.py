"""Which marketplaces there are, and by which adapter each is reached. A new one is a row here and its settings."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from portal.config import LOOPBACK, Settings
from portal.marketplaces.channels.protocol import Channel
from portal.marketplaces.channels.rest import RestChannel

NAMES: Mapping[str, str] = {"postmart": "Postmart", "voso": "Voso"}


def _now() -> datetime:
    return datetime.now(UTC)


def make_channels(settings: Settings, *, clock: Callable[[], datetime] = _now) -> dict[str, Channel]:
    """Return every channel by its code. Outside production an address on loopback is a simulation, and labelled so."""
    channels: dict[str, Channel] = {}
    for code, name in NAMES.items():
        upper = code.upper()
        base = settings.partner(f"{upper}_URL").rstrip("/")
        channels[code] = RestChannel(
            code=code,
            name=name,
            base=base,
            token=settings.values[f"{upper}_TOKEN"],
            secrets=tuple(part for part in settings.values[f"{upper}_WEBHOOK_SECRET"].split(",") if part),
            clock=clock,
            simulation=not settings.production and base.startswith(LOOPBACK),
        )
    return channels
