"""One scan: find the stamp, count it on its row in one short transaction before the answer, and judge.

Details and figure follow in groups (details.py). If the write fails, the reader still gets the verdict from what could
be read, marked as not recorded.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy.exc import OperationalError

from portal.crypto import FieldKeys
from portal.db import begin, reading
from portal.places.areas import day_of
from portal.stamps.details import BUFFER
from portal.stamps.goods import SHELF, Goods
from portal.stamps.wiring import book_of
from portal.world import World
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
    look,
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
    lot = SHELF.find_lot(session, sight.lot) if sight.lot is not None else None
    detail = _detail(sight, now, address_hash(address, now=now, keys=world.field_keys))
    counts = _write(sight, detail) if counted else None
    recorded = counts is not None
    if counts is None:
        counts = counts_with(reading(), sight=sight, detail=detail)
    outcome = conclude(sight, counts, now=now, thresholds=THRESHOLDS, far=_never_far)
    return Scanned(sight, counts, outcome, recorded, goods, lot)


def _write(sight: Sight, detail: ScanDetail) -> StampCounts | None:
    """Count a scan on the stamp's row, one statement under the lock; None if the database takes no writes now."""
    try:
        with begin(flushed=False) as session:
            recorded = record_scan(session, sight=sight, detail=detail)
    except OperationalError:
        return None
    if recorded.counted:
        BUFFER.add(detail)
    return recorded.counts


def _detail(sight: Sight, now: datetime, hashed: str) -> ScanDetail:
    return ScanDetail(sight.header.batch, sight.index, scanned_at=now, place=None, address_hash=hashed)


def _never_far(_one: str, _other: str) -> bool:
    return False  # no place of a scan is known without asking, and an unknown place is never far


def address_hash(address: str | None, *, now: datetime, keys: FieldKeys) -> str:
    """Return eight hex digits for the network of an address (/24 or /48), under a key of the day."""
    try:
        packed = ipaddress.ip_address(address or "").packed
    except ValueError:
        packed = b""
    network = packed[: 3 if len(packed) == 4 else 6]
    return hashlib.blake2s(network, key=_daily_key(keys.index_key, day_of(now)), digest_size=4).hexdigest()


@lru_cache(maxsize=4)
def _daily_key(index_key: bytes, on: date) -> bytes:
    return bytes.fromhex(FieldKeys({}, index_key).index("scan.day", on.isoformat()))
