"""How VNPay signs: queries sorted and form-encoded, messages with bars between (payment-protocols.md A); pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import quote_plus, unquote_plus

from payments.gateways.wire import hmac_hex, same

_MOST_FIELDS: Final = 100
_SIGNATURES: Final = ("vnp_SecureHash", "vnp_SecureHashType")

# A value of these characters is its own escaping; asking a pattern is far cheaper than escaping every value.
_needs_no_escaping = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch


def signed_query(secret: str, fields: Mapping[str, str]) -> str:
    """Return the canonical query of A2 with its vnp_SecureHash last."""
    text = canonical(fields)
    return f"{text}&vnp_SecureHash={hmac_hex('sha512', secret, text.encode())}"


def canonical(fields: Mapping[str, str]) -> str:
    """Return vnp_ fields sorted and form-encoded, without empty ones and without signatures (A2)."""
    return "&".join(
        [
            f"{_escaped_name(name)}={_escaped(value)}"
            for name, value in sorted(fields.items())
            if value and name.startswith("vnp_") and name not in _SIGNATURES
        ]
    )


def read_signed(query: bytes, secret_keys: tuple[str, ...]) -> dict[str, str] | None:
    """Return the vnp_ fields of a raw query if they are signed by one of the keys and none comes twice (A3)."""
    # What is no UTF-8 changes here, so that nothing fits its signature any more.
    parts = query.decode("utf-8", "replace").split("&")
    if len(parts) > _MOST_FIELDS:
        return None
    fields: dict[str, str] = {}
    try:
        for part in parts:
            name, _, value = part.partition("=")
            escaped = "%" in part or "+" in part
            if escaped:
                name = unquote_plus(name, errors="replace")
            if not name.startswith("vnp_"):
                continue
            if name in fields:
                return None
            fields[name] = unquote_plus(value, errors="strict") if escaped else value
    except UnicodeDecodeError:
        return None
    said = fields.get("vnp_SecureHash", "").lower()
    message = canonical(fields).encode()
    if not any(same(said, hmac_hex("sha512", key, message)) for key in secret_keys):
        return None
    return fields


def piped(order: tuple[str, ...], fields: Mapping[str, str]) -> str:
    """Return the values of a querydr message joined by bars; an absent one is empty (A7)."""
    return "|".join([fields.get(f"vnp_{name}", "") for name in order])


def _escaped(text: str) -> str:
    plain = (text.isascii() and text.isalnum()) or _needs_no_escaping(text)
    return text if plain else quote_plus(text)


@lru_cache(maxsize=256)
def _escaped_name(name: str) -> str:
    return _escaped(name)
