"""The shops' own pace: accounts and offers are decided a moment after they came, and each decision is called back.

One thread does both. Its callbacks are rows that are tried until they are answered 2xx or their tries are spent.
"""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import requests

from portal.sandboxes import moods
from portal.sandboxes.marketplace import Marketplace, offer_url
from portal.sandboxes.rules import by_a_moderator
from portal.sandboxes.signing import signed_headers
from portal.sandboxes.store import Store, count

PAUSE_S = 0.2
CALL_TIMEOUT_S = 5
CALLERS, AT_ONCE = 4, 40
RETRY_S = (1, 2, 4, 8, 15, 30, 60, 120, 300, 900, 1800, 3600)
LATE_S = 5.0


class Moderator(threading.Thread):
    """Decides and calls back until `stop` is set. `clock` gives seconds since 1970; a test may set it ahead."""

    def __init__(self, store: Store, markets: Sequence[Marketplace]) -> None:
        super().__init__(name="moderation", daemon=True)
        self._store, self._markets = store, {market.code: market for market in markets}
        self.clock: Callable[[], float] = time.time
        self.stop = threading.Event()

    def run(self) -> None:
        """Work until stopped; a fault of one round is that round's alone."""
        while not self.stop.wait(PAUSE_S):
            try:
                self.round()
            except sqlite3.OperationalError:  # the file is busy: the next round is soon
                continue

    def round(self) -> None:
        """Decide what is due, then send the callbacks that are due."""
        now = self.clock()
        with self._store.write() as connection:
            for market in self._markets.values():
                _decide_accounts(connection, market, now)
                _decide_offers(connection, market, now)
            due = connection.execute("SELECT * FROM callback WHERE due_at <= ? ORDER BY rowid", (now,)).fetchall()
        lines = _Lines()
        with ThreadPoolExecutor(CALLERS) as callers:
            for start in range(0, len(due), AT_ONCE):
                some = due[start : start + AT_ONCE]
                self._note(zip(some, callers.map(partial(self._tell, lines), some), strict=True))

    def _tell(self, lines: "_Lines", row: sqlite3.Row) -> bool:
        market = self._markets[row["channel"]]
        delivered = False
        for _ in range(2 if row["mood"] == "callback_doubled" else 1):
            delivered = _call_back(lines.session, market, row, timestamp=int(self.clock())) or delivered
        return delivered

    def _note(self, told: Iterable[tuple[sqlite3.Row, bool]]) -> None:
        """Write down which callbacks were answered; one that is forgotten by a crash is sent again."""
        answers = list(told)
        with self._store.write() as connection:
            for row, delivered in answers:
                count(connection, row["channel"], "callbacks" if delivered else "callbacks_failed")
                spent = row["tries"] >= len(RETRY_S) or row["mood"] == "callback_forged"
                due_at = None if delivered or spent else self.clock() + RETRY_S[row["tries"]]
                connection.execute(
                    "UPDATE callback SET tries = tries + 1, due_at = ? WHERE id = ?", (due_at, row["id"])
                )


