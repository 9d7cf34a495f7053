"""A settlement file in blocks of whole lines, each of which becomes one table of text.

A CSV without quotation marks, as gateways write them, is cut up by polars; from the first quotation mark on, and in a
workbook, `lines` reads. Both give the same cells. A table's columns are called by their place: "0", "1" and so on.
"""

from __future__ import annotations

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Final, Protocol

import polars as pl

from payments.settlement.errors import FileUnreadable
from payments.settlement.lines import cells_of, is_book, lines_of

# So many bytes at a time: enough for polars, and little memory.
BLOCK: Final = 1 << 23
ROWS: Final = 50_000


class Block(Protocol):
    """Some lines, of which the last is not blank; none at all if it is false."""

    def __bool__(self) -> bool: ...

    def last(self) -> list[str]:
        """Return the cells of the last line."""

    def without_last(self) -> Block:
        """Return the lines before the last."""

    def cells(self) -> list[list[str]]:
        """Return the cells of each line."""

    def table(self) -> pl.DataFrame | None:
        """Return the lines as text column by column, or None where they are not equally long."""


def blocks_of(path: Path) -> Iterator[Block]:
    """Yield a file's lines in their order: the first two each by itself, then many at once. Raises FileUnreadable."""
    with path.open("rb") as file:
        wide = file.read(2) in (BOM_UTF16_LE, BOM_UTF16_BE)
    return _cut(lines_of(path)) if wide or is_book(path) else _plain(path)


@dataclass(frozen=True, slots=True)
class _Plain:
    """Lines in UTF-8 in which only commas and line ends mean anything."""

    text: bytes

    @classmethod
    def of(cls, text: bytes) -> _Plain:
        """Leave blank lines at the end away, those of commas alone too."""
        said = len(text.rstrip(b",\n"))
        end = text.find(b"\n", said)
        return cls(b"" if not said else text if end < 0 else text[:end])

    def __bool__(self) -> bool:
        return bool(self.text)

    def last(self) -> list[str]:
        return _decoded(self.text[self.text.rfind(b"\n") + 1 :]).split(",")

    def without_last(self) -> _Plain:
        return self.of(self.text[: max(self.text.rfind(b"\n"), 0)])

    def cells(self) -> list[list[str]]:
        return [line.split(",") for line in _decoded(self.text).split("\n")]

    def table(self) -> pl.DataFrame | None:
        lines = self.text.count(b"\n") + 1
        # polars fills a line that is too short. Then another is longer than all on average, and that it refuses.
        commas = self.text.count(b",") // lines
        columns = [str(place) for place in range(commas + 1)]
        try:
            found = pl.read_csv(
                self.text, has_header=False, quote_char=None, empty_string_is_null=False,
                schema=dict.fromkeys(columns, pl.String),
            )  # fmt: skip
        except pl.exceptions.PolarsError:
            _decoded(self.text)
            return None
        return found if found.height == lines else None


@dataclass(frozen=True, slots=True)
class _Cut:
    """Lines that are cells already."""

    lines: list[list[str]]

    @classmethod
    def of(cls, lines: list[list[str]]) -> _Cut:
        """Leave blank lines at the end away."""
        end = next((at for at in range(len(lines), 0, -1) if any(lines[at - 1])), 0)
        return cls(lines[:end])

    def __bool__(self) -> bool:
        return bool(self.lines)

    def last(self) -> list[str]:
        return self.lines[-1]

    def without_last(self) -> _Cut:
        return self.of(self.lines[:-1])

    def cells(self) -> list[list[str]]:
        return self.lines

    def table(self) -> pl.DataFrame | None:
        try:
            columns = list(zip(*self.lines, strict=True))
        except ValueError:
            return None
        return pl.DataFrame({str(place): pl.Series(column, dtype=pl.String) for place, column in enumerate(columns)})


def _plain(path: Path) -> Iterator[Block]:
    """Hand out lines as they stand there, until there is something that only the csv module understands."""
    with path.open("rb") as file:
        begins = 0
        for size in chain((0, 0), repeat(BLOCK)):
            text = file.read(size) + file.readline()
            if not text:
                return
            text = text.replace(b"\r\n", b"\n")
            if not begins:
                text = text.removeprefix(BOM_UTF8)
            if b"\0" in text:
                raise FileUnreadable
            if b'"' in text or b"\r" in text:
                file.seek(begins)
                with TextIOWrapper(file, "utf-8" if begins else "utf-8-sig", newline="") as quoted:
                    yield from _cut(cells_of(quoted))
                return
            yield _Plain.of(text)
            begins = file.tell()


def _cut(lines: Iterable[list[str]]) -> Iterator[Block]:
    rest = iter(lines)
    for size in chain((1, 1), repeat(ROWS)):
        some = list(islice(rest, size))
        if not some:
            return
        yield _Cut.of(some)


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        raise FileUnreadable from None
