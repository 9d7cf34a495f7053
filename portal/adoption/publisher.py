"""The publisher: each changed figure gets one new revision; what is hidden is decided here and nowhere else.

One indicator a piece, under the clock's lock, which the roll-up holds too: a revision counts all changes up to its
horizon, and none after it. Months close here: provisional figures become final, those that waited appear, and what
changes later is a revision.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from portal.adoption.areas import Areas
from portal.adoption.closing import closings_due
from portal.adoption.models import AdoptLane, AdoptObservation, AdoptPeriod
from portal.adoption.revising import Revising
from portal.counting import Catalogue, Indicator, lock_clock
from portal.counting.models import AdoptCell, AdoptChange, AdoptClock
from portal.counting.periods import month_of, months_between

_STEP = timedelta(microseconds=1)


def is_due(session: Session, catalogue: Catalogue, *, now: datetime) -> bool:
    """Say, by reading alone, whether any indicator waits for a revision, a new month or a closing."""
    applied = session.scalar(select(AdoptClock.applied_seq)) or 0
    lanes = {lane.indicator: lane for lane in session.scalars(select(AdoptLane))}
    month = month_of(now)
    counted = [one for one in catalogue if one.kind != "R"]
    if any((lane := lanes.get(one.code)) is None or lane.horizon < applied or lane.month < month for one in counted):
        return True
    return bool(closings_due(session, now=now) & {one.code for one in counted})


def publish(session: Session, catalogue: Catalogue, *, now: datetime, province: str) -> int | None:
    """Publish one indicator that is due; return how many revisions that made, or None where none is due.

    Indicators that nothing changed since their last revision move their horizon on without a revision.
    """
    clock = lock_clock(session)
    rows = session.scalars(select(AdoptLane), execution_options={"populate_existing": True})
    lanes = {lane.indicator: lane for lane in rows if lane.indicator in catalogue}
    changed = _changed(session, lanes, clock.applied_seq)
    month, closings = month_of(now), closings_due(session, now=now)
    still = [code for code, lane in lanes.items() if code not in changed and lane.horizon < clock.applied_seq]
    if still:
        session.execute(update(AdoptLane).where(AdoptLane.indicator.in_(still)).values(horizon=clock.applied_seq))
    for indicator in catalogue:
        lane = lanes.get(indicator.code)
        if indicator.kind == "R":
            continue
        news = lane is None or lane.month < month or indicator.code in changed
        if news or indicator.code in closings:
            known = changed.get(indicator.code, set())
            return _publish_one(
                session, catalogue, indicator, lane, known, clock=clock, now=now, areas=Areas(session, province)
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
    catalogue: Catalogue,
    indicator: Indicator,
    lane: AdoptLane | None,
    changed: set[str],
    *,
    clock: AdoptClock,
    now: datetime,
    areas: Areas,
) -> int:
    as_of = max(now, clock.last_published_at + _STEP) if clock.last_published_at else now
    opened, fresh = _open_months(session, indicator, now=now, as_of=as_of)
    if lane is None:
        lane = AdoptLane(indicator=indicator.code, horizon=0, month=opened[-1], closed_horizon=0)
        session.add(lane)
    work = Revising(session, catalogue, indicator, lane, opened, now=now, as_of=as_of, areas=areas)
    rows = work.revise(changed, fresh)
    common = {"audience": "public", "indicator": indicator.code, "horizon": clock.applied_seq, "as_of": as_of}
    for start in range(0, len(rows), 1_000):
        session.execute(insert(AdoptObservation), [{**common, **row} for row in rows[start : start + 1_000]])
    if rows or fresh or work.closed:
        clock.last_published_at = as_of
    lane.horizon, lane.month = clock.applied_seq, opened[-1]
    if work.tells_all:
        lane.closed_horizon = clock.applied_seq
    session.flush()
    return len(rows)


def _open_months(
    session: Session, indicator: Indicator, *, now: datetime, as_of: datetime
) -> tuple[list[str], set[str]]:
    """Open every month from the first that was counted to the present one; return all, and those opened just now."""
    first = session.scalar(select(func.min(AdoptCell.month)).where(AdoptCell.indicator == indicator.code))
    known = set(session.scalars(select(AdoptPeriod.month).where(AdoptPeriod.indicator == indicator.code)))
    last = month_of(now)
    months = months_between(min({first or last, last, *known}), max({last, *known}))
    fresh = [month for month in months if month not in known]
    if fresh:
        rows = [{"indicator": indicator.code, "month": month, "state": "open", "opened_at": as_of} for month in fresh]
        session.execute(insert(AdoptPeriod), rows)
    return months, set(fresh)
