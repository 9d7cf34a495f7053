"""The acts of places that an officer reads on her desk, in words."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

ACTS: Mapping[str, Any] = {
    "places.unit_ended": _l("A commune ended, and what was counted there moved on."),
    "places.units_loaded": _l("The list of communes was renewed."),
}
