"""Batches: root, tiles and check value from the key; header from its entry."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.batches import batch_facts, proven_key, read_header
from traceability.canonical import salted_hash
from traceability.errors import KeyProblem
from traceability.log import entry_bytes
from traceability.models import TraceBatch, TraceBatchTile, TraceEntry
from traceability.rederive.difference import Difference
from traceability.serials import StampKeys
from traceability.stamp_trees import Progress, grow_stamp_tree


def check_batches(session: Session, *, keys: StampKeys, progress: Progress | None) -> Iterator[Difference]:
    """Derive each batch anew; entries that name no batch are differences too."""
    entries = set(session.scalars(select(TraceEntry.id).where(TraceEntry.kind == "batch_issued")))
    done = 0
    for row in session.scalars(select(TraceBatch).order_by(TraceBatch.batch)):
        for detail in (*_check_header(session, row), *_check_tree(session, row, keys)):
            yield Difference("batch", str(row.batch), detail, row=row.batch)
        entries.discard(row.entry)
        done += row.count
        if progress is not None:
            progress(done)
    for entry in sorted(entries):
        yield Difference("entry", str(entry), "states a batch that is not there", row=entry)


def _check_header(session: Session, row: TraceBatch) -> Iterator[str]:
    entry = session.get(TraceEntry, row.entry)
    if entry is None or entry.data != entry_bytes("batch_issued", batch_facts(row)):
        yield "header differs from its entry"
    if row.establishment_salt is not None:
        if row.establishment_logged != salted_hash(row.establishment_salt, row.establishment.encode()):
            yield "establishment differs from its hash"
    elif row.establishment_logged != row.establishment and not row.establishment_logged.startswith("sha256:"):
        yield "establishment differs from the logged one"


def _check_tree(session: Session, row: TraceBatch, keys: StampKeys) -> Iterator[str]:
    try:
        key = proven_key(read_header(session, row.batch), keys)
    except KeyProblem as problem:
        yield f"check value: {problem.code}"
        return
    tree = grow_stamp_tree(key, row.count)
    if tree.root != row.root or tree.edge_root != row.edge_root:
        yield "root differs"
    stored = session.execute(
        select(TraceBatchTile.level, TraceBatchTile.number, TraceBatchTile.hashes).where(
            TraceBatchTile.batch == row.batch
        )
    )
    if {tuple(tile) for tile in stored} != set(tree.tiles):
        yield "tiles differ"
