"""Limits a minute and address that live in the process's memory and fail open: scans, unknown codes, search.

What must survive a restart (codes, sign-in) is counted in the database by its own subject and fails closed.
"""

import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import request

from portal.errors import TooMany

_MOST_ADDRESSES = 100_000


class MinuteLimit:
    """Counts for each address within the running minute; cheap enough for every scan."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._minute = 0
        self._counts: dict[str, int] = {}

    def hit(self, address: str) -> bool:
        """Count one; say whether it is within the limit."""
        with self._lock:
            counts = self._current()
            counts[address] = counts.get(address, 0) + 1
            return counts[address] <= self.most

    def used_up(self, address: str) -> bool:
        """Say whether an address has used the limit up, without counting."""
        with self._lock:
            return self._current().get(address, 0) >= self.most

    def seconds_left(self) -> int:
        """Return the seconds until the minute is over."""
        return 60 - int(time.monotonic()) % 60

    def clear(self) -> None:
        """Forget what was counted."""
        with self._lock:
            self._counts = {}

    def _current(self) -> dict[str, int]:
        minute = int(time.monotonic()) // 60
        if minute != self._minute or len(self._counts) > _MOST_ADDRESSES:
            self._minute, self._counts = minute, {}
        return self._counts


SCANS, UNKNOWN_CODES, SEARCHES, RECEIPT_CHECKS = MinuteLimit(300), MinuteLimit(30), MinuteLimit(60), MinuteLimit(30)
# Of one machine's key, in one process: 25 reads and 5 writes a second.
EVENTS, KEY_READS, KEY_WRITES = MinuteLimit(120), MinuteLimit(1500), MinuteLimit(300)
# Of one address on the list of who may look bills up: it asks for many payers.
BILLS = MinuteLimit(300)
ALL = (SCANS, UNKNOWN_CODES, SEARCHES, RECEIPT_CHECKS, EVENTS, KEY_READS, KEY_WRITES, BILLS)


def limited(limit: MinuteLimit, *, by: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Refuse a view with TooMany beyond the limit; only requests with the query field `by` are counted."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if request.args.get(by) and not limit.hit(request.remote_addr or ""):
                raise TooMany(retry_after_s=limit.seconds_left())
            return view(*args, **kwargs)

        return wrapped

    return decorate
