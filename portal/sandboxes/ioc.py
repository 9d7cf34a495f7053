"""A simulated LGSP and operations centre: takes the feed by its rule, keeps what it holds, misbehaves on command.

Its rule: a higher revision is applied, the same one with the same value ignored, the same one with another value a
conflict, a lower one ignored. A batch that does not follow the last one it holds is refused, with where it stands.
"""

import base64
import hashlib
import hmac
import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask, Response, jsonify, request

from portal.sandboxes.moods import hang_up
from portal.sandboxes.store import Store

TOLERANCE_S, TOKEN_S, ROWS_MAX = 300, 3_600, 1_000
PLAIN = (
    "drop_before", "drop_after", "expire_token", "ack_low", "ack_high", "garbage", "html_200", "conflict", "duplicate",
    "reorder",
)  # fmt: skip
WITH_NUMBER = ("slow", "forget", "status")
STATUSES = (500, 503, 429, 410)
NAME, CODE = "Trung tâm điều hành (mô phỏng)", "ioc"


@dataclass
class Ioc:
    """The centre: whom it knows, by which keys it checks, and its clock in seconds since 1970."""

    client_id: str
    client_secret: str = field(repr=False)
    public_keys: Sequence[bytes]
    clock: Callable[[], float] = time.time


def register_ioc(app: Flask, store: Store, ioc: Ioc) -> None:
    """Add its interface, its command line for misbehaviour, and what it holds."""
    app.add_url_rule("/ioc/token", "ioc.token", lambda: _token(store, ioc), methods=["POST"])
    app.add_url_rule("/ioc/observations", "ioc.observations", lambda: _observations(store, ioc), methods=["POST"])
    app.add_url_rule("/_sandbox/ioc/next", "ioc.next", lambda: _next(store), methods=["POST"])
    app.add_url_rule("/_sandbox/ioc/holdings", "ioc.holdings", lambda: _holdings(store))


def is_mood(text: str) -> bool:
    """Say whether a command is one: a plain word, or one with its number (`status:503`, `slow:30`, `forget:12`)."""
    word, _colon, number = text.partition(":")
    if word in WITH_NUMBER:
        return number.isascii() and number.isdigit() and (word != "status" or int(number) in STATUSES)
    return text in PLAIN


def _next(store: Store) -> Response:
    """Queue commands, each for one delivery."""
    body = request.get_json(silent=True)
    wanted = body.get("next") if isinstance(body, dict) else body
    if not isinstance(wanted, list) or not all(isinstance(one, str) and is_mood(one) for one in wanted):
        known = [*PLAIN, *(f"{word}:N" for word in WITH_NUMBER)]
        return _error(400, "unknown_command", known=known)
    with store.write() as connection:
        connection.executemany(
            "INSERT INTO mood (channel, name, seconds) VALUES (?, ?, 0)", [(CODE, one) for one in wanted]
        )
    return jsonify({"queued": len(wanted)})


def _holdings(store: Store) -> Response:
    """Return every row that the centre holds, and how far each series came."""
    with store.read() as connection:
        rows = connection.execute("SELECT * FROM ioc_row ORDER BY indicator, cut, area, period").fetchall()
        lanes = connection.execute("SELECT * FROM ioc_lane ORDER BY indicator, cut").fetchall()
    return jsonify({"simulation": True, "rows": [dict(row) for row in rows], "lanes": [dict(row) for row in lanes]})


def _error(status: int, code: str, **more: Any) -> Response:
    answer = jsonify({"error": code, **more})
    answer.status_code = status
    return answer


