"""Open cases of the portal and of money as one list; what belongs to no subject's queue has one of its own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.models import Case as MoneyCase
from portal.acting import Acting
from portal.cases import Case
from portal.cases.waiting import other_cases
from portal.queues import PROVINCE, Queue

MOST_ROWS = 200
SUBJECTS = ("channel", "ledger", "log", "adoption", "feed")
OTHERS = Queue(
    code="others",
    name=_l("Other open cases"),
    rows=other_cases(*SUBJECTS),
    address=lambda: url_for("desk.cases_page", kind="others"),
    one=lambda _id, kind: (
        current_app.extensions["case_words"].get(kind, kind),
        url_for("desk.cases_page", kind="others"),
    ),
    roles=PROVINCE,
)
KINDS = ("channels", "ledger", "figures", "money", "others")


@dataclass(frozen=True, slots=True)
class Open:
    """One open case: since when, what it is in words, its code, what it is about, and why it was opened."""

    since: datetime
    words: Any
    kind: str
    subject: str
    reason: str


def open_cases(session: Session, acting: Acting, queue: Queue) -> list[Open]:
    """Return the cases of one queue, longest waiting first, in two statements."""
    rows = queue.rows(session, acting).subquery()
    own = select(rows.c.id).order_by(rows.c.since, rows.c.id).limit(MOST_ROWS)
    names = current_app.extensions["case_words"]
    found: list[Open] = []
    if queue.code == "money":
        for one in session.scalars(select(MoneyCase).where(MoneyCase.id.in_(own))):
            found.append(Open(one.opened_at, names.get(one.kind), one.kind, one.subject_id, one.reason))
    else:
        for case in session.scalars(select(Case).where(Case.id.in_(own))):
            found.append(Open(case.opened_at, names.get(case.kind), case.kind, case.subject, case.reason))
    return sorted(found, key=lambda one: (one.since, one.subject))
