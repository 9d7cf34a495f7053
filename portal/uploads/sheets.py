"""Read a list line by line, each cell as text: workbooks as a stream, text files in whatever letters they have."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from portal.uploads.errors import FileRefused
from portal.uploads.kinds import TEXT, kind_of
from portal.uploads.workbook import NotPlain, PlainWorkbook

MOST_COLUMNS = 100
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the lines of a list are: the file, and of a workbook the sheet, of a text file letters and separator."""

    path: Path
    kind: str
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None

    def lines(self) -> Iterator[list[str]]:
        """Yield every line from the first; each cell as text."""
        return _text_lines(self) if self.kind == TEXT else _workbook_lines(self)


def open_source(path: Path, *, sheet: str | None = None, counted: bool = False) -> Source:
    """Return how a file is to be read; raise `FileRefused` where it is not fit to be. `counted`: as for `kind_of`."""
    kind = kind_of(path, counted=counted)
    if kind == TEXT:
        encoding = _encoding(path)
        return Source(path, kind, encoding=encoding, delimiter=_delimiter(path, encoding))
    names = sheet_names(path)
    if not names:
        raise FileRefused("file.empty")
    return Source(path, kind, sheet=sheet if sheet in names else names[0])


def sheet_names(path: Path) -> list[str]:
    """Return the sheets that a person sees in a workbook."""
    try:
        with closing(PlainWorkbook(path)) as plain:
            return plain.names
    except NotPlain:
        pass
    with _workbook(path) as book:
        shown = [one.name for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible]
        return shown or list(book.sheet_names)


def cell_text(value: Any) -> str:
    """Return a cell's value as a person would have typed it: whole numbers plainly, days as day/month/year."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "x" if value else ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime | date):
        return f"{value:%d/%m/%Y}"
    if value is None or isinstance(value, time | timedelta):
        return ""
    return str(value)


def _workbook(path: Path) -> Any:
    try:
        return CalamineWorkbook.from_path(str(path))
    except CalamineError:
        raise FileRefused("file.type") from None


def _workbook_lines(source: Source) -> Iterator[list[str]]:
    """Yield the rows of a sheet; from the first that is not plain on, as the full reader gives them."""
    given = 0
    try:
        with closing(PlainWorkbook(source.path)) as plain:
            for line in plain.rows(source.sheet or ""):
                yield line[:MOST_COLUMNS]
                given += 1
        return
    except NotPlain:
        pass
    yield from islice(_whole_sheet(source), given, None)


def _whole_sheet(source: Source) -> Iterator[list[str]]:
    with _workbook(source.path) as book:
        sheet = book.get_sheet_by_name(source.sheet)
        before = [""] * (sheet.start[1] if sheet.start else 0)  # columns that hold nothing are left out: count them
        for line in sheet.iter_rows():
            yield [*before, *[cell if type(cell) is str else cell_text(cell) for cell in line]][:MOST_COLUMNS]


def _text_lines(source: Source) -> Iterator[list[str]]:
    with source.path.open("r", encoding=source.encoding, newline="") as stream:
        reader = csv.reader(stream, delimiter=source.delimiter or ",")
        try:
            for line in reader:
                yield line[:MOST_COLUMNS]
        except (csv.Error, UnicodeDecodeError):
            raise FileRefused("file.encoding") from None


def _encoding(path: Path) -> str:
    """Return the letters of a text file: by its mark, as UTF-8, else one byte a letter, judged by its lines."""
    with path.open("rb") as stream:
        start = stream.read(4)
        if start.startswith(b"\xef\xbb\xbf"):
            return "utf-8-sig"
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
    try:
        with path.open("r", encoding="utf-8") as text:
            while text.read(1024 * 1024):
                pass
        return "utf-8"
    except UnicodeDecodeError:
        return _one_byte(path)


def _one_byte(path: Path) -> str:
    """Tell Windows-1258, whose tones are letters of their own after the vowel, from the old fonts (read as Latin 1)."""
    with path.open("rb") as stream:
        sample = stream.read(256 * 1024)
    tones = len(
        re.findall(rb"[AEIOUYaeiouy\xe2\xea\xf4\xe3\xf5\xfd\xc2\xca\xd4\xc3\xd5\xdd][\xcc\xec\xd2\xde\xf2]", sample)
    )
    high = sum(1 for byte in sample if byte >= 0x80)
    try:
        sample.decode("cp1258")
    except UnicodeDecodeError as error:
        if error.end < len(sample):
            return "latin-1"
    return "cp1258" if tones * 5 >= high else "latin-1"


def _delimiter(path: Path, encoding: str) -> str:
    with path.open("r", encoding=encoding, newline="") as stream:
        sample = stream.read(64 * 1024)
    lines = [line for line in io.StringIO(sample) if line.strip()][:20]
    return max(_DELIMITERS, key=lambda one: sum(line.count(one) for line in lines))


def composed(text: str) -> str:
    """Return a text in NFC: Windows-1258 writes tones apart."""
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)
