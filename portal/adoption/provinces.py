"""The province of a period: which unit held the code then, and which leaves add up to it."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.adoption.errors import QueryError
from portal.counting.periods import Period
from portal.errors import PortalError
from portal.places import actions as places
from portal.places.areas import day_of
from portal.places.models import AdminUnit


def last_moment(period: Period) -> datetime:
    """Return the last instant that belongs to a period."""
    return period.end - timedelta(microseconds=1)


def area_of(session: Session, text: str, period: Period) -> AdminUnit:
    """Return the unit that an id (`82@20210101`) or a bare code names at a period's end.

    Raises `QueryError` area_unknown, and area_changed_owner where the code changes hands within the period.
    """
    try:
        found = places.resolve(session, text, day_of(last_moment(period)))
    except PortalError:
        raise QueryError("area_unknown", area=text) from None
    if "@" not in text:
        first = _held(session, text, period.start)
        if first is not None and first.id != found.id:
            raise QueryError("area_changed_owner", area=text, ids=f"{first.id}, {found.id}")
    return found


def _held(session: Session, code: str, at: datetime) -> AdminUnit | None:
    try:
        return places.resolve(session, code, day_of(at))
    except PortalError:
        return None


def leaves_of(session: Session, unit: AdminUnit, period: Period) -> tuple[str, ...]:
    """Return the areas whose sum a unit is: a province's leaves then, or the commune itself."""
    if unit.level == "province":
        return tuple(places.leaves(session, unit.id, period.end))
    return (unit.id,)
