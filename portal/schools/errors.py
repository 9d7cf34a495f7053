"""What can go wrong with class lists.

PortalError
└ ListRefused      the whole list is refused: unreadable_file · missing_columns · list.*
"""

from typing import Any

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class ListRefused(PortalError):
    """The list is refused as it is, and nothing was changed; `code` says why."""

    def __init__(self, code: str, **fields: Any) -> None:
        self.code = code
        super().__init__(**fields)


SENTENCES: Sentences = {
    "unreadable_file": (400, _l("This is no workbook that we can open. Save the list as .xlsx and send it again.")),
    "missing_columns": (400, _l("Columns are missing: %(columns)s. Use the headings of the sample.")),
    "list.no_rows": (400, _l("There is no row below the headings.")),
    "list.too_long": (413, _l("A list holds at most %(most)s rows. Split it by class.")),
    "list.rejected": (409, _l("%(rejected)s rows are refused, so nothing was imported.")),
    "list.ended": (409, _l("This list was imported or stopped already.")),
    "list.gone": (404, _l("The file of this list is no longer kept. Send it again.")),
}

# What is told of a row. A row is no request: these have no status.
ROW_SENTENCES: dict[str, Any] = {
    "row.missing": _l("This cell is empty."),
    "row.too_long": _l("This is longer than %(most)s letters."),
    "row.amount": _l("Enter whole đồng, at least 1,000."),
    "row.reduction": _l("The reduction is more than the amount."),
    "row.rest": _l("What is left after the reduction is less than 1,000 đồng."),
    "row.reason": _l("Write why the sum is reduced."),
    "row.date": _l("There is no such day. Type it as day/month/year."),
    "row.date_passed": _l("This day has passed."),
    "row.instalments": _l("Enter 1 to 12 instalments, each at least 1,000 đồng."),
    "row.phone": _l("This is no mobile number."),
    "row.name_shown": _l("The pupil's name stands in what everybody can read."),
    "row.twice": _l("The same pupil, period and item as in row %(row)s."),
    "row.pupil_differs": _l("Row %(row)s gives this pupil another name or class."),
    "row.paid": _l("%(received)s đồng have come already. Less can't be asked for."),
    "row.under_way": _l("Somebody is paying this now. Import the row again later."),
}
