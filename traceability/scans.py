"""One scan → one verdict. First or again is decided by one statement, committed before the answer.

    stamp = identify(read, book=book, code=code)                           mostly without a read: headers are kept
    with begin() as session:
        sight = see(session, stamp)
        recorded = record_scan(session, sight=sight, detail=detail)        the one write before the answer
    outcome = conclude(sight, recorded.counts, …)                          pure
    with begin() as session: record_details(session, details)              after the answer, may be in groups

What comes before the count stands in sights.py.

If the write fails, `see` and `counts_with` give what can be read, and the reader still has the page. Both and
`record_scan` take a Connection too: the unit of work has nothing to add to single statements, and doubles their cost.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Connection, Insert, Table, bindparam, case, func, insert, null, select, update
from sqlalchemy.orm import Session

from traceability.models import TraceScan, TraceStamp
from traceability.prepared import one_row
from traceability.scan_days import count_details, delete_details
from traceability.sights import Sight, Stamp
from traceability.upserts import upsert
from traceability.verdicts import (
    RECENT_KEPT,
    Far,
    RecentScan,
    StampCounts,
    Suspicion,
    Thresholds,
    Verdict,
    judge,
    pack_scan,
    unpack_scans,
)

DETAILS_KEPT = timedelta(days=90)
MOST_A_MINUTE = 10
# A row remembers 16 scans for certain: whoever takes turns with many addresses would push the own ones out of it.
MOST_A_MINUTE_IN_ALL = RECENT_KEPT - 1
RECENT_CHARACTERS = 512
_PLACE = re.compile(r"[0-9A-Za-z_.@-]{1,12}")
_ADDRESS_HASH = re.compile(r"[0-9a-f]{1,8}")

_STAMPS, _DETAILS = cast(Table, TraceStamp.__table__), cast(Table, TraceScan.__table__)
_COUNTS = [_STAMPS.c[name] for name in ("first_at", "first_place", "scans", "scans_before", "recent")]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the write gave back; `counted` is False beyond ten scans a minute from one address, fifteen in all."""

    counts: StampCounts
    counted: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """The one answer to a scan."""

    verdict: Verdict
    suspicion: Suspicion | None


@dataclass(frozen=True, slots=True)
class ScanDetail:
    """One scan's details: province or none, the address only as a daily hash of up to 8 hex characters."""

    batch: int
    index: int
    scanned_at: datetime
    place: str | None
    address_hash: str

    def __post_init__(self) -> None:
        if self.place is not None and _PLACE.fullmatch(self.place) is None:
            raise ValueError("a place is up to 12 letters, digits and _ . @ -")
        if _ADDRESS_HASH.fullmatch(self.address_hash) is None:
            raise ValueError("an address hash is up to 8 hex digits")


def conclude(sight: Sight, counts: StampCounts, *, now: datetime, thresholds: Thresholds, far: Far) -> Outcome:
    """Give the one verdict on a known stamp; `counts` include this scan."""
    return Outcome(*judge(sight.standing, counts, now=now, thresholds=thresholds, far=far))


@lru_cache
def _count_scan(dialect: str) -> Insert:
    old = _STAMPS.c
    statement = upsert(dialect, _STAMPS)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[old.batch, old.index],
        set_={
            "first_at": func.coalesce(old.first_at, new.first_at),
            "first_place": case((old.first_at.is_(None), new.first_place), else_=old.first_place),
            "last_at": new.last_at,
            "scans": old.scans + new.scans,
            "scans_before": old.scans_before + new.scans_before,
            "recent": func.substr(new.recent + old.recent, 1, RECENT_CHARACTERS),
        },
    ).returning(*_COUNTS)


_READ_COUNTS = select(*_COUNTS).where(_STAMPS.c.batch == bindparam("of"), _STAMPS.c.index == bindparam("at"))


