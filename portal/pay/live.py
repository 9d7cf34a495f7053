"""Finite event streams: what is new since the last one, `retry: 1000`, and the end. No stream holds a server thread."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Response, request

from portal.pay.typed import read_number

RETRY_MS = 1000


@dataclass(frozen=True, slots=True)
class Event:
    """One piece of news and the mark after which the browser goes on; without data it moves the mark alone."""

    mark: str
    data: Mapping[str, object]


def last_seen() -> str:
    """Return the mark that the browser saw last: of its last event, or of the page."""
    return request.headers.get("Last-Event-ID") or request.args.get("after", "")


def last_number() -> int | None:
    """Return the number that the browser saw last, or None where what it sent is none."""
    return read_number(last_seen())


def stream(events: Iterable[Event]) -> Response:
    """Return the events as a whole stream that ends at once; the browser comes back by itself."""
    lines = [f"retry: {RETRY_MS}\n\n"]
    lines += [f"id: {one.mark}\n{_told(one.data)}\n" for one in events]
    answer = Response("".join(lines), content_type="text/event-stream; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


def _told(data: Mapping[str, object]) -> str:
    return f"event: state\ndata: {json.dumps(data, ensure_ascii=True)}\n" if data else ""


def over() -> Response:
    """Tell the browser to come back no more."""
    answer = Response(status=204)
    answer.headers["Cache-Control"] = "no-store"
    return answer
