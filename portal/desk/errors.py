"""What can go wrong when a person works on a case.

PortalError
└ CaseRefused   case.not_taken · case.note
"""

from typing import Any

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class CaseRefused(PortalError):
    """The case cannot be closed like this; `code` says why."""

    def __init__(self, code: str, **fields: Any) -> None:
        self.code = code
        super().__init__(**fields)


SENTENCES: Sentences = {
    "case.not_taken": (409, _l("Somebody else works on this case. Take it over first.")),
    "case.note": (400, _l("Write what was done, in at most 500 letters.")),
}
