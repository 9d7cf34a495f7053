"""Read published figures: the latest revision of each cell asked for, or what its absence means.

Only months have rows. A stock's or total's row stands until its cell's next one; quarters, half-years and years are
made of their months, and ratios of their two figures: so nothing is told in them that the months do not tell.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.adoption.areas import Areas
from portal.adoption.figures import own_months, tellable
from portal.adoption.models import PUBLIC, AdoptObservation, AdoptPeriod
from portal.adoption.privacy import is_telling_ratio
from portal.counting import TOTAL, Catalogue, Indicator
from portal.counting.periods import Period, parse_period


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
    """One published figure. `value` is None where it is hidden (`Q`) or missing (`M`).

    A ratio has its integers above and below the line, and `ratio`, the percentage with two decimals, for its value.
    """

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
    numerator: int | None = None
    denominator: int | None = None
    ratio: str | None = None

    @property
    def hidden(self) -> bool:
        """Say whether there is a value that is not told."""
        return self.obs_status == "Q"

    @property
    def told(self) -> int | str | None:
        """Return what a machine is told: a whole number, or a ratio as text."""
        return self.ratio if self.indicator.kind == "R" else self.value


def notes() -> Mapping[str, str]:
    """Return the sentence of each note."""
    return {
        "": "",
        "hidden": _("Hidden, because it would tell about single people or firms."),
        "until_closing": _("Published when the month closes."),
        "officers_only": _("Parts of one commune are for its officers only."),
        "province_only": _("Counted for the whole province only."),
        "missing": _("Not counted in this period."),
        "restated": _("The sum of the units of that time."),
    }


def note_text(note: str) -> str:
    """Return the sentence of a figure's note; a correction says its size."""
    cause, _colon, size = note.partition(":")
    return _("Corrected by %(size)s after the month had closed.", size=size) if cause == "late" else notes()[note]


def observe(
    session: Session, catalogue: Catalogue, areas: Areas, asked: Sequence[Asked], *, as_of: datetime | None = None
) -> list[Observation]:
    """Return an observation for each cell, in order, as it stood at `as_of`; all figures come from one statement."""
    page = _Page(session, catalogue, areas, [part for one in asked for part in parts_of(catalogue, one)], as_of=as_of)
    return [page.figure(one) for one in asked]


def parts_of(catalogue: Catalogue, one: Asked) -> list[Asked]:
    """Return what is counted for a cell: itself, or the two figures of a ratio."""
    if one.indicator.kind != "R":
        return [one]
    codes = (one.indicator.numerator or "", one.indicator.denominator or "")
    return [one._replace(indicator=catalogue.get(code)) for code in codes]


class _Page:
    """The rows and months that are needed for what was asked, read at once."""

    def __init__(
        self, session: Session, catalogue: Catalogue, areas: Areas, parts: Sequence[Asked], *, as_of: datetime | None
    ) -> None:
        self.catalogue, self.areas, self.as_of = catalogue, areas, as_of
        months = {month for period in {part.period for part in parts} for month in period.months}
        self.periods = _opened(session, parts, months, as_of=as_of)  # first: a closing between tells too little, not 0
        self.rows = _stored(session, parts, months, as_of=as_of)
        self._own: dict[tuple[Period, str], list[Period]] = {}

    def figure(self, one: Asked) -> Observation:
        """Return the figure of any period."""
        if one.indicator.kind == "R":
            return ratio_of(one, *(self._over(part) for part in parts_of(self.catalogue, one)))
        return self._over(one)

    def _over(self, one: Asked) -> Observation:
        """Return a period's figure from its months': flows add up, others take the last; a hidden part hides a sum."""
        if one.period.frequency == "M":
            return self.month(one)
        own = self._own_months(one)
        if one.indicator.kind == "F":
            return _added(one, [self.month(one._replace(period=month)) for month in own])
        opened = [month for month in own if (one.indicator.code, month.text) in self.periods]
        if not opened:
            return _untold(one, None, "M", None, "missing")
        last = self.month(one._replace(period=opened[-1]))
        if opened[-1].text == one.period.last:
            return replace(last, period=one.period)
        shown = "P" if last.obs_status in "AB" else last.obs_status
        return replace(last, period=one.period, status="provisional", obs_status=shown)

    def _own_months(self, one: Asked) -> list[Period]:
        """Return the months of a period in which the area was the unit that it is at the period's end."""
        key = (one.period, one.area)
        if key not in self._own:
            own = own_months(one.period, one.area, self.areas, at_province=one.at_province)
            self._own[key] = [parse_period(month) for month in own]
        return self._own[key]

    def month(self, one: Asked) -> Observation:
        """Return a month's figure."""
        period = self.periods.get((one.indicator.code, one.period.text))
        if period is None:
            return _untold(one, None, "M", None, "missing")
        if one.indicator.province_only and not one.at_province:
            return _untold(one, None, "M", None, "province_only")
        closed_at = period.closed_at
        if closed_at is not None and self.as_of is not None and closed_at > self.as_of:
            closed_at = None
        top, closed = one.at_province and one.cut == TOTAL, closed_at is not None
        if not tellable(self.catalogue, one.indicator, one.cut, at_province=one.at_province, closed=closed):
            crossing = not one.at_province and one.cut != TOTAL
            return _untold(one, None, "Q", period.opened_at, "officers_only" if crossing else "until_closing")
        row = self._row(one)
        if row is None and top:
            return _untold(one, None, "M", None, "missing")
        return _of_month(one, row, period, closed_at)

    def _row(self, one: Asked) -> AdoptObservation | None:
        rows = self.rows.get((one.indicator.code, one.cut, one.area))
        if not rows or one.indicator.kind == "F" or (one.at_province and one.cut == TOTAL):
            return rows.get(one.period.text) if rows else None
        earlier = [month for month in rows if month <= one.period.text]
        return rows[max(earlier)] if earlier else None


