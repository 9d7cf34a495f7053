"""What a link or a session asks its payer beside the sum, and the words that its maker adds to the page (pure).

A field is kept as it is shown: `{key, label, optional, type, text | numeric | dropdown}`. The answers live in the
session alone; they are no part of any page that may be passed on.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from payments.v1.errors import InvalidRequest

Field = dict[str, Any]

MOST_FIELDS, MOST_ANSWER, MOST_OPTIONS = 3, 255, 100
TEXT, NUMERIC, DROPDOWN = "text", "numeric", "dropdown"
TEXTS = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")


def read_fields(given: Sequence[Mapping[str, Any]] | None) -> list[Field] | None:
    """Return checked fields as rows keep them, None for none. Raises InvalidRequest."""
    if not given:
        return None
    keys = [one["key"] for one in given]
    if len(set(keys)) != len(keys):
        raise _wrong("Each key stands once.", "custom_fields")
    return [_field(one, f"custom_fields[{n}]") for n, one in enumerate(given)]


def read_texts(given: Mapping[str, Any] | None) -> dict[str, str] | None:
    """Return the words that were given for places of the page, None for none."""
    found = {place: one["message"] for place, one in (given or {}).items() if one and one.get("message")}
    return found or None


def shown_texts(kept: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the words in the SDK's shape: each place is null or has a message."""
    kept = kept or {}
    return {place: {"message": kept[place]} if place in kept else None for place in TEXTS}


def answered(fields: Sequence[Field] | None, answers: Mapping[str, str]) -> tuple[list[Field], dict[str, str]]:
    """Return the fields with their answers, and by key what is wrong: missing, too_long, not_digits, not_offered."""
    found, wrong = [], {}
    for field in copy.deepcopy(list(fields or ())):
        value = answers.get(field["key"], "").strip()
        problem = _problem(field, value)
        if problem is not None:
            wrong[field["key"]] = problem
        field[field["type"]]["value"] = value or None
        found.append(field)
    return found, wrong


def waits(fields: Sequence[Field] | None) -> bool:
    """Say whether a question that must be answered has no answer yet."""
    return any(not one["optional"] and one[one["type"]].get("value") is None for one in fields or ())


def untouched(fields: Sequence[Field] | None) -> bool:
    """Say whether there are questions and none has an answer yet."""
    return bool(fields) and all(one[one["type"]].get("value") is None for one in fields or ())


def unanswered(fields: Sequence[Field] | None) -> list[Field]:
    """Return fields without their answers, as they were asked."""
    found = copy.deepcopy(list(fields or ()))
    for one in found:
        one[one["type"]]["value"] = None
    return found


def _field(one: Mapping[str, Any], param: str) -> Field:
    kind = one["type"]
    options: list[dict[str, str]] = (one.get("dropdown") or {}).get("options") or []
    if (kind == DROPDOWN) != bool(options):
        raise _wrong("A dropdown has options, and nothing else has.", f"{param}[dropdown]")
    inner: dict[str, Any] = {"default_value": None, "value": None}
    if kind == DROPDOWN:
        values = [option["value"] for option in options]
        if len(set(values)) != len(values):
            raise _wrong("Each option has a value of its own.", f"{param}[dropdown]")
        inner["options"] = [{"label": option["label"], "value": option["value"]} for option in options]
    else:
        inner |= {"maximum_length": None, "minimum_length": None}
    label = {"type": "custom", "custom": one["label"]["custom"]}
    return {"key": one["key"], "label": label, "optional": bool(one.get("optional")), "type": kind, kind: inner}


def _problem(field: Field, value: str) -> str | None:
    if not value:
        return None if field["optional"] else "missing"
    if len(value) > MOST_ANSWER or not value.isprintable():
        return "too_long"
    if field["type"] == NUMERIC and not (value.isascii() and value.isdecimal()):
        return "not_digits"
    offered = [option["value"] for option in field[DROPDOWN]["options"]] if field["type"] == DROPDOWN else [value]
    return None if value in offered else "not_offered"


def _wrong(message: str, param: str) -> InvalidRequest:
    return InvalidRequest(message, code="parameter_invalid_value", param=param)
