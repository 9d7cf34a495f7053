"""What stamps put on an officer's desk: alarms of the log and its ledgers, and their acts in words."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.cases.waiting import cases_of
from portal.queues import PROVINCE, Queue, Rows
from portal.stamps.models import ASKED, VoidRequest
from portal.stamps.voiding import within

ACTS: Mapping[str, Any] = {
    "stamps.ordered": _l("A seller ordered stamps."),
    "stamps.issued": _l("Stamps were issued."),
    "stamps.voided": _l("Stamps were cancelled."),
    "void.asked": _l("Somebody asked to cancel many stamps."),
    "void.refused": _l("A request to cancel many stamps was refused."),
    "lot.recorded": _l("A lot of goods was recorded."),
    "ledger.released": _l("An anchor was set free to be written again."),
}
CASES: Mapping[str, Any] = {
    "ledger.stopped": _l("A ledger takes nothing any more. Call who runs it."),
    "ledger.node_silent": _l("A ledger's node does not answer."),
    "ledger.disputed": _l("A ledger does not show what it had confirmed. Call who runs it."),
    "log.foreign_checkpoint": _l("A witness saw a checkpoint in our log's name that we did not sign."),
    "log.record_differs": _l("Records differ from the public log. Don't change anything; call who runs the portal."),
    "log.stamp_key": _l("A key of old stamps is missing or wrong. Their scans stop; call who runs the portal."),
    "log.refused_to_sign": _l("The log refused to sign, to be safe. Call who runs the portal."),
}


def requests(session: Session, acting: Acting) -> Rows:
    """Select what waits for a second person within reach."""
    columns = (VoidRequest.asked_at.label("since"), VoidRequest.id.label("id"), VoidRequest.kind.label("about"))
    return select(*columns).where(VoidRequest.state == ASKED, within(session, acting))


QUEUES: tuple[Queue, ...] = (
    Queue(
        code="void_requests",
        name=_l("Stamps to be cancelled by two people"),
        rows=requests,
        address=lambda: url_for("stamps.officer_requests"),
        one=lambda _id, _kind: (_l("A seller cancels many stamps"), url_for("stamps.officer_requests")),
    ),
    Queue(
        code="ledger",
        name=_l("Alarms of log and ledger"),
        rows=cases_of("ledger", "log"),
        address=lambda: url_for("desk.cases_page", kind="ledger"),
        one=lambda case_id, kind: (CASES.get(kind, kind), url_for("desk.case_page", case_id=case_id)),
        roles=PROVINCE,
    ),
)
