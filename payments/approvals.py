"""Maker and checker: an act that one person asks for and another agrees to; the rule holds in the database too.

Any act of this library that needs two people asks here (refunds above the limit, adjustments).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from payments import rows
from payments.errors import ReasonMissing
from payments.models import Approval
from payments.refunds.errors import ApprovalUnknown, SecondPersonNeeded
from payments.types import new_id

# The acts that ask here.
REFUND = "refund"
ADJUSTMENT = "adjustment"
WHATS = (REFUND, ADJUSTMENT)

# Above this sum a refund needs a second person (security.md, limits).
SECOND_PERSON_ABOVE_MINOR = 5_000_000
MOST_WHY = 200


def ask(session: Session, *, what: str, subject_id: str, payee_id: str, maker: str, why: str, now: datetime) -> None:
    """Have an act wait for a second person; asked again while it waits, it waits once."""
    rows.insert_once(
        session,
        Approval,
        {
            "id": new_id("ap"), "payee_id": payee_id, "what": what, "subject_id": subject_id, "why": tidy(why),
            "maker": maker, "asked_at": now, "checker": None, "decided_at": None, "agreed": None,
        },
    )  # fmt: skip


def decide(session: Session, *, what: str, subject_id: str, checker: str, agreed: bool, now: datetime) -> Approval:
    """Note what a second person says; raises SecondPersonNeeded for who asked, ApprovalUnknown if nothing waits."""
    row = _waiting(session, what, subject_id)
    if row.maker == checker:
        raise SecondPersonNeeded(what=what)
    row.checker, row.decided_at, row.agreed = checker, now, agreed
    session.flush()
    return row


def withdraw(session: Session, *, what: str, subject_id: str, now: datetime) -> None:
    """End the waiting without anybody's word; nothing happens where nothing waits."""
    for row in session.scalars(_open(what, subject_id)):
        row.decided_at, row.agreed = now, False
    session.flush()


def waiting(session: Session, payee_ids: Sequence[str], *, limit: int = 100) -> list[Approval]:
    """Return what waits for a second person at some payees, oldest first."""
    query = select(Approval).where(Approval.payee_id.in_(list(payee_ids)), Approval.decided_at.is_(None))
    return list(session.scalars(query.order_by(Approval.asked_at, Approval.id).limit(limit)))


def tidy(why: str) -> str:
    """Return a written reason without blanks around it; raises ReasonMissing."""
    why = " ".join(why.split())
    if not 0 < len(why) <= MOST_WHY:
        raise ReasonMissing(most=MOST_WHY)
    return why


def _waiting(session: Session, what: str, subject_id: str) -> Approval:
    row = session.scalar(_open(what, subject_id), execution_options=rows.FRESH)
    if row is None:
        raise ApprovalUnknown(what=what, subject_id=subject_id)
    return row


def _open(what: str, subject_id: str) -> Select[Approval]:
    query = select(Approval).where(Approval.what == what, Approval.subject_id == subject_id)
    return query.where(Approval.decided_at.is_(None)).with_for_update()
