"""Lists as CSV and XLSX files that a spreadsheet opens: what begins like a formula is made harmless."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

import xlsxwriter
from flask import Response

from portal.i18n import ZONE

# The wide ones are the same signs to a spreadsheet of an East Asian locale.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def csv_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return rows as a file to keep; times as the province reads them, numbers plain. No cache may hold it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([cell_text(str(column)) for column in columns])
    writer.writerows([cell_text(cell) for cell in row] for row in rows)
    answer = Response("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


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


Sheet = tuple[str, Sequence[str], Iterable[Sequence[object]]]


def workbook(*sheets: Sheet) -> bytes:
    """Return sheets of (name, headings, rows) as one workbook; text stays text, numbers are numbers."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True})
    for title, columns, rows in sheets:
        sheet = book.add_worksheet(title[:31])
        for place, column in enumerate(columns):
            sheet.write_string(0, place, str(column), bold)
        for line, row in enumerate(rows, 1):
            for place, cell in enumerate(row):
                if isinstance(cell, int):
                    sheet.write_number(line, place, cell)
                elif cell is not None:
                    sheet.write_string(line, place, cell_text(cell).removeprefix("'"))
        sheet.autofit()
    book.close()
    return content.getvalue()


def xlsx_file(name: str, *sheets: Sheet) -> Response:
    """Return sheets as one workbook to keep."""
    return workbook_file(name, workbook(*sheets))


def workbook_file(name: str, content: bytes) -> Response:
    """Return a workbook as a file to keep. No cache may hold it."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    answer = Response(content, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
