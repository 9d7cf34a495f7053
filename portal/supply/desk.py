"""The acts of supply in words."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

ACTS: Mapping[str, Any] = {
    "supply.asked": _l("Somebody asked for the whole record of goods."),
    "supply.given": _l("The whole record of goods was given."),
}
