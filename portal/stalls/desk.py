"""What stalls put on the province's desk: a board whose code is another's."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

ACTS: Mapping[str, Any] = {
    "stall.opened": _l("A market opened a stall with a code of its own."),
    "stall.closed": _l("A market closed a stall."),
    "stall.checked": _l("The code on a stall's board was looked at."),
}
CASES: Mapping[str, Any] = {
    "stall.code_replaced": _l("A stall's board shows another's code. It may be pasted over."),
}
