"""Read what was told anew since an instant: first which cells that can be, then those alone."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.adoption.areas import Areas
from portal.adoption.models import PUBLIC, AdoptObservation, AdoptPeriod
from portal.adoption.reading import Asked, Observation, observe, parts_of
from portal.counting import Catalogue


def observe_updated(
    session: Session, catalogue: Catalogue, areas: Areas, asked: Sequence[Asked], *, after: datetime
) -> list[Observation]:
    """Return those of the cells that were told anew after an instant; of the others no row is read."""
    fresh = _Fresh(session, after)
    maybe = [one for one in asked if any(fresh.tells(part) for part in parts_of(catalogue, one))]
    found = observe(session, catalogue, areas, maybe)
    return [one for one in found if one.as_of is not None and one.as_of > after]


class _Fresh:
    """What was written after an instant: cells by their rows, months by their opening or closing."""

    def __init__(self, session: Session, after: datetime) -> None:
        row, month = AdoptObservation, AdoptPeriod
        cells = select(row.indicator, row.cut, row.area_id).where(row.audience == PUBLIC, row.as_of > after)
        self._cells = {(code, cut, area) for code, cut, area in session.execute(cells.distinct())}
        told = (month.opened_at > after) | (month.closed_at > after)
        months = select(month.indicator, month.month).where(told)
        self._months = {(code, text) for code, text in session.execute(months)}

    def tells(self, part: Asked) -> bool:
        """Say whether a cell's figure may be newer than the instant: by a row of any month, or by one of its own."""
        return (part.indicator.code, part.cut, part.area) in self._cells or any(
            (part.indicator.code, month) in self._months for month in part.period.months
        )
