"""A simulated marketplace's interface: accounts, offers, prices and withdrawals, each message taken once.

`accepted` here means taken, not shown: `moderation.py` decides a moment later and calls back.
"""

import hmac
import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, jsonify, request

from portal.sandboxes import moods
from portal.sandboxes.rules import at_the_door, of_prices
from portal.sandboxes.store import Store, count

PAGE_MAX = 200
BATCH_MAX = 200
Item = Mapping[str, Any]
Result = dict[str, Any]
Taker = Callable[[sqlite3.Connection, "Marketplace", Item], Result]


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One simulated shop: its code, the name on its pages, and the two secrets that it shares with the portal."""

    code: str
    name: str
    token: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    callback_url: str
    base_url: str
    moment_s: float


def register_marketplace(app: Flask, store: Store, market: Marketplace) -> None:
    """Add the routes of one shop."""
    takers: dict[str, Taker] = {
        "accounts": _take_account,
        "offers": _take_offer,
        "price-stock": _take_prices,
        "withdrawals": _take_withdrawal,
    }
    for kind, taker in takers.items():

        def batch(taker: Taker = taker) -> Response:
            return _batch(store, market, taker)

        app.add_url_rule(f"/{market.code}/v1/{kind}:batch", f"{market.code}.{kind}", batch, methods=["POST"])
    app.add_url_rule(f"/{market.code}/v1/offers", f"{market.code}.list", lambda: _list_offers(store, market))


def _known_caller(market: Marketplace) -> bool:
    return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {market.token}".encode())


def _batch(store: Store, market: Marketplace, taker: Taker) -> Response:
    """Serve one batch: who calls, the mood, then every item by itself; a known delivery gets its first answer."""
    with store.write() as connection:
        count(connection, market.code, "calls")
        mood = moods.take(connection, market.code, moods.CALL_MOODS)
    if mood.name == "time_out":
        time.sleep(mood.seconds)
        moods.hang_up()
        return Response(status=500)
    answer = moods.instead(mood)
    if answer is not None:
        return answer
    if not _known_caller(market):
        return _error(401, "unauthorised")
    body = request.get_json(silent=True)
    items = body.get("items") if isinstance(body, dict) else None
    if (
        not isinstance(items, list)
        or not 0 < len(items) <= BATCH_MAX
        or not all(isinstance(one, dict) for one in items)
    ):
        return _error(400, "bad_request")
    if not request.headers.get("Idempotency-Key"):
        return _error(400, "idempotency_key_missing")
    with store.write() as connection:
        results = [_once(connection, market, item, taker) for item in items]
    if mood.name == "answer_lost":
        moods.hang_up()
    return jsonify({"results": results})


def _error(status: int, code: str) -> Response:
    answer = jsonify({"error": code})
    answer.status_code = status
    return answer


def _once(connection: sqlite3.Connection, market: Marketplace, item: Item, taker: Taker) -> Result:
    delivery = str(item.get("delivery", ""))
    known = connection.execute(
        "SELECT result FROM answered WHERE channel = ? AND delivery = ?", (market.code, delivery)
    ).fetchone()
    if known is not None:
        count(connection, market.code, "repeats")
        return {"delivery": delivery, **json.loads(known["result"])}
    result = taker(connection, market, item)
    connection.execute("INSERT INTO answered VALUES (?, ?, ?)", (market.code, delivery, json.dumps(result)))
    return {"delivery": delivery, **result}


def _refused(problems: list[dict[str, str]]) -> Result:
    return {"outcome": "refused", "problems": problems}


def _take_account(connection: sqlite3.Connection, market: Marketplace, item: Item) -> Result:
    ref, seller, name = (str(item.get(key) or "") for key in ("ref", "seller", "name"))
    version = int(item.get("version") or 0)
    if not name:
        return _refused([{"field": "name", "code": "missing", "message": "Thiếu tên người bán.", "suggestion": ""}])
    row = connection.execute("SELECT * FROM account WHERE channel = ? AND seller = ?", (market.code, seller)).fetchone()
    if row is not None and version <= row["version"]:
        return {"outcome": "stale"}
    remote_id = row["remote_id"] if row else f"{market.code[:2].upper()}S-{secrets.token_hex(4)}"
    connection.execute(
        "INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?)",
        (market.code, seller, ref, version, name, remote_id, time.time() + market.moment_s),
    )
    return {"outcome": "accepted", "remote_id": remote_id}


def _offer(connection: sqlite3.Connection, market: Marketplace, item: Item) -> Any:
    return connection.execute(
        "SELECT * FROM offer WHERE channel = ? AND ref = ?", (market.code, str(item.get("ref")))
    ).fetchone()


def _take_offer(connection: sqlite3.Connection, market: Marketplace, item: Item) -> Result:
    version, seller = int(item.get("version") or 0), str(item.get("seller"))
    row = _offer(connection, market, item)
    if row is not None and version <= row["version"]:
        count(connection, market.code, "stale")
        return {"outcome": "stale"}
    problems = at_the_door(item)
    account = connection.execute(
        "SELECT state FROM account WHERE channel = ? AND seller = ?", (market.code, seller)
    ).fetchone()
    if account is None or account["state"] != "open":
        problems.append(
            {"field": "seller", "code": "no_account", "message": "Người bán chưa có tài khoản.", "suggestion": ""}
        )
    if problems:
        return _refused(problems)
    content = json.dumps({key: value for key, value in item.items() if key not in ("delivery", "ref", "version")})
    decide_at = time.time() + market.moment_s
    if row is None:
        remote_id = f"{market.code[:2].upper()}-{secrets.token_hex(4)}"
        connection.execute(
            "INSERT INTO offer (channel, ref, seller, version, content, remote_id, state, decide_at)"
            " VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?)",
            (market.code, item["ref"], seller, version, content, remote_id, decide_at),
        )
        return {"outcome": "accepted", "remote_id": remote_id}
    connection.execute(
        "UPDATE offer SET version = ?, content = ?, state = 'waiting', decide_at = ? WHERE channel = ? AND ref = ?",
        (version, content, decide_at, market.code, item["ref"]),
    )
    return {"outcome": "accepted", "remote_id": row["remote_id"]}


def _take_prices(connection: sqlite3.Connection, market: Marketplace, item: Item) -> Result:
    version = int(item.get("version") or 0)
    row = _offer(connection, market, item)
    if row is None:
        return _refused([{"field": "ref", "code": "unknown", "message": "Chưa có sản phẩm này.", "suggestion": ""}])
    if version <= row["price_version"]:
        count(connection, market.code, "stale")
        return {"outcome": "stale"}
    problems = of_prices(item.get("variants"))
    if problems:
        return _refused(problems)
    connection.execute(
        "UPDATE offer SET price_version = ?, prices = ? WHERE channel = ? AND ref = ?",
        (version, json.dumps(item["variants"]), market.code, item["ref"]),
    )
    return {"outcome": "accepted", "remote_id": row["remote_id"]}


def _take_withdrawal(connection: sqlite3.Connection, market: Marketplace, item: Item) -> Result:
    """Take an offer off; one that never arrived is off already, and its version is kept against late messages."""
    version = int(item.get("version") or 0)
    row = _offer(connection, market, item)
    if row is not None and version <= row["version"]:
        return {"outcome": "stale"}
    if row is None:
        connection.execute(
            "INSERT INTO offer (channel, ref, seller, version, content, remote_id, state, decide_at)"
            " VALUES (?, ?, ?, ?, '{}', ?, 'leaving', ?)",
            (
                market.code,
                item["ref"],
                str(item.get("seller")),
                version,
                f"{market.code[:2].upper()}-{secrets.token_hex(4)}",
                time.time(),
            ),
        )
        return {"outcome": "accepted"}
    connection.execute(
        "UPDATE offer SET version = ?, state = 'leaving', decide_at = ? WHERE channel = ? AND ref = ?",
        (version, time.time() + market.moment_s / 2, market.code, item["ref"]),
    )
    return {"outcome": "accepted", "remote_id": row["remote_id"]}


def _list_offers(store: Store, market: Marketplace) -> Response:
    """Page through every offer by its ref; `next` is None on the last page."""
    if not _known_caller(market):
        return _error(401, "unauthorised")
    limit = min(max(request.args.get("limit", PAGE_MAX, type=int), 1), PAGE_MAX)
    with store.read() as connection:
        rows = connection.execute(
            "SELECT * FROM offer WHERE channel = ? AND ref > ? ORDER BY ref LIMIT ?",
            (market.code, request.args.get("cursor", ""), limit + 1),
        ).fetchall()
    offers = [
        {
            "ref": row["ref"], "version": row["version"], "live_version": row["live_version"],
            "remote_id": row["remote_id"], "state": row["state"],
            "url": offer_url(market, row["remote_id"]) if row["live_version"] else None,
            "variants": json.loads(row["prices"]),
        }
        for row in rows[:limit]
    ]  # fmt: skip
    return jsonify({"offers": offers, "next": rows[limit - 1]["ref"] if len(rows) > limit else None})


def offer_url(market: Marketplace, remote_id: str) -> str:
    """Return the address under which a buyer sees an offer."""
    return f"{market.base_url}/p/{remote_id}"
