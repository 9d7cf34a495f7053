"""Work on the case of a board that showed another's code: it ends when a later picture shows the stall's own."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.cases import Case, CaseWork, close_case
from portal.errors import NotFound
from portal.onboarding.validators import plain
from portal.pay.owners import owner_of
from portal.stalls.actions import own_stall
from portal.stalls.errors import CaseElsewhere, CaseUnsaid, StillReplaced
from portal.stalls.models import Stall
from portal.stalls.waiting import REPLACED, last_look

NOTE_LENGTH = 500
QUEUE = "others"  # the province's list on which these cases stand, open and closed


def own_case(session: Session, acting: Acting, case_id: str) -> tuple[Case, Stall]:
    """Return a case about a board of one's own market, open or closed; raise `NotFound` for any other."""
    case = session.get(Case, case_id)
    if case is None or case.kind != REPLACED:
        raise NotFound
    return case, own_stall(session, acting, case.subject)


def is_right_again(session: Session, case: Case, stall: Stall) -> bool:
    """Say whether the board's last readable picture is newer than the case and shows the stall's own code.

    A closed stall's board is down: nobody pays by it.
    """
    look = last_look(session, stall.id)
    return stall.closed_at is not None or (look is not None and look.at > case.opened_at and look.result == "own")


def in_others_hands(acting: Acting, work: CaseWork | None) -> bool:
    """Say whether somebody else, at the province, works on a case."""
    return work is not None and work.taken_by not in (None, acting.actor)


def close(session: Session, *, now: datetime, acting: Acting, case_id: str, note: str) -> Stall:
    """Close a case with what was done; a second time changes nothing.

    Raises `NotFound`, `CaseElsewhere`, `CaseUnsaid` and `StillReplaced`.
    """
    case, stall = own_case(session, acting, case_id)
    session.refresh(stall, with_for_update=True)  # a look at the board comes before the end, or opens a new case
    session.refresh(case, with_for_update=True)  # a colleague or an officer may be at it
    if case.closed_at is not None:
        return stall
    query = select(CaseWork).where(CaseWork.case_id == case.id)
    work = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if in_others_hands(acting, work):
        raise CaseElsewhere
    words = plain(note)
    if not words or len(words) > NOTE_LENGTH:
        raise CaseUnsaid
    if not is_right_again(session, case, stall):
        raise StillReplaced
    if work is None:
        work = CaseWork(case_id=case.id, queue=QUEUE, kind=case.kind, taken_by=acting.actor, taken_at=now)
        session.add(work)
    work.closed_by, work.closed_at, work.note = acting.actor, now, words
    close_case(session, case, now=now, note=words)
    own = replace(acting, organisation_id=owner_of(session, stall.payee))
    changed: dict[str, tuple[object, object]] = {"kind": (None, case.kind), "about": (None, case.subject)}
    record(
        session, now=now, acting=own, act="case.closed", object_id=case.id, changed=changed, public=frozenset(changed)
    )
    return stall
