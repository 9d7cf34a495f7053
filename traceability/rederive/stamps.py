"""Rows of scanned stamps, and what must be gone after 90 days."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from traceability.batches import proven_key, read_header
from traceability.errors import BatchUnknown, KeyProblem
from traceability.models import TraceScan, TraceStamp
from traceability.rederive.difference import Difference
from traceability.retention import erased_too_early
from traceability.scan_days import lost_details
from traceability.scans import DETAILS_KEPT
from traceability.serials import BatchKey, StampKeys, encode_serial


def check_stamps(session: Session, *, keys: StampKeys) -> Iterator[Difference]:
    """Check each stamp's row: a real stamp, in order, with at least as many scans as details remain."""

    @lru_cache(maxsize=1024)
    def batch_key(batch: int) -> tuple[BatchKey, int] | None:
        try:
            header = read_header(session, batch)
            return proven_key(header, keys), header.count
        except (BatchUnknown, KeyProblem):
            return None

    details = (
        select(TraceScan.batch, TraceScan.index, func.count().label("details"))
        .group_by(TraceScan.batch, TraceScan.index)
        .subquery()
    )
    joined = (details.c.batch == TraceStamp.batch) & (details.c.index == TraceStamp.index)
    rows = session.execute(
        select(TraceStamp, details.c.details)
        .outerjoin(details, joined)
        .order_by(TraceStamp.batch, TraceStamp.index)
        .execution_options(yield_per=1000)
    )
    for row, remaining in rows:
        subject = encode_serial(row.batch, row.index, row.mac)
        known = batch_key(row.batch)
        if known is None or row.index >= known[1] or known[0].mac(row.index) != row.mac:
            yield Difference("stamp", subject, "is not one of ours")
        if (row.first_at is None) != (row.scans == 0) or (row.first_at is not None and row.first_at > row.last_at):
            yield Difference("stamp", subject, "first scan does not fit the others")
        if row.scans + row.scans_before < (remaining or 0):
            yield Difference("stamp", subject, "has more details than scans")
    lost = select(TraceScan.batch, TraceScan.index).outerjoin(
        TraceStamp, (TraceStamp.batch == TraceScan.batch) & (TraceStamp.index == TraceScan.index)
    )
    for batch, index in session.execute(lost.where(TraceStamp.batch.is_(None)).distinct()):
        yield Difference("scan", f"{batch}:{index}", "details without a stamp's row")


def check_retention(session: Session, *, now: datetime) -> Iterator[Difference]:
    """Name what should be gone, and what should still be there."""
    before = now - DETAILS_KEPT
    old = session.execute(select(func.count()).select_from(TraceScan).where(TraceScan.scanned_at < before)).scalar_one()
    for lot in erased_too_early(session):
        yield Difference("lot", lot.id, "was erased before its time", row=lot.id)
    if old:
        yield Difference("scan", "retention", f"{old} details are older than {DETAILS_KEPT.days} days")
    for day, missing in lost_details(session):
        yield Difference("scan", day.isoformat(), f"{missing} details were deleted before their time")
