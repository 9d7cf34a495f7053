"""One scan: find the stamp, count it on its row in one short transaction before the answer, and judge.

Details and figure follow in groups (details.py). If the write fails, the reader still gets the verdict from what could
be read, marked as not recorded.
"""

import hashlib
import socket
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy.exc import OperationalError

from portal.crypto import FieldKeys
from portal.db import begin, begin_few, reading, take_lock
from portal.places.areas import day_of
from portal.places.distances import far_apart
from portal.stamps.details import BUFFER
from portal.stamps.goods import SHELF, Goods
from portal.stamps.wiring import book_of
from portal.world import World
from traceability import (
    LotFacts,
    Outcome,
    PinTry,
    Recorded,
    ScanCode,
    ScanDetail,
    Sight,
    Stamp,
    StampCounts,
    Thresholds,
    conclude,
    counts_with,
    identify,
    record_scan,
    revealed_at,
    see,
    stored_counts,
    try_pin,
)

THRESHOLDS = Thresholds()
_MAPPED = bytes(10) + b"\xff\xff"


@dataclass(frozen=True, slots=True)
class Scanned:
    """All that the answer to one scan shows of a known stamp; of one that counted the place can be told afterwards."""

    sight: Sight
    counts: StampCounts
    outcome: Outcome
    recorded: bool
    goods: Goods
    lot: LotFacts | None
    pin: PinTry | None = None
    first_revealed_at: datetime | None = None
    counted_at: datetime | None = None


def scan(world: World, *, code: ScanCode, address: str | None, counted: bool = True) -> Scanned:
    """Judge the stamp of a code; raises StampUnknown, StampKeyMissing, StampKeyDiffers.

    With `counted` False (HEAD) nothing is written.
    """
    now = world.clock.now()
    stamp = identify(reading, book=book_of(world.stamp_keys), code=code)
    detail = _detail(stamp, now, address_hash(address, now=now, keys=world.field_keys))
    written = _write(stamp, detail) if counted else None
    if written is not None:
        sight, recorded = written
        counted_at = now if recorded.counted else None
        return _scanned(world, now, sight, recorded.counts, recorded=True, counted_at=counted_at)
    sight = see(reading(), stamp)
    return _scanned(world, now, sight, counts_with(reading(), sight=sight, detail=detail), recorded=False)


def enter_pin(world: World, *, code: ScanCode, typed: str) -> Scanned:
    """Answer a number typed from under the scratch layer; it is no scan, and counted before it is answered.

    Raises StampUnknown, PinAbsent, and as `identify`.
    """
    now, book = world.clock.now(), book_of(world.stamp_keys)
    stamp = identify(reading, book=book, code=code)
    with begin() as session:
        tried = try_pin(session, now=now, book=book, stamp=stamp, typed=typed)
    return replace(judged(world, stamp), pin=tried)


def judged(world: World, stamp: Stamp) -> Scanned:
    """Judge a stamp as it stands, without a scan."""
    rows = reading()
    sight = see(rows, stamp)
    return _scanned(world, world.clock.now(), sight, stored_counts(rows, sight), recorded=True)


def _scanned(
    world: World,
    now: datetime,
    sight: Sight,
    counts: StampCounts,
    *,
    recorded: bool,
    counted_at: datetime | None = None,
) -> Scanned:
    outcome = conclude(sight, counts, now=now, thresholds=THRESHOLDS, far=far_apart)
    goods = SHELF.find(reading, sight.header.product, keys=world.field_keys)
    lot = SHELF.find_lot(reading, sight.lot) if sight.lot is not None else None
    revealed = revealed_at(reading(), sight) if sight.header.pin else None
    return Scanned(sight, counts, outcome, recorded, goods, lot, first_revealed_at=revealed, counted_at=counted_at)


def _write(stamp: Stamp, detail: ScanDetail) -> tuple[Sight, Recorded] | None:
    """Look at a stamp, and count the scan on its row in one statement; None if the database takes no writes now."""
    try:
        with begin_few(flushed=False) as connection:
            sight = see(connection, stamp)
            take_lock(connection)
            recorded = record_scan(connection, sight=sight, detail=detail)
    except OperationalError:
        return None
    if recorded.counted:
        BUFFER.add(detail)
    return sight, recorded


def _detail(stamp: Stamp, now: datetime, hashed: str) -> ScanDetail:
    return ScanDetail(stamp.header.batch, stamp.index, scanned_at=now, place=None, address_hash=hashed)


def address_hash(address: str | None, *, now: datetime, keys: FieldKeys) -> str:
    """Return eight hex digits for the network of an address (/24 or /48), under a key of the day."""
    return hashlib.blake2s(
        _network(address or ""), key=_daily_key(keys.index_key, day_of(now)), digest_size=4
    ).hexdigest()


def _network(address: str) -> bytes:
    try:
        if ":" not in address:
            return socket.inet_pton(socket.AF_INET, address)[:3]
        packed = socket.inet_pton(socket.AF_INET6, address)
    except (OSError, ValueError):
        return b""
    mapped = packed.startswith(_MAPPED)  # how a server that listens on both writes an address of four numbers
    return packed[12:15] if mapped else packed[:6]


@lru_cache(maxsize=4)
def _daily_key(index_key: bytes, on: date) -> bytes:
    return bytes.fromhex(FieldKeys({}, index_key).index("scan.day", on.isoformat()))
