"""What was final is looked at again: a ledger may lose it; what failed or was lost tries again on a person's word."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.anchors import AnchorClaim, AnchorState, claim_of, move
from traceability.errors import ReceiptDiffers
from traceability.ledger.protocol import Ledger, Receipt
from traceability.models import TraceAnchor

_LATEST_FINALS = 20


def release_anchor(session: Session, *, now: datetime, anchor: int, note: str) -> AnchorState:
    """Let a failed or disputed anchor try again, on a person's word; raises AnchorMove."""
    row = session.get_one(TraceAnchor, anchor, with_for_update=True)
    row.state, row.reason, row.attempts = move(AnchorState(row.state), AnchorState.PENDING), note[:300], 0
    row.next_attempt_at = now
    session.flush()
    return AnchorState(row.state)


def latest_finals(session: Session, *, ledger: str) -> list[AnchorClaim]:
    """List the newest final anchors, newest first, for `doubt_of` to look at again."""
    rows = select(TraceAnchor).where(TraceAnchor.ledger == ledger, TraceAnchor.state == AnchorState.FINAL)
    return [claim_of(row) for row in session.scalars(rows.order_by(TraceAnchor.size.desc()).limit(_LATEST_FINALS))]


def doubt_of(ledger: Ledger, final: AnchorClaim) -> str | None:
    """Say what speaks against a final anchor, None if nothing does; never inside a transaction.

    Raises LedgerUnreachable, LedgerStopped, LedgerRefused: then nothing was learned about the anchor.
    """
    try:
        if final.receipt is not None:
            ledger.finality(Receipt.parse(final.receipt))
    except ReceiptDiffers as error:
        return str(error)
    return None


def dispute_anchor(session: Session, *, anchor: int, reason: str) -> bool:
    """Mark a final anchor that the ledger lost; its entries fall back to published. False if it is final no more."""
    row = session.get_one(TraceAnchor, anchor, with_for_update=True)
    if row.state != AnchorState.FINAL:
        return False
    row.state, row.reason = move(AnchorState(row.state), AnchorState.DISPUTED), reason[:300]
    session.flush()
    return True
