"""The bundle: one text file with which anybody checks one stamp offline."""

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.anchored import covering_anchor
from traceability.batches import BatchBook, BatchHeader
from traceability.bundles import write_bundle
from traceability.checkpoints import checkpoint_at, latest_checkpoint
from traceability.cosignatures import cosigned_note
from traceability.errors import ProofPending
from traceability.log import log_subtree
from traceability.merkle import inclusion_proof
from traceability.models import TraceBatchTile, TraceEntry
from traceability.notes import WitnessKey
from traceability.serials import BatchKey
from traceability.sights import ScanCode, look
from traceability.stamp_trees import stamp_subtree

_RETRY_AFTER_SECONDS = 5


def bundle(session: Session, *, book: BatchBook, code: ScanCode, witnesses: Sequence[WitnessKey] = ()) -> str:
    """Write the bundle of a stamp; it reveals this stamp's nonce and no other's. Listed witnesses' lines go with it.

    Raises StampUnknown, and ProofPending until a checkpoint covers the batch's entry.
    """
    sight = look(session, book=book, code=code)
    header, key = book.open(session, sight.header.batch)
    entry = session.get_one(TraceEntry, header.entry)
    published = latest_checkpoint(session)
    if entry.position is None or published is None or published.checkpoint.size <= entry.position:
        raise ProofPending(batch=header.batch, retry_after_seconds=_RETRY_AFTER_SECONDS)
    anchor = covering_anchor(session, entry.position)
    anchored = None if anchor is None else checkpoint_at(session, anchor.size)
    signed = anchored or published
    return write_bundle(
        statement=header.url_prefix + sight.serial,
        nonce=key.nonce(sight.index),
        stamp_index=sight.index,
        stamp_proof=stamp_proof(session, header=header, key=key, index=sight.index),
        header=entry.data,
        receipt=None if anchored is None or anchor is None else anchor.receipt,
        log_index=entry.position,
        log_proof=inclusion_proof(entry.position, signed.checkpoint.size, log_subtree(session)),
        note=cosigned_note(session, signed, witnesses=witnesses),
    )


def stamp_proof(session: Session, *, header: BatchHeader, key: BatchKey, index: int) -> list[bytes]:
    """Collect the siblings from a stamp's leaf to its batch's root."""

    def read(level: int, number: int) -> bytes:
        return session.execute(
            select(TraceBatchTile.hashes).where(
                TraceBatchTile.batch == header.batch, TraceBatchTile.level == level, TraceBatchTile.number == number
            )
        ).scalar_one()

    subtree = stamp_subtree(key, count=header.count, edge_root=header.edge_root, read=lru_cache(read))
    return inclusion_proof(index, header.count, subtree)
