"""When a provider is asked again about an attempt (pure): payments.md section 4, "Janitor", and decision 0035."""

from __future__ import annotations

from datetime import datetime, timedelta

from payments.states import AttemptStatus

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_UNKNOWN = (_MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, _DAY, 2 * _DAY, 3 * _DAY, 4 * _DAY, 5 * _DAY)
_PENDING = (5 * _MINUTE, 15 * _MINUTE, _HOUR, _DAY)
_AFTER_EXPIRY = (5 * _MINUTE, 16 * _MINUTE)

_REFUND = (5 * _MINUTE, 15 * _MINUTE, _HOUR, *(n * _DAY for n in range(1, 8)))

GRACE = timedelta(minutes=15)
STUCK_AFTER = _DAY
ASK_AGAIN_AFTER = timedelta(seconds=15)


def next_query_at(
    *, status: str, since: datetime, expires_at: datetime, now: datetime, takes_more: bool = False
) -> datetime | None:
    """Return the next time to ask after `now`, or None if there is nothing left to ask.

    `takes_more`: what succeeded was a part, and the provider may take the rest under the same order.
    """
    if status == AttemptStatus.PENDING:
        planned = [since + step for step in _PENDING] + [expires_at + step for step in _AFTER_EXPIRY]
    elif status in (AttemptStatus.UNKNOWN, AttemptStatus.CREATED):
        # A row that never left created was cut off before its call was recorded: nobody knows what became of it.
        planned = [since + step for step in _UNKNOWN]
    elif status == AttemptStatus.SUCCEEDED and not takes_more:
        return None
    else:
        # The provider's page stays open until then: who was declined may have paid on it, and that notice be lost.
        planned = [expires_at + _AFTER_EXPIRY[-1]]
    return min((at for at in planned if at > now), default=None)


def next_refund_query_at(*, since: datetime, now: datetime) -> datetime | None:
    """Return when a provider is asked again about a refund that was sent, or None after a week."""
    return min((since + step for step in _REFUND if since + step > now), default=None)


def is_over(*, expires_at: datetime, now: datetime) -> bool:
    """Say whether the provider's time and its grace of 15 minutes are past."""
    return now >= expires_at + GRACE


def is_stuck(*, since: datetime, now: datetime) -> bool:
    """Say whether an unknown outcome is so old that a person must look."""
    return now >= since + STUCK_AFTER