class _Lines(threading.local):
    """A connection for each thread that calls back."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False


def _call_back(session: requests.Session, market: Marketplace, row: sqlite3.Row, *, timestamp: int) -> bool:
    """Post one callback; say whether it was answered 2xx. A forged one is signed with a secret nobody shares."""
    body = row["body"].encode()
    secret = secrets.token_hex(32) if row["mood"] == "callback_forged" else market.webhook_secret
    headers = signed_headers(secret=secret, event_id=row["id"], timestamp=timestamp, body=body)
    try:
        answer = session.post(
            market.callback_url, data=body, headers=headers, timeout=CALL_TIMEOUT_S, allow_redirects=False
        )
    except requests.RequestException:
        return False
    return 200 <= answer.status_code < 300


def _announce(connection: sqlite3.Connection, market: Marketplace, now: float, body: dict[str, Any]) -> None:
    """Queue one callback in the transaction of its decision."""
    mood = moods.take(connection, market.code, moods.CALLBACK_MOODS)
    due_at = (
        None
        if mood.name == "callback_missing"
        else now + (mood.seconds or LATE_S if mood.name == "callback_late" else 0)
    )
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    event_id = "msg_" + secrets.token_hex(12)
    connection.execute(
        "INSERT INTO callback (id, channel, body, mood, due_at) VALUES (?, ?, ?, ?, ?)",
        (event_id, market.code, json.dumps({**body, "at": at}, ensure_ascii=False), mood.name, due_at),
    )


def _decide_accounts(connection: sqlite3.Connection, market: Marketplace, now: float) -> None:
    rows = connection.execute(
        "SELECT * FROM account WHERE channel = ? AND state = 'waiting' AND decide_at <= ?", (market.code, now)
    ).fetchall()
    for row in rows:
        connection.execute(
            "UPDATE account SET state = 'open', decide_at = NULL WHERE channel = ? AND seller = ?",
            (market.code, row["seller"]),
        )
        _announce_account(connection, market, now, row, said="account.created")


def verify_sellers(connection: sqlite3.Connection, market: Marketplace, now: float, *, most: int) -> int:
    """Let sellers prove through VNeID who they are, in the order of their ids; call back; return how many did."""
    rows = connection.execute(
        "SELECT * FROM account WHERE channel = ? AND state = 'open' ORDER BY ref LIMIT ?", (market.code, most)
    ).fetchall()
    for row in rows:
        connection.execute(
            "UPDATE account SET state = 'verified' WHERE channel = ? AND seller = ?", (market.code, row["seller"])
        )
        _announce_account(connection, market, now, row, said="account.verified")
    return len(rows)


def _announce_account(
    connection: sqlite3.Connection, market: Marketplace, now: float, row: sqlite3.Row, *, said: str
) -> None:
    _announce(connection, market, now, {
        "type": said, "ref": row["ref"], "version": row["version"], "remote_id": row["remote_id"], "url": None,
        "problems": [],
    })  # fmt: skip


def _decide_offers(connection: sqlite3.Connection, market: Marketplace, now: float) -> None:
    rows = connection.execute(
        "SELECT * FROM offer WHERE channel = ? AND state IN ('waiting', 'leaving') AND decide_at <= ?",
        (market.code, now),
    ).fetchall()
    for row in rows:
        if row["state"] == "leaving":
            _settle(connection, market, now, row, state="removed", problems=[])
        elif json.loads(row["prices"]):  # without a price a buyer sees nothing, so there is nothing to decide yet
            mood = moods.take(connection, market.code, moods.OFFER_MOODS)
            problems = by_a_moderator(json.loads(row["content"]))
            if mood.name == "refuse":
                problems.append(
                    {
                        "field": "images",
                        "code": "blurred",
                        "message": "Ảnh bị mờ.",
                        "suggestion": "Chụp lại ảnh đủ sáng.",
                    }
                )
            _settle(connection, market, now, row, state="refused" if problems else "live", problems=problems)


def _settle(
    connection: sqlite3.Connection,
    market: Marketplace,
    now: float,
    row: sqlite3.Row,
    *,
    state: str,
    problems: list[dict[str, str]],
) -> None:
    """Write one decision and queue its callback. A refused update leaves what buyers saw before."""
    live_version, live_content = row["live_version"], row["live_content"]
    if state == "live":
        live_version, live_content = row["version"], row["content"]
    elif state == "removed":
        live_version, live_content = None, None
    connection.execute(
        "UPDATE offer SET state = ?, decide_at = NULL, live_version = ?, live_content = ?, problems = ?"
        " WHERE channel = ? AND ref = ?",
        (state, live_version, live_content, json.dumps(problems), market.code, row["ref"]),
    )
    _announce(connection, market, now, {
        "type": f"offer.{state}", "ref": row["ref"], "version": row["version"], "remote_id": row["remote_id"],
        "url": offer_url(market, row["remote_id"]) if state == "live" else None, "problems": problems,
    })  # fmt: skip
