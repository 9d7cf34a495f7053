"""Which parameters a call takes, and how each reads: declared as a table, checked before anything is done (pure).

An unknown parameter, a missing one and one of the wrong form are three different refusals, each naming its parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from payments.v1.errors import InvalidRequest

Read = Callable[[Any, str], Any]

MOST_METADATA, MOST_NAME, MOST_VALUE = 50, 40, 500
MOST_ADDRESS = 2_000
_LAST_SECOND = 253_402_300_799  # of the year 9999


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: how its text reads, and whether it must be there. An empty text unsets: None."""

    read: Read
    required: bool = False


Table = Mapping[str, Parameter]


def check(given: Mapping[str, Any], table: Table, *, within: str = "") -> dict[str, Any]:
    """Return the values by name, only those that were given; raises InvalidRequest."""
    unknown = sorted(given.keys() - table.keys())
    if unknown:
        name = _named(within, unknown[0])
        raise InvalidRequest(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
    for name, parameter in table.items():
        if parameter.required and given.get(name) in (None, ""):
            missing = _named(within, name)
            raise InvalidRequest(f"Missing required param: {missing}.", code="parameter_missing", param=missing)
    return {
        name: None if value == "" else table[name].read(value, _named(within, name)) for name, value in given.items()
    }


def text(most: int) -> Read:
    """Read a text of at most so many characters."""

    def read(value: Any, param: str) -> str:
        if not isinstance(value, str):
            raise _wrong("This is a text.", param, "parameter_invalid_string")
        if len(value) > most or not value.isprintable():
            raise _wrong(f"This is a text of at most {most} printable characters.", param, "parameter_invalid_string")
        return value

    return read


def integer(least: int, most: int) -> Read:
    """Read a whole number within bounds."""

    def read(value: Any, param: str) -> int:
        digits = value[1:] if isinstance(value, str) and value.startswith("-") else value
        if not isinstance(digits, str) or not (digits.isascii() and digits.isdecimal()) or len(digits) > 15:
            raise _wrong(f"Invalid integer: {str(value)[:40]}", param, "parameter_invalid_integer")
        number = int(value)
        if not least <= number <= most:
            raise _wrong(f"This is a number from {least} to {most}.", param, "parameter_invalid_integer")
        return number

    return read


def amount(value: Any, param: str) -> int:
    """Read đồng; whether the sum may be asked for is said by its own codes."""
    return int(integer(-(10**14), 10**14)(value, param))


def flag(value: Any, param: str) -> bool:
    """Read true or false."""
    if value not in ("true", "false"):
        raise _wrong("This is true or false.", param, "parameter_invalid_boolean")
    return bool(value == "true")


def never(value: Any, param: str) -> bool:
    """Read what can only be false here."""
    if value != "false":
        raise _wrong("This is not there: send false, or leave it out.", param, "parameter_invalid_value")
    return False


def name_of(most: int) -> Read:
    """Read a name for machines: ASCII letters, digits and signs that need no quoting."""

    def read(value: Any, param: str) -> str:
        plain = isinstance(value, str) and 0 < len(value) <= most and value.isascii()
        if not plain or not value.replace("_", "").replace("-", "").isalnum():
            raise _wrong("This is a name of letters, digits, _ and -.", param, "parameter_invalid_string")
        return str(value)

    return read


def address(value: Any, param: str) -> str:
    """Read an address to lead a browser to: http or https with a host, in ASCII, without user or password."""
    said = "This is a whole web address: https://host/path."
    if not isinstance(value, str) or not 0 < len(value) <= MOST_ADDRESS or not value.isascii():
        raise _wrong(said, param, "url_invalid")
    try:
        parts = urlsplit(value)
        host, user = parts.hostname, parts.username or parts.password
    except ValueError:
        raise _wrong(said, param, "url_invalid") from None
    strange = any(sign in value for sign in ' "<>\\^`') or not value.isprintable()
    if parts.scheme not in ("http", "https") or not host or user or strange:
        raise _wrong(said, param, "url_invalid")
    return value


def choice(*words: str) -> Read:
    """Read one of some words."""

    def read(value: Any, param: str) -> str:
        if value not in words:
            raise _wrong(f"This is one of {', '.join(words)}.", param, "parameter_invalid_value")
        return str(value)

    return read


def currency(value: Any, param: str) -> str:
    """Read the one currency that is taken."""
    if not isinstance(value, str) or value.lower() != "vnd":
        raise _wrong("Only vnd is taken, and it has no decimals: 50000 is 50,000 đồng.", param, "currency_not_taken")
    return "vnd"


def many(inner: Read, *, most: int) -> Read:
    """Read a list of at most so many."""

    def read(value: Any, param: str) -> list[Any]:
        if not isinstance(value, list) or not 0 < len(value) <= most:
            raise _wrong(f"This is a list of 1 to {most}.", param, "parameter_invalid_array")
        return [inner(one, f"{param}[{place}]") for place, one in enumerate(value)]

    return read


def nested(table: Table) -> Read:
    """Read parameters inside a parameter."""

    def read(value: Any, param: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _wrong("This holds further parameters.", param, "parameter_invalid_object")
        return check(value, table, within=param)

    return read


def metadata(value: Any, param: str) -> dict[str, str | None]:
    """Read names and values; an empty value takes a name away."""
    if isinstance(value, list):  # names that are all numbers read as a list
        value = {str(place): one for place, one in enumerate(value)}
    if not isinstance(value, dict) or len(value) > MOST_METADATA:
        raise _wrong(f"Metadata are at most {MOST_METADATA} names with values.", param, "metadata_invalid")
    for name, one in value.items():
        if not isinstance(one, str) or len(name) > MOST_NAME or len(one) > MOST_VALUE or "\0" in name + one:
            said = f"A name has at most {MOST_NAME} characters, a value {MOST_VALUE}."
            raise _wrong(said, f"{param}[{name[:MOST_NAME]}]", "metadata_invalid")
    return {name: one or None for name, one in value.items()}


def moment(value: Any, param: str) -> datetime:
    """Read seconds since 1970."""
    return datetime.fromtimestamp(integer(0, _LAST_SECOND)(value, param), UTC)


def moments(value: Any, param: str) -> dict[str, datetime]:
    """Read bounds of a time: one instant, or gt, gte, lt, lte."""
    if isinstance(value, str):
        at = moment(value, param)
        return {"gte": at, "lte": at}
    bounds = {name: Parameter(moment) for name in ("gt", "gte", "lt", "lte")}
    return {name: at for name, at in nested(bounds)(value, param).items() if at is not None}


def merged(old: Mapping[str, str], new: Mapping[str, str | None] | None) -> dict[str, str]:
    """Return metadata with changes applied; None takes all away."""
    if new is None:
        return {}
    both = {**old, **new}
    kept = {name: value for name, value in both.items() if value is not None}
    if len(kept) > MOST_METADATA:
        raise _wrong(f"Metadata are at most {MOST_METADATA} names with values.", "metadata", "metadata_invalid")
    return kept


LISTED: Table = {
    "limit": Parameter(integer(1, 100)),
    "starting_after": Parameter(text(64)),
    "ending_before": Parameter(text(64)),
}


def _named(within: str, name: str) -> str:
    return f"{within}[{name}]"[:200] if within else name[:200]


def _wrong(message: str, param: str, code: str) -> InvalidRequest:
    return InvalidRequest(message, code=code, param=param)
