"""How far a batch's entry has come, in words, and the key that checks the log."""

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.stamps.wiring import LogSigner
from traceability import BatchHeader, EntryState, entry_state


def state_words(session: Session, header: BatchHeader, *, ledger: str) -> tuple[str, bool]:
    """Return how far the batch's entry has come towards this ledger, and whether its proof is still being made."""
    state = entry_state(session, header.entry, ledger=ledger)
    if state in (EntryState.PENDING, EntryState.INTEGRATED):
        return _("On its way into the log"), True
    if state is EntryState.PUBLISHED:
        return _("In the log, waiting for the ledger"), False
    return _("In the log and on the ledger"), False


def log_key_of(signer: LogSigner, header: BatchHeader) -> str:
    """Return the newest verifier key of the log that holds a batch."""
    return signer.keys.verifiers(header.origin)[-1].text()
