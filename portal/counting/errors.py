"""What can go wrong with counting.

PortalError
└ CountingError     counting.unknown · .cut · .not_locked · .negative_cell · .value_too_large
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class CountingError(PortalError):
    """A count cannot be written or read; `code` says why."""

    def __init__(self, code: str, *, keep: bool = False, **fields: object) -> None:
        self.code = code
        super().__init__(keep=keep, **fields)


_FAULT = _l("A count could not be written, so nothing was changed. Please try again or call us.")
SENTENCES: Sentences = {
    "counting.unknown": (500, _FAULT),
    "counting.cut": (500, _FAULT),
    "counting.not_locked": (500, _FAULT),
    "counting.negative_cell": (500, _FAULT),
    "counting.value_too_large": (500, _FAULT),
}
