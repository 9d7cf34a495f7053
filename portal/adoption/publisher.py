"""The publisher: each figure that changed gets one new revision for the public, numbered and timed under the clock.

Values are the base at the clock's horizon, never pending rows, so that a revision can be recounted later. Privacy is
decided here, before any format; a hidden cell has no row at all, and no number of a public row moves with it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.adoption.models import AdoptNote, AdoptObservation
from portal.adoption.privacy import public_cell
from portal.adoption.provinces import area_of, leaves_of
from portal.counting import Indicator, live_cells, lock_clock
from portal.counting.deltas import catalogue_of
from portal.counting.models import AdoptCell, AdoptChange, AdoptClock
from portal.counting.periods import Period, month_of, next_month, parse_period

PUBLIC = "public"
_DONE, _OPENED = "published_seq", "opened_month"
_Series = tuple[str, str]


def publish_changes(session: Session, *, now: datetime, province: str) -> int:
    """Write the revisions that are due; return how many. The caller commits."""
    clock = lock_clock(session)
    done = int(_note(session, _DONE) or 0)
    month = month_of(now)
    due = _due(session, done=done, month=month)
    if not due and _note(session, _OPENED) == month:
        return 0
    if _note(session, _OPENED) != month:  # a month begins: stocks and totals stand in it too
        for key in _stocks(session):
            due[key] = min(due.get(key, month), month)
    written = 0
    for (code, cut), first in sorted(due.items()):
        indicator = catalogue_of(session).get(code)
        for period in _periods(indicator, session, (code, cut), first=first, last=month):
            written += _publish(session, clock, indicator, cut, period, now=now, province=province)
    _set_note(session, _DONE, str(clock.applied_seq))
    _set_note(session, _OPENED, month)
    session.flush()
    return written


def _due(session: Session, *, done: int, month: str) -> dict[_Series, str]:
    """Return series → first month that changed since the last publication."""
    query = select(AdoptChange.indicator, AdoptChange.cut, func.min(AdoptChange.month)).where(AdoptChange.seq > done)
    rows = session.execute(query.group_by(AdoptChange.indicator, AdoptChange.cut))
    return {(code, cut): min(first, month) for code, cut, first in rows if code in catalogue_of(session)}


def _stocks(session: Session) -> set[_Series]:
    rows = session.execute(select(AdoptCell.indicator, AdoptCell.cut).distinct())
    known = catalogue_of(session)
    return {(code, cut) for code, cut in rows if code in known and known.get(code).kind in ("S", "C")}


def _periods(indicator: Indicator, session: Session, series: _Series, *, first: str, last: str) -> Iterable[Period]:
    """Return the months to look at: of a flow those with cells, of a stock each month from the change to now."""
    if indicator.kind == "F":
        query = select(AdoptCell.month).where(AdoptCell.indicator == series[0], AdoptCell.cut == series[1])
        return [parse_period(one) for one in session.scalars(query.where(AdoptCell.month >= first).distinct())]
    months = [first]
    while months[-1] < last:
        months.append(next_month(months[-1]))
    return [parse_period(one) for one in months]


def _publish(
    session: Session, clock: AdoptClock, indicator: Indicator, cut: str, period: Period, *, now: datetime, province: str
) -> int:
    """Write the revisions of one series in one month, for the province and for each commune that may be shown."""
    top = area_of(session, province, period)
    leaves = leaves_of(session, top, period)
    base = live_cells(session, indicator, period, cut=cut, areas=leaves, with_pending=False)
    values: dict[str, int] = {}
    if public_cell(indicator, cut=cut, is_province=True):
        values[top.id] = sum(base.values())
    if not indicator.province_only and public_cell(indicator, cut=cut, is_province=False):
        values |= base
        for area in _shown(session, indicator.code, cut, period, leaves):
            values.setdefault(area, 0)
    return sum(_revise(session, clock, indicator, cut, period, area, value, now) for area, value in values.items())


def _shown(session: Session, code: str, cut: str, period: Period, leaves: tuple[str, ...]) -> Iterable[str]:
    """Return the communes that have a public row in this month already: theirs may have fallen to 0."""
    same = (AdoptObservation.indicator == code, AdoptObservation.cut == cut, AdoptObservation.period == period.text)
    query = select(AdoptObservation.area_id).where(AdoptObservation.audience == PUBLIC, *same)
    return session.scalars(query.where(AdoptObservation.area_id.in_(leaves)).distinct())


def _revise(
    session: Session, clock: AdoptClock, indicator: Indicator, cut: str, period: Period, area: str, value: int,
    now: datetime,
) -> int:  # fmt: skip
    key = (
        AdoptObservation.audience == PUBLIC, AdoptObservation.indicator == indicator.code, AdoptObservation.cut == cut,
    )  # fmt: skip
    query = select(AdoptObservation).where(
        *key, AdoptObservation.area_id == area, AdoptObservation.period == period.text
    )
    latest = session.scalars(query.order_by(AdoptObservation.revision.desc()).limit(1)).first()
    if latest is not None and latest.value == value:
        return 0
    seq = (session.scalar(select(func.max(AdoptObservation.seq)).where(*key)) or 0) + 1
    after = clock.last_published_at
    clock.last_published_at = now if after is None else max(now, after + timedelta(microseconds=1))
    row = AdoptObservation(
        audience=PUBLIC, indicator=indicator.code, cut=cut, area_id=area, period=period.text,
        revision=latest.revision + 1 if latest else 1, value=value, obs_status="P", conf_status="F",
        status="provisional", seq=seq, horizon=clock.applied_seq, as_of=clock.last_published_at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return 1


def latest_rows(
    *, codes: Iterable[str], audience: str = PUBLIC, as_of: datetime | None = None
) -> Select[AdoptObservation]:
    """Return a query of the newest revision of each figure, now or at a past time."""
    inner = select(func.max(AdoptObservation.id).label("id")).where(AdoptObservation.audience == audience)
    inner = inner.where(AdoptObservation.indicator.in_(list(codes)))
    if as_of is not None:
        inner = inner.where(AdoptObservation.as_of <= as_of)
    keys = (AdoptObservation.indicator, AdoptObservation.cut, AdoptObservation.area_id, AdoptObservation.period)
    newest = inner.group_by(*keys).subquery()
    return select(AdoptObservation).join(newest, newest.c.id == AdoptObservation.id)


def set_shown_period(session: Session, *, month: str, label: str) -> None:
    """Note which month the dashboard opens on, and the words beside it (the demo's months)."""
    _set_note(session, "shown_period", month)
    _set_note(session, "shown_label", label)


def shown_period(session: Session, *, now: datetime) -> tuple[str, str | None]:
    """Return the month that the dashboard opens on, and the words beside it if it is the demo's."""
    found = _note(session, "shown_period")
    return (found, _note(session, "shown_label")) if found else (month_of(now), None)


def _note(session: Session, name: str) -> str | None:
    row = session.get(AdoptNote, name)
    return row.value if row else None


def _set_note(session: Session, name: str, value: str) -> None:
    row = session.get(AdoptNote, name)
    if row is None:
        session.add(AdoptNote(name=name, value=value))
    else:
        row.value = value


__all__ = ["PUBLIC", "latest_rows", "publish_changes", "set_shown_period", "shown_period"]
