"""A class list as a workbook: read in row by row, and its refused rows given back with their reasons."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from flask_babel import gettext as _

from portal.bulk import without_collecting
from portal.places.names import fold
from portal.schools.cells import FIELDS, REQUIRED, Problem, Row, read_row
from portal.schools.errors import ROW_SENTENCES, ListRefused
from portal.sheets import workbook
from portal.uploads.errors import FileRefused
from portal.uploads.kinds import WORKBOOK
from portal.uploads.sheets import open_source

MOST_ROWS = 60_000
_SEARCHED = 15


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is not taken, and why."""

    number: int
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class Listing:
    """A workbook, read once: its lines, where the rows begin, and in which column each field stands."""

    lines: Sequence[Sequence[str]]
    first: int
    columns: Mapping[str, int]

    @property
    def headings(self) -> Sequence[str]:
        """Return the list's own headings."""
        return self.lines[self.first - 2]

    def rows(self, *, period: str | None) -> Iterator[Row | Refused]:
        """Yield each row that holds anything, read or refused; `period` stands where a row names none."""
        places = [self.columns.get(name) for name in FIELDS]
        for number, cells in enumerate(islice(self.lines, self.first - 1, None), self.first):
            width = len(cells)
            found = [cells[at] if at is not None and at < width else "" for at in places]
            if any(found):
                read = read_row(number, found, period=period)
                yield Refused(number, read) if isinstance(read, list) else read


@without_collecting()
def open_list(path: Path) -> Listing:
    """Return a class list ready to be read. Raises `ListRefused`."""
    try:
        source = open_source(path)
        if source.kind != WORKBOOK:
            raise ListRefused("unreadable_file")
        lines = list(islice(source.lines(), MOST_ROWS + _SEARCHED + 1))
    except FileRefused as error:
        raise ListRefused("unreadable_file") from error
    at, columns = max(
        ((number, _columns(line)) for number, line in enumerate(lines[:_SEARCHED])),
        key=lambda one: len(one[1]),
        default=(0, dict[str, int]()),
    )
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise ListRefused("missing_columns", columns=", ".join(missing))
    if not any(any(cell.strip() for cell in line) for line in lines[at + 1 :]):
        raise ListRefused("list.no_rows")
    if len(lines) - at - 1 > MOST_ROWS:
        raise ListRefused("list.too_long", most=MOST_ROWS)
    return Listing(lines, at + 2, columns)


def _columns(line: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, text in enumerate(line):
        key = fold(text.replace("_", " ")) if text else ""
        for name, known in FIELDS.items():
            if key in known and name not in found:
                found[name] = place
    return found


def reason(one: Problem) -> str:
    """Return the sentence of one problem."""
    sentence = str(ROW_SENTENCES[one.code])
    return sentence % one.fields if one.fields else sentence


def told(refused: Sequence[Refused]) -> list[list[Any]]:
    """Return problems as a row keeps them: number, column, code, fields."""
    return [[one.number, each.column, each.code, each.fields] for one in refused for each in one.problems]


def errors_workbook(listing: Listing, refused: Sequence[Refused]) -> bytes:
    """Return the refused rows in the list's own columns, with number, columns, codes and reasons behind them."""
    by_number = {one.number: one.problems for one in refused}
    headings = [*listing.headings, _("Row"), _("Column"), _("Code"), _("Reason")]
    width, lines = len(listing.headings), list[list[object]]()
    for number, cells in enumerate(listing.lines, 1):
        if number in by_number:
            problems = by_number[number]
            lines.append(
                [
                    *([*cells, *[""] * width][:width]), number, "; ".join(one.column for one in problems),
                    "; ".join(one.code for one in problems), " ".join(reason(one) for one in problems),
                ]
            )  # fmt: skip
    return workbook((_("Refused rows"), headings, lines))


def sample_workbook() -> bytes:
    """Return a workbook with the headings and one invented row."""
    row: list[object] = [
        "1A", "1A-01", "Nguyễn Văn An", "0912345678", "2026-11", "Tiền ăn bán trú", 600_000, 60_000, "Hộ cận nghèo",
        "30/11/2026", 1,
    ]  # fmt: skip
    return workbook((_("Class list"), list(FIELDS), [row]))
