"""What a batch and a breaker may become, and how long a failed try waits. Pure."""

from datetime import datetime, timedelta

from portal.adoption.errors import IllegalTransition

BATCH = {
    "due": ("sending", "refused"),
    "sending": ("acknowledged", "retry_wait", "conflict", "refused", "sending"),
    "retry_wait": ("sending", "refused", "conflict"),
    "conflict": ("due", "refused"),
    "acknowledged": (),
    "refused": (),
}
BREAKER = {"closed": ("open",), "open": ("half_open",), "half_open": ("closed", "open")}
TRIES_S = (60, 300, 3_600, 86_400, 172_800)
"""Waits after the first try and each further one (GOV.UK Pay's schedule); after the last a person is asked."""
LEASE_S = 120
FAILURES = 4
PAUSE_S, LONGEST_PAUSE_S = 60, 86_400


def move(table: dict[str, tuple[str, ...]], subject: str, before: str, after: str) -> str:
    """Return the state after; raise `IllegalTransition`."""
    if after not in table[before]:
        raise IllegalTransition("adoption.illegal_transition", subject=subject, before=before, after=after)
    return after


def next_try(attempts: int, *, now: datetime, retry_after_s: int | None) -> datetime | None:
    """Return when to try again after so many tries, or None when a person must; a recipient may ask for longer."""
    if attempts > len(TRIES_S):
        return None
    wait = TRIES_S[attempts - 1]
    return now + timedelta(seconds=max(wait, min(retry_after_s or 0, LONGEST_PAUSE_S)))


def next_pause(pause_s: int) -> int:
    """Return the breaker's next pause: a minute, doubling to a day."""
    return min(pause_s * 2, LONGEST_PAUSE_S) if pause_s else PAUSE_S