def record_scan(session: Session | Connection, *, sight: Sight, detail: ScanDetail) -> Recorded:
    """Count a scan on the stamp's row; of two at once exactly one gets `scans` 1."""
    since = sight.activated_at is not None
    packed = pack_scan(_recent(detail))
    values = {
        "batch": sight.header.batch,
        "index": sight.index,
        "mac": sight.mac,
        "first_at": detail.scanned_at if since else None,
        "first_place": detail.place if since else None,
        "last_at": detail.scanned_at,
        "scans": int(since),
        "scans_before": int(not since),
        "recent": packed,
    }
    counts = _counts(one_row(session, _count_scan(_dialect(session)), values))
    if not _is_flood(counts, detail):
        return Recorded(counts, counted=True)
    return Recorded(_take_back(session, sight, packed=packed, since=since), counted=False)


def _dialect(session: Session | Connection) -> str:
    return (session if isinstance(session, Connection) else session.get_bind()).dialect.name


def _recent(detail: ScanDetail) -> RecentScan:
    return RecentScan(detail.scanned_at, detail.place, detail.address_hash)


def _counts(row: Any) -> StampCounts:
    return StampCounts(row.first_at, row.first_place, row.scans, row.scans_before, unpack_scans(row.recent))


def _is_flood(counts: StampCounts, detail: ScanDetail) -> bool:
    since = detail.scanned_at - timedelta(minutes=1)
    within = [scan.address_hash for scan in counts.recent if scan.at > since]
    return len(within) > MOST_A_MINUTE_IN_ALL or within.count(detail.address_hash) > MOST_A_MINUTE


def _take_back(session: Session | Connection, sight: Sight, *, packed: str, since: bool) -> StampCounts:
    # The row is ours until the commit, so this is still one step for everybody else.
    was_first = (_STAMPS.c.scans == 1) & since
    statement = (
        update(_STAMPS)
        .where(_STAMPS.c.batch == sight.header.batch, _STAMPS.c.index == sight.index)
        .values(
            first_at=case((was_first, null()), else_=_STAMPS.c.first_at),
            first_place=case((was_first, null()), else_=_STAMPS.c.first_place),
            scans=_STAMPS.c.scans - int(since),
            scans_before=_STAMPS.c.scans_before - int(not since),
            recent=func.substr(_STAMPS.c.recent, len(packed) + 1),
        )
        .returning(*_COUNTS)
    )
    return _counts(session.execute(statement).one())


def counts_with(session: Session, *, sight: Sight, detail: ScanDetail) -> StampCounts:
    """Read a stamp's counts as they would be with this scan, without writing."""
    stored = stored_counts(session, sight)
    since = sight.activated_at is not None
    return StampCounts(
        first_at=stored.first_at or (detail.scanned_at if since else None),
        first_place=stored.first_place if stored.first_at else detail.place,
        scans=stored.scans + int(since),
        scans_before=stored.scans_before + int(not since),
        recent=(_recent(detail), *stored.recent),
    )


def stored_counts(session: Session, stamp: Stamp) -> StampCounts:
    """Read a stamp's counts as they are."""
    row = session.execute(_READ_COUNTS, {"of": stamp.header.batch, "at": stamp.index}).one_or_none()
    return StampCounts(None, None, 0, 0, ()) if row is None else _counts(row)


def record_details(session: Session, details: Sequence[ScanDetail]) -> None:
    """Keep the details of counted scans; one row for each scan that counted."""
    if details:
        session.execute(insert(_DETAILS), [asdict(detail) for detail in details])
        count_details(session, [detail.scanned_at for detail in details])


def purge_scan_details(session: Session, *, now: datetime) -> int:
    """Delete details older than 90 days, on the stamps' rows too; verdicts stay as they are. Returns how many."""
    before = now - DETAILS_KEPT
    session.execute(
        update(TraceStamp)
        .where(TraceStamp.last_at < before, TraceStamp.recent != "")
        .values(recent="")
        .execution_options(synchronize_session=False)
    )
    return delete_details(session, before=before)
