"""The number under a scratch layer: checked in constant time, five tries an hour a stamp; its first reveal stays known.

It adds no verdict. The number itself is derived when needed and stored nowhere.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import ceil

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from traceability.batches import BatchBook
from traceability.errors import PinAbsent
from traceability.models import TracePin
from traceability.sights import Stamp
from traceability.upserts import upsert

TRIES, WITHIN = 5, timedelta(hours=1)
_BETWEEN = " -."


class PinAnswer(StrEnum):
    """The closed list of answers to a try."""

    FIRST = "first"
    REVEALED_BEFORE = "revealed_before"
    WRONG = "wrong"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class PinTry:
    """The answer to a try, when the right number was first entered, and what is left of the hour's tries."""

    answer: PinAnswer
    first_revealed_at: datetime | None
    tries_left: int
    retry_after_s: int


def try_pin(session: Session, *, now: datetime, book: BatchBook, stamp: Stamp, typed: str) -> PinTry:
    """Count a try on the stamp's row and answer it; commit before telling. Raises PinAbsent.

    Every try counts, the right ones too. Of two right ones at once exactly one is first.
    """
    if not stamp.header.pin:
        raise PinAbsent(batch=stamp.header.batch)
    digits = typed.translate({ord(sign): None for sign in _BETWEEN})
    wanted = book.key(session, stamp.header.batch).pin(stamp.index)
    right = hmac.compare_digest(digits.encode(), wanted.encode())
    tried, revealed_at = _locked_row(session, stamp)
    recent = [at for at in tried if at > now - WITHIN]
    if len(recent) >= TRIES:
        wait = ceil((recent[0] + WITHIN - now).total_seconds())
        return PinTry(PinAnswer.LOCKED, revealed_at, 0, max(1, wait))
    answer = PinAnswer.WRONG
    if right:
        answer = PinAnswer.FIRST if revealed_at is None else PinAnswer.REVEALED_BEFORE
        revealed_at = revealed_at or now
    recent.append(now)
    session.execute(
        update(TracePin)
        .where(TracePin.batch == stamp.header.batch, TracePin.index == stamp.index)
        .values(tried=_pack(recent), revealed_at=revealed_at)
        .execution_options(synchronize_session=False)
    )
    return PinTry(answer, revealed_at, TRIES - len(recent), 0)


def revealed_at(session: Session, stamp: Stamp) -> datetime | None:
    """Tell when the right number of a stamp was first entered, None if never."""
    query = select(TracePin.revealed_at).where(TracePin.batch == stamp.header.batch, TracePin.index == stamp.index)
    return session.execute(query).scalar_one_or_none()


def _locked_row(session: Session, stamp: Stamp) -> tuple[list[datetime], datetime | None]:
    """Make or touch the stamp's row, which is ours from then until the commit, and read it."""
    statement = upsert(session.get_bind().dialect.name, TracePin).values(
        batch=stamp.header.batch, index=stamp.index, tried=""
    )
    row = session.execute(
        statement.on_conflict_do_update(
            index_elements=[TracePin.batch, TracePin.index], set_={"tried": TracePin.tried}
        ).returning(TracePin.tried, TracePin.revealed_at)
    ).one()
    return [datetime.fromtimestamp(int(one, 16), UTC) for one in row.tried.split()], row.revealed_at


def _pack(times: list[datetime]) -> str:
    return " ".join(f"{int(at.timestamp()):x}" for at in times)
