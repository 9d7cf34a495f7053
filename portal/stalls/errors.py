"""What can go wrong with stalls.

PortalError
├ StallNumberTaken   stall.number: another open stall has this number
├ StallUnnamed       stall.unnamed: number or goods are missing or too long
└ PictureUnreadable  stall.picture: this is no picture that we can open
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class StallNumberTaken(PortalError):
    """Another open stall of the market has this number."""

    code = "stall.number"


class StallUnnamed(PortalError):
    """Number or goods are missing or too long."""

    code = "stall.unnamed"


class PictureUnreadable(PortalError):
    """This is no picture that can be opened."""

    code = "stall.picture"


SENTENCES: Sentences = {
    "stall.number": (409, _l("Another stall has this number already.")),
    "stall.unnamed": (400, _l("Give the stall a number of at most 12 signs, and what it sells in at most 60.")),
    "stall.picture": (400, _l("We can't open this picture. Take it again, as JPEG or PNG, of at most 10 MB.")),
}
