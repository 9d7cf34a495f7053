"""One HTTP call: by `requests`, without redirects, proxies or cookies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import requests


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoAnswer(Exception):
    """No answer came: refused, cut or too slow."""


class Transport(Protocol):
    """What carries a call."""

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None, timeout_s: float) -> Reply:
        """Make one call; raise `NoAnswer`."""


class RequestsTransport:
    """Carries calls by `requests`, over connections that are kept open."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None, timeout_s: float) -> Reply:
        """Make one call; raise `NoAnswer`."""
        try:
            answer = self._session.request(
                method, url, headers=dict(headers), data=body, timeout=timeout_s, allow_redirects=False
            )
        except (requests.RequestException, OSError) as error:
            raise NoAnswer(type(error).__name__) from error
        return Reply(
            answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content
        )
