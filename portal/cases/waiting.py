"""Open cases as rows of a queue: by the part of their kind before the dot."""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import not_, or_, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.cases.models import Case
from portal.queues import Rows


def cases_of(*subjects: str, but: Collection[str] = ()) -> Callable[[Session, Acting], Rows]:
    """Return what selects the open cases whose kind begins with one of these, but for some kinds."""

    def rows(_session: Session, _acting: Acting) -> Rows:
        return _open().where(or_(*(_begins(one) for one in subjects)), Case.kind.not_in(list(but)))

    return rows


def other_cases(*subjects: str) -> Callable[[Session, Acting], Rows]:
    """Return what selects the open cases of all other kinds."""

    def rows(_session: Session, _acting: Acting) -> Rows:
        return _open().where(not_(or_(*(_begins(one) for one in subjects))))

    return rows


def _open() -> Rows:
    columns = (Case.opened_at.label("since"), Case.id.label("id"), Case.kind.label("about"))
    return select(*columns).where(Case.closed_at.is_(None))


def _begins(subject: str) -> Any:
    return Case.kind.startswith(f"{subject}.", autoescape=True)
