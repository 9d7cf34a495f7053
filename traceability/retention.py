"""How long trace data is kept: 12 months after a lot's expiry, 60 months where it has none (Circular 31/2026/TT-BCT).

Before that nothing is erased. Afterwards the words that may lead to a person go; what the log states still holds,
since the hash that it names stays.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.days import day_in_vietnam
from traceability.errors import KeptLonger
from traceability.lots import lock_lot, lot_hash
from traceability.models import TraceLot

MONTHS_AFTER_EXPIRY, MONTHS_WITHOUT = 12, 60


def kept_until(lot: TraceLot) -> date:
    """Give the last day on which a lot's data must still be there."""
    if lot.expires_on is not None:
        return _months_later(lot.expires_on, MONTHS_AFTER_EXPIRY)
    begun = [day for day in (lot.produced_on, lot.packed_on) if day is not None]
    return _months_later(max([*begun, day_in_vietnam(lot.recorded_at)]), MONTHS_WITHOUT)


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def erase_lot(session: Session, *, now: datetime, lot: str) -> TraceLot:
    """Erase a lot's words and the salt of its hash, which stays. Raises LotUnknown, KeptLonger."""
    row = lock_lot(session, lot)
    until = kept_until(row)
    if day_in_vietnam(now) <= until:
        raise KeptLonger(lot=lot, until=until.isoformat())
    if row.erased_at is None:
        row.erased_hash, row.erased_at = lot_hash(row), now
        row.origin_words, row.standards, row.salt = "", "[]", b""
        session.flush()
    return row


def erased_too_early(session: Session) -> Iterator[TraceLot]:
    """Give the lots whose words went before their time."""
    for row in session.scalars(select(TraceLot).where(TraceLot.erased_at.is_not(None)).order_by(TraceLot.id)):
        if row.erased_at is not None and day_in_vietnam(row.erased_at) <= kept_until(row):
            yield row
