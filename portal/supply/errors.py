"""What can go wrong with supply.

PortalError
└ NothingToSupply   supply.nothing: nothing within reach belongs to what was asked for
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class NothingToSupply(PortalError):
    """Nothing within reach belongs to what was asked for."""

    code = "supply.nothing"


SENTENCES: Sentences = {
    "supply.nothing": (404, _l("There is nothing to supply for this. Check the number or the days.")),
}
