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


def open_cases(session: Session, *, limit: int = 100) -> list[Case]:
    """Return the open cases, oldest first."""
    return list(session.scalars(select(Case).where(Case.closed_at.is_(None)).order_by(Case.opened_at).limit(limit)))


def close_case(session: Session, case: Case, *, now: datetime, note: str) -> None:
    """Close a case with a person's note."""
    case.closed_at, case.closed_note = now, note
    session.flush()
