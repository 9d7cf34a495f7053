"""Live figures: base and pending, in one statement, exact to the commit."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from portal.counting.errors import CountingError
from portal.counting.indicator import TOTAL, Indicator
from portal.counting.models import AdoptCell, AdoptDelta
from portal.counting.periods import Period


def live_cells(
    session: Session,
    indicator: Indicator,
    period: Period,
    *,
    cut: str = TOTAL,
    areas: Collection[str] | None = None,
    allow_negative: bool = False,
) -> Mapping[str, int]:
    """Return area → value of one series in one period; stocks and totals at its end, flows summed over its months.

    Raises `CountingError` counting.negative_cell where a count falls below zero, unless a recount looks for just that.
    """
    same_cell = (AdoptCell.indicator == indicator.code, AdoptCell.cut == cut)
    same_delta = (AdoptDelta.indicator == indicator.code, AdoptDelta.cut == cut)
    if indicator.kind == "F":
        within = (AdoptCell.month >= period.first, AdoptCell.month <= period.last)
        base = select(AdoptCell.area_id, AdoptCell.net.label("v")).where(*same_cell, *within)
        waiting = (AdoptDelta.month >= period.first, AdoptDelta.month <= period.last)
    else:
        latest = (
            select(AdoptCell.area_id, func.max(AdoptCell.month).label("month"))
            .where(*same_cell, AdoptCell.month <= period.last)
            .group_by(AdoptCell.area_id)
            .subquery()
        )
        base = (
            select(AdoptCell.area_id, AdoptCell.closing.label("v"))
            .join(latest, (latest.c.area_id == AdoptCell.area_id) & (latest.c.month == AdoptCell.month))
            .where(*same_cell)
        )
        waiting = (literal(True), AdoptDelta.month <= period.last)
    pending = select(AdoptDelta.area_id, AdoptDelta.d.label("v")).where(*same_delta, *waiting)
    both = union_all(base, pending).subquery()
    query = select(both.c.area_id, func.sum(both.c.v)).group_by(both.c.area_id)
    if areas is not None:
        query = query.where(both.c.area_id.in_(areas))
    found = {area: int(value) for area, value in session.execute(query)}
    if any(value < 0 for value in found.values()) and indicator.unit != "đồng" and not allow_negative:
        raise CountingError("counting.negative_cell", indicator=indicator.code)
    return {area: value for area, value in found.items() if value}


def pending_rows(session: Session) -> int:
    """Return how many rows the roll-up has not consumed yet."""
    return session.scalar(select(func.count()).select_from(AdoptDelta)) or 0


def oldest_pending(session: Session) -> datetime | None:
    """Return when the oldest row was written that the roll-up has not consumed yet."""
    return session.scalar(select(func.min(AdoptDelta.recorded_at)))
