"""The lines of a CSV or of a workbook's first sheet, some thousands at a time, turned into columns.

A CSV without quotation marks, as gateways write them, is cut up by whole blocks; from the first quotation mark on the
csv module reads it. Both give the same cells.
"""

from __future__ import annotations

import csv
import zipfile
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, Final

import python_calamine

from payments.settlement.errors import FileUnreadable

_BLOCK: Final = 1 << 18
_END: Final = "\n"
_THOUSAND: Final = 3

# A line that is not cut up yet, or its cells.
Line = str | list[str]


class Lines:
    """Hands out a file's lines in their order; raises FileUnreadable where it is no list at all.

    `mark` is what stands between the cells of a CSV.
    """

    def __init__(self, path: Path, *, mark: str = ",") -> None:
        with path.open("rb") as file:
            begins = file.read(4)
        wide = begins[:2] in (BOM_UTF16_LE, BOM_UTF16_BE)  # as a spreadsheet saves "Unicode text"
        self._lines: Iterator[Line]
        if begins == b"PK\x03\x04":
            self._lines = _book(path)
        elif wide or mark != ",":
            self._lines = _marked(path, mark, encoding="utf-16" if wide else "utf-8-sig")
        else:
            self._lines = _text(path)

    def take(self, most: int) -> list[Line]:
        """Return the next lines, at most so many, all of one form; none at the end."""
        found = list(islice(self._lines, most))
        if found and isinstance(found[0], str) and not isinstance(found[-1], str):
            return [cells_of(line) for line in found]
        return found

    def next(self) -> list[str]:
        """Return the cells of the next line; none at the end."""
        found = self.take(1)
        return cells_of(found[0]) if found else []


def cells_of(line: Line) -> list[str]:
    """Return the cells of one line."""
    if isinstance(line, list):
        return line
    return line.split(",") if line else []


def columns_of(lines: Sequence[Any]) -> list[Sequence[str]] | None:
    """Return lines of one form column by column, or None where they are not equally long."""
    if not isinstance(lines[0], str):
        try:
            return list(zip(*lines, strict=True))
        except ValueError:
            return None
    width = lines[0].count(",") + 1
    # The end of each line becomes a cell of its own: if all of them stand in one column, every line has its width.
    cells = f",{_END},".join(lines).split(",")
    if len(cells) != len(lines) * (width + 1) - 1 or cells[width :: width + 1].count(_END) != len(lines) - 1:
        return None
    return [cells[place :: width + 1] for place in range(width)]


def _text(path: Path) -> Iterator[Line]:
    """Cut blocks into lines as long as there is nothing in them that only the csv module understands."""
    try:
        with path.open("rb") as file:
            begins = 0
            while block := file.read(_BLOCK):
                text = (block + file.readline()).decode("utf-8" if begins else "utf-8-sig")
                if "\0" in text:
                    raise FileUnreadable
                text = text.replace("\r\n", _END)
                if '"' in text or "\r" in text:
                    file.seek(begins)
                    with TextIOWrapper(file, "utf-8" if begins else "utf-8-sig", newline="") as quoted:
                        yield from csv.reader(_without_nul(quoted))
                    return
                yield from text.removesuffix(_END).split(_END)
                begins = file.tell()
    except (UnicodeDecodeError, csv.Error):
        raise FileUnreadable from None


def _marked(path: Path, mark: str, *, encoding: str) -> Iterator[Line]:
    try:
        with path.open(encoding=encoding, newline="") as file:
            yield from csv.reader(_without_nul(file), delimiter=mark)
    except (UnicodeError, csv.Error):
        raise FileUnreadable from None


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if "\0" in line:
            raise FileUnreadable
        yield line


def _book(path: Path) -> Iterator[Line]:
    try:
        sheet = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        lines = sheet.to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError, IndexError):
        raise FileUnreadable from None
    for cells in lines:
        texts = [_cell(cell) for cell in cells]
        if texts and texts[0].startswith("#"):
            while texts and not texts[-1]:
                texts.pop()
            if len(texts) == 1:
                texts = texts[0].split(",")
        yield texts


def _cell(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, float) and len(str(cell).partition(".")[2]) == _THOUSAND:
        return f"{cell}0"  # a fraction, so nobody may take its point for the mark of thousands
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    return "" if cell is None else str(cell)
