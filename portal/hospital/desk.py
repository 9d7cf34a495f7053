"""What a hospital's desk does, in words for whoever reads the trail."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

ACTS: Mapping[str, Any] = {
    "stay.opened": _l("A hospital opened a stay."),
    "advance.asked": _l("A hospital asked for an advance."),
    "stay.charged": _l("A stay was charged."),
    "stay.discharged": _l("A patient was discharged; the charges were taken from the advance."),
    "advance.given_back": _l("A charge gave back what it took from an advance."),
    "stay.account_noted": _l("An account to return an advance to was written down."),
    "stay.account_checked": _l("A second person checked the account of a return."),
}
