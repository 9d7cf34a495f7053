"""Class lists as schools send them, and what an import of one says."""

from pathlib import Path
from typing import Any

import xlsxwriter

import payments
from portal.db import begin, new_id, reading
from portal.schools import actions
from portal.schools.cells import FIELDS
from portal.schools.workbooks import open_list
from tests.portal.pay.making import School

AN = {
    "class": "1A", "pupil_code": "HS01", "pupil_name": "Nguyễn Văn An", "guardian_phone": "0912 345 678",
    "period": "2026-11", "item": "Tiền ăn bán trú", "amount": "600000", "due_date": "30/11/2026",
}  # fmt: skip
BE = {**AN, "pupil_code": "HS02", "pupil_name": "Trần Thị Bé", "guardian_phone": ""}


def write_list(path: Path, rows: list[dict[str, Any]], *, headings: tuple[str, ...] = tuple(FIELDS)) -> Path:
    """Write rows under their headings."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for column, heading in enumerate(headings):
        sheet.write(0, column, heading)
        for line, row in enumerate(rows, 1):
            sheet.write(line, column, row.get(heading, ""))
    book.close()
    return path


def imported(
    world: Any, school: School, path: Path, rows: list[dict[str, Any]], *, strict: bool = False
) -> actions.Imported:
    """Import rows as one list of the school's cashier."""
    reading().rollback()
    with begin() as session:
        return actions.import_rows(
            session, now=world.clock.now(), acting=school.cashier, payee_id=school.payee.id,
            listing=open_list(write_list(path / "list.xlsx", rows)), period=None, strict=strict,
            keys=world.field_keys, list_id=new_id("sl"),
        )  # fmt: skip


def end_what_is_over(world: Any) -> None:
    """Let the clock end the requests whose time has passed, as the worker does."""
    with begin() as session:
        payments.expire_due(session, now=world.clock.now())
