"""The roll-up: consume the pending rows that are there, exactly those, and number what changed."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.counting.models import AdoptCell, AdoptChange, AdoptClock, AdoptDelta
from portal.db import insert_new

MOST = 20_000
LOOKED_UP = 500
_Key = tuple[str, str, str, str]


def lock_clock(session: Session) -> AdoptClock:
    """Return the clock's row, locked; make it at its first use."""
    insert_new(session, AdoptClock, id=1, applied_seq=0)
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
    for start in range(0, len(rows), LOOKED_UP):
        gone = [row[0] for row in rows[start : start + LOOKED_UP]]
        session.execute(delete(AdoptDelta).where(AdoptDelta.id.in_(gone)))
    moved = {key: sums[key] for key in sorted(sums) if sums[key]}
    _apply(session, moved)
    changes = []
    for key, d in moved.items():
        clock.applied_seq += 1
        changes.append(_change(clock.applied_seq, key, d, now))
    if changes:
        session.execute(insert(AdoptChange), changes)
    session.flush()
    return len(rows)


def _apply(session: Session, sums: Mapping[_Key, int]) -> None:
    """Add to each month's net, and to the closing of it and of all later months of its cell; one write for all."""
    series: defaultdict[tuple[str, str], dict[str, dict[str, int]]] = defaultdict(dict)
    for (indicator, cut, month, area), d in sums.items():
        series[indicator, cut].setdefault(area, {})[month] = d
    written = []
    for (indicator, cut), moved in series.items():
        known = _nets(session, indicator, cut, list(moved))
        for area, by_month in moved.items():
            for month, net, closing in _line(known.get(area, {}), by_month):
                values = {"indicator": indicator, "cut": cut, "month": month, "area_id": area}
                written.append({**values, "net": net, "closing": closing})
    if not written:
        return
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    put = make(AdoptCell)
    put = put.on_conflict_do_update(
        index_elements=["indicator", "cut", "month", "area_id"],
        set_={"net": put.excluded.net, "closing": put.excluded.closing},
    )
    session.execute(put, written)


def _nets(session: Session, indicator: str, cut: str, areas: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return area → month → net of what stands of one series; the clock's lock keeps others from writing."""
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    same = (AdoptCell.indicator == indicator, AdoptCell.cut == cut)
    for start in range(0, len(areas), LOOKED_UP):
        own = AdoptCell.area_id.in_(areas[start : start + LOOKED_UP])
        for area, month, net in session.execute(
            select(AdoptCell.area_id, AdoptCell.month, AdoptCell.net).where(*same, own)
        ):
            found[area][month] = net
    return found


def _line(known: Mapping[str, int], moved: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
    """Yield (month, net, closing) of a cell from the first month that moves on. Pure."""
    first, closing = min(moved), 0
    for month in sorted({*known, *moved}):
        net = known.get(month, 0) + moved.get(month, 0)
        closing += net
        if month >= first:
            yield month, net, closing


def _change(seq: int, key: _Key, d: int, now: datetime) -> dict[str, object]:
    indicator, cut, month, area = key
    return {"seq": seq, "indicator": indicator, "cut": cut, "month": month, "area_id": area, "d": d, "at": now}
