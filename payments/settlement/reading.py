"""A settlement file as chunks of checked rows; the whole file is refused if one thing in it does not hold.

Canonical files say their own count and sums in the first line and end with a last line; a provider's own file is read
through its column map. Work goes column by column over thousands of rows: a file may hold a million.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from operator import sub
from pathlib import Path
from typing import Any, Final

from payments.settlement.columns import CANONICAL, STATUSES, TYPES, ColumnMap, Columns, column_map
from payments.settlement.errors import (
    ColumnsMissing,
    FileUnreadable,
    ForeignRow,
    IncompleteFile,
    RowInvalid,
    TotalsMissing,
)
from payments.settlement.lines import Line, Lines, cells_of, columns_of

MARK: Final = "#portal-settlement"
END: Final = "#end"
# So few that what is cut up still lies in the processor's cache when it is checked and stored.
CHUNK: Final = 2_000
_VERSION: Final = "1"
_CURRENCY: Final = "VND"
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")
_MOST: Final = 10**18 - 1
_MOST_TEXT: Final = 64


@dataclass(frozen=True, slots=True)
class Totals:
    """What a file, its letter or its rows come to: count and sums in đồng; a sum nobody named is None."""

    rows: int
    net: int
    amount: int | None = None
    fee: int | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some checked rows, column by column; `first_row` counts from 1."""

    first_row: int
    columns: Columns
    amounts: list[int]
    fees: list[int]
    nets: list[int]

    def __len__(self) -> int:
        return len(self.amounts)

    @property
    def last_row(self) -> int:
        """The number of its last row."""
        return self.first_row + len(self) - 1


