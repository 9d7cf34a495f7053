"""A counted row that is flushed outside `counting` is refused: no figure can fall behind by a forgotten block."""

from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from portal.counting.errors import CountingError
from portal.counting.indicator import Catalogue

OPEN = "counting_open"


def watch(session_factory: Any) -> None:
    """Check every flush of these sessions, whose `info` names the catalogue; once is enough for a process."""
    if not event.contains(session_factory, "before_flush", _refuse_uncounted):
        event.listen(session_factory, "before_flush", _refuse_uncounted)


def _refuse_uncounted(session: Session, *_: object) -> None:
    catalogue: Catalogue | None = session.info.get("catalogue")
    if catalogue is None or session.info.get(OPEN):
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        columns = catalogue.counted_rows.get(type(row))
        if columns is not None and _moves(session, row, columns):
            raise CountingError("counting.not_locked", table=row.__tablename__)


def _moves(session: Session, row: Any, columns: tuple[str, ...]) -> bool:
    """Say whether a figure may change: a counted column does, or one is set in a row that comes or goes."""
    if row not in session.dirty:
        return not columns or any(getattr(row, name) is not None for name in columns)
    if not columns:
        return session.is_modified(row)
    return any(inspect(row).attrs[name].history.has_changes() for name in columns)
