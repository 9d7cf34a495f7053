"""Parameters as the wire has them: `a[b][0]=x`, booleans as words, times as seconds, None left out (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode


def body(values: Mapping[str, Any]) -> bytes:
    """Return a form-encoded body; brackets of names stand as they are."""
    return _text(values).encode()


def query(values: Mapping[str, Any]) -> str:
    """Return a query, with its question mark where there is any."""
    text = _text(values)
    return f"?{text}" if text else ""


def _text(values: Mapping[str, Any]) -> str:
    return urlencode(list(_pairs(values))).replace("%5B", "[").replace("%5D", "]")


def _pairs(values: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        yield from _one(f"{within}[{name}]" if within else str(name), value)


def _one(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, Mapping):
        yield from _pairs(value, name)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for place, one in enumerate(value):
            yield from _one(f"{name}[{place}]", one)
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif isinstance(value, datetime):
        yield name, str(int(value.timestamp()))
    elif isinstance(value, float):
        raise TypeError(f"{name} is a float: amounts are whole numbers of the smallest unit")
    else:
        yield name, str(value)
