"""What can go wrong on a payer's pages.

PortalError
└ AmountChanged    pay.amount_changed: another sum is due than the one that was shown
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class AmountChanged(PortalError):
    """Another sum is due by now than the one that the payer saw; field due_minor."""

    code = "pay.amount_changed"


SENTENCES: Sentences = {
    "pay.amount_changed": (409, _l("The amount due has changed. Go back, reload the page and look at it again.")),
}
