"""Limits of the scan route: a fixed minute for each address, in this process's memory, open after a restart."""

import re
import threading
import time

from portal.limits import SCANS, UNKNOWN_CODES

_MOST_ADDRESSES = 100_000
_FORM = re.compile(r"(\d+)/minute")


class MinuteLimit:
    """Counts for each address within the running minute; cheap enough for every scan."""

    def __init__(self, text: str) -> None:
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no limit a minute")
        self.most = int(found[1])
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


SCANNING, GUESSING = MinuteLimit(SCANS), MinuteLimit(UNKNOWN_CODES)
