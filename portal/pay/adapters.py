"""How each gateway that an installation may have is made of its settings."""

from collections.abc import Callable, Mapping
from typing import Any

from payments.gateways.http import Transport
from payments.gateways.momo import Momo
from portal.config import Settings
from portal.gateway_settings import GATEWAYS


def make_adapters(settings: Settings, transport: Transport) -> dict[str, Any]:
    """Return those that are there, by their names."""
    return {name: _MAKERS[name](settings, transport) for name in GATEWAYS if settings.has_gateway(name)}


def secrets_of(text: str) -> tuple[str, ...]:
    """Return the parts of a secret that may be two while it is changed: the first signs, all verify."""
    return tuple(part for part in text.split(",") if part)


def _hook(settings: Settings, name: str) -> str:
    return f"{settings.public_url.rstrip('/')}/hooks/{name}"


def _momo(settings: Settings, transport: Transport) -> Momo:
    return Momo(
        partner_code=settings.momo_partner_code,
        access_key=settings.momo_access_key,
        secret_keys=secrets_of(settings.momo_secret),
        base_url=settings.partner("MOMO_URL"),
        notify_url=_hook(settings, "momo"),
        transport=transport,
    )


_MAKERS: Mapping[str, Callable[[Settings, Transport], Any]] = {
    "momo": _momo,
}
