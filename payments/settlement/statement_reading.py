"""A bank's statement as checked lines, oldest first; refused whole if one balance does not follow from the one before.

Ours begins with `#portal-statement,1,BIN,ACCOUNT,FIRST,LAST,ROWS,OPENING,CLOSING`, then come the headings date,
reference, description, debit, credit, balance and the rows, at last `#end,ROWS`. A bank's own sheet names its account,
opening and closing balance somewhere, by the words of statement_map.toml. Between the cells of a CSV stands a comma, a
semicolon or a tab: the one that lets its first lines be understood. Rows are named by their line in the file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any, Final

from payments.settlement.errors import BalanceBroken, ColumnsMissing, FileUnreadable, RowInvalid, StatementCut
from payments.settlement.lines import lines_of

MARK: Final = "#portal-statement"
END: Final = "#end"
NAMES: Final = ("date", "reference", "description", "debit", "credit", "balance")
_NEEDED: Final = ("date", "description", "debit", "credit", "balance")
_MARKS: Final = (",", ";", "\t")
_HEAD_WITHIN: Final = 60
_MOST_REFERENCE, _MOST_MEMO = 64, 1000
# 450000, 450.000, 450,000.00: groups of three by one mark, another one before the noughts, and no đồng has a fraction.
_SUM: Final = re.compile(
    r"([0-9]{1,3}(?P<mark>[., ])[0-9]{3}(?:(?P=mark)[0-9]{3}){0,3}(?:(?!(?P=mark))[.,]0{1,2})?"
    r"|[0-9]{1,15}(?:[.,]0{1,2})?)"
)
_NOUGHTS: Final = re.compile(r"[.,]0{1,2}$")
_CURRENCY: Final = re.compile(r"(?:VND|VNĐ|đ|₫)$", re.IGNORECASE)
_FIGURE: Final = re.compile(r"-?[0-9]{1,15}")
# Before it no bank here printed such a file: an earlier day is a misreading.
_EARLIEST: Final = date(2000, 1, 1)

_Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One line: `row` is its place in the file, `amount_minor` below zero is money out; the time where it has one."""

    row: int
    at: datetime
    has_time: bool
    reference: str
    memo: str
    amount_minor: int
    balance_minor: int

    @property
    def day(self) -> date:
        """Return the bank's day (GMT+7)."""
        return self.at.date()


@dataclass(frozen=True, slots=True)
class Statement:
    """A whole statement: its balances follow from the opening one to the closing one, row by row."""

    account: str
    bank_bin: str | None
    first_on: date
    last_on: date
    opening_minor: int
    closing_minor: int
    rows: tuple[StatementRow, ...]


def read_statement(path: Path) -> Statement:
    """Read a statement, CSV or XLSX; raises FileRefused."""
    numbered = list(_numbered(path, _mark_of(path)))
    if not numbered:
        raise FileUnreadable
    if numbered[0][1][0].strip() == MARK:
        return _ours(numbered)
    return _banks_own(numbered)


def same_account(one: str, other: str) -> bool:
    """Compare account numbers; a spreadsheet drops the zeros in front."""
    return _digits(one) == _digits(other)


def _mark_of(path: Path) -> str:
    """Return what stands between the cells: the mark by which the first lines say what this is, else the comma."""
    for mark in _MARKS:
        first = list(islice(_numbered(path, mark), _HEAD_WITHIN))
        if first and (first[0][1][0] == MARK or not min((_lacking(cells) for _, cells in first), key=len)):
            return mark
    return _MARKS[0]


def _numbered(path: Path, mark: str) -> Iterator[_Row]:
    for at, line in enumerate(lines_of(path, mark=mark), 1):
        cells = [cell.strip() for cell in line]
        if any(cells):
            yield at, cells


def _ours(numbered: list[_Row]) -> Statement:
    (at, first), *more = numbered
    try:
        version, bank_bin, account, begins, ends, *figures = first[1:9]
        rows, opening, closing = (_figure(one) for one in figures)
        first_on, last_on = date.fromisoformat(begins), date.fromisoformat(ends)
    except ValueError:
        raise RowInvalid(row=at, column=MARK) from None
    if not _EARLIEST <= first_on <= last_on:
        raise RowInvalid(row=at, column="date")
    if version != "1":
        raise FileUnreadable(version=version)
    last, end = numbered[-1]
    if end[0] != END or end[1:2] != [str(rows)]:
        raise StatementCut(row=last)
    if not more or more[0][1][: len(NAMES)] != list(NAMES):
        raise ColumnsMissing(columns=", ".join(NAMES))
    places = {name: place for place, name in enumerate(NAMES)}
    for one in more[1:-1]:
        _require_width(one, len(NAMES))
    found = _in_order([_row(one, places) for one in more[1:-1]], opening=opening)
    if len(found) != rows:
        raise StatementCut(row=found[-1].row if found else last)
    _require_days(found, first_on, last_on)
    return _whole(Statement(account, bank_bin, first_on, last_on, opening, closing, found), last=last)


