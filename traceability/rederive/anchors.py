"""Anchors: each is found on its ledger, and the ledger is whole."""

from collections.abc import Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.anchors import ANCHORED
from traceability.errors import LedgerProblem
from traceability.ledger.protocol import Ledger, NotAnchored
from traceability.models import TraceAnchor, TraceCheckpoint
from traceability.rederive.difference import Difference


def check_anchors(session: Session, *, ledgers: Mapping[str, Ledger | None]) -> Iterator[Difference]:
    """Ask each ledger for each anchor that we call anchored; one that is None is known and not asked now."""
    for kind, ledger in ledgers.items():
        if ledger is None:
            continue
        try:
            ledger.check_whole()
        except LedgerProblem as problem:
            yield Difference("ledger", kind, str(problem))
    rows = session.scalars(
        select(TraceAnchor).where(TraceAnchor.state.in_(ANCHORED)).order_by(TraceAnchor.ledger, TraceAnchor.size)
    )
    for row in rows:
        subject = f"{row.ledger}:{row.size}"
        signed = session.get(TraceCheckpoint, row.size)
        if signed is None or signed.root != row.root:
            yield Difference("anchor", subject, "differs from the checkpoint of its size", row=row.id)
        named = ledgers.get(row.ledger)
        if row.ledger not in ledgers:
            yield Difference("anchor", subject, "its ledger is not among the settings", row=row.id)
        if named is None:
            continue
        try:
            found = named.find(row.origin, row.size)
        except LedgerProblem as problem:
            yield Difference("anchor", subject, str(problem), row=row.id)
            continue
        if isinstance(found, NotAnchored):
            yield Difference("anchor", subject, "is not on the ledger", row=row.id)
        elif found.root != row.root or found.text() != row.receipt:
            yield Difference("anchor", subject, "differs from what the ledger holds", row=row.id)
