"""Sends the stand-ins' notices from threads of their own, again and again until they are taken, up to a bound."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from payments.gateways.sandbox.state import Due, State

_IDLE_SECONDS: Final = 0.05
_CALL_SECONDS: Final = 15.0
_MOST_ANSWER: Final = 65_536
_AT_ONCE: Final = 12


@dataclass(frozen=True, slots=True)
class Wire:
    """A message as it goes over the wire, with the text that was signed."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    canonical: str


class Provider(Protocol):
    """How one provider writes, judges and repeats its notices."""

    retry_seconds: tuple[float, ...]

    def wire(self, message: dict[str, Any]) -> Wire:
        """Write and sign a message at the moment of sending."""
        ...

    def is_taken(self, status: int, body: bytes) -> bool:
        """Say whether an answer ends the repeats."""
        ...


class Sending:
    """One thread looks for due messages, a few more send them side by side."""

    def __init__(self, state: State, providers: Mapping[str, Provider]) -> None:
        self._state = state
        self._providers = providers
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="sandbox-send")
        self._loop = threading.Thread(target=self._run, name="sandbox-outbox", daemon=True)
        self._loop.start()

    def close(self) -> None:
        """Stop looking; messages that are due stay in the file."""
        self._stop.set()
        self._loop.join(5)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        while not self._stop.is_set():
            due = self._state.claim(now=time.time())
            if due is None:
                self._stop.wait(_IDLE_SECONDS)
            else:
                self._pool.submit(self._send, due)

    def _send(self, due: Due) -> None:
        provider = self._providers[due.provider]
        wire = provider.wire(due.message)
        status, body = call(wire)
        taken = status is not None and provider.is_taken(status, body)
        ignored = due.tries <= int(due.message.get("ignore_answers", 0))
        more = due.tries <= len(provider.retry_seconds) and not due.message.get("only_once")
        again = more and (ignored or not taken)
        again_at = time.time() + provider.retry_seconds[due.tries - 1] if again else None
        self._state.finish(due, again_at=again_at, delivered=taken)
        self._state.note(
            due.provider,
            "out",
            {
                "method": wire.method,
                "url": wire.url,
                "canonical": wire.canonical,
                "body": wire.body.decode("utf-8", "replace"),
                "answer_status": status,
                "answer": body.decode("utf-8", "replace"),
                "try": due.tries,
            },
            at=time.time(),
        )


def call(wire: Wire, *, connect: Callable[..., http.client.HTTPConnection] | None = None) -> tuple[int | None, bytes]:
    """Make one call without following anything; no status if nobody answered."""
    parts = urlsplit(wire.url)
    secure = parts.scheme == "https"
    make = connect or (http.client.HTTPSConnection if secure else http.client.HTTPConnection)
    connection = make(parts.hostname or "", parts.port, timeout=_CALL_SECONDS)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(wire.method, target, body=wire.body or None, headers=dict(wire.headers))
        answer = connection.getresponse()
        return answer.status, answer.read(_MOST_ANSWER)
    except (OSError, http.client.HTTPException):
        return None, b""
    finally:
        connection.close()
