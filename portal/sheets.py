"""Lists as CSV and XLSX files that a spreadsheet opens, of any length; what begins like a formula is made harmless."""

import csv
import io
import itertools
import re
import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO, Any

import xlsxwriter
from flask import Response, send_file

from portal.i18n import ZONE

LINES = 1_048_576  # so many an XLSX sheet has at most, its headings with them
_TITLE = 31
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\]")
# The wide ones are the same signs to a spreadsheet of an East Asian locale.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
# Longer files wait on the disk, not in memory.
_IN_MEMORY = 1024 * 1024
_MEASURED, _WIDEST, _AIR = 200, 60, 2

Row = Sequence[object]
Sheet = tuple[str, Sequence[str], Iterable[Row]]


def csv_file(name: str, columns: Sequence[str], rows: Iterable[Row]) -> Response:
    """Return rows as a file to keep; times as the province reads them, numbers plain. No cache may hold it."""
    content = _spooled()
    text = io.TextIOWrapper(content, encoding="utf-8-sig", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([cell_text(str(column)) for column in columns])
    writer.writerows([cell_text(cell) for cell in row] for row in rows)
    text.flush()
    text.detach()
    return _kept(content, f"{name}.csv", "text/csv")


def cell_text(value: object) -> str:
    """Return a cell's text; an apostrophe stands before what a spreadsheet would take for a formula."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(ZONE):%Y-%m-%d %H:%M}"
    if isinstance(value, int):
        return str(value)
    words = str(value).replace("\0", "")
    return f"'{words}" if words.startswith(_FORMULA) else words


def workbook(*sheets: Sheet) -> bytes:
    """Return sheets of (name, headings, rows) as one workbook; text stays text, numbers are numbers."""
    with _spooled() as content:
        _write(content, sheets)
        content.seek(0)
        return content.read()


def xlsx_file(name: str, *sheets: Sheet) -> Response:
    """Return sheets as one workbook to keep."""
    content = _spooled()
    _write(content, sheets)
    return workbook_file(name, content)


def workbook_file(name: str, content: bytes | IO[bytes]) -> Response:
    """Return a workbook as a file to keep. No cache may hold it."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _kept(io.BytesIO(content) if isinstance(content, bytes) else content, f"{name}.xlsx", kind)


def _write(content: IO[bytes], sheets: Iterable[Sheet]) -> None:
    """Write a workbook row by row: whatever the number of its lines, few of them are in memory."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(content, options)
    bold = book.add_format({"bold": True})
    for title, columns, rows in sheets:
        lines = iter(rows)
        for part in itertools.count(1):
            measured = list(itertools.islice(lines, min(_MEASURED, LINES - 1)))
            if part > 1 and not measured:
                break
            sheet = book.add_worksheet(_title(title, part))
            _measure(sheet, columns, measured)
            for place, column in enumerate(columns):
                sheet.write_string(0, place, str(column), bold)
            rest = itertools.islice(lines, LINES - 1 - len(measured))
            for number, row in enumerate(itertools.chain(measured, rest), 1):
                for place, cell in enumerate(row):
                    if isinstance(cell, int):
                        sheet.write_number(number, place, cell)
                    elif cell is not None:
                        sheet.write_string(number, place, cell_text(cell).removeprefix("'"))
    book.close()


def _title(title: str, part: int) -> str:
    """Return what a sheet is called: class 10/2 has a sign that no sheet's name may have."""
    behind = f" ({part})" if part > 1 else ""
    return _NOT_IN_TITLES.sub("-", title)[: _TITLE - len(behind)].strip("'") + behind


def _measure(sheet: Any, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Make columns as wide as their heading and the first of their cells."""
    for place, cells in enumerate(itertools.zip_longest(columns, *rows)):
        widest = max(len(cell_text(cell)) for cell in cells)
        sheet.set_column(place, place, min(widest, _WIDEST) + _AIR)


def _spooled() -> Any:
    return tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)


def _kept(content: Any, name: str, kind: str) -> Response:
    size = content.seek(0, io.SEEK_END)
    content.seek(0)
    answer = send_file(content, mimetype=kind, as_attachment=True, download_name=name.replace("/", "-"))
    answer.content_length = size
    answer.headers["Cache-Control"] = "no-store"
    return answer
