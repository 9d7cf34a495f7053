"""What can go wrong with stalls.

PortalError
├ CaseElsewhere      stall.case_elsewhere: somebody at the province works on this case
├ CaseUnsaid         stall.case_unsaid: what was done is missing or too long
├ StallNumberTaken   stall.number: another open stall has this number
├ StallUnnamed       stall.unnamed: number or goods are missing or too long
├ StillReplaced      stall.case_replaced: no newer picture shows the stall's own code
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


class CaseElsewhere(PortalError):
    """Somebody at the province works on this case."""

    code = "stall.case_elsewhere"


class CaseUnsaid(PortalError):
    """What was done is missing or too long."""

    code = "stall.case_unsaid"


class StillReplaced(PortalError):
    """No picture newer than the case shows the stall's own code."""

    code = "stall.case_replaced"


class PictureUnreadable(PortalError):
    """This is no picture that can be opened."""

    code = "stall.picture"


SENTENCES: Sentences = {
    "stall.number": (409, _l("Another stall has this number already.")),
    "stall.unnamed": (400, _l("Give the stall a number of at most 12 signs, and what it sells in at most 60.")),
    "stall.case_elsewhere": (409, _l("The province's desk works on this case and will close it.")),
    "stall.case_unsaid": (400, _l("Write what was done, in at most 500 letters.")),
    "stall.case_replaced": (409, _l("Check the code first. The last picture must show the stall's own code.")),
    "stall.picture": (400, _l("We can't open this picture. Take it again, as JPEG or PNG, of at most 10 MB.")),
}
