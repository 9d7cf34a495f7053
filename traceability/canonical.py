"""Canonical JSON in the manner of RFC 8785; salted hashes for what must not be public.

Entries of the log hold no floats; events that others send us do, and are written with ECMAScript's numbers.
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from traceability.errors import EntryNotCanonical

LARGEST_INTEGER = 2**53 - 1

Value = None | bool | int | str | Sequence["Value"] | Mapping[str, "Value"]
Loose = None | bool | int | float | str | Sequence["Loose"] | Mapping[str, "Loose"]


def canonical_json(value: Value) -> bytes:
    """Write the one UTF-8 form of a value: keys sorted by UTF-16 units, no spaces, nothing escaped without need.

    Raises EntryNotCanonical.
    """
    return _write(value, _whole).encode("utf-8")


def canonical_with_floats(value: Loose) -> bytes:
    """Write the one UTF-8 form of a value that may hold floats; raises EntryNotCanonical."""
    return _write(value, ecmascript_number).encode("utf-8")


def salted_hash(salt: bytes, value: bytes) -> str:
    """Name a value without showing it: `sha256:` and the hex of SHA-256(salt ‖ value); the salt has 16 bytes."""
    return "sha256:" + hashlib.sha256(salt + value).hexdigest()


def ecmascript_number(number: float) -> str:
    """Write a number as ECMAScript's Number::toString does: `1`, `0.00001`, `1e-7`, `10000000000000000`, `1e+21`.

    Raises EntryNotCanonical for what is no finite number.
    """
    if isinstance(number, int) and abs(number) <= LARGEST_INTEGER:
        return str(number)
    double = _double(number)
    if double == 0:
        return "0"  # minus zero too
    # Python's repr gives the same shortest digits; only where the point goes and how the exponent looks differ.
    sign, digits_seen, exponent = Decimal(repr(double)).as_tuple()
    digits = "".join(map(str, digits_seen)).rstrip("0")
    point = len(digits_seen) + int(exponent)  # the value is 0.digits × 10^point
    minus = "-" if sign else ""
    if len(digits) <= point <= 21:
        return minus + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{minus}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{minus}{digits[0]}{rest}e{point - 1:+d}"


def _double(number: float) -> float:
    try:
        double = float(number)
    except OverflowError:
        raise EntryNotCanonical(value="a number beyond any double") from None
    if not math.isfinite(double):
        raise EntryNotCanonical(value=str(double))
    return double


def _whole(number: float) -> str:
    if not isinstance(number, int):
        raise EntryNotCanonical(value="float")
    if abs(number) > LARGEST_INTEGER:
        raise EntryNotCanonical(value=str(number))
    return str(number)


def _write(value: Loose, write_number: Callable[[float], str]) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return write_number(value)
    if isinstance(value, str):
        return _write_text(value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise EntryNotCanonical(value="a key that is no string")
        ordered = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_write_text(key)}:{_write(value[key], write_number)}" for key in ordered) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_write(item, write_number) for item in value) + "]"
    raise EntryNotCanonical(value=type(value).__name__)


def _write_text(text: str) -> str:
    # A lone surrogate has no UTF-8 form, so no bytes to hash.
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise EntryNotCanonical(value="a lone surrogate")
    return json.dumps(text, ensure_ascii=False)
