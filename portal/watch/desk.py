"""What the watch puts on a province officer's desk: batches whose stamps look copied, and forged codes."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l

from portal.cases.waiting import cases_of
from portal.queues import PROVINCE, Queue

CASES: Mapping[str, Any] = {
    "stamp.copied": _l("Stamps of a batch look copied. Look at the counterfeit watch."),
    "stamp.forged": _l("Codes that were never issued are scanned again and again."),
}
QUEUES: tuple[Queue, ...] = (
    Queue(
        code="counterfeits",
        name=_l("Stamps that look copied or forged"),
        rows=cases_of("stamp"),
        address=lambda: url_for("desk.cases_page", kind="counterfeits"),
        one=lambda case_id, kind: (CASES.get(kind, kind), url_for("desk.case_page", case_id=case_id)),
        roles=PROVINCE,
    ),
)
