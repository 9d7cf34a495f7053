"""Signed heads: each extends the one before, none was forgotten, witnesses' lines hold."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.errors import NoteInvalid, ProofInvalid, TileAbsent
from traceability.log import log_subtree
from traceability.merkle import check_consistency, consistency_proof
from traceability.models import TraceCheckpoint, TraceCosignature
from traceability.notes import Checkpoint, WitnessKey, open_note
from traceability.rederive.difference import Difference


def check_heads(session: Session, *, head: Checkpoint | None, witnesses: Sequence[WitnessKey]) -> Iterator[Difference]:
    """Prove each published checkpoint inside the next, from the tiles that are served."""
    rows = list(session.scalars(select(TraceCheckpoint).order_by(TraceCheckpoint.size)))
    subtree = log_subtree(session)
    for before, after in pairwise(rows):
        try:
            check_consistency(
                old_size=before.size,
                new_size=after.size,
                old_root=before.root,
                new_root=after.root,
                proof=consistency_proof(before.size, after.size, subtree),
            )
        except (ProofInvalid, TileAbsent):
            yield Difference("checkpoint", str(after.size), f"does not extend that of {before.size}", row=after.size)
    known = {row.size: row.root for row in rows}
    if head is not None and known.get(head.size) != head.root:
        yield Difference("checkpoint", str(head.size), "was signed and is not here", row=head.size)
    yield from _check_cosignatures(session, witnesses)


def _check_cosignatures(session: Session, witnesses: Sequence[WitnessKey]) -> Iterator[Difference]:
    listed = {key.key_id.hex(): key for key in witnesses}
    rows = select(TraceCosignature, TraceCheckpoint.note).join(
        TraceCheckpoint, TraceCheckpoint.size == TraceCosignature.size
    )
    for row, note in session.execute(rows.where(TraceCosignature.key_id.in_(listed)).order_by(TraceCosignature.size)):
        text = note.partition("\n\n")[0] + "\n"
        try:
            open_note(f"{text}\n{row.line}\n", [listed[row.key_id]])
        except NoteInvalid:
            yield Difference("cosignature", f"{row.size}:{row.key_id}", "does not hold", row=row.size)
