"""Read published figures: the latest revision of each cell asked for, or what its absence means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.adoption.figures import tellable
from portal.adoption.models import PUBLIC, AdoptObservation, AdoptPeriod
from portal.counting import TOTAL, Catalogue, Indicator
from portal.counting.periods import Period


class Asked(NamedTuple):
    """One cell that somebody asks for."""

    indicator: Indicator
    cut: str
    area: str
    period: Period
    at_province: bool

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return it as the table keys it."""
        return self.indicator.code, self.cut, self.area, self.period.text


@dataclass(frozen=True, slots=True)
class Observation:
    """One published figure. `value` is None where it is hidden (`Q`) or missing (`M`)."""

    indicator: Indicator
    cut: str
    area: str
    period: Period
    value: int | None
    obs_status: str
    conf_status: str
    status: str
    revision: int
    as_of: datetime | None
    note: str
    deleted: bool = False

    @property
    def hidden(self) -> bool:
        """Say whether there is a value that is not told."""
        return self.obs_status == "Q"


def notes() -> Mapping[str, str]:
    """Return the sentence of each note."""
    return {
        "": "",
        "hidden": _("Hidden, because it would tell about single people or firms."),
        "until_closing": _("Published when the month closes."),
        "province_only": _("Counted for the whole province only."),
        "missing": _("Not counted in this period."),
    }


def observe(
    session: Session, catalogue: Catalogue, asked: Sequence[Asked], *, as_of: datetime | None = None
) -> list[Observation]:
    """Return an observation for each cell, in order, as it stood at `as_of`; all figures come from one statement."""
    rows = _stored(session, asked, as_of=as_of)
    opened = _opened(session, asked, as_of=as_of)
    return [_observation(catalogue, one, rows.get(one.key), opened) for one in asked]


def observe_updated(session: Session, asked: Sequence[Asked], *, after: datetime) -> list[Observation]:
    """Return those of the cells that got a revision after an instant."""
    rows = _stored(session, asked, as_of=None)
    return [_told(one, row) for one in asked if (row := rows.get(one.key)) is not None and row.as_of > after]


def _stored(
    session: Session, asked: Iterable[Asked], *, as_of: datetime | None
) -> dict[tuple[str, str, str, str], AdoptObservation]:
    row = AdoptObservation
    within = [
        row.audience == PUBLIC,
        row.indicator.in_({one.indicator.code for one in asked}),
        row.cut.in_({one.cut for one in asked}),
        row.area_id.in_({one.area for one in asked}),
        row.period.in_({one.period.text for one in asked}),
    ]
    if as_of is not None:
        within.append(row.as_of <= as_of)
    key = (row.indicator, row.cut, row.area_id, row.period)
    newest = select(*key, func.max(row.revision).label("revision")).where(*within).group_by(*key).subquery()
    query = select(row).join(
        newest,
        (newest.c.indicator == row.indicator)
        & (newest.c.cut == row.cut)
        & (newest.c.area_id == row.area_id)
        & (newest.c.period == row.period)
        & (newest.c.revision == row.revision),
    )
    found = session.scalars(query.where(row.audience == PUBLIC), execution_options={"populate_existing": True})
    return {(one.indicator, one.cut, one.area_id, one.period): one for one in found}


def _opened(session: Session, asked: Iterable[Asked], *, as_of: datetime | None) -> Mapping[tuple[str, str], datetime]:
    """Return when each month that is asked for was opened for its indicator."""
    codes = {one.indicator.code for one in asked}
    months = {month for one in asked for month in one.period.months}
    query = select(AdoptPeriod).where(AdoptPeriod.indicator.in_(codes), AdoptPeriod.month.in_(months))
    if as_of is not None:
        query = query.where(AdoptPeriod.opened_at <= as_of)
    return {(one.indicator, one.month): one.opened_at for one in session.scalars(query)}


def _observation(
    catalogue: Catalogue, one: Asked, row: AdoptObservation | None, opened: Mapping[tuple[str, str], datetime]
) -> Observation:
    if row is not None:
        return _told(one, row)
    times = [opened[one.indicator.code, month] for month in one.period.months if (one.indicator.code, month) in opened]
    if not times or (one.at_province and one.cut == TOTAL):
        return _untold(one, None, "M", None, "missing")
    if one.indicator.province_only and not one.at_province:
        return _untold(one, None, "M", None, "province_only")
    if not tellable(catalogue, one.indicator, one.cut, at_province=one.at_province):
        return _untold(one, None, "Q", min(times), "until_closing")
    return _untold(one, 0, "P", min(times), "")


def _told(one: Asked, row: AdoptObservation) -> Observation:
    return Observation(
        one.indicator, one.cut, one.area, one.period, row.value, row.obs_status, row.conf_status, row.status,
        row.revision, row.as_of, row.note, row.deleted,
    )  # fmt: skip


def _untold(one: Asked, value: int | None, obs_status: str, as_of: datetime | None, note: str) -> Observation:
    conf = "C" if obs_status == "Q" else "F"
    return Observation(
        one.indicator, one.cut, one.area, one.period, value, obs_status, conf, "provisional", 0, as_of, note
    )