def _banks_own(numbered: list[_Row]) -> Statement:
    head = next((place for place, (_, cells) in enumerate(numbered[:_HEAD_WITHIN]) if not _lacking(cells)), None)
    if head is None:
        best = min((_lacking(cells) for _, cells in numbered[:_HEAD_WITHIN]), key=len)
        raise ColumnsMissing(columns=", ".join(best))
    places = _places(numbered[head][1])
    said: dict[str, str] = {}
    rows, ended = [], False
    for place, (at, cells) in enumerate(numbered):
        label = _labelled(cells)
        said |= label
        if place > head and label:
            ended = ended or "closing" in label
        elif place > head and not ended:  # below its last balance a bank prints signatures and notes
            _require_width((at, cells), len(numbered[head][1]))
            rows.append(_row((at, cells), places))
    missing = [_map()["labels"][name][-1] for name in ("account", "opening") if name not in said]
    if missing:
        raise ColumnsMissing(columns=", ".join(missing))
    if "closing" not in said:
        raise StatementCut(row=numbered[-1][0])
    opening, closing = (_sum(said[name]) for name in ("opening", "closing"))
    if opening is None or closing is None or not rows:
        raise RowInvalid(row=numbered[head][0], column="balance")
    found = _in_order(rows, opening=opening)
    days = [one.day for one in found]
    whole = Statement(said["account"], None, min(days), max(days), opening, closing, found)
    return _whole(whole, last=numbered[-1][0])


def _in_order(rows: list[StatementRow], *, opening: int) -> tuple[StatementRow, ...]:
    """Return the rows oldest first, whichever way the bank lists them; raise where a balance does not follow."""
    broken = _broken(rows, opening)
    if broken is None:
        return tuple(rows)
    backwards = rows[::-1]
    other = _broken(backwards, opening)
    if other is None:
        return tuple(backwards)
    newest_first = rows[0].at > rows[-1].at
    raise BalanceBroken(row=(other if newest_first else broken).row)


def _broken(rows: Sequence[StatementRow], opening: int) -> StatementRow | None:
    balance = opening
    for one in rows:
        balance += one.amount_minor
        if balance != one.balance_minor:
            return one
    return None


def _whole(found: Statement, *, last: int) -> Statement:
    """Require that the last balance is the closing one: rows cut off at the end show there."""
    ends = found.rows[-1].balance_minor if found.rows else found.opening_minor
    if ends != found.closing_minor:
        raise StatementCut(row=found.rows[-1].row if found.rows else last)
    return found


def _require_days(rows: Sequence[StatementRow], first_on: date, last_on: date) -> None:
    for one in rows:
        if not first_on <= one.day <= last_on:
            raise RowInvalid(row=one.row, column="date")


def _require_width(numbered: _Row, width: int) -> None:
    """Require that nothing stands behind the last heading: a mark within a cell has moved the ones behind it."""
    row, cells = numbered
    beyond = next((place for place, cell in enumerate(cells[width:], start=width + 1) if cell), None)
    if beyond is not None:
        raise RowInvalid(row=row, column=str(beyond))


def _row(numbered: _Row, places: Mapping[str, int]) -> StatementRow:
    row, cells = numbered

    def cell(name: str) -> str:
        place = places.get(name)
        return cells[place] if place is not None and place < len(cells) else ""

    at, has_time = _time(cell("date"), row)
    out, into, balance = (_sum(cell(name)) for name in ("debit", "credit", "balance"))
    for name, found in (("debit", out), ("credit", into), ("balance", balance)):
        if found is None or (name != "balance" and found < 0):
            raise RowInvalid(row=row, column=name)
    if (out == 0) == (into == 0) or not cell("balance"):
        raise RowInvalid(row=row, column="debit" if cell("balance") else "balance")
    reference, memo = (cell(name) for name in ("reference", "description"))
    if len(reference) > _MOST_REFERENCE:
        raise RowInvalid(row=row, column="reference")
    return StatementRow(row, at, has_time, reference, memo[:_MOST_MEMO], (into or 0) - (out or 0), balance or 0)


def _time(text: str, row: int) -> tuple[datetime, bool]:
    for form in _map()["times"]:
        try:
            at = datetime.strptime(text, form)  # noqa: DTZ007  the bank's own time, GMT+7
        except ValueError:
            continue
        if at.date() >= _EARLIEST:
            return at, "%H" in form
    raise RowInvalid(row=row, column="date")


def _figure(text: str) -> int:
    if not _FIGURE.fullmatch(text):
        raise ValueError
    return int(text)


def _sum(text: str) -> int | None:
    """Return whole đồng of a printed sum, 0 where nothing is printed, None where it is no sum."""
    plain = _CURRENCY.sub("", text.replace("\xa0", " ").replace("\u202f", " ").strip()).strip()
    if not plain or plain == "-":
        return 0
    found = _SUM.fullmatch(plain.removeprefix("-").removeprefix("+"))
    if found is None:
        return None
    return (-1 if plain.startswith("-") else 1) * int(re.sub("[., ]", "", _NOUGHTS.sub("", found[0])))


def _places(cells: Sequence[str]) -> dict[str, int]:
    headings: Mapping[str, Sequence[str]] = _map()["headings"]
    plain = [_plain(cell) for cell in cells]
    return {
        name: place for name, words in headings.items() for place, cell in reversed(list(enumerate(plain)))
        if cell in words
    }  # fmt: skip


def _lacking(cells: Sequence[str]) -> list[str]:
    found = _places(cells)
    return [name for name in _NEEDED if name not in found]


def _labelled(cells: Sequence[str]) -> dict[str, str]:
    """Return what a line says about the whole statement: a word of ours, and what stands behind it."""
    if not _lacking(cells):
        return {}
    found = {}
    for place, cell in enumerate(cells):
        word, _colon, behind = cell.partition(":")
        for name, words in _map()["labels"].items():
            if _plain(word) in words:
                value = behind.strip() or next((one for one in cells[place + 1 :] if one), "")
                if value:
                    found[name] = value
    return found


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(":.").casefold()


def _digits(text: str) -> str:
    return re.sub("[^0-9A-Z]", "", text.upper()).lstrip("0")


@cache
def _map() -> Mapping[str, Any]:
    return tomllib.loads(files("payments.settlement").joinpath("statement_map.toml").read_text("utf-8"))
