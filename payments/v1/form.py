"""Form-encoded bodies and queries with brackets, as the SDK writes them: `a[b][0]=x` (pure)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from payments.v1.errors import InvalidRequest, TooLarge

MOST_BYTES = 1024 * 1024
MOST_PARAMETERS = 1_000
DEEPEST = 5
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def read_form(raw: bytes) -> dict[str, Any]:
    """Return parameters as nested dicts and lists of text; raises InvalidRequest or TooLarge.

    A repeated parameter, a list that skips an index, and bytes that are not UTF-8 are refused.
    """
    if len(raw) > MOST_BYTES:
        raise TooLarge("A request takes at most 1 MiB.")
    if raw.count(b"&") >= MOST_PARAMETERS:
        raise InvalidRequest(f"A request takes at most {MOST_PARAMETERS} parameters.", code="request_too_large")
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, strict_parsing=bool(raw), errors="strict")
    except ValueError:
        raise InvalidRequest("The parameters are not form-encoded UTF-8.", code="parameters_unreadable") from None
    found: dict[str, Any] = {}
    for name, value in pairs:
        _put(found, name, value)
    return {name: _settled(value, name) for name, value in found.items()}


def _put(found: dict[str, Any], name: str, value: str) -> None:
    match = _NAME.fullmatch(name)
    if match is None:
        raise InvalidRequest("This name is no parameter.", code="parameter_unknown", param=name[:100])
    path = [match[1], *(part[1:] for part in match[2].split("]")[:-1])]
    if len(path) > 2 * DEEPEST or sum(not part.isdecimal() for part in path) > DEEPEST:  # a place is no level
        raise InvalidRequest(f"Parameters nest at most {DEEPEST} deep.", code="request_too_large", param=name[:100])
    place = found
    for part in path[:-1]:
        place = place.setdefault(part, {})
        if not isinstance(place, dict):
            raise _twice(name)
    last = path[-1] or str(len(place))  # a[]=x takes the next place
    if last in place:
        raise _twice(name)
    place[last] = value


def _settled(value: Any, name: str) -> Any:
    """Turn what has only numbers for names into a list."""
    if not isinstance(value, dict):
        return value
    inner = {part: _settled(one, f"{name}[{part}]") for part, one in value.items()}
    if not all(part.isdecimal() and part.isascii() for part in inner):
        return inner
    if [int(part) for part in inner] != list(range(len(inner))):
        raise InvalidRequest("The places of a list follow each other from 0.", code="parameter_invalid", param=name)
    return list(inner.values())


def _twice(name: str) -> InvalidRequest:
    return InvalidRequest("This parameter was sent twice.", code="parameter_repeated", param=name[:100])
