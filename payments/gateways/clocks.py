"""How far providers' clocks are from ours, by the Date of their answers."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def ahead(said: str | None, *, before: datetime, after: datetime) -> float | None:
    """Return by how many seconds a Date is outside the time of its call, ahead of us or (below 0) behind; None unread.

    Pure. A Date has whole seconds, so a second is nothing.
    """
    try:
        at = parsedate_to_datetime(said or "")
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    late, early = (at - after).total_seconds(), (at - before).total_seconds()
    if late > 0:
        return late if late > 1 else 0.0
    return early if early < -1 else 0.0


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
