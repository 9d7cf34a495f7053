"""The acts of the catalogue that an officer reads on her desk, in words."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

ACTS: Mapping[str, Any] = {
    "chain.confirmed": _l("An establishment's safe chain was confirmed."),
    "chain.ended": _l("An establishment's safe chain has ended."),
}
