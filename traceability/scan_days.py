"""How many details of scans each day has, counted as they are written: what is deleted before its time then shows."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, Table, delete, func, select, update
from sqlalchemy.orm import Session

from traceability.models import TraceScan, TraceScanDay
from traceability.upserts import upsert

_DAYS = cast(Table, TraceScanDay.__table__)


def count_details(session: Session, moments: Iterable[datetime]) -> None:
    """Add details to the counts of their days (UTC)."""
    found = Counter(moment.astimezone(UTC).date() for moment in moments)
    for day, details in sorted(found.items()):
        statement = upsert(session.get_bind().dialect.name, _DAYS).values(day=day, details=details)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=[_DAYS.c.day], set_={"details": _DAYS.c.details + statement.excluded.details}
            )
        )


def delete_details(session: Session, *, before: datetime) -> int:
    """Delete the details from before a moment, and count them off their days. Returns how many."""
    last = before.astimezone(UTC).date()
    whole = _delete(session, TraceScan.scanned_at < _start(last))
    part = _delete(session, TraceScan.scanned_at < before)
    session.execute(delete(_DAYS).where(_DAYS.c.day < last))
    if part:
        session.execute(update(_DAYS).where(_DAYS.c.day == last).values(details=_DAYS.c.details - part))
    return whole + part


def _delete(session: Session, condition: ColumnElement[bool]) -> int:
    gone = session.execute(delete(TraceScan).where(condition).execution_options(synchronize_session=False))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def lost_details(session: Session) -> Iterator[tuple[date, int]]:
    """Give each day that has fewer details than were counted, and how many are missing.

    One statement a day, so that a scan of this moment is in both figures or in neither. More than were counted is no
    loss: code from before there were counts may have written them.
    """
    for day in session.scalars(select(TraceScanDay.day).order_by(TraceScanDay.day)).all():
        within = (TraceScan.scanned_at >= _start(day), TraceScan.scanned_at < _start(day + timedelta(days=1)))
        there = select(func.count()).select_from(TraceScan).where(*within).scalar_subquery()
        missing = session.scalar(select(TraceScanDay.details - there).where(TraceScanDay.day == day)) or 0
        if missing > 0:
            yield day, missing


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
