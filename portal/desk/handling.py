"""Work on open cases, of the portal and of money alike: somebody takes one, does what it needs, says so, closes it.

Nothing about money is moved here: that is done where money is; the case says what was done and by whom.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.cases import close_one
from payments.models import Case as MoneyCase
from portal.acting import Acting
from portal.audit import record
from portal.cases import Case, CaseWork, close_case
from portal.desk.cases import KINDS, subject_of
from portal.desk.errors import CaseRefused
from portal.desk.waiting import queues_of
from portal.errors import NotFound
from portal.onboarding.validators import plain
from portal.queues import Queue

NOTE_LENGTH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """One case of either kind, with who works on it or closed it."""

    id: str
    kind: str
    subject: str
    reason: str
    opened_at: datetime
    closed_at: datetime | None
    detail: dict[str, Any]
    queue: Queue
    work: CaseWork | None


def find_case(session: Session, acting: Acting, case_id: str) -> One:
    """Return a case of one of these queues within reach, open or closed by a person; a foreign one is missing."""
    work = session.get(CaseWork, case_id)
    case = session.get(Case, case_id) or session.get(MoneyCase, case_id)
    if case is None:
        raise NotFound
    for queue in queues_of(acting):
        if queue.code not in KINDS:
            continue
        rows = queue.rows(session, acting).subquery()
        closed = work is not None and work.closed_by is not None and work.queue == queue.code
        if closed or session.scalar(select(rows.c.id).where(rows.c.id == case_id)) is not None:
            return _one(case, queue, work)
    raise NotFound


def _one(case: Case | MoneyCase, queue: Queue, work: CaseWork | None) -> One:
    return One(
        id=case.id,
        kind=case.kind,
        subject=subject_of(case),
        reason=case.reason,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        detail=dict(case.detail) if isinstance(case, Case) else {},
        queue=queue,
        work=work,
    )


def take(session: Session, *, now: datetime, acting: Acting, case_id: str) -> One:
    """Say that one works on a case, or takes it over from a colleague; raise `NotFound` for a closed one."""
    one = find_case(session, acting, case_id)
    if one.closed_at is not None:
        raise NotFound
    work = _locked(session, one)
    if work.taken_by != acting.actor:
        before, work.taken_by, work.taken_at = work.taken_by, acting.actor, now
        changed: dict[str, tuple[object, object]] = {"kind": (None, one.kind), "taken_by": (before, acting.actor)}
        record(
            session, now=now, acting=acting, act="case.taken", object_id=one.id, changed=changed,
            public=frozenset(changed),
        )  # fmt: skip
    return one


def close(session: Session, *, now: datetime, acting: Acting, case_id: str, note: str) -> One:
    """Close a case that one works on, with what was done; a second time changes nothing.

    Raises `NotFound`, and `CaseRefused` case.not_taken or case.note.
    """
    one = find_case(session, acting, case_id)
    work = _locked(session, one)
    if work.closed_by is not None:
        return one
    words = plain(note)
    if not words or len(words) > NOTE_LENGTH:
        raise CaseRefused("case.note")
    if work.taken_by != acting.actor:
        raise CaseRefused("case.not_taken")
    work.closed_by, work.closed_at, work.note = acting.actor, now, words
    case = session.get(Case, one.id)
    if case is not None:
        close_case(session, case, now=now, note=words)
    else:
        close_one(session, one.id, actor=acting.actor, now=now)
    changed: dict[str, tuple[object, object]] = {"kind": (None, one.kind), "about": (None, one.subject)}
    record(
        session, now=now, acting=acting, act="case.closed", object_id=one.id, changed=changed,
        public=frozenset(changed),
    )  # fmt: skip
    return one


def _locked(session: Session, one: One) -> CaseWork:
    """Lock and return the row of who works on a case; two who begin at once get the same one."""
    table: Any = Case if session.get(Case, one.id) is not None else MoneyCase
    session.execute(select(table.id).where(table.id == one.id).with_for_update())
    query = select(CaseWork).where(CaseWork.case_id == one.id)
    work = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if work is None:
        work = CaseWork(case_id=one.id, queue=one.queue.code, kind=one.kind)
        session.add(work)
        session.flush()
    return work
