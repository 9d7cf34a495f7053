"""What waits within an officer's reach: every queue counted in one statement, the oldest things listed in another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.queues import Queue


@dataclass(frozen=True, slots=True)
class Tally:
    """How much waits in one queue, and since when the oldest."""

    queue: Queue
    count: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that waits: of which queue, in words, where a person acts on it, since when."""

    queue: Queue
    words: Any
    address: str
    since: datetime


def queues_of(acting: Acting) -> list[Queue]:
    """Return the queues that this role may look at, in the order in which the subjects bring them."""
    every: Sequence[Queue] = current_app.extensions["queues"]
    return [one for one in every if acting.role in one.roles]


def tallies(session: Session, acting: Acting, queues: Sequence[Queue]) -> list[Tally]:
    """Count what waits in each queue, in one statement; the order stays."""
    counts = []
    for one in queues:
        rows = one.rows(session, acting).subquery()
        counts.append(select(literal(one.code).label("code"), func.count(), func.min(rows.c.since)).select_from(rows))
    if not counts:
        return []
    found = {code: (count, since) for code, count, since in session.execute(union_all(*counts))}
    return [Tally(one, *found[one.code]) for one in queues]


def oldest_first(found: Iterable[Tally]) -> list[Tally]:
    """Return the queues in which something waits, the longest wait on top. Pure."""
    return sorted((one for one in found if one.oldest_at is not None), key=lambda one: (one.oldest_at, one.queue.code))


def longest_waiting(session: Session, acting: Acting, queues: Sequence[Queue], *, most: int) -> list[Line]:
    """Return what has waited longest over all queues, in one statement."""
    parts = []
    for one in queues:
        rows = one.rows(session, acting).subquery()
        some = select(literal(one.code).label("code"), rows.c.since, rows.c.id, rows.c.about)
        parts.append(select(some.order_by(rows.c.since, rows.c.id).limit(most).subquery()))
    if not parts:
        return []
    every = union_all(*parts).subquery()
    by_code = {one.code: one for one in queues}
    lines = []
    for code, since, row_id, about in session.execute(select(every).order_by(every.c.since, every.c.id).limit(most)):
        words, address = by_code[code].one(row_id, about)
        lines.append(Line(by_code[code], words, address, since))
    return lines
