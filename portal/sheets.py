"""Lists as CSV files that a spreadsheet opens: what begins like a formula is made harmless."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from flask import Response

from portal.i18n import ZONE

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")


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
