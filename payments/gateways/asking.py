"""Calls of gateways that speak JSON: one POST or GET, one object back, anything else is no answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from payments.errors import BadAnswer
from payments.gateways.http import Transport
from payments.gateways.wire import Unreadable, read_object, text_of

_JSON = {"Content-Type": "application/json"}


def compact(content: Mapping[str, Any]) -> bytes:
    """Return JSON without blanks, letters as they are."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def ask_json(
    transport: Transport,
    url: str,
    content: Mapping[str, Any],
    *,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    method: str = "POST",
) -> dict[str, Any]:
    """Send JSON (nothing with GET) and return the object that came back; raises NoAnswer, BadAnswer."""
    body = compact(content) if method != "GET" else b""
    return _ask(transport, method, url, headers={**_JSON, **(headers or {})}, body=body, seconds=seconds)


def ask_form(transport: Transport, url: str, fields: Mapping[str, str], *, seconds: float) -> dict[str, Any]:
    """Send a form and return the JSON object that came back; raises NoAnswer, BadAnswer."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return _ask(transport, "POST", url, headers=headers, body=urlencode(fields).encode(), seconds=seconds)


def page_of(fields: Mapping[str, Any], name: str) -> str:
    """Return the address of a provider's page; raises Unreadable unless a browser may be led there."""
    url = text_of(fields, name, most=2000)
    if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise Unreadable(name)
    return url


def _ask(
    transport: Transport, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float
) -> dict[str, Any]:
    answer = transport.send(method, url, headers=headers, body=body, seconds=seconds)
    if answer.status >= 500 or answer.status < 200:
        raise BadAnswer(reason=f"http_{answer.status}")
    try:
        return read_object(answer.body)
    except Unreadable as fault:
        raise BadAnswer(reason=f"unreadable_{answer.status}") from fault
