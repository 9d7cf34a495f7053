"""The log: canonical entries → tiles → the root of every checkpoint, and its signatures."""

import json
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.canonical import canonical_json
from traceability.checkpoints import log_keys, signed_checkpoint
from traceability.errors import EntryNotCanonical, NoteInvalid
from traceability.kinds import ENTRY_KINDS
from traceability.merkle import TileTree, leaf_hash
from traceability.models import TraceCheckpoint, TraceEntry, TraceLog, TraceLogTile
from traceability.notes import VerifierKey, open_checkpoint
from traceability.rederive.difference import Difference


def check_log(session: Session) -> Iterator[Difference]:
    """Grow the log's tree again from its entries; every checkpoint's root then shows its consistency too."""
    log = session.scalars(select(TraceLog)).one_or_none()
    if log is None:
        return
    checkpoints = {row.size: row for row in session.scalars(select(TraceCheckpoint).order_by(TraceCheckpoint.size))}
    keys = [VerifierKey.parse(text) for text in log_keys(session)]
    grown: dict[tuple[int, int], bytes] = {}

    def keep(level: int, number: int, hashes: bytes) -> None:
        grown[level, number] = hashes

    tree = TileTree(keep)
    due = 0
    rows = session.scalars(
        select(TraceEntry).order_by(TraceEntry.position, TraceEntry.id).execution_options(yield_per=1000)
    )
    for row in rows:
        yield from _check_entry(row)
        if row.position is None:
            continue
        if row.position != due:
            yield Difference("entry", str(row.id), f"has place {row.position} where {due} was due", row=row.id)
        due = row.position + 1  # one lost entry is one difference, not one for each entry after it
        tree.append(leaf_hash(row.data))
        signed = checkpoints.pop(tree.size, None)
        if signed is not None:
            yield from _check_checkpoint(signed, root=tree.root(), origin=log.origin, keys=keys)
    for size in checkpoints:
        yield Difference("checkpoint", str(size), "is larger than the log", row=size)
    if tree.size != log.size:
        yield Difference("log", log.origin, f"has {tree.size} entries and says {log.size}")
    grown.update({(level, number): hashes for level, number, hashes in tree.edge_tiles()})
    stored = {
        (level, number): hashes
        for level, number, hashes in session.execute(
            select(TraceLogTile.level, TraceLogTile.number, TraceLogTile.hashes)
        )
    }
    for level, number in sorted(stored.keys() | grown.keys()):
        if stored.get((level, number)) != grown.get((level, number)):
            yield Difference("tile", f"{level}/{number}", "differs from the entries")


def _check_entry(row: TraceEntry) -> Iterator[Difference]:
    if row.leaf_hash != leaf_hash(row.data):
        yield Difference("entry", str(row.id), "hash differs from its bytes", row=row.id)
    try:
        facts = json.loads(row.data)
        canonical = canonical_json(facts) == row.data and facts["type"] == row.kind and row.kind in ENTRY_KINDS
    except (ValueError, KeyError, TypeError, EntryNotCanonical):
        canonical = False
    if not canonical:
        yield Difference("entry", str(row.id), "is not canonical", row=row.id)


def _check_checkpoint(
    row: TraceCheckpoint, *, root: bytes, origin: str, keys: list[VerifierKey]
) -> Iterator[Difference]:
    try:
        opened = open_checkpoint(row.note, keys)
        whole = opened == signed_checkpoint(row).checkpoint and (opened.origin, opened.size) == (origin, row.size)
    except NoteInvalid:
        yield Difference("checkpoint", str(row.size), "signature does not hold", row=row.size)
        return
    if not whole or opened.root != root or row.root != root:
        yield Difference("checkpoint", str(row.size), "root differs from the entries", row=row.size)
