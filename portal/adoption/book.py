"""The published rows of one indicator: what a cell's figure is in a month, and what was told of it so far."""

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.adoption.figures import Cell
from portal.adoption.models import PUBLIC, AdoptObservation
from portal.counting import Indicator


@dataclass(frozen=True, slots=True)
class Entry:
    """The latest revision of a cell's row of one month."""

    month: str
    revision: int
    value: int | None
    status: str


@dataclass(slots=True)
class Book:
    """The latest rows by cell, months in order. A stock's or total's row holds until the next one."""

    carries: bool
    entries: dict[Cell, list[Entry]] = field(default_factory=dict)
    last_seq: dict[str, int] = field(default_factory=dict)

    def at(self, cell: Cell, month: str) -> Entry | None:
        """Return the row that says a cell's figure in a month; without one it is 0 where anything is told."""
        rows = self.entries.get(cell, [])
        place = bisect_right(rows, month, key=lambda row: row.month)
        if not place or (not self.carries and rows[place - 1].month != month):
            return None
        return rows[place - 1]

    def put(self, cell: Cell, entry: Entry) -> int:
        """Take a new revision in; return its number in the series."""
        rows = self.entries.setdefault(cell, [])
        place = bisect_right(rows, entry.month, key=lambda row: row.month)
        if place and rows[place - 1].month == entry.month:
            rows[place - 1] = entry
        else:
            rows.insert(place, entry)
        self.last_seq[cell[0]] = self.last_seq.get(cell[0], 0) + 1
        return self.last_seq[cell[0]]

    def hidden_in(self, month: str) -> set[Cell]:
        """Return the cells that are hidden in a month."""
        return {cell for cell in self.entries if (row := self.at(cell, month)) is not None and row.value is None}


def read_book(session: Session, indicator: Indicator, *, cells: Collection[Cell] | None = None) -> Book:
    """Read an indicator's published rows; those of a few cells where no others matter."""
    row = AdoptObservation
    own = [row.audience == PUBLIC, row.indicator == indicator.code]
    counts = select(row.cut, func.max(row.seq)).where(*own).group_by(row.cut)
    if cells is not None:
        own += [row.cut.in_({cut for cut, _area in cells}), row.area_id.in_({area for _cut, area in cells})]
    query = select(row.cut, row.area_id, row.period, row.revision, row.value, row.status).where(*own)
    book = Book(carries=indicator.kind != "F", last_seq={cut: int(seq) for cut, seq in session.execute(counts)})
    latest: dict[Cell, dict[str, Entry]] = {}
    for cut, area, period, revision, value, status in session.execute(query.order_by(row.revision)):
        latest.setdefault((cut, area), {})[period] = Entry(period, revision, value, status)
    book.entries = {cell: [rows[month] for month in sorted(rows)] for cell, rows in latest.items()}
    return book
