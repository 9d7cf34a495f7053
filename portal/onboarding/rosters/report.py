"""The workbook of what was not taken: the list's own columns, the row's number, and the reason in plain words.

Text is written as text, so that nothing in it is a formula; corrected, it can be sent back as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.errors import sentence
from portal.onboarding.roster_models import RosterRow, RosterRun
from portal.onboarding.roster_states import NOT_TAKEN
from portal.onboarding.rosters.errors import ROW_SENTENCES
from portal.onboarding.rosters.fields import RowProblem
from portal.onboarding.rosters.headers import Headings, find_headings, first_lines
from portal.onboarding.validators import SEXES
from portal.uploads.sheets import Source, open_source

SHEET = "Roster"


@dataclass(frozen=True, slots=True)
class Told:
    """One row that was not taken, and why."""

    row: int
    outcome: str
    problems: Sequence[RowProblem]

    @classmethod
    def of_row(cls, row: RosterRow) -> "Told":
        """Return it from what was kept."""
        return cls(row.row, row.outcome, [RowProblem(*one) for one in row.problems or ()])


def reason(one: RowProblem) -> str:
    """Return the sentence of one problem."""
    fields: Mapping[str, Any] = dict(one.fields or {})
    if "sex" in fields:
        fields = {**fields, "sex": SEXES.get(fields["sex"], fields["sex"])}
    own = ROW_SENTENCES.get(one.code)
    if own is not None:
        return str(own) % fields if fields else str(own)
    return sentence(current_app._get_current_object(), one.code, fields)[1]  # type: ignore[attr-defined]


def reasons(problems: Iterable[RowProblem]) -> str:
    """Return the sentences of a row, what rejects it first."""
    ordered = sorted(problems, key=lambda one: one.kind != "problem")
    return " ".join(reason(one) for one in ordered if one.kind == "problem" or ordered[0].kind != "problem")


def not_taken(run: RosterRun) -> Select[RosterRow]:
    """Select the rows of a run, or of its rehearsal, that were not taken, as they stand in the list."""
    query = select(RosterRow).where(RosterRow.run_id == run.id, RosterRow.outcome.in_(NOT_TAKEN))
    return query.order_by(RosterRow.row)


def report_of(session: Session, run: RosterRun, path: Path, *, to: Path) -> None:
    """Write the workbook of what a run did not take of its list."""
    source = open_source(path, sheet=run.sheet)
    headings = find_headings(first_lines(source), header_row=run.header_row)
    write_errors(to, source, headings, [Told.of_row(row) for row in session.scalars(not_taken(run))])


def write_errors(path: Path, source: Source, headings: Headings, told: Sequence[Told]) -> None:
    """Write the workbook; the list is read once more, only if there is anything to tell."""
    by_row = {one.row: one for one in told}
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False, "in_memory": False})
    sheet = book.add_worksheet(SHEET)
    width = len(headings.texts)
    for column, text in enumerate((*headings.texts, _("Row"), _("Reason"))):
        sheet.write_string(0, column, text)
    line = 0
    for row, cells in enumerate(source.lines(), 1) if by_row else ():
        one = by_row.get(row)
        if one is None:
            continue
        line += 1
        for column, cell in enumerate(cells[:width]):
            sheet.write_string(line, column, cell)
        sheet.write_number(line, width, row)
        sheet.write_string(line, width + 1, reasons(one.problems))
    book.close()
