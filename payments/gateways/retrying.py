"""Calls that are tried again where that is safe and may help, as payOS's own SDKs do (payment-protocols.md section C).

For questions and for what may be said twice; what makes an order is sent once and then asked about.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Final

from payments.errors import NoAnswer
from payments.gateways.http import Answer, Transport

_RETRIES: Final = 2
_FIRST_WAIT_S, _LONGEST_WAIT_S, _LONGEST_ASKED_S = 0.5, 10.0, 60.0
_MAY_HELP: Final = frozenset({408, 429})


class Retrying:
    """A transport that tries again; all tries and the waits between them end within one call's time."""

    def __init__(
        self,
        transport: Transport,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        spread: Callable[[], float] = random.random,
    ) -> None:
        """`clock` gives seconds, `spread` a number in [0, 1) that keeps callers from trying again all at once."""
        self._transport = transport
        self._sleep, self._clock, self._spread = sleep, clock, spread

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        """Make one call; the last try's answer counts, and raises NoAnswer where it had none."""
        ends_at = self._clock() + seconds
        for tried in range(_RETRIES + 1):
            answer: Answer | NoAnswer
            try:
                left_s = ends_at - self._clock()
                answer = self._transport.send(method, url, headers=headers, body=body, seconds=left_s)
            except NoAnswer as fault:
                answer = fault
            wait_s = self._wait_s(answer, tried)
            if wait_s is None or self._clock() + wait_s >= ends_at:
                break
            self._sleep(wait_s)
        if isinstance(answer, NoAnswer):
            raise answer
        return answer

    def _wait_s(self, answer: Answer | NoAnswer, tried: int) -> float | None:
        """Return how long to wait before the next try, or None: no more tries, or none that could help."""
        if tried >= _RETRIES:
            return None
        if isinstance(answer, Answer):
            if answer.status not in _MAY_HELP and answer.status < 500:
                return None
            if answer.retry_after_s is not None and 0 < answer.retry_after_s <= _LONGEST_ASKED_S:
                return answer.retry_after_s
        wait_s: float = min(_FIRST_WAIT_S * 2**tried, _LONGEST_WAIT_S) * (0.75 + 0.25 * self._spread())
        return wait_s
