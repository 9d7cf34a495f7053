"""How far providers' clocks are from ours, by the Date of their answers, and how long they ask us to wait."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def ahead(said: str | None, *, before: datetime, after: datetime) -> float | None:
    """Return by how many seconds a Date is outside the time of its call, ahead of us or (below 0) behind; None unread.

    Pure. A Date has whole seconds, so a second is nothing.
    """
    at = _date(said)
    if at is None:
        return None
    late, early = (at - after).total_seconds(), (at - before).total_seconds()
    if late > 0:
        return late if late > 1 else 0.0
    return early if early < -1 else 0.0


def wait_asked(said: str | None, *, now: datetime) -> float | None:
    """Return the seconds of a Retry-After, given as such or as a Date; None where it is absent or unread. Pure."""
    if said is not None and said.isascii() and said.isdecimal() and len(said) < 10:
        return float(said)
    at = _date(said)
    return None if at is None else (at - now).total_seconds()


def _date(said: str | None) -> datetime | None:
    try:
        at = parsedate_to_datetime(said or "")
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


class Clocks:
    """What was heard last of each provider's clock, until somebody writes it down."""

    def __init__(self) -> None:
        self._ahead: dict[str, float] = {}

    def hear(self, provider: str, ahead_s: float) -> None:
        """Keep how far a provider's clock is ahead of ours."""
        self._ahead[provider] = ahead_s

    def take(self, provider: str) -> float | None:
        """Return what was heard last, once."""
        return self._ahead.pop(provider, None)
