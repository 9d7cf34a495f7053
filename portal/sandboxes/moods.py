"""How a stand-in misbehaves on command: a queue of moods, each used up by the next thing that it fits."""

import json
import sqlite3
from dataclasses import dataclass

from flask import Response, request

CALL_MOODS = ("time_out", "500", "429", "html_200", "answer_lost")
OFFER_MOODS = ("refuse",)
CALLBACK_MOODS = ("callback_doubled", "callback_late", "callback_forged", "callback_missing")
ALL = CALL_MOODS + OFFER_MOODS + CALLBACK_MOODS


@dataclass(frozen=True, slots=True)
class Mood:
    """One drawn mood and how long it lasts, in seconds."""

    name: str
    seconds: float


NONE = Mood(name="", seconds=0.0)


def put(connection: sqlite3.Connection, channel: str, names: list[str], *, seconds: float) -> None:
    """Queue moods for a shop; raise ValueError for a name that is none."""
    unknown = [name for name in names if name not in ALL]
    if unknown:
        raise ValueError(f"no such mood: {unknown}; there are {ALL}")
    connection.executemany(
        "INSERT INTO mood (channel, name, seconds) VALUES (?, ?, ?)", [(channel, name, seconds) for name in names]
    )


def take(connection: sqlite3.Connection, channel: str, fitting: tuple[str, ...]) -> Mood:
    """Use up and return the oldest mood that fits, or `NONE`."""
    rows = connection.execute("SELECT id, name, seconds FROM mood WHERE channel = ? ORDER BY id", (channel,))
    for row in rows.fetchall():
        if row["name"] in fitting:
            connection.execute("DELETE FROM mood WHERE id = ?", (row["id"],))
            return Mood(name=row["name"], seconds=row["seconds"])
    return NONE


def instead(mood: Mood) -> Response | None:
    """Return what a mood answers before anything is taken, or None when the call is served."""
    if mood.name == "500":
        return Response("Internal Server Error", status=500, mimetype="text/plain")
    if mood.name == "html_200":
        return Response(
            "<!doctype html><title>Bảo trì</title><h1>Hệ thống đang bảo trì</h1>", status=200, mimetype="text/html"
        )
    if mood.name == "429":
        body = json.dumps({"error": "rate_limited"})
        return Response(body, status=429, mimetype="application/json", headers={"Retry-After": str(int(mood.seconds))})
    return None


def hang_up() -> None:
    """Cut the connection under this request, so that whatever is answered never arrives."""
    sock = request.environ.get("werkzeug.socket")
    if sock is not None:
        sock.shutdown(2)
