"""What a buyer sees in the simulated shops, and the panel from which a person makes them misbehave."""

import json
import time
from typing import Any

from flask import Flask, Response, abort, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from portal.sandboxes import moods
from portal.sandboxes.marketplace import Marketplace
from portal.sandboxes.moderation import verify_sellers
from portal.sandboxes.rules import BANNED_WORDS, TITLE_MAX
from portal.sandboxes.store import Store

MOOD_SECONDS_MAX = 120.0
SELLERS_MAX = 10_000


def register_pages(app: Flask, store: Store, markets: dict[str, Marketplace]) -> None:
    """Add the index, each shop's pages and the control of its moods."""

    def market(channel: str) -> Marketplace:
        return markets[channel] if channel in markets else abort(404)

    app.add_url_rule("/", "index", lambda: render_template("sandboxes/index.html", markets=markets.values()))
    app.add_url_rule("/_sandbox/<channel>", "shop", lambda channel: _shop(store, market(channel)))
    app.add_url_rule("/_sandbox/<channel>/stats", "stats", lambda channel: _stats(store, market(channel)))
    app.add_url_rule(
        "/_sandbox/<channel>/next", "next", lambda channel: _next(store, market(channel)), methods=["POST"]
    )
    app.add_url_rule(
        "/_sandbox/<channel>/verify", "verify", lambda channel: _verify(store, market(channel)), methods=["POST"]
    )
    app.add_url_rule(
        "/<channel>/p/<remote_id>", "offer", lambda channel, remote_id: _offer(store, market(channel), remote_id)
    )


def _cards(store: Store, market: Marketplace, *, remote_id: str | None = None) -> list[dict[str, Any]]:
    """Return what stands on the shelf: each live offer as its live version says, with today's prices."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT o.*, a.name AS seller_name FROM offer o"
            " JOIN account a ON a.channel = o.channel AND a.seller = o.seller"
            " WHERE o.channel = ? AND o.live_version IS NOT NULL AND coalesce(?, o.remote_id) = o.remote_id"
            " ORDER BY o.rowid DESC LIMIT 60",
            (market.code, remote_id),
        ).fetchall()
    cards = []
    for row in rows:
        content, prices = json.loads(row["live_content"]), {one.get("sku"): one for one in json.loads(row["prices"])}
        packs = [{**pack, **prices.get(pack.get("sku"), {})} for pack in content.get("variants", [])]
        cards.append(
            {
                **content,
                "packs": packs,
                "remote_id": row["remote_id"],
                "version": row["live_version"],
                "seller_name": row["seller_name"],
            }
        )
    return cards


def _waiting(store: Store, market: Marketplace) -> list[dict[str, Any]]:
    """Return what is not on the shelf and why."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT content, state, version, problems, prices FROM offer"
            " WHERE channel = ? AND state IN ('waiting', 'refused') ORDER BY rowid DESC LIMIT 30",
            (market.code,),
        ).fetchall()
    return [
        {
            "title": json.loads(row["content"]).get("title", ""),
            "state": row["state"],
            "problems": json.loads(row["problems"]) if row["state"] == "refused" else [],
            "no_price": row["prices"] == "[]",
        }
        for row in rows
    ]


def _sellers(store: Store, market: Marketplace) -> dict[str, int]:
    """Count the sellers by the state of their account."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT state, count(*) AS n FROM account WHERE channel = ? GROUP BY state", (market.code,)
        ).fetchall()
    return {row["state"]: row["n"] for row in rows}


def _shop(store: Store, market: Marketplace) -> str:
    with store.read() as connection:
        queued = connection.execute("SELECT name FROM mood WHERE channel = ? ORDER BY id", (market.code,)).fetchall()
    return render_template(
        "sandboxes/shop.html", market=market, cards=_cards(store, market), waiting=_waiting(store, market),
        sellers=_sellers(store, market), moods=moods.ALL, queued=[row["name"] for row in queued],
        banned=BANNED_WORDS, title_max=TITLE_MAX,
    )  # fmt: skip


def _offer(store: Store, market: Marketplace, remote_id: str) -> str:
    """Show one offer at its public address; what no buyer may see is not there."""
    cards = _cards(store, market, remote_id=remote_id)
    if not cards:
        abort(404)
    return render_template("sandboxes/offer.html", market=market, card=cards[0])


def _stats(store: Store, market: Marketplace) -> Response:
    """Count what a partner would notice: offers, doubles by (seller, sku), stale messages, calls."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT seller, content, live_version FROM offer WHERE channel = ?", (market.code,)
        ).fetchall()
        counted = connection.execute("SELECT name, n FROM stat WHERE channel = ?", (market.code,)).fetchall()
        waiting = connection.execute(
            "SELECT count(*) FROM callback WHERE channel = ? AND due_at IS NOT NULL", (market.code,)
        ).fetchone()[0]
    skus = [(row["seller"], pack.get("sku")) for row in rows for pack in json.loads(row["content"]).get("variants", [])]
    return jsonify({
        "simulation": True, "offers": len(rows), "live": sum(row["live_version"] is not None for row in rows),
        "duplicates": len(skus) - len(set(skus)), "callbacks_waiting": waiting,
        **dict.fromkeys(("calls", "repeats", "stale", "callbacks", "callbacks_failed"), 0),
        **{row["name"]: row["n"] for row in counted},
    })  # fmt: skip


def _next(store: Store, market: Marketplace) -> AnyResponse:
    """Queue moods: JSON {"next": [names], "seconds": n} from a test, or one name from the page's buttons."""
    _from_this_page()
    body = request.get_json(silent=True) if request.is_json else {"next": request.form.getlist("next")}
    names, seconds = (body.get("next"), body.get("seconds", 2)) if isinstance(body, dict) else (None, 0)
    if not isinstance(names, list) or not isinstance(seconds, int | float) or not 0 <= seconds <= MOOD_SECONDS_MAX:
        abort(400)
    try:
        with store.write() as connection:
            moods.put(connection, market.code, [str(name) for name in names], seconds=float(seconds))
    except ValueError as error:
        abort(400, str(error))
    return jsonify({"queued": names}) if request.is_json else redirect(f"/_sandbox/{market.code}", code=303)


def _verify(store: Store, market: Marketplace) -> AnyResponse:
    """Let sellers prove who they are: JSON {"sellers": n} from the demo or a test, or one from the page's button."""
    _from_this_page()
    body = request.get_json(silent=True) if request.is_json else {"sellers": 1}
    sellers = body.get("sellers") if isinstance(body, dict) else None
    if not isinstance(sellers, int) or isinstance(sellers, bool) or not 0 < sellers <= SELLERS_MAX:
        abort(400)
    with store.write() as connection:
        verified = verify_sellers(connection, market, time.time(), most=sellers)
    return jsonify({"verified": verified}) if request.is_json else redirect(f"/_sandbox/{market.code}", code=303)


def _from_this_page() -> None:
    """Refuse what another site has a browser send."""
    if request.headers.get("Origin", request.host_url.rstrip("/")) != request.host_url.rstrip("/"):
        abort(403)