def _token(store: Store, ioc: Ioc) -> Response:
    """Give a token by any of the three profiles that provinces use."""
    given = request.get_json(silent=True)
    if isinstance(given, dict):  # profile B
        client_id, secret = str(given.get("username", "")), str(given.get("password", ""))
    elif request.headers.get("lgspaccesstoken"):  # profile A
        try:
            said = json.loads(base64.b64decode(request.headers["lgspaccesstoken"], validate=True))
            client_id, secret = str(said["AccessKey"]), str(said["SecretKey"])
        except (ValueError, KeyError, TypeError):
            return _error(401, "invalid_client")
    else:
        client_id, secret = request.form.get("client_id", ""), request.form.get("client_secret", "")
    known = hmac.compare_digest(secret.encode(), ioc.client_secret.encode())
    if not known or client_id != ioc.client_id:
        return _error(401, "invalid_client")
    token = secrets.token_urlsafe(24)
    with store.write() as connection:
        connection.execute("INSERT INTO ioc_token VALUES (?, ?)", (token, ioc.clock() + TOKEN_S))
    if isinstance(given, dict):
        ends = datetime.fromtimestamp(ioc.clock() + TOKEN_S, UTC).isoformat()
        return jsonify({"token": token, "refreshToken": secrets.token_urlsafe(24), "expiryDate": ends})
    return jsonify({"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_S})


def _observations(store: Store, ioc: Ioc) -> Response:
    """Take one batch: mood, caller, signature, order, then row by row by the rule."""
    with store.write() as connection:
        mood = _take_mood(connection)
        if mood == "expire_token":
            connection.execute("DELETE FROM ioc_token")
        if mood.startswith("forget:"):
            _forget(connection, int(mood.partition(":")[2]))
    spoiled = _spoiled(mood)
    if spoiled is not None:
        return spoiled
    if not _known_caller(store, ioc):
        return _error(401, "token_invalid")
    if not _is_signed(ioc, request.get_data()):
        return _error(401, "signature_invalid")
    body: Any = request.get_json(silent=True)
    if not _is_whole(body):
        return _error(400, "bad_batch")
    with store.write() as connection:
        answer = _take(connection, dict(body), mood)
    if mood == "drop_after":
        hang_up()
    if mood == "garbage":
        return Response('{"batch": "ob_', status=200, mimetype="application/json")
    return answer


def _take_mood(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT id, name FROM mood WHERE channel = ? ORDER BY id LIMIT 1", (CODE,)).fetchone()
    if row is None:
        return ""
    connection.execute("DELETE FROM mood WHERE id = ?", (row["id"],))
    return str(row["name"])


def _spoiled(mood: str) -> Response | None:
    """Return what a mood answers before anything is taken."""
    word, _colon, number = mood.partition(":")
    if word == "slow":
        time.sleep(int(number))
    if word == "drop_before":
        hang_up()
        return Response(status=500)
    if word == "html_200":
        return Response("<!doctype html><title>Bảo trì</title>", status=200, mimetype="text/html")
    if word == "status":
        answer = _error(int(number), "told_to")
        if number in ("429", "503"):
            answer.headers["Retry-After"] = "5"
        return answer
    return None


def _known_caller(store: Store, ioc: Ioc) -> bool:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    with store.read() as connection:
        row = connection.execute("SELECT until FROM ioc_token WHERE token = ?", (token,)).fetchone()
    return row is not None and row["until"] > ioc.clock()


def _is_signed(ioc: Ioc, body: bytes) -> bool:
    """Check the time and any of the signatures against any key (Standard Webhooks, v1a)."""
    batch, at = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
    if not (at.isascii() and at.isdigit()) or abs(int(at) - ioc.clock()) > TOLERANCE_S:
        return False
    text = f"{batch}.{at}.".encode() + body
    for part in request.headers.get("webhook-signature", "").split():
        kind, _comma, encoded = part.partition(",")
        for key in ioc.public_keys if kind == "v1a" else ():
            try:
                Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(encoded), text)
            except (InvalidSignature, ValueError):
                continue
            return True
    return False


def _is_whole(body: Any) -> bool:
    if not isinstance(body, dict) or body.get("batch") != request.headers.get("webhook-id"):
        return False
    rows = body.get("rows")
    if not isinstance(rows, list) or not 0 < len(rows) <= ROWS_MAX or not all(isinstance(one, dict) for one in rows):
        return False
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    return bool(hashlib.sha256(text).hexdigest() == body.get("rows_sha256"))


def _take(connection: sqlite3.Connection, body: dict[str, Any], mood: str) -> Response:
    lane = (str(body["indicator"]), str(body["cut"]))
    query = "SELECT last FROM ioc_lane WHERE indicator = ? AND cut = ?"
    held = connection.execute(query, lane).fetchone()
    last = held["last"] if held else 0
    if int(body["prev_seq"]) > last:
        return _error(409, "gap", acknowledged_to=last)
    rows = list(reversed(body["rows"])) if mood == "reorder" else list(body["rows"])
    counts = dict.fromkeys(("imported", "updated", "ignored"), 0)
    conflicts = [rows.pop(0)] if mood == "conflict" else []
    for row in rows * (2 if mood == "duplicate" else 1):
        outcome = _apply(connection, lane, row)
        if outcome == "conflict":
            conflicts.append(row)
        else:
            counts[outcome] += 1
    to = int(body["to_seq"])
    if not conflicts:
        connection.execute("INSERT OR REPLACE INTO ioc_lane VALUES (?, ?, ?)", (*lane, max(last, to)))
    told = {"": to, "ack_low": int(body["prev_seq"]) - 1, "ack_high": to + 1}.get(mood, to)
    if conflicts:
        told = int(body["prev_seq"])
    named = [{"seq": one["seq"], "area": one["area"], "period": one["period"]} for one in conflicts]
    return jsonify({"batch": body["batch"], "acknowledged_to": told, **counts, "conflicts": named})


def _apply(connection: sqlite3.Connection, lane: tuple[str, str], row: dict[str, Any]) -> str:
    key = (*lane, str(row["area"]), str(row["period"]))
    query = (
        "SELECT revision, value, obs_status FROM ioc_row WHERE indicator = ? AND cut = ? AND area = ? AND period = ?"
    )
    held = connection.execute(query, key).fetchone()
    if held is not None and row["revision"] < held["revision"]:
        return "ignored"
    if held is not None and row["revision"] == held["revision"]:
        same = (row["value"], row["obs_status"]) == (held["value"], held["obs_status"])
        return "ignored" if same else "conflict"
    connection.execute(
        "INSERT OR REPLACE INTO ioc_row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*key, row["revision"], row["value"], row["obs_status"], row["status"], row["seq"]),
    )
    return "updated" if held is not None else "imported"


def _forget(connection: sqlite3.Connection, seq: int) -> None:
    """Go back to an old backup: nothing after a number of any series is held."""
    connection.execute("DELETE FROM ioc_row WHERE seq > ?", (seq,))
    connection.execute("UPDATE ioc_lane SET last = min(last, ?)", (seq,))
