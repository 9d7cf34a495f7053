"""What can go wrong with registers; the library's own codes have their sentences in stamps.

PortalError
├ EstablishmentUnknown   register.establishment: no seller within reach has this reference number
├ CertificateTwice       register.twice: this number of this kind is recorded already
└ PaperRefused           register.paper: only a PDF of at most 10 MB is kept
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class EstablishmentUnknown(PortalError):
    """No seller within reach has this reference number."""

    code = "register.establishment"


class CertificateTwice(PortalError):
    """This number of this kind is recorded already and holds."""

    code = "register.twice"


class PaperRefused(PortalError):
    """Only a PDF of at most 10 MB is kept."""

    code = "register.paper"


SENTENCES: Sentences = {
    "register.establishment": (400, _l("No seller has this reference number. Check each character.")),
    "register.twice": (409, _l("This certificate is in the register already.")),
    "register.paper": (400, _l("Choose a PDF file of at most 10 MB.")),
}
