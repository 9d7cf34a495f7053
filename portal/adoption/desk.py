"""What figures put on an officer's desk: months and feeds that stand still, and their acts in words."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l

from portal.cases.waiting import cases_of
from portal.queues import PROVINCE, Queue

ACTS: Mapping[str, Any] = {
    "adoption.period_shown": _l("Another month is shown on the public dashboard."),
    "adoption.feed_rewound": _l("Figures are sent to the operations centre again."),
    "oauth.client_made": _l("A machine was given a key to pull figures."),
    "oauth.client_revoked": _l("A machine's key to pull figures was ended."),
}
CASES: Mapping[str, Any] = {
    "adoption.closing_blocked": _l("A month cannot be closed yet."),
    "adoption.negative_cell": _l("A figure fell below zero. Count it again."),
    "feed.stuck": _l("The feed to the operations centre stands still."),
    "feed.conflict": _l("The operations centre holds another figure than we do."),
    "feed.gap": _l("The operations centre misses figures that it had acknowledged."),
    "feed.recipient_gone": _l("The operations centre no longer takes the feed."),
}
QUEUES: tuple[Queue, ...] = (
    Queue(
        code="figures",
        name=_l("Questions about figures"),
        rows=cases_of("adoption", "feed"),
        address=lambda: url_for("desk.cases_page", kind="figures"),
        one=lambda case_id, kind: (CASES.get(kind, kind), url_for("desk.case_page", case_id=case_id)),
        roles=PROVINCE,
    ),
)
