"""Find the headings of a list and what each column holds. Pure.

The heading row is the one among the first twenty whose cells name most fields, alone or together with the row below
(two-row headings, merged cells). What a person chose for a source before is taken again where the headings agree.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from portal.onboarding.rosters.errors import RosterRefused
from portal.onboarding.rosters.fields import all_fields, missing_fields
from portal.onboarding.rosters.legacy import convert, judge_column
from portal.places.names import fold
from portal.uploads.sheets import Source, composed

SEARCHED = 20
SAMPLES = 200
SHOWN = 10
_BRACKETS = re.compile(r"\(.*?\)|\[.*?\]|\*")
_LEAST = 2


@dataclass(frozen=True, slots=True)
class Headings:
    """Where the headings are: the row (from 0), how many rows they take, their texts, and field → column."""

    row: int
    height: int
    texts: tuple[str, ...]
    mapping: dict[str, int]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a person is shown before anything is imported: headings, the first rows, columns in old letters."""

    headings: Headings
    rows: tuple[tuple[str, ...], ...]
    legacy: dict[int, str]

    def samples(self, column: int) -> list[tuple[str, str]]:
        """Return ten cells of a column in old letters, before and after."""
        scheme = self.legacy[column]
        cells = [row[column] for row in self.rows if column < len(row) and row[column].strip()]
        return [(cell, convert(cell, scheme=scheme)) for cell in cells[:SHOWN]]


def inspect(source: Source, *, header_row: int | None = None, known: Mapping[str, int] | None = None) -> Preview:
    """Return the headings and the first rows of a list; raise `RosterRefused` roster.no_header.

    `header_row` is a person's choice (from 0); `known` the mapping that a person chose for this source before.
    """
    first = first_lines(source)
    headings = find_headings(first, header_row=header_row)
    if known and max(known.values(), default=0) < len(headings.texts) and not missing_fields(known):
        headings = Headings(headings.row, headings.height, headings.texts, dict(known))
    rows = [tuple(line) for line in first[headings.row + headings.height :] if any(cell.strip() for cell in line)]
    width = max((len(row) for row in rows), default=0)
    columns = {n: [row[n] for row in rows if n < len(row)] for n in range(width)}
    legacy = {n: scheme for n, cells in columns.items() if (scheme := judge_column(cells)) is not None}
    return Preview(headings, tuple(rows[:SAMPLES]), legacy)


def first_lines(source: Source) -> list[list[str]]:
    """Return the lines among which the headings are searched, with samples of what stands below."""
    return list(islice(source.lines(), SEARCHED + SAMPLES))


def find_headings(lines: Sequence[Sequence[str]], *, header_row: int | None = None) -> Headings:
    """Return the headings among these lines; raise `RosterRefused` where there are none."""
    best: Headings | None = None
    rows = [header_row] if header_row is not None else range(min(SEARCHED, len(lines)))
    for row in rows:
        for height in (1, 2):
            if row + height <= len(lines):
                found = _headings(lines, row, height)
                if best is None or _weight(found) > _weight(best):
                    best = found
    if best is None or (header_row is None and len(best.mapping) < _LEAST):
        raise RosterRefused("roster.no_header")
    return best


def _weight(one: Headings) -> tuple[bool, int, int]:
    return not missing_fields(one.mapping), len(one.mapping), -one.height


def _headings(lines: Sequence[Sequence[str]], row: int, height: int) -> Headings:
    above = list(lines[row])
    below = list(lines[row + 1]) if height == 2 else []
    width = max(len(above), len(below))
    above += [""] * (width - len(above))
    below += [""] * (width - len(below))
    texts, mapping, group = [], dict[str, int](), ""
    for column in range(width):
        group = above[column] if above[column].strip() else (group if below[column].strip() else "")
        own = below[column] if below[column].strip() else above[column]
        texts.append(" ".join(own.split())[:100])
        code = _field_of(own) or (_field_of(f"{group} {own}") if below[column].strip() else None)
        if code is not None and code not in mapping:
            mapping[code] = column
    return Headings(row, height, tuple(texts), mapping)


def _field_of(text: str) -> str | None:
    for meant in (text, _BRACKETS.sub(" ", text)):
        key = fold(composed(meant))
        for one in all_fields():
            if key and key in one.aliases:
                return one.code
    return None
