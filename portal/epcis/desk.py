"""What this subject's acts are called on an officer's desk."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

ACTS: Mapping[str, Any] = {
    "events.captured": _l("Events of goods were told by a machine."),
    "key.allowed": _l("A partner's machine may tell of a seller's goods."),
    "key.forbidden": _l("A seller no longer lets a partner's machine tell of the goods."),
    "lot.step_told": _l("A seller noted a step of a lot."),
    "lot.step_corrected": _l("A seller took a step of a lot back."),
}
