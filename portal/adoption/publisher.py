"""The publisher: each changed figure gets one new revision; what is hidden is decided here and nowhere else.

One indicator a piece, under the clock's lock, which the roll-up holds too: a revision counts all changes up to its
horizon, and none after it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from portal.adoption.areas import Areas
from portal.adoption.figures import Key, Nets, months_between, periods_of, wanted
from portal.adoption.models import PUBLIC, AdoptLane, AdoptObservation, AdoptPeriod
from portal.adoption.privacy import is_dominated
from portal.adoption.source import source_rows
from portal.cases import open_case
from portal.counting import Catalogue, Indicator, lock_clock
from portal.counting.models import AdoptCell, AdoptChange, AdoptClock
from portal.counting.periods import Period, month_of

_STEP = timedelta(microseconds=1)


def is_due(session: Session, catalogue: Catalogue, *, now: datetime) -> bool:
    """Say, by reading alone, whether any indicator waits for a revision or a new month."""
    applied = session.scalar(select(AdoptClock.applied_seq)) or 0
    lanes = {lane.indicator: lane for lane in session.scalars(select(AdoptLane))}
    month = month_of(now)
    return any(
        (lane := lanes.get(one.code)) is None or lane.horizon < applied or lane.month < month
        for one in catalogue
        if one.kind != "R"
    )


def publish(session: Session, catalogue: Catalogue, *, now: datetime, province: str) -> int | None:
    """Publish one indicator that is due; return how many revisions that made, or None where none is due.

    Indicators that nothing changed since their last revision move their horizon on without a revision.
    """
    clock = lock_clock(session)
    rows = session.scalars(select(AdoptLane), execution_options={"populate_existing": True})
    lanes = {lane.indicator: lane for lane in rows if lane.indicator in catalogue}
    changed = _changed(session, lanes, clock.applied_seq)
    month = month_of(now)
    still = [code for code, lane in lanes.items() if code not in changed and lane.horizon < clock.applied_seq]
    if still:
        session.execute(update(AdoptLane).where(AdoptLane.indicator.in_(still)).values(horizon=clock.applied_seq))
    for indicator in catalogue:
        lane = lanes.get(indicator.code)
        if indicator.kind == "R":
            continue
        if lane is None or lane.month < month or indicator.code in changed:
            return _publish_one(
                session, indicator, lane, changed.get(indicator.code, set()), clock=clock, now=now, province=province
            )
    return None


def _changed(session: Session, lanes: dict[str, AdoptLane], applied: int) -> dict[str, set[str]]:
    """Return the indicators with changes after their horizon, and the months that these touch."""
    oldest = min((lane.horizon for lane in lanes.values()), default=0)
    if lanes and oldest >= applied:
        return {}
    found: defaultdict[str, set[str]] = defaultdict(set)
    query = (
        select(AdoptChange.indicator, AdoptChange.month, func.max(AdoptChange.seq))
        .where(AdoptChange.seq > oldest)
        .group_by(AdoptChange.indicator, AdoptChange.month)
    )
    for code, month, seq in session.execute(query):
        if code not in lanes or seq > lanes[code].horizon:
            found[code].add(month)
    return found


def _publish_one(
    session: Session,
    indicator: Indicator,
    lane: AdoptLane | None,
    changed: set[str],
    *,
    clock: AdoptClock,
    now: datetime,
    province: str,
) -> int:
    opened, fresh = _open_months(session, indicator, now=now)
    areas = Areas(session, province)
    touched = _touched(indicator, opened, changed | set(fresh))
    found = wanted(
        indicator, base_nets(session, indicator), touched, areas=areas, dominated=dominated_in(session, indicator)
    )
    negative = [key for key, value in found.items() if value is not None and value < 0 and not _may_fall(indicator)]
    for cut, area, period in negative:
        subject = f"{indicator.code}/{cut}/{area}/{period}"
        open_case(session, now=now, kind="adoption.negative_cell", subject=subject[:64], reason="a count below zero")
        del found[cut, area, period]
    rows = _revisions(session, indicator, found, {one.text for one in touched}, skip=set(negative))
    if rows:
        as_of = max(now, clock.last_published_at + _STEP) if clock.last_published_at else now
        clock.last_published_at = as_of
        common = {"audience": PUBLIC, "indicator": indicator.code, "horizon": clock.applied_seq, "as_of": as_of}
        session.execute(insert(AdoptObservation), [{**common, **row} for row in rows])
    if lane is None:
        session.add(AdoptLane(indicator=indicator.code, horizon=clock.applied_seq, month=opened[-1]))
    else:
        lane.horizon, lane.month = clock.applied_seq, opened[-1]
    session.flush()
    return len(rows)


def _may_fall(indicator: Indicator) -> bool:
    """Say whether a figure may be below zero: money, when more is given back in a month than taken."""
    return indicator.unit == "đồng"


def _open_months(session: Session, indicator: Indicator, *, now: datetime) -> tuple[list[str], list[str]]:
    """Open every month from the first that was counted to the present one; return all, and those opened just now."""
    first = session.scalar(select(func.min(AdoptCell.month)).where(AdoptCell.indicator == indicator.code))
    known = set(session.scalars(select(AdoptPeriod.month).where(AdoptPeriod.indicator == indicator.code)))
    last = month_of(now)
    months = months_between(min({first or last, last, *known}), max({last, *known}))
    fresh = [month for month in months if month not in known]
    if fresh:
        rows = [{"indicator": indicator.code, "month": month, "state": "open", "opened_at": now} for month in fresh]
        session.execute(insert(AdoptPeriod), rows)
    return months, fresh


def _touched(indicator: Indicator, opened: list[str], months: set[str]) -> list[Period]:
    """Return the periods whose figure these months' changes may alter."""
    if not months:
        return []
    first = min(months)
    stays = indicator.kind != "F"
    return [
        period
        for period in periods_of(opened)
        if (stays and period.last >= first) or any(month in months for month in period.months)
    ]


