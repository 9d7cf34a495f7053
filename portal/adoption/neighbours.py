"""The period before and the period after, of the same length. Pure."""

from datetime import timedelta

from portal.adoption.figures import periods_of
from portal.counting.periods import Period, month_of, next_month

_MOMENT = timedelta(microseconds=1)


def period_before(period: Period) -> Period:
    """Return the period that ends where this one begins."""
    return _holding(month_of(period.start - _MOMENT), period.frequency)


def period_after(period: Period) -> Period:
    """Return the period that begins where this one ends."""
    return _holding(next_month(period.last), period.frequency)


def _holding(month: str, frequency: str) -> Period:
    return next(one for one in periods_of([month]) if one.frequency == frequency)
