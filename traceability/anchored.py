"""How far the log has come on its ledgers: the states of an entry, the anchor that covers it, what is late."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from traceability.anchors import ANCHORED, UNDER_WAY, AnchorState
from traceability.checkpoints import latest_checkpoint
from traceability.log import published_size
from traceability.models import TraceAnchor, TraceEntry

NOTARY = "notary"


class EntryState(StrEnum):
    """How far an entry of the log has come."""

    PENDING = "pending"
    INTEGRATED = "integrated"
    PUBLISHED = "published"
    ANCHORED = "anchored"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class LedgerStanding:
    """How far a ledger is behind the log; `under_way` are sizes, `needs_person` ids of anchors."""

    ledger: str
    published_size: int
    anchored_size: int
    under_way: tuple[int, ...]
    needs_person: tuple[int, ...]
    reason: str | None


def covering_anchor(session: Session, position: int) -> TraceAnchor | None:
    """Give the newest anchor that covers a place in the log; one on a ledger that others keep goes first."""
    return session.scalars(
        select(TraceAnchor)
        .where(TraceAnchor.size > position, TraceAnchor.state.in_(ANCHORED))
        .order_by(TraceAnchor.ledger == NOTARY, TraceAnchor.size.desc(), TraceAnchor.id)
        .limit(1)
    ).one_or_none()


def entry_state(session: Session, entry: int, *, ledger: str | None = None) -> EntryState:
    """Say how far an entry has come; the last two states are read from the anchors that cover it.

    With `ledger` only the anchors on that one count.
    """
    position = session.execute(select(TraceEntry.position).where(TraceEntry.id == entry)).scalar_one()
    if position is None:
        return EntryState.PENDING
    if position >= published_size(session):
        return EntryState.INTEGRATED
    covering = select(TraceAnchor.state).where(TraceAnchor.size > position, TraceAnchor.state.in_(ANCHORED))
    if ledger is not None:
        covering = covering.where(TraceAnchor.ledger == ledger)
    states = set(session.scalars(covering.distinct()))
    if AnchorState.FINAL in states:
        return EntryState.FINAL
    return EntryState.ANCHORED if states else EntryState.PUBLISHED


def ledger_standing(session: Session, *, ledger: str) -> LedgerStanding:
    """Say how far a ledger is behind the log, and what waits for a person."""
    newest = latest_checkpoint(session)
    rows = select(TraceAnchor).where(TraceAnchor.ledger == ledger)
    anchored = session.execute(
        select(func.max(TraceAnchor.size)).where(TraceAnchor.ledger == ledger, TraceAnchor.state.in_(ANCHORED))
    ).scalar_one()
    under_way = session.scalars(rows.where(TraceAnchor.state.in_(UNDER_WAY)).order_by(TraceAnchor.size)).all()
    stuck = session.scalars(rows.where(TraceAnchor.state.in_((AnchorState.FAILED, AnchorState.DISPUTED)))).all()
    return LedgerStanding(
        ledger=ledger,
        published_size=0 if newest is None else newest.checkpoint.size,
        anchored_size=anchored or 0,
        under_way=tuple(row.size for row in under_way),
        needs_person=tuple(row.id for row in stuck),
        reason=next((row.reason for row in (*stuck, *under_way) if row.reason), None),
    )
