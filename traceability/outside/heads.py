"""The step that witness and monitor share: from a checkpoint seen before to the one that is shown now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from traceability.errors import LogMisbehaves, NoteInvalid, ProofInvalid
from traceability.merkle import EMPTY_ROOT, Subtree, check_consistency, consistency_proof
from traceability.notes import Checkpoint, VerifierKey, open_checkpoint
from traceability.outside.reader import LogReader


@dataclass(frozen=True, slots=True)
class SeenHead:
    """A signed checkpoint as it was served."""

    checkpoint: Checkpoint
    note: str

    def facts(self) -> dict[str, str | int]:
        """Give it for a state file."""
        return {"note": self.note, "root": self.checkpoint.root.hex(), "size": self.checkpoint.size}

    @classmethod
    def recall(cls, facts: Mapping[str, str | int], keys: Sequence[VerifierKey]) -> "SeenHead":
        """Read it back, with its signature: the file is our own, but a changed one must not be built on.

        Raises NoteInvalid.
        """
        note = str(facts["note"])
        head = cls(open_checkpoint(note, keys), note)
        if head.facts() != facts:
            raise NoteInvalid(reason="remembered head")
        return head


def read_head(reader: LogReader, keys: Sequence[VerifierKey]) -> SeenHead:
    """Fetch the checkpoint and check its signature; raises LogUnreachable, LogMisbehaves."""
    note = reader.checkpoint()
    try:
        checkpoint = open_checkpoint(note, keys)
    except NoteInvalid as error:
        raise LogMisbehaves(kind="signature", reason=str(error), note=note[:4096]) from None
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise LogMisbehaves(kind="root_differs", size=0, note=note)
    return SeenHead(checkpoint, note)


def check_extends(subtree: Subtree, *, before: SeenHead, now: SeenHead) -> None:
    """Check that the log only grew; the proof is rebuilt from the tiles of the larger tree, which `subtree` reads.

    Raises LogMisbehaves (`origin`, `shrunken`, `two_roots`, `inconsistent`), LogUnreachable.
    """
    old, new = before.checkpoint, now.checkpoint
    if new.origin != old.origin:
        raise LogMisbehaves(kind="origin", before=old.origin, now=new.origin)
    if new.size < old.size:
        raise LogMisbehaves(kind="shrunken", before=old.size, now=new.size)
    if new.size == old.size:
        if new.root != old.root:
            raise LogMisbehaves(kind="two_roots", size=new.size, before=old.root.hex(), now=new.root.hex())
        return
    if old.size == 0:  # every tree extends the empty one; RFC 9162 has no proof for it, and none is asked
        return
    proof = consistency_proof(old.size, new.size, subtree)
    try:
        check_consistency(old_size=old.size, new_size=new.size, old_root=old.root, new_root=new.root, proof=proof)
    except ProofInvalid as error:
        hashes = " ".join(hash_.hex() for hash_ in proof)
        raise LogMisbehaves(
            kind="inconsistent", before=old.size, now=new.size, reason=str(error), proof=hashes
        ) from None
