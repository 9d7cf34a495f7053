"""Where a scan was made, told afterwards by whoever made it: a province, on the stamp's row and on the scan's detail.

Without being told no scan has a place. A scan gets one once; it stays the same scan, and is not counted again.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from traceability.models import TraceScan, TraceStamp
from traceability.scans import RECENT_CHARACTERS, ScanDetail
from traceability.sights import Stamp
from traceability.verdicts import pack_scan, unpack_scans


def place_scan(session: Session, *, stamp: Stamp, scanned_at: datetime, place: str) -> bool:
    """Note where the scan of that moment was made; False if it is remembered no more, or has a place already.

    Raises ValueError for what is no place.
    """
    ScanDetail(stamp.header.batch, stamp.index, scanned_at, place, "0")  # holds the place to what a detail may have
    own = (TraceStamp.batch == stamp.header.batch, TraceStamp.index == stamp.index)
    row = session.execute(
        select(TraceStamp).where(*own).with_for_update(), execution_options={"populate_existing": True}
    ).scalar_one_or_none()
    if row is None:
        return False
    recent, second = list(unpack_scans(row.recent)), scanned_at.replace(microsecond=0)
    at = next((at for at, one in enumerate(recent) if one.at == second and one.place is None), None)
    if at is None:
        return False
    recent[at] = replace(recent[at], place=place)
    row.recent = "".join(pack_scan(one) for one in recent)[:RECENT_CHARACTERS]
    if row.first_at == scanned_at:
        row.first_place = place
    session.flush()
    session.execute(
        update(TraceScan)
        .where(
            TraceScan.batch == stamp.header.batch,
            TraceScan.index == stamp.index,
            TraceScan.scanned_at == scanned_at,
            TraceScan.place.is_(None),
        )
        .values(place=place)
        .execution_options(synchronize_session=False)
    )
    return True
