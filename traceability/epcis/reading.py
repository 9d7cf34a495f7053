"""Bytes that somebody sent become JSON values, strictly; nothing in them is fetched, expanded or run."""

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from traceability.canonical import LARGEST_INTEGER
from traceability.errors import DocumentTooLarge, JsonInvalid

MOST_BYTES = 5 * 1024 * 1024
MOST_DEPTH = 32


def read_json(data: bytes) -> Any:
    """Read I-JSON (RFC 7493): UTF-8, no key twice, no lone surrogate, at most 32 levels deep, numbers as doubles.

    Raises DocumentTooLarge, JsonInvalid.
    """
    if len(data) > MOST_BYTES:
        raise DocumentTooLarge(bytes=len(data), most=MOST_BYTES)
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_once_each,
            parse_int=_read_integer,
            parse_float=_read_float,
            parse_constant=_no_constant,
        )
    except (ValueError, RecursionError) as error:
        raise JsonInvalid(path="") from error
    _check_depth(value)
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise JsonInvalid(path="")
    return found


def _read_integer(text: str) -> float:
    # Every number of JSON is a double to those who made this document; beyond 2^53 its digits are not what it means.
    if len(text) > 400:
        raise JsonInvalid(path="")
    number = int(text)
    return number if abs(number) <= LARGEST_INTEGER else _read_float(text)


def _read_float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise JsonInvalid(path="")
    return number


def _no_constant(_name: str) -> NoReturn:
    raise JsonInvalid(path="")


def _check_depth(value: Any) -> None:
    level = [value]
    for _depth in range(MOST_DEPTH + 1):
        _check_texts(one for one in level if isinstance(one, str))
        _check_texts(key for one in level if isinstance(one, dict) for key in one)
        inside = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        if not inside:
            return
        level = [item for one in inside for item in one]
    raise JsonInvalid(path="")


def _check_texts(texts: Iterable[str]) -> None:
    try:
        for text in texts:
            text.encode("utf-8")
    except UnicodeEncodeError:  # a lone surrogate
        raise JsonInvalid(path="") from None