def base_nets(session: Session, indicator: Indicator) -> Nets:
    """Return what each cell gained in each month, as rolled up."""
    query = select(AdoptCell.cut, AdoptCell.area_id, AdoptCell.month, AdoptCell.net)
    return {
        (cut, area, month): net
        for cut, area, month, net in session.execute(query.where(AdoptCell.indicator == indicator.code))
    }


def dominated_in(session: Session, indicator: Indicator) -> Callable[[Period], bool]:
    """Return the question whether one contributor stands out in a period, asked of the source rows once a period."""

    @cache
    def ask(period: Period) -> bool:
        if indicator.contributors_sql is None:
            return False
        return is_dominated([int(row.value) for row in source_rows(session, indicator.contributors_sql, period)])

    return ask


def latest(
    session: Session, indicator: Indicator, periods: Iterable[str] | None = None
) -> dict[Key, tuple[int, int | None]]:
    """Return each figure's latest revision in public: its number and its value."""
    own = [AdoptObservation.audience == PUBLIC, AdoptObservation.indicator == indicator.code]
    if periods is not None:
        own.append(AdoptObservation.period.in_(list(periods)))
    key = (AdoptObservation.cut, AdoptObservation.area_id, AdoptObservation.period)
    newest = select(*key, func.max(AdoptObservation.revision).label("revision")).where(*own).group_by(*key).subquery()
    query = select(*key, AdoptObservation.revision, AdoptObservation.value).join(
        newest,
        (newest.c.cut == AdoptObservation.cut)
        & (newest.c.area_id == AdoptObservation.area_id)
        & (newest.c.period == AdoptObservation.period)
        & (newest.c.revision == AdoptObservation.revision),
    )
    rows = session.execute(query.where(*own))
    return {(cut, area, period): (revision, value) for cut, area, period, revision, value in rows}


def _revisions(
    session: Session, indicator: Indicator, found: dict[Key, int | None], periods: set[str], *, skip: set[Key]
) -> list[dict[str, object]]:
    """Return a row for each figure that differs from its latest revision; one that is gone is 0 now."""
    before = latest(session, indicator, periods)
    now_: dict[Key, int | None] = {**dict.fromkeys(before, 0), **found}
    counts = select(AdoptObservation.cut, func.max(AdoptObservation.seq)).where(
        AdoptObservation.audience == PUBLIC, AdoptObservation.indicator == indicator.code
    )
    last_seq = Counter({cut: int(seq) for cut, seq in session.execute(counts.group_by(AdoptObservation.cut))})
    rows: list[dict[str, object]] = []
    for key in sorted(now_):
        revision, value = before.get(key, (0, 0))
        if key in skip or (revision and value == now_[key]):
            continue
        cut, area, period = key
        last_seq[cut] += 1
        hidden = now_[key] is None
        rows.append(
            {
                "cut": cut,
                "area_id": area,
                "period": period,
                "revision": revision + 1,
                "value": now_[key],
                "obs_status": "Q" if hidden else "P",
                "conf_status": "C" if hidden else "F",
                "status": "provisional",
                "seq": last_seq[cut],
                "note": "hidden" if hidden else "",
                "deleted": False,
            }
        )
    return rows
