"""From a provider's headings and words to canonical columns: the maps are data, one a provider and format."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Final

from payments.settlement.errors import ColumnsMissing, FormatUnknown, RowInvalid

CANONICAL: Final = (
    "provider", "business_date", "provider_txn_id", "merchant_ref", "original_ref", "type", "amount", "fee", "net",
    "currency", "txn_time", "settle_time", "batch_id", "status", "channel", "store", "terminal",
)  # fmt: skip
# The frequent ones first.
TYPES: Final = ("payment", "refund", "fee", "chargeback", "adjustment")
STATUSES: Final = ("ok", "failed", "reversed")
# A sum that our books can hold, as a regular expression.
WHOLE: Final = r"-?[0-9]{1,18}"
_NEEDED: Final = ("provider_txn_id", "amount", "net")
_LOCAL: Final = "%Y-%m-%d %H:%M:%S"
# What a provider's own file need not say, and what it then means.
_MEANT: Final[Mapping[str, str]] = {"type": "payment", "fee": "0", "currency": "VND", "status": "ok"}

Columns = dict[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """How one provider's own file is read; `end` begins the line of count and net, if there is one."""

    provider: str
    since: date
    headings: Mapping[str, str]
    times: str = _LOCAL
    divide_by: int = 1
    types: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    end: str | None = None

    def places(self, head: Sequence[str]) -> dict[str, int]:
        """Return where each canonical column stands in a heading line; raise ColumnsMissing."""
        at = {name.strip(): place for place, name in enumerate(head)}
        missing = [self.headings[name] for name in _NEEDED if self.headings[name] not in at]
        if missing:
            raise ColumnsMissing(columns=", ".join(missing))
        return {name: at[heading] for name, heading in self.headings.items() if heading in at}

    def canonical(self, cells: Mapping[str, Sequence[str]], *, first_row: int) -> Columns:
        """Return the canonical columns of some rows, of which those that the file has are given; raise RowInvalid."""
        count = len(cells["net"])
        found: Columns = {name: [_MEANT.get(name, "")] * count for name in CANONICAL} | dict(cells)
        found["provider"] = [self.provider] * count
        for name, words in (("type", self.types), ("status", self.statuses)):
            if name in cells:
                found[name] = _each(found[name], name, first_row, words.__getitem__)
        for name in ("txn_time", "settle_time"):
            if name in cells:
                found[name] = _each(found[name], name, first_row, self._time)
        for name in ("amount", "fee", "net"):
            if name in cells and self.divide_by != 1:
                found[name] = _each(found[name], name, first_row, self.divided)
        found["business_date"] = [time[:10] for time in found["txn_time"]]
        return found

    def divided(self, text: str) -> str:
        """Return a printed sum in whole đồng; raise ValueError where it is no whole number or has a rest."""
        if not is_whole(text):
            raise ValueError(text)
        whole, rest = divmod(int(text), self.divide_by)
        if rest:
            raise ValueError(text)
        return str(whole)

    def _time(self, text: str) -> str:
        return datetime.strptime(text, self.times).strftime(_LOCAL) if text else ""  # noqa: DTZ007  stays local text


@cache
def column_maps() -> Mapping[str, ColumnMap]:
    """Return the shipped maps by provider."""
    text = files("payments.settlement").joinpath("column_maps.toml").read_text("utf-8")
    return {name: ColumnMap(provider=name, **values) for name, values in tomllib.loads(text).items()}


def column_map(provider: str) -> ColumnMap:
    """Return a provider's map or raise FormatUnknown."""
    found = column_maps().get(provider)
    if found is None:
        raise FormatUnknown(provider=provider)
    return found


def is_whole(cell: str) -> bool:
    """Say whether a cell is a whole number that our books can hold."""
    return re.fullmatch(WHOLE, cell) is not None


def _each(column: Sequence[str], name: str, first_row: int, read: object) -> list[str]:
    found = []
    for row, text in enumerate(column, first_row):
        try:
            found.append(read(text))  # type: ignore[operator]
        except (ValueError, KeyError):
            raise RowInvalid(row=row, column=name) from None
    return found
