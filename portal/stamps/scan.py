"""One scan: find the stamp, count it in one short transaction before the answer, and judge.

The stamp's row, the scan's details and the figure are written together, so that a recount always agrees. If that
write fails, the reader still gets the verdict from what could be read, marked as not recorded.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.crypto import FieldKeys
from portal.db import begin, reading
from portal.places.areas import day_of
from portal.stamps.goods import SHELF, Goods
from portal.stamps.indicators import SCAN, count
from portal.stamps.models import StampOrder
from portal.stamps.wiring import book_of
from portal.wiring import World
from traceability import (
    LotFacts,
    Outcome,
    ScanCode,
    ScanDetail,
    Sight,
    StampCounts,
    Thresholds,
    conclude,
    counts_with,
    get_lot,
    look,
    lot_facts,
    record_details,
    record_scan,
)

THRESHOLDS = Thresholds()


@dataclass(frozen=True, slots=True)
class Scanned:
    """All that the answer to one scan shows of a known stamp."""

    sight: Sight
    counts: StampCounts
    outcome: Outcome
    recorded: bool
    goods: Goods
    lot: LotFacts | None


def scan(world: World, *, code: ScanCode, address: str | None, counted: bool = True) -> Scanned:
    """Judge the stamp of a code; raises StampUnknown, StampKeyMissing, StampKeyDiffers.

    With `counted` False (HEAD) nothing is written.
    """
    now, session = world.clock.now(), reading()
    sight = look(session, book=book_of(world.stamp_keys), code=code)
    goods = SHELF.find(session, sight.header.product, keys=world.field_keys)
    lot = lot_facts(get_lot(session, sight.lot)) if sight.lot is not None else None
    detail = ScanDetail(
        batch=sight.header.batch,
        index=sight.index,
        scanned_at=now,
        place=None,
        address_hash=address_hash(address, now=now, keys=world.field_keys),
    )
    counts = _write(sight, detail) if counted else None
    recorded = counts is not None
    if counts is None:
        counts = counts_with(reading(), sight=sight, detail=detail)
    outcome = conclude(sight, counts, now=now, thresholds=THRESHOLDS, far=_never_far)
    return Scanned(sight, counts, outcome, recorded, goods, lot)


def _write(sight: Sight, detail: ScanDetail) -> StampCounts | None:
    """Count a scan; None if the database takes no writes now."""
    header = sight.header
    try:
        with begin() as session:
            recorded = record_scan(session, sight=sight, detail=detail)
            if recorded.counted:
                record_details(session, [detail])
                sector = _sector(session, header.batch)
                count(session, SCAN, establishment=header.establishment, sector=sector, d=1, at=detail.scanned_at)
    except OperationalError:
        return None
    return recorded.counts


def _sector(session: Session, batch: int) -> str:
    return session.execute(select(StampOrder.sector).where(StampOrder.batch == batch)).scalar_one()


def _never_far(_one: str, _other: str) -> bool:
    return False  # no place of a scan is known without asking, and an unknown place is never far


def address_hash(address: str | None, *, now: datetime, keys: FieldKeys) -> str:
    """Return eight hex digits for the network of an address (/24 or /48), under a key of the day."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    network = ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False)
    daily = keys.index("scan.day", day_of(now).isoformat())
    return hashlib.blake2s(network.network_address.packed, key=bytes.fromhex(daily), digest_size=4).hexdigest()
