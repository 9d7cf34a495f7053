"""Calls to providers: one total time limit, a size cap, no redirects, no surroundings (proxies, netrc) taken on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import requests

from payments.errors import NoAnswer
from payments.gateways.clocks import ahead, wait_asked
from payments.gateways.protocol import MOST_BYTES


@dataclass(frozen=True, slots=True)
class Answer:
    """A provider's complete answer, and how long it asks us to wait."""

    status: int
    body: bytes
    retry_after_s: float | None = None


class Transport(Protocol):
    """How an adapter reaches its provider."""

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        """Make one call; raises NoAnswer when it did not end with a complete answer in time."""
        ...


class HttpTransport:
    """The real transport; `ca_file` names a certificate authority other than the system's."""

    def __init__(self, *, ca_file: str | None = None, heard: Callable[[float], None] | None = None) -> None:
        """`heard` is told how many seconds each answer's Date is ahead of this machine's clock."""
        self._ca_file = ca_file
        self._heard = heard

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        """Make one call in a thread of its own: a peer that drips headers must not hold the caller's."""
        ends_at = time.monotonic() + seconds
        result: list[Answer | NoAnswer] = []

        def call() -> None:
            try:
                result.append(self._call(method, url, headers, body, ends_at))
            except requests.RequestException as fault:
                result.append(NoAnswer(reason=type(fault).__name__))
            except (OSError, ValueError, NoAnswer) as fault:
                result.append(fault if isinstance(fault, NoAnswer) else NoAnswer(reason=type(fault).__name__))

        caller = threading.Thread(target=call, name="gateway-call", daemon=True)
        caller.start()
        caller.join(max(0.0, ends_at - time.monotonic()))
        if not result:
            raise NoAnswer(reason="time_out")
        if isinstance(result[0], NoAnswer):
            raise result[0]
        return result[0]

    def _call(self, method: str, url: str, headers: Mapping[str, str], body: bytes, ends_at: float) -> Answer:
        left = max(0.05, ends_at - time.monotonic())
        before = datetime.now(UTC)
        with requests.Session() as session:
            session.trust_env = False
            with session.request(
                method,
                url,
                headers=dict(headers),
                data=body or None,
                timeout=left,
                allow_redirects=False,
                stream=True,
                verify=self._ca_file or True,
            ) as response:
                self._hear(response, before)
                asked_s = wait_asked(response.headers.get("Retry-After"), now=datetime.now(UTC))
                return Answer(response.status_code, _read(response, ends_at), asked_s)

    def _hear(self, response: requests.Response, before: datetime) -> None:
        ahead_s = ahead(response.headers.get("Date"), before=before, after=datetime.now(UTC))
        if self._heard is not None and ahead_s is not None:
            self._heard(ahead_s)


def _read(response: requests.Response, ends_at: float) -> bytes:
    """Read as it comes, so that neither a slow nor an endless body outlives the limits."""
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(chunk_size=None):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise NoAnswer(reason="too_large")
        if time.monotonic() > ends_at:
            raise NoAnswer(reason="time_out")
    return b"".join(parts)
