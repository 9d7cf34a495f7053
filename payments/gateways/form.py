"""Reading forms that providers post: names once, UTF-8, not endless (pure)."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

_MOST_FIELDS: Final = 100


def read_form(body: bytes) -> dict[str, str] | None:
    """Return the fields of a form, empty ones too; None when a name comes twice or it is no form."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            max_num_fields=_MOST_FIELDS,
            errors="strict",
        )
    except ValueError:
        return None
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else None
