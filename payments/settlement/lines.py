"""The lines of a CSV or of a workbook's first sheet, each as its cells."""

from __future__ import annotations

import csv
import hashlib
import zipfile
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TextIO

import python_calamine

from payments.settlement.errors import FileUnreadable

_BOOK: Final = b"PK\x03\x04"
_THOUSAND: Final = 3


def lines_of(path: Path, *, mark: str = ",") -> Iterator[list[str]]:
    """Yield a file's lines in their order; `mark` stands between the cells of a CSV. Raises FileUnreadable."""
    if is_book(path):
        yield from _book(path)
        return
    with path.open("rb") as file:
        wide = file.read(2) in (BOM_UTF16_LE, BOM_UTF16_BE)  # as a spreadsheet saves "Unicode text"
    with path.open(encoding="utf-16" if wide else "utf-8-sig", newline="") as text:
        yield from cells_of(text, mark=mark)


def cells_of(text: TextIO, *, mark: str = ",") -> Iterator[list[str]]:
    """Yield the lines of an open CSV; raises FileUnreadable."""
    try:
        yield from csv.reader(_without_nul(text), delimiter=mark)
    except (UnicodeError, csv.Error):
        raise FileUnreadable from None


def is_book(path: Path) -> bool:
    """Say whether a file is a workbook."""
    with path.open("rb") as file:
        return file.read(len(_BOOK)) == _BOOK


def sha256_of(path: Path) -> str:
    """Return by what the bytes of a file are known."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if "\0" in line:
            raise FileUnreadable
        yield line


def _book(path: Path) -> Iterator[list[str]]:
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
