"""The append-only log: add a fact, give it a place, serve its tiles.

An entry is pending (committed with its fact), integrated (it has a place and is hashed into tiles), published (a
signed checkpoint covers it). Anchored and final are read from the covering anchor, never stored here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from traceability.canonical import Value, canonical_json
from traceability.errors import EntryTooLarge, TileAbsent
from traceability.kinds import ENTRY_KINDS
from traceability.merkle import EMPTY_ROOT, HASH_BYTES, TILE_HEIGHT, TILE_WIDTH, Subtree, TileTree, leaf_hash
from traceability.models import TraceCheckpoint, TraceEntry, TraceLog, TraceLogTile
from traceability.tiles import HIGHEST_LEVEL, format_number, split_hashes, subtree_from_tiles, width_at

_LARGEST_ENTRY = 65_535
_LOG_ROW = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it was added."""

    id: int
    kind: str
    data: bytes
    leaf_hash: bytes


def open_log(session: Session, *, now: datetime, origin: str) -> str:
    """Make the log on first use; give its origin, which is frozen from then on whatever is asked."""
    row = session.get(TraceLog, _LOG_ROW)
    if row is None:
        row = TraceLog(id=_LOG_ROW, origin=origin, size=0, created_at=now)
        session.add(row)
        session.flush()
    return row.origin


def lock_log(session: Session) -> TraceLog:
    """Take the log's row for writing; the log must have been opened."""
    return session.execute(
        select(TraceLog).where(TraceLog.id == _LOG_ROW).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()


def log_origin(session: Session) -> str:
    """Give the origin of the opened log."""
    return session.execute(select(TraceLog.origin).where(TraceLog.id == _LOG_ROW)).scalar_one()


def entry_bytes(kind: str, facts: Mapping[str, Value]) -> bytes:
    """Write the canonical bytes of an entry; raises EntryNotCanonical, EntryTooLarge."""
    if kind not in ENTRY_KINDS:
        raise ValueError(f"{kind} is no entry type")
    data = canonical_json({**facts, "type": kind, "v": 1})
    if len(data) > _LARGEST_ENTRY:
        raise EntryTooLarge(bytes=len(data), most=_LARGEST_ENTRY)
    return data


def add_entry(session: Session, *, now: datetime, kind: str, facts: Mapping[str, Value]) -> Entry:
    """Write a fact's entry in the fact's own transaction; it gets its place later."""
    data = entry_bytes(kind, facts)
    row = TraceEntry(kind=kind, data=data, leaf_hash=leaf_hash(data), recorded_at=now)
    session.add(row)
    session.flush()
    return Entry(row.id, kind, data, row.leaf_hash)


def add_entries(session: Session, *, now: datetime, kind: str, facts: Iterable[Mapping[str, Value]]) -> list[int]:
    """Write the entries of many facts of one kind at once; give their ids in order."""
    written = [entry_bytes(kind, one) for one in facts]
    rows = [TraceEntry(kind=kind, data=data, leaf_hash=leaf_hash(data), recorded_at=now) for data in written]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def integrate_entries(session: Session, *, now: datetime, most: int = 4096) -> int:
    """Give pending entries their places and hash them into tiles; returns how many."""
    log = lock_log(session)
    pending = session.scalars(
        select(TraceEntry).where(TraceEntry.position.is_(None)).order_by(TraceEntry.id).limit(most)
    ).all()
    if not pending:
        return 0
    written: dict[tuple[int, int], bytes] = {}

    def keep(level: int, number: int, hashes: bytes) -> None:
        written[level, number] = hashes

    tree = TileTree.resume(_stored_edge(session, log.size), keep)
    for row in pending:
        row.position = tree.size
        row.integrated_at = now
        tree.append(row.leaf_hash)
    for level, number, hashes in tree.edge_tiles():
        keep(level, number, hashes)
    for (level, number), hashes in written.items():
        _store_tile(session, level, number, hashes)
    log.size = tree.size
    session.flush()
    return len(pending)


def _stored_edge(session: Session, size: int) -> list[tuple[int, list[bytes]]]:
    edge = []
    level = 0
    while hashes := size >> (TILE_HEIGHT * level):
        whole, width = divmod(hashes, TILE_WIDTH)
        stored = _tile_bytes(session, level, whole)[: width * HASH_BYTES] if width else b""
        edge.append((whole, split_hashes(stored)))
        level += 1
    return edge


def _store_tile(session: Session, level: int, number: int, hashes: bytes) -> None:
    row = session.get(TraceLogTile, (level, number))
    if row is None:
        session.add(TraceLogTile(level=level, number=number, hashes=hashes))
    else:
        row.hashes = hashes


def _tile_bytes(session: Session, level: int, number: int) -> bytes:
    hashes = session.execute(
        select(TraceLogTile.hashes).where(TraceLogTile.level == level, TraceLogTile.number == number)
    ).scalar_one_or_none()
    return hashes or b""


def log_subtree(session: Session) -> Subtree:
    """Read subtrees of the log from its stored tiles."""
    read: dict[tuple[int, int], bytes] = {}

    def tile(level: int, number: int) -> bytes:
        if (level, number) not in read:
            read[level, number] = _tile_bytes(session, level, number)
        return read[level, number]

    return subtree_from_tiles(tile)


def root_at(session: Session, size: int) -> bytes:
    """Compute the root at any size up to the log's."""
    return log_subtree(session)(0, size) if size else EMPTY_ROOT


def published_size(session: Session) -> int:
    """Give the size of the newest signed checkpoint, 0 before the first."""
    return session.execute(select(func.max(TraceCheckpoint.size))).scalar_one() or 0


def read_log_tile(session: Session, *, level: int, number: int, width: int | None) -> bytes:
    """Serve a published tile of hashes, whole or partial; raises TileAbsent."""
    count = _check_width(session, level=level, number=number, width=width)
    return _tile_bytes(session, level, number)[: count * HASH_BYTES]


def read_entry_bundle(session: Session, *, number: int, width: int | None) -> bytes:
    """Serve published entries, each after its length as two bytes; raises TileAbsent."""
    count = _check_width(session, level=0, number=number, width=width)
    first = number * TILE_WIDTH
    rows = session.scalars(
        select(TraceEntry.data)
        .where(TraceEntry.position >= first, TraceEntry.position < first + count)
        .order_by(TraceEntry.position)
    )
    return b"".join(len(data).to_bytes(2, "big") + data for data in rows)


def _check_width(session: Session, *, level: int, number: int, width: int | None) -> int:
    count = TILE_WIDTH if width is None else width
    if not 0 <= level <= HIGHEST_LEVEL or count > width_at(published_size(session), level, number):
        raise TileAbsent(tile=f"{level}/{format_number(number)}", width=count)
    return count
