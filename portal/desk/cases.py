"""Open cases of the portal and of money as one list; what belongs to no subject's queue has one of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.models import Case as MoneyCase
from portal.acting import Acting
from portal.cases import Case, CaseWork
from portal.cases.waiting import other_cases
from portal.queues import PROVINCE, Queue

ACTS: Mapping[str, Any] = {
    "case.taken": _l("Somebody began to work on a case."),
    "case.closed": _l("A case was closed."),
}
MOST_ROWS = 200
SUBJECTS = ("channel", "ledger", "log", "stamp", "adoption", "feed")
OTHERS = Queue(
    code="others",
    name=_l("Other open cases"),
    rows=other_cases(*SUBJECTS),
    address=lambda: url_for("desk.cases_page", kind="others"),
    one=lambda case_id, kind: (
        current_app.extensions["case_words"].get(kind, kind),
        url_for("desk.case_page", case_id=case_id),
    ),
    roles=PROVINCE,
)
KINDS = ("channels", "ledger", "counterfeits", "figures", "money", "others")


@dataclass(frozen=True, slots=True)
class Open:
    """One open case: since when, what it is in words, its code, what it is about, why, and who works on it."""

    id: str
    since: datetime
    words: Any
    kind: str
    subject: str
    reason: str
    taken_by: str | None


def subject_of(case: Case | MoneyCase) -> str:
    """Return what a case is about."""
    return case.subject_id if isinstance(case, MoneyCase) else case.subject


def open_cases(session: Session, acting: Acting, queue: Queue) -> list[Open]:
    """Return the cases of one queue, longest waiting first, in two statements."""
    table: Any = MoneyCase if queue.code == "money" else Case
    rows = queue.rows(session, acting).subquery()
    own = select(rows.c.id).order_by(rows.c.since, rows.c.id).limit(MOST_ROWS)
    names = current_app.extensions["case_words"]
    query = select(table, CaseWork.taken_by).outerjoin(CaseWork, CaseWork.case_id == table.id)
    found = [
        Open(one.id, one.opened_at, names.get(one.kind), one.kind, subject_of(one), one.reason, taken_by)
        for one, taken_by in session.execute(query.where(table.id.in_(own)))
    ]
    return sorted(found, key=lambda one: (one.since, one.subject))