class FileReader:
    """Reads one file: iterate `chunks()` to the end, then `finish()` says what it was or refuses it."""

    def __init__(self, path: Path, *, provider: str, given: Totals | None = None, waived: bool = False) -> None:
        self.provider = provider
        self.settles: dict[str, str] = {}
        self.repeats = False
        self._given, self._waived = given, waived
        self._lines = Lines(path)
        self._days: Counter[str] = Counter()
        self._seen: dict[str, set[int]] = {}
        self._sums = [0, 0, 0, 0]
        self._declared: Totals | None = None
        self._day: date | None = None
        self._map: ColumnMap | None = None
        self._end: str | None = END
        self._ended = False
        self._head = self._read_head()

    @property
    def day(self) -> date | None:
        """The day that the file's first line says; of any other file it is known at the end."""
        return self._day

    def chunks(self) -> Iterator[Chunk]:
        """Return the rows in chunks, each checked by itself."""
        while lines := self._next_lines():
            yield self._chunk(lines)

    def finish(self) -> tuple[date, Totals]:
        """Hold count and sums against what the file or its letter says; return its day and what its rows come to."""
        rows, amount, fee, net = self._sums
        if self._end is not None and not self._ended:
            raise IncompleteFile(what="last_line")
        if self._declared is None and self._given is None and not self._waived:
            raise TotalsMissing
        for said in (self._declared, self._given):
            if said is not None:
                _require_same(said, Totals(rows=rows, net=net, amount=amount, fee=fee))
        if not rows:
            raise IncompleteFile(what="rows")
        day = self._day or date.fromisoformat(self._days.most_common(1)[0][0])
        return day, Totals(rows=rows, net=net, amount=amount, fee=fee)

    def _read_head(self) -> Sequence[str] | dict[str, int]:
        first = self._lines.next()
        if first and first[0] == MARK:
            self._declared, self._day = _declared(first, provider=self.provider)
            head = [name.strip() for name in self._lines.next()]
            missing = [name for name in CANONICAL if name not in head]
            if missing:
                raise ColumnsMissing(columns=", ".join(missing))
            return head
        self._map = column_map(self.provider)
        self._end = self._map.end
        return self._map.places(first)

    def _next_lines(self) -> list[Line]:
        while lines := self._lines.take(CHUNK):
            while lines and not any(cells_of(lines[-1])):
                lines.pop()
            if lines:
                break
        if lines and self._ended:
            raise IncompleteFile(what="last_line")
        if lines and self._end is not None and cells_of(lines[-1])[0] == self._end:
            self._read_end(cells_of(lines.pop()))
        return lines

    def _read_end(self, cells: Sequence[str]) -> None:
        self._ended = True
        numbers = [int(cell) for cell in cells[1:] if _WHOLE.fullmatch(cell)]
        if self._map is not None:
            if len(numbers) < 2 or numbers[1] % self._map.divide_by:
                raise IncompleteFile(what="last_line")
            self._declared = Totals(rows=numbers[0], net=numbers[1] // self._map.divide_by)
        elif self._declared is None or numbers[:1] != [self._declared.rows]:
            raise IncompleteFile(what="last_line")

    def _chunk(self, lines: list[Line]) -> Chunk:
        first_row = self._sums[0] + 1
        cells = columns_of(lines)
        if cells is None:
            raise self._ragged([cells_of(line) for line in lines], first_row)
        columns = self._columns(cells, first_row)
        numbers = [_numbers(columns[name], name, first_row) for name in ("amount", "fee", "net")]
        self._check(columns, numbers, first_row)
        self._sums = [
            had + more for had, more in zip(self._sums, [len(lines), *map(sum, numbers)], strict=True)
        ]  # fmt: skip
        batches, times = columns["batch_id"], columns["settle_time"]
        alike = batches.count(batches[0]) == times.count(times[0]) == len(batches)
        self.settles.update([(batches[0], times[0])] if alike else zip(batches, times, strict=True))
        return Chunk(first_row, columns, *numbers)

    def _columns(self, cells: Sequence[Sequence[str]], first_row: int) -> Columns:
        if self._map is not None:
            places: Any = self._head
            if len(cells) <= max(places.values()):
                raise RowInvalid(row=first_row, column="")
            return self._map.canonical(cells, places=places, first_row=first_row)
        if len(cells) != len(self._head):
            raise RowInvalid(row=first_row, column="")
        return dict(zip(self._head, cells, strict=True))

    def _ragged(self, lines: list[list[str]], first_row: int) -> Exception:
        """Tell a file cut in the middle of a line from one with a bad line."""
        width = len(lines[0])
        at = next(place for place, line in enumerate(lines) if len(line) != width)
        cut = at == len(lines) - 1 and not self._ended and not self._lines.take(1)
        return IncompleteFile(what="last_line") if cut else RowInvalid(row=first_row + at, column="")

    def _check(self, columns: Columns, numbers: Sequence[list[int]], first_row: int) -> None:
        _require_words(columns, "provider", (self.provider,), first_row, foreign=True)
        _require_words(columns, "type", TYPES, first_row)
        _require_words(columns, "status", STATUSES, first_row)
        _require_words(columns, "currency", (_CURRENCY,), first_row)
        for name in ("provider_txn_id", "merchant_ref", "original_ref", "batch_id"):
            _require_short(columns[name], name, first_row)
        for day in set(columns["business_date"]):
            _require_day(day, columns, first_row)
            self._days[day] += columns["business_date"].count(day)
        _require_sums(columns["type"], columns["status"], numbers, first_row)
        self._note_repeats(columns)

    def _note_repeats(self, columns: Columns) -> None:
        kinds = set(columns["type"])
        for kind in kinds:
            ids = columns["provider_txn_id"] if len(kinds) == 1 else [
                one for one, own in zip(columns["provider_txn_id"], columns["type"], strict=True) if own == kind
            ]  # fmt: skip
            if not all(ids):
                ids = [one for one in ids if one]
            seen = self._seen.setdefault(kind, set())  # of hashes, which are small: SQL tells true repeats from chance
            before = len(seen)
            seen.update(map(hash, ids))
            self.repeats |= len(seen) - before != len(ids)


def _declared(first: Sequence[str], *, provider: str) -> tuple[Totals, date]:
    try:
        version, own, day, *figures = [cell.strip() for cell in first[1:8]]
        rows, amount, fee, net = map(int, figures)
        found = Totals(rows=rows, amount=amount, fee=fee, net=net), date.fromisoformat(day)
    except ValueError:
        raise IncompleteFile(what="first_line") from None
    if version != _VERSION:
        raise FileUnreadable(version=version)
    if own != provider:
        raise ForeignRow(row=0)
    return found


def _require_same(said: Totals, found: Totals) -> None:
    for name in ("rows", "amount", "fee", "net"):
        want, have = getattr(said, name), getattr(found, name)
        if want is not None and want != have:
            raise IncompleteFile(what=name, said=want, found=have)


def _require_words(columns: Columns, name: str, known: Sequence[str], first_row: int, *, foreign: bool = False) -> None:
    column, found = columns[name], 0
    for word in known:  # counting is quicker than a look-up for each cell
        found += column.count(word)
        if found == len(column):
            break
    else:
        at = next(place for place, word in enumerate(column) if word not in known)
        raise ForeignRow(row=first_row + at) if foreign else RowInvalid(row=first_row + at, column=name)


def _require_short(column: Sequence[str], name: str, first_row: int) -> None:
    if max(map(len, column)) > _MOST_TEXT:
        at = next(place for place, text in enumerate(column) if len(text) > _MOST_TEXT)
        raise RowInvalid(row=first_row + at, column=name)


def _require_day(day: str, columns: Columns, first_row: int) -> None:
    try:
        date.fromisoformat(day)
    except ValueError:
        raise RowInvalid(row=first_row + list(columns["business_date"]).index(day), column="business_date") from None


def _require_sums(types: Sequence[str], statuses: Sequence[str], numbers: Sequence[list[int]], first_row: int) -> None:
    """Hold net = amount − fee for payments, and that money going back is no gain; what failed moves nothing."""
    amounts, fees, nets = numbers
    if min(amounts) < 0:
        raise RowInvalid(row=first_row + amounts.index(min(amounts)), column="amount")
    plain = types.count("payment") == statuses.count("ok") == len(types)
    if plain and list(map(sub, amounts, fees)) == nets:
        return
    for at, (kind, status, amount, fee, net) in enumerate(zip(types, statuses, amounts, fees, nets, strict=True)):
        if status != "ok":
            sound = net == 0
        elif kind == "payment":
            sound = net == amount - fee
        else:
            sound = net <= 0 or kind == "adjustment"
        if not sound:
            raise IncompleteFile(what="net", row=first_row + at)


def _numbers(column: Sequence[str], name: str, first_row: int) -> list[int]:
    joined = "".join(column)
    if joined.isascii() and joined.isdigit() and all(column):
        numbers = list(map(int, column))
        if max(numbers) <= _MOST:
            return numbers
    for row, text in enumerate(column, first_row):
        if not _WHOLE.fullmatch(text):
            raise RowInvalid(row=row, column=name)
    return list(map(int, column))
