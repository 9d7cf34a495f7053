"""How far behind the recipient of the feed is: rows that it has not acknowledged, and since when they wait."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from portal.adoption.feed_models import AdoptBatch, AdoptRecipient, AdoptWatermark
from portal.adoption.models import PUBLIC, AdoptObservation

RECIPIENT = "lgsp"
Series = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What one recipient lacks: `since` is when the oldest row that waits was published; None where none waits."""

    recipient: str
    breaker: str
    rows: int
    since: datetime | None
    acknowledged_at: datetime | None
    held: int

    def lag_s(self, now: datetime) -> float:
        """Return for how many seconds the oldest row has waited."""
        return max(0.0, (now - self.since).total_seconds()) if self.since is not None else 0.0


def last_numbers(session: Session, audience: str = PUBLIC) -> dict[Series, int]:
    """Return the number of each series' newest row."""
    row = AdoptObservation
    query = select(row.indicator, row.cut, func.max(row.seq)).where(row.audience == audience)
    return {(code, cut): int(seq) for code, cut, seq in session.execute(query.group_by(row.indicator, row.cut))}


def acknowledged(session: Session) -> dict[Series, int]:
    """Return how far each series was acknowledged."""
    query = select(AdoptWatermark.indicator, AdoptWatermark.cut, AdoptWatermark.acked_seq)
    found = session.execute(query.where(AdoptWatermark.recipient == RECIPIENT))
    return {(code, cut): acked for code, cut, acked in found}


def waiting(session: Session) -> dict[Series, int]:
    """Return how many rows of each series the recipient has not acknowledged."""
    row, acked = session.get(AdoptRecipient, RECIPIENT), acknowledged(session)
    newest = last_numbers(session, row.audience if row is not None else PUBLIC)
    return {series: last - acked.get(series, 0) for series, last in newest.items() if last > acked.get(series, 0)}


def backlog(session: Session) -> Backlog | None:
    """Return what the recipient lacks, or None before anything was sent to one."""
    row = session.get(AdoptRecipient, RECIPIENT)
    if row is None:
        return None
    rows, acked = waiting(session), acknowledged(session)
    first = [(code, cut, acked.get((code, cut), 0) + 1) for code, cut in rows]  # the numbers of a series have no gap
    seen = AdoptObservation
    oldest = select(func.min(seen.as_of)).where(
        seen.audience == row.audience, tuple_(seen.indicator, seen.cut, seen.seq).in_(first)
    )
    taken = select(func.max(AdoptBatch.ended_at)).where(
        AdoptBatch.recipient == row.id, AdoptBatch.state == "acknowledged"
    )
    held = select(func.count()).where(AdoptWatermark.recipient == row.id, AdoptWatermark.held != "")
    return Backlog(
        recipient=row.id, breaker=row.breaker, rows=sum(rows.values()),
        since=session.scalar(oldest) if first else None, acknowledged_at=session.scalar(taken),
        held=session.scalar(held) or 0,
    )  # fmt: skip
