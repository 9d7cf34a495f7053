"""Recall of a lot: it holds from the very next scan, and no stamp can be activated onto the lot."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.canonical import Value
from traceability.days import utc_text
from traceability.errors import LotRecalled, RecallMove, RecallUnknown
from traceability.ids import new_id
from traceability.log import add_entry
from traceability.lots import get_lot, lock_lot, lot_hash
from traceability.models import TraceLot, TraceRecall

LIFTED = "lifted"


@dataclass(frozen=True, slots=True)
class Recall:
    """A recall as readers see it."""

    id: str
    lot: str
    instruction: str
    contact: str
    opened_at: datetime


def open_recall(session: Session, *, now: datetime, lot: str, instruction: str, contact: str) -> Recall:
    """Recall a lot; raises LotUnknown, LotRecalled if one is open already."""
    goods = lock_lot(session, lot)
    if open_recall_of(session, lot) is not None:
        raise LotRecalled(lot=lot)
    entry = add_entry(session, now=now, kind="recall_opened", facts=opening_facts(goods, opened_at=now))
    row = TraceRecall(
        id=new_id("rc"), lot=lot, instruction=instruction, contact=contact, opened_at=now, opened_entry=entry.id
    )
    session.add(row)
    session.flush()
    return _recall(row)


def lift_recall(session: Session, *, now: datetime, recall: str) -> Recall:
    """Close a recall that was not needed; the verdict returns to normal. Raises RecallUnknown, RecallMove."""
    row = session.get(TraceRecall, recall, with_for_update=True)
    if row is None:
        raise RecallUnknown(recall=recall)
    if row.closed_at is not None:
        raise RecallMove(recall=recall)
    row.closed_at, row.closed_because = now, LIFTED
    goods = get_lot(session, row.lot)
    facts = closing_facts(goods, opened_at=row.opened_at, closed_at=now, because=LIFTED)
    row.closed_entry = add_entry(session, now=now, kind="recall_closed", facts=facts).id
    session.flush()
    return _recall(row)


def open_recall_of(session: Session, lot: str) -> Recall | None:
    """Give the open recall of a lot, None if there is none."""
    row = session.scalars(
        select(TraceRecall).where(TraceRecall.lot == lot, TraceRecall.closed_at.is_(None)).limit(1)
    ).one_or_none()
    return None if row is None else _recall(row)


def opening_facts(lot: TraceLot, *, opened_at: datetime) -> dict[str, Value]:
    """Give a recall's facts as the log states them."""
    return {"lot": lot.number, "lot_hash": lot_hash(lot), "opened_at": utc_text(opened_at)}


def closing_facts(lot: TraceLot, *, opened_at: datetime, closed_at: datetime, because: str) -> dict[str, Value]:
    """Give the facts of a recall's end as the log states them."""
    return {"because": because, "closed_at": utc_text(closed_at), **opening_facts(lot, opened_at=opened_at)}


def _recall(row: TraceRecall) -> Recall:
    return Recall(row.id, row.lot, row.instruction, row.contact, row.opened_at)
