"""Reading what arrives and signing what leaves, as strictly as payment-protocols.md section 0 asks (pure)."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

MOST_DEPTH = 32
_LONGEST = 256 * 1024
_WHOLE = re.compile(r"[0-9]{1,15}")


class Unreadable(ValueError):
    """Not the JSON, or not the field, that the provider's document describes; never leaves the adapters."""


def hmac_hex(algorithm: str, secret: str, message: bytes) -> str:
    """Return a lower-case hexadecimal HMAC; the one-shot form costs half of an object's."""
    return hmac.digest(secret.encode(), message, algorithm).hex()


def same(one: str, other: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def read_object(raw: bytes) -> dict[str, Any]:
    """Read a JSON object: no name twice, no NaN, no deeper than 32; raises Unreadable."""
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError) as fault:
        raise Unreadable("not JSON") from fault
    if not isinstance(value, dict) or _deeper_than(value, MOST_DEPTH):
        raise Unreadable("not an object, or too deep")
    return value


def text_of(fields: Mapping[str, Any], name: str, *, most: int = 1000) -> str:
    """Return a text field, or a number as text; absent and null are empty; raises Unreadable."""
    value = fields.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise Unreadable(name)
    # What no database keeps as text (NUL, half of a surrogate pair) is dropped: money must not wait for it.
    text = str(value).replace("\x00", "").encode("utf-8", "ignore").decode()
    if len(text) > most:
        raise Unreadable(name)
    return text


def cut_text(fields: Mapping[str, Any], name: str, *, most: int = 1000) -> str:
    """Return a text that only people and a search read, cut where it is too long: money must not wait for it."""
    return text_of(fields, name, most=_LONGEST)[:most]


def signed_text(fields: Mapping[str, Any], name: str) -> str:
    """Return a field as it stands in a signed text: a text as it is, a whole number in digits; raises Unreadable."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise Unreadable(name)
    return str(value)


def whole_of(fields: Mapping[str, Any], name: str) -> int:
    """Return a whole number of at most 15 digits given as number or digits; a fraction is refused."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, (str, int)) or not _WHOLE.fullmatch(str(value)):
        raise Unreadable(name)
    return int(value)


def time_of(fields: Mapping[str, Any], name: str) -> datetime:
    """Return a time given as a whole number of milliseconds since 1970; raises Unreadable."""
    try:
        return datetime.fromtimestamp(whole_of(fields, name) / 1000, UTC)
    except (ValueError, OverflowError, OSError) as fault:
        raise Unreadable(name) from fault


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _deeper_than(value: Any, most: int) -> bool:
    level: list[Any] = [value]
    for _ in range(most):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return any(isinstance(inner, (dict, list)) for inner in level)
