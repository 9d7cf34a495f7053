"""Open, list and close cases."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cases.models import Case


def open_case(
    session: Session, *, now: datetime, kind: str, subject: str, reason: str, detail: Mapping[str, Any] | None = None
) -> Case:
    """Open a case, or return the one of this kind and subject that is open already."""
    query = select(Case).where(Case.kind == kind, Case.subject == subject, Case.closed_at.is_(None))
    case = session.scalars(query).one_or_none()
    if case is None:
        case = Case(kind=kind, subject=subject, reason=reason, detail=dict(detail or {}), opened_at=now)
        session.add(case)
        session.flush()
    return case


def open_cases(session: Session, *, kind: str | None = None, limit: int = 100) -> list[Case]:
    """Return the open cases, of one kind or of all, oldest first."""
    query = select(Case).where(Case.closed_at.is_(None))
    if kind is not None:
        query = query.where(Case.kind == kind)
    return list(session.scalars(query.order_by(Case.opened_at).limit(limit)))


def close_case(session: Session, case: Case, *, now: datetime, note: str) -> None:
    """Close a case with a person's note."""
    case.closed_at, case.closed_note = now, note
    session.flush()
