"""The log, its notes and its proofs: nothing was signed, nothing was added, or what was brought does not hold."""

from traceability.errors.base import NotFound, TraceabilityError


class TileAbsent(NotFound):
    """The log has no such tile, or not yet."""

    code = "tile_absent"


class ProofPending(NotFound):
    """The batch waits for its checkpoint; ask again in `retry_after_seconds`."""

    code = "proof_pending"


class LogProblem(TraceabilityError):
    """Base: the log refused to add or to sign."""

    code = "log_problem"


class EntryNotCanonical(LogProblem):
    """A value in an entry has no canonical form: a float, an integer beyond 2^53, or another type."""

    code = "entry_not_canonical"


class EntryTooLarge(LogProblem):
    """An entry is longer than 65,535 bytes."""

    code = "entry_too_large"


class CheckpointBehind(LogProblem):
    """The log is smaller than a checkpoint that was already served: a restored backup must not sign."""

    code = "checkpoint_behind"


class CheckpointInconsistent(LogProblem):
    """The log does not extend a checkpoint that was already signed."""

    code = "checkpoint_inconsistent"


class CheckpointForeign(LogProblem):
    """A checkpoint under this log's name that it did not sign, or signed otherwise."""

    code = "checkpoint_foreign"


class CosignatureTime(LogProblem):
    """A cosignature from the future, or older than the checkpoint it is over."""

    code = "cosignature_time"


class NoteInvalid(LogProblem):
    """A signed note is malformed, or no known key signed it."""

    code = "note_invalid"


class ProofInvalid(TraceabilityError):
    """A Merkle proof does not hold."""

    code = "proof_invalid"


class BundleUnreadable(TraceabilityError):
    """The bundle is damaged or not of the form."""

    code = "bundle_unreadable"


class BundleInvalid(TraceabilityError):
    """The bundle is whole, but what it states does not hold."""

    code = "bundle_invalid"
