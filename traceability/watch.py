"""Stamps that look copied: those of which a scan said so when they were last scanned, or that were scanned too early.

The rule is the verdict's own, over what the stamps' rows remember; so the list and the scan page never disagree.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from traceability.models import TraceBatch, TraceStamp
from traceability.serials import encode_serial
from traceability.verdicts import Far, StampCounts, Standing, Suspicion, Thresholds, suspicion, unpack_scans

MOST_STAMPS = 5_000
# What the records say does not matter here: the scans alone are weighed.
_ACTIVE = Standing(recalled=False, voided=False, active=True, expires_on=None, differs=False)


@dataclass(frozen=True, slots=True)
class Alarm:
    """A stamp that looks copied, why, and from how many networks (a day each) it was scanned last.

    `places` has one entry for each of the last scans whose place was told, newest first.
    """

    serial: str
    batch: int
    index: int
    product: str
    establishment: str
    reason: Suspicion
    scans: int
    scans_before: int
    networks: int
    places: tuple[str, ...]
    first_at: datetime | None
    last_at: datetime


def alarming_stamps(
    session: Session, *, establishments: Collection[str] | None, since: datetime, thresholds: Thresholds, far: Far
) -> list[Alarm]:
    """Give the alarms of stamps scanned since then, most scans first; `establishments` None means all."""
    query = (
        select(TraceStamp, TraceBatch.product, TraceBatch.establishment)
        .join(TraceBatch, TraceBatch.batch == TraceStamp.batch)
        .where(
            TraceStamp.last_at >= since,
            or_(TraceStamp.scans > 1, TraceStamp.scans_before > 0),
        )
        .order_by((TraceStamp.scans + TraceStamp.scans_before).desc(), TraceStamp.batch, TraceStamp.index)
    )
    if establishments is not None:
        query = query.where(TraceBatch.establishment.in_(establishments))
    found = []
    for row, product, establishment in session.execute(query.limit(MOST_STAMPS)):
        reason = _reason(row, thresholds, far)
        if reason is not None:
            found.append(_alarm(row, product, establishment, reason))
    return found


def _reason(row: TraceStamp, thresholds: Thresholds, far: Far) -> Suspicion | None:
    counts = StampCounts(row.first_at, row.first_place, row.scans, row.scans_before, unpack_scans(row.recent))
    reason = suspicion(_ACTIVE, counts, now=row.last_at, thresholds=thresholds, far=far)
    if reason is None and row.scans_before:
        return Suspicion.BEFORE_ACTIVATION  # fewer than make it suspicious are an alarm to the establishment already
    return reason


def _alarm(row: TraceStamp, product: str, establishment: str, reason: Suspicion) -> Alarm:
    recent = unpack_scans(row.recent)
    return Alarm(
        serial=encode_serial(row.batch, row.index, row.mac),
        batch=row.batch,
        index=row.index,
        product=product,
        establishment=establishment,
        reason=reason,
        scans=row.scans,
        scans_before=row.scans_before,
        networks=len({scan.address_hash for scan in recent}),
        places=tuple(scan.place for scan in recent if scan.place is not None),
        first_at=row.first_at,
        last_at=row.last_at,
    )