def _stored(
    session: Session, asked: Sequence[Asked], months: Set[str], *, as_of: datetime | None
) -> Mapping[tuple[str, str, str], dict[str, AdoptObservation]]:
    """Return each cell's latest revision by month, up to the last month that is asked for."""
    row = AdoptObservation
    within = [
        row.audience == PUBLIC,
        row.indicator.in_({one.indicator.code for one in asked}),
        row.cut.in_({one.cut for one in asked}),
        row.area_id.in_({one.area for one in asked}),
        row.period <= max(months, default=""),
    ]
    if all(one.indicator.kind == "F" or (one.at_province and one.cut == TOTAL) for one in asked):
        within.append(row.period >= min(months, default=""))
    if as_of is not None:
        within.append(row.as_of <= as_of)
    query = select(row).where(*within).order_by(row.revision)
    found: dict[tuple[str, str, str], dict[str, AdoptObservation]] = {}
    for one in session.scalars(query, execution_options={"populate_existing": True}):
        found.setdefault((one.indicator, one.cut, one.area_id), {})[one.period] = one
    return found


def _opened(
    session: Session, asked: Sequence[Asked], months: Set[str], *, as_of: datetime | None
) -> Mapping[tuple[str, str], AdoptPeriod]:
    """Return the months that are asked for and open, or closed, for their indicator."""
    codes = {one.indicator.code for one in asked}
    query = select(AdoptPeriod).where(AdoptPeriod.indicator.in_(codes), AdoptPeriod.month.in_(months))
    if as_of is not None:
        query = query.where(AdoptPeriod.opened_at <= as_of)
    found = session.scalars(query, execution_options={"populate_existing": True})
    return {(one.indicator, one.month): one for one in found}


def _added(one: Asked, months: Sequence[Observation]) -> Observation:
    """Return a flow's sum over months; one that is hidden hides it, or it would be the sum less the others."""
    known = [month for month in months if month.obs_status != "M"]
    if not known:
        return _untold(one, None, "M", None, months[-1].note if months else "missing")
    hidden = [month for month in known if month.value is None]
    running = known[-1].period.text != one.period.last
    provisional = running or any(month.status == "provisional" for month in known)
    status = "provisional" if provisional else max((month.status for month in known), key=_STATUS.index)
    return Observation(
        one.indicator, one.cut, one.area, one.period,
        value=None if hidden else sum(month.value or 0 for month in known),
        obs_status="Q" if hidden else "P" if provisional else "A",
        conf_status="C" if hidden else "F",
        status=status,
        revision=sum(month.revision for month in known),
        as_of=max(month.as_of for month in known if month.as_of is not None),
        note=max((month.note for month in hidden), default=""),
    )  # fmt: skip


_STATUS = ("provisional", "final", "revised")


def ratio_of(one: Asked, above: Observation, below: Observation) -> Observation:
    """Return a ratio, hidden where either figure is or where it would tell of few."""
    as_of = max((part.as_of for part in (above, below) if part.as_of is not None), default=None)
    statuses = {above.status, below.status}
    found = Observation(
        one.indicator, one.cut, one.area, one.period, None, "A", "F", min(statuses, key=_STATUS.index)
        if "provisional" in statuses else max(statuses, key=_STATUS.index),
        above.revision + below.revision, as_of, "",
    )  # fmt: skip
    marks = {above.obs_status, below.obs_status}
    if "M" in marks or (below.value == 0):
        return replace(found, obs_status="M", note="missing")
    if above.value is None or below.value is None or is_telling_ratio(above.value, below.value):
        return replace(found, obs_status="Q", conf_status="C", note=above.note or below.note or "hidden")
    percent = (above.value * 20_000 + below.value) // (2 * below.value)  # hundredths of a percent, half rounded up
    return replace(
        found, obs_status="P" if found.status == "provisional" else "A", numerator=above.value,
        denominator=below.value, ratio=f"{percent // 100}.{percent % 100:02d}",
    )  # fmt: skip


def _of_month(one: Asked, row: AdoptObservation | None, period: AdoptPeriod, closed_at: datetime | None) -> Observation:
    told_at = closed_at or period.opened_at
    plain = "A" if closed_at else "P"
    if row is None:
        return _untold(one, 0, plain, told_at, "", status="final" if closed_at else "provisional")
    status, shown, note = "provisional", plain, row.note
    if closed_at is not None:
        status = "revised" if row.as_of > closed_at else "final"
    if row.value is not None and row.period != period.month and status != "revised":
        note = ""  # what corrected an earlier month is no news of this one
    if row.value is None:
        shown = "Q"
    elif row.period == period.month and row.obs_status == "B" and closed_at:
        shown = "B"
    return Observation(
        one.indicator, one.cut, one.area, one.period, row.value, shown, row.conf_status, status, row.revision,
        max(row.as_of, told_at), note, row.deleted,
    )  # fmt: skip


def _untold(
    one: Asked, value: int | None, obs_status: str, as_of: datetime | None, note: str, *, status: str = "provisional"
) -> Observation:
    conf = "C" if obs_status == "Q" else "F"
    return Observation(one.indicator, one.cut, one.area, one.period, value, obs_status, conf, status, 0, as_of, note)
