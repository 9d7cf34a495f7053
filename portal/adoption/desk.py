"""What figures put on an officer's desk: months and feeds that stand still, and their acts in words."""

from collections.abc import Mapping
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.adoption.target_models import AdoptTarget
from portal.adoption.words import indicator_name
from portal.cases.waiting import cases_of
from portal.queues import PROVINCE, Queue, Rows

ACTS: Mapping[str, Any] = {
    "adoption.period_shown": _l("Another month is shown on the public dashboard."),
    "adoption.feed_rewound": _l("Figures are sent to the operations centre again."),
    "adoption.target_set": _l("A target was written down."),
    "adoption.target_approved": _l("A target was approved."),
    "adoption.target_dropped": _l("A target was put away."),
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


def _drafts(_session: Session, acting: Acting) -> Rows:
    """Select the targets that wait for a second officer; who wrote one down is not that."""
    row = AdoptTarget
    columns = (row.set_at.label("since"), row.id.label("id"), row.indicator.label("about"))
    return select(*columns).where(row.state == "draft", row.set_by != acting.login_id)


def _draft(_id: str, code: str) -> tuple[Any, str]:
    name = indicator_name(current_app.extensions["catalogue"].get(code))
    return _("Target: %(name)s", name=name), url_for("adoption.officer_targets")


QUEUES: tuple[Queue, ...] = (
    Queue(
        code="targets",
        name=_l("Targets"),
        rows=_drafts,
        address=lambda: url_for("adoption.officer_targets"),
        one=_draft,
        roles=PROVINCE,
    ),
    Queue(
        code="figures",
        name=_l("Questions about figures"),
        rows=cases_of("adoption", "feed"),
        address=lambda: url_for("desk.cases_page", kind="figures"),
        one=lambda case_id, kind: (CASES.get(kind, kind), url_for("desk.case_page", case_id=case_id)),
        roles=PROVINCE,
    ),
)
