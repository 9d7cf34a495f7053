"""A settlement file as chunks of checked rows; the whole file is refused if one thing in it does not hold.

Canonical files say their own count and sums in the first line and end with a last line; a provider's own file is read
through its column map. Work goes column by column over tens of thousands of rows: a file may hold a million.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from payments.settlement.blocks import Block, blocks_of
from payments.settlement.columns import CANONICAL, ColumnMap, column_map, is_whole
from payments.settlement.errors import ColumnsMissing, IncompleteFile, RowInvalid, TotalsMissing
from payments.settlement.rules import SUMS, require, sums_hold, texts_hold
from payments.settlement.totals import Totals, declared, require_same

MARK: Final = "#portal-settlement"
END: Final = "#end"
# More our books cannot hold; no country has so much.
_MOST: Final = 2**63 - 1
_STORED: Final = ("type", "provider_txn_id", "merchant_ref", "original_ref", "txn_time", "batch_id", "status")


class FileReader:
    """Reads one file: iterate `chunks()` to the end, then `finish()` says what it was or refuses it.

    `settles` tells by batch when it is paid out; `repeats`, once finished, whether a transaction may stand there twice.
    """

    def __init__(self, path: Path, *, provider: str, given: Totals | None = None, waived: bool = False) -> None:
        self.provider = provider
        self.settles: dict[str, str] = {}
        self.repeats = False
        self._given, self._waived = given, waived
        self._blocks = blocks_of(path)
        self._texts = texts_hold(provider)
        self._days: Counter[str] = Counter()
        self._keys: list[pl.Series] = []
        self._rows = 0
        self._sums = dict.fromkeys(SUMS, 0)
        self._declared: Totals | None = None
        self._day: date | None = None
        self._map: ColumnMap | None = None
        self._end: str | None = END
        self._ended = False
        self._width = 0  # of a canonical file's lines
        self._head = self._read_head()

    def chunks(self) -> Iterator[pl.DataFrame]:
        """Yield the rows in chunks, each checked by itself: columns as in `FileRow`, and a number from 1 on."""
        while block := self._next():
            yield self._chunk(block)

    def finish(self) -> tuple[date, Totals]:
        """Hold count and sums against what the file or its letter says; return its day and what its rows come to."""
        if self._end is not None and not self._ended:
            raise IncompleteFile(what="last_line")
        if self._declared is None and self._given is None and not self._waived:
            raise TotalsMissing
        found = Totals(rows=self._rows, **self._sums)
        for said in (self._declared, self._given):
            if said is not None:
                require_same(said, found)
        if not self._rows:
            raise IncompleteFile(what="rows")
        for name, sum_ in self._sums.items():
            if abs(sum_) > _MOST:
                raise IncompleteFile(what=name)
        keys = pl.concat(self._keys)  # hashes, which are small: SQL tells true repeats from chance
        self.repeats = keys.n_unique() < len(keys)
        return self._day or date.fromisoformat(self._days.most_common(1)[0][0]), found

    def _read_head(self) -> dict[str, int]:
        """Return where each column stands."""
        first = self._line()
        if first[:1] != [MARK]:
            self._map = column_map(self.provider)
            self._end = self._map.end
            return self._map.places(first)
        self._declared, self._day = declared(first, provider=self.provider)
        head = [name.strip() for name in self._line()]
        missing = [name for name in CANONICAL if name not in head]
        if missing:
            raise ColumnsMissing(columns=", ".join(missing))
        self._width = len(head)
        return {name: head.index(name) for name in CANONICAL}

    def _line(self) -> list[str]:
        block = next(self._blocks, None)
        return block.last() if block else []

    def _next(self) -> Block | None:
        for block in self._blocks:
            if block and self._ended:
                raise IncompleteFile(what="last_line")
            if block and self._end is not None and (last := block.last())[0] == self._end:
                self._read_end(last)
                block = block.without_last()
            if block:
                return block
        return None

    def _read_end(self, cells: Sequence[str]) -> None:
        self._ended = True
        numbers = [int(cell) for cell in cells[1:] if is_whole(cell)]
        if self._map is not None:
            if len(numbers) < 2 or numbers[1] % self._map.divide_by:
                raise IncompleteFile(what="last_line")
            self._declared = Totals(rows=numbers[0], net=numbers[1] // self._map.divide_by)
        elif self._declared is None or numbers[:1] != [self._declared.rows]:
            raise IncompleteFile(what="last_line")

    def _chunk(self, block: Block) -> pl.DataFrame:
        first_row = self._rows + 1
        table = block.table()
        if table is None or table.width != (self._width or table.width):
            raise self._ragged(block.cells(), first_row)
        texts = self._columns(table, first_row)
        require(texts, self._texts, first_row)
        rows = texts.with_columns(pl.col(SUMS).cast(pl.Int64))
        self._note_days(rows, first_row)
        require(rows, sums_hold(), first_row)
        self._note(rows)
        number = pl.int_range(first_row, self._rows + 1).alias("row_no")
        return rows.select(number, *_STORED, pl.col(SUMS).name.suffix("_minor"))

    def _columns(self, table: pl.DataFrame, first_row: int) -> pl.DataFrame:
        places = self._head
        if self._map is None:
            return table.select(pl.col(str(place)).alias(name) for name, place in places.items())
        if table.width <= max(places.values()):
            raise RowInvalid(row=first_row, column="")
        cells = {name: table[str(place)].to_list() for name, place in places.items()}
        return pl.DataFrame(self._map.canonical(cells, first_row=first_row), schema=dict.fromkeys(CANONICAL, pl.String))

    def _ragged(self, lines: list[list[str]], first_row: int) -> Exception:
        """Tell a file cut in the middle of a line from one with a bad line."""
        width = self._width or len(lines[0])
        at = next(place for place, line in enumerate(lines) if len(line) != width)
        cut = at == len(lines) - 1 and not self._ended and not any(self._blocks)
        return IncompleteFile(what="last_line") if cut else RowInvalid(row=first_row + at, column="")

    def _note_days(self, rows: pl.DataFrame, first_row: int) -> None:
        days: Any = rows["business_date"]
        for day, count in days.value_counts().iter_rows():
            try:
                date.fromisoformat(day)
            except ValueError:
                raise RowInvalid(row=first_row + days.index_of(day), column="business_date") from None
            self._days[day] += count

    def _note(self, rows: pl.DataFrame) -> None:
        """Keep what the whole file is judged by in the end."""
        self._rows += rows.height
        for name, sum_ in rows.select(pl.col(SUMS).cast(pl.Int128).sum()).row(0, named=True).items():
            self._sums[name] += sum_  # 128 bits: a million of the largest sums would not go into 64
        self.settles.update(rows.select("batch_id", "settle_time").unique("batch_id", keep="last").iter_rows())
        keyed = rows.filter(pl.col("provider_txn_id") != "")
        self._keys.append(keyed.select(pl.struct("type", "provider_txn_id").hash()).to_series())
