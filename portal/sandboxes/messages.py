"""A simulated SMS provider that shows what it would have sent, and a demo telephone with an authenticator's code."""

import hmac
import time
from datetime import UTC, datetime
from typing import Any

import pyotp
from flask import Flask, Response, jsonify, render_template, request

from portal.sandboxes.store import Store

SHOWN = 200
TEXT_MAX = 1000
STEP_S = 30


def register_messages(app: Flask, store: Store, *, token: str) -> None:
    """Add the provider's interface and the page on which its messages are read."""
    app.add_url_rule("/sms/send", "sms.send", lambda: _send(store, token), methods=["POST"])
    app.add_url_rule("/authenticator", "sms.authenticator", lambda: _authenticator(store, token), methods=["POST"])
    app.add_url_rule("/_sandbox/outbox", "sms.outbox", lambda: _outbox(store))


def _known_caller(token: str) -> bool:
    return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())


def _texts(*names: str) -> dict[str, str] | None:
    """Return the named texts of the JSON body, or None when one is missing or too long."""
    body = request.get_json(silent=True)
    values = {name: body.get(name) for name in names} if isinstance(body, dict) else {}
    fit = len(values) == len(names) and all(
        isinstance(one, str) and 0 < len(one) <= TEXT_MAX for one in values.values()
    )
    return {name: str(value) for name, value in values.items()} if fit else None


def _error(status: int, code: str) -> Response:
    answer = jsonify({"error": code})
    answer.status_code = status
    return answer


def _send(store: Store, token: str) -> Response:
    """Take a message once by its id; the same id again is answered alike and shown once."""
    if not _known_caller(token):
        return _error(401, "unauthorised")
    message = _texts("id", "to", "text")
    if message is None:
        return _error(400, "bad_request")
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    with store.write() as connection:
        connection.execute(
            "INSERT INTO message VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (message["id"], message["to"], message["text"], at),
        )
    return jsonify({"status": "queued", "id": message["id"]})


def _authenticator(store: Store, token: str) -> Response:
    """Put a TOTP secret on the demo telephone; the same label again replaces it."""
    if not _known_caller(token):
        return _error(401, "unauthorised")
    wanted = _texts("label", "secret")
    if wanted is None:
        return _error(400, "bad_request")
    try:
        pyotp.TOTP(wanted["secret"]).now()
    except ValueError:
        return _error(400, "secret_unfit")
    with store.write() as connection:
        connection.execute("INSERT OR REPLACE INTO authenticator VALUES (?, ?)", (wanted["label"], wanted["secret"]))
    return jsonify({"status": "kept", "label": wanted["label"]})


def _outbox(store: Store) -> Response:
    """Show the newest messages and the demo telephone's codes, as a page or as JSON."""
    to = request.args.get("to", "")
    with store.read() as connection:
        rows = connection.execute(
            "SELECT id, recipient, body, at FROM message WHERE ? IN ('', recipient)"
            " ORDER BY at DESC, rowid DESC LIMIT ?",
            (to, SHOWN),
        ).fetchall()
        phones = connection.execute("SELECT label, secret FROM authenticator ORDER BY label").fetchall()
    messages: list[dict[str, Any]] = [
        {"id": row["id"], "to": row["recipient"], "text": row["body"], "at": row["at"]} for row in rows
    ]
    left = STEP_S - int(time.time()) % STEP_S
    codes = [{"label": one["label"], "code": pyotp.TOTP(one["secret"]).now(), "seconds_left": left} for one in phones]
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        answer = jsonify({"simulation": True, "messages": messages, "authenticators": codes})
    else:
        answer = Response(
            render_template("sandboxes/outbox.html", messages=messages, codes=codes), mimetype="text/html"
        )
    answer.headers["Cache-Control"] = "no-store"
    return answer
