"""The roll-up: consume the pending rows that are there, exactly those, and number what changed."""

from collections import Counter
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.counting.models import AdoptCell, AdoptChange, AdoptClock, AdoptDelta

MOST = 20_000
_Key = tuple[str, str, str, str]


def lock_clock(session: Session) -> AdoptClock:
    """Return the clock's row, locked; make it at its first use."""
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(make(AdoptClock).values(id=1, applied_seq=0).on_conflict_do_nothing())
    query = select(AdoptClock).where(AdoptClock.id == 1).with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one()


def roll_up(session: Session, *, now: datetime, most: int = MOST) -> int:
    """Fold pending rows into the cells; return how many. Reads the rows that are there, never "above the last id"."""
    clock = lock_clock(session)
    query = select(
        AdoptDelta.id, AdoptDelta.indicator, AdoptDelta.cut, AdoptDelta.month, AdoptDelta.area_id, AdoptDelta.d
    )
    rows = session.execute(query.order_by(AdoptDelta.id).limit(most)).all()
    if not rows:
        return 0
    sums: Counter[_Key] = Counter()
    for _id, indicator, cut, month, area, d in rows:
        sums[indicator, cut, month, area] += d
    for start in range(0, len(rows), 500):
        session.execute(delete(AdoptDelta).where(AdoptDelta.id.in_([row[0] for row in rows[start : start + 500]])))
    changes = []
    for key in sorted(sums):
        if sums[key]:
            _apply(session, key, sums[key])
            clock.applied_seq += 1
            changes.append(_change(clock.applied_seq, key, sums[key], now))
    if changes:
        session.execute(insert(AdoptChange), changes)
    session.flush()
    return len(rows)


def _apply(session: Session, key: _Key, d: int) -> None:
    """Add to the month's net, and to the closing of it and of all later months of the cell."""
    indicator, cut, month, area = key
    same = (AdoptCell.indicator == indicator, AdoptCell.cut == cut, AdoptCell.area_id == area)
    if session.scalar(select(AdoptCell.net).where(*same, AdoptCell.month == month)) is None:
        before = (
            select(AdoptCell.closing).where(*same, AdoptCell.month < month).order_by(AdoptCell.month.desc()).limit(1)
        )
        values = {"indicator": indicator, "cut": cut, "month": month, "area_id": area, "net": 0}
        session.execute(insert(AdoptCell).values(**values, closing=session.scalar(before) or 0))
    session.execute(update(AdoptCell).where(*same, AdoptCell.month == month).values(net=AdoptCell.net + d))
    session.execute(update(AdoptCell).where(*same, AdoptCell.month >= month).values(closing=AdoptCell.closing + d))


def _change(seq: int, key: _Key, d: int, now: datetime) -> dict[str, object]:
    indicator, cut, month, area = key
    return {"seq": seq, "indicator": indicator, "cut": cut, "month": month, "area_id": area, "d": d, "at": now}
