"""What can go wrong with a file that was sent.

PortalError
└ FileRefused   it can't be opened, or is no longer kept: file.*
"""

from typing import Any

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class FileRefused(PortalError):
    """The file cannot be opened; `code` says why."""

    def __init__(self, code: str, **fields: Any) -> None:
        self.code = code
        super().__init__(**fields)


SENTENCES: Sentences = {
    "file.empty": (400, _l("This file is empty. Choose the file with the list.")),
    "file.missing": (400, _l("Choose the file with the list.")),
    "file.day": (400, _l("There is no such day. Type it as day/month/year.")),
    "file.day_to_come": (400, _l("This day is still to come. Type the day on which the list was made.")),
    "file.size": (413, _l("This file is larger than %(most)s MB. Split the list into smaller files.")),
    "file.locked": (400, _l("This workbook has a password. Save it without one and send it again.")),
    "file.old_xls": (400, _l("This is an old Excel file. Save it as .xlsx and send it again.")),
    "file.type": (400, _l("This is no workbook and no text file. Save the list as .xlsx or .csv.")),
    "file.unpacked_size": (400, _l("This workbook is far larger inside than a list. We did not open it.")),
    "file.encoding": (400, _l("We can't read the letters of this file. Save it as .xlsx and send it again.")),
    "file.gone": (404, _l("The file of this list is no longer kept. Send it again.")),
}
