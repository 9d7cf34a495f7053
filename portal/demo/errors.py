"""What can go wrong with a demo.

PortalError
└ DemoRefused   demo.refused: in production, or over data
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class DemoRefused(PortalError):
    """The demo never mixes with anything: not in production, not over data."""

    code = "demo.refused"


SENTENCES: Sentences = {
    "demo.refused": (409, _l("The demo goes only into an empty database, never in production.")),
}
