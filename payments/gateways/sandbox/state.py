"""What the stand-ins remember: one SQLite file of their own, so that a restart forgets nothing."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS orders (txn_ref TEXT PRIMARY KEY, fields TEXT NOT NULL, paid_hundredths INTEGER,
  response_code TEXT NOT NULL, status_code TEXT NOT NULL, transaction_no TEXT NOT NULL, pay_date TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS refunds (request_id TEXT PRIMARY KEY, txn_ref TEXT NOT NULL, kind TEXT NOT NULL,
  hundredths INTEGER NOT NULL, transaction_no TEXT NOT NULL, status TEXT NOT NULL, at TEXT NOT NULL,
  nth INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS provider_orders (provider TEXT NOT NULL, ref TEXT NOT NULL, fields TEXT NOT NULL,
  amount INTEGER NOT NULL, status TEXT NOT NULL, paid INTEGER NOT NULL, number TEXT NOT NULL, at REAL NOT NULL,
  PRIMARY KEY (provider, ref));
CREATE TABLE IF NOT EXISTS provider_refunds (provider TEXT NOT NULL, refund_ref TEXT NOT NULL, ref TEXT NOT NULL,
  amount INTEGER NOT NULL, status TEXT NOT NULL, number TEXT NOT NULL, at REAL NOT NULL,
  PRIMARY KEY (provider, refund_ref));
CREATE TABLE IF NOT EXISTS numbers (last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS bank_lines (id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, at TEXT NOT NULL,
  amount_in INTEGER NOT NULL, amount_out INTEGER NOT NULL, accumulated INTEGER NOT NULL, memo TEXT NOT NULL,
  reference TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS bank_watched (account TEXT PRIMARY KEY, feed TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT NOT NULL, message TEXT NOT NULL,
  due_at REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'due');
CREATE TABLE IF NOT EXISTS faults (id INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT NOT NULL, act TEXT NOT NULL,
  times INTEGER NOT NULL, options TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT NOT NULL, at REAL NOT NULL,
  way TEXT NOT NULL, content TEXT NOT NULL);
"""
_LEASE_SECONDS = 30.0
_MOST_LOGGED = 500


@dataclass(frozen=True, slots=True)
class Due:
    """One message to be sent now; tries counts this one."""

    id: int
    provider: str
    message: dict[str, Any]
    tries: int


class State:
    """The file, opened anew for each piece of work; one writer at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = threading.Lock()
        with self.write() as rows:
            rows.executescript(_TABLES)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Give a connection in a transaction that commits at the end, or rolls back."""
        with self._lock:
            rows = sqlite3.connect(self._path, timeout=10, isolation_level=None)
            rows.row_factory = sqlite3.Row
            try:
                rows.execute("PRAGMA journal_mode = WAL")
                rows.execute("BEGIN IMMEDIATE")
                yield rows
                if rows.in_transaction:
                    rows.execute("COMMIT")
            finally:
                rows.close()

    def note(self, provider: str, way: str, content: dict[str, Any], *, at: float) -> None:
        """Log one message, in or out."""
        with self.write() as rows:
            rows.execute(
                "INSERT INTO log (provider, at, way, content) VALUES (?, ?, ?, ?)",
                (provider, at, way, json.dumps(content, ensure_ascii=False)),
            )
            rows.execute("DELETE FROM log WHERE id <= (SELECT max(id) FROM log) - ?", (_MOST_LOGGED,))

    def logged(self, provider: str) -> list[dict[str, Any]]:
        """Return a provider's messages, oldest first."""
        with self.write() as rows:
            found = rows.execute("SELECT at, way, content FROM log WHERE provider = ? ORDER BY id", (provider,))
            return [{"at": row["at"], "way": row["way"], **json.loads(row["content"])} for row in found]

    def send(self, provider: str, message: dict[str, Any], *, due_at: float) -> None:
        """Put a message into the outbox."""
        with self.write() as rows:
            rows.execute(
                "INSERT INTO outbox (provider, message, due_at) VALUES (?, ?, ?)",
                (provider, json.dumps(message, ensure_ascii=False), due_at),
            )

    def claim(self, *, now: float) -> Due | None:
        """Take one due message; if its sender dies, it is due again after the lease."""
        with self.write() as rows:
            row = rows.execute(
                "UPDATE outbox SET tries = tries + 1, due_at = ? WHERE id = (SELECT id FROM outbox "
                "WHERE state = 'due' AND due_at <= ? ORDER BY due_at LIMIT 1) RETURNING id, provider, message, tries",
                (now + _LEASE_SECONDS, now),
            ).fetchone()
        return None if row is None else Due(row["id"], row["provider"], json.loads(row["message"]), row["tries"])

    def finish(self, due: Due, *, again_at: float | None, delivered: bool) -> None:
        """Note how a try ended: again later, delivered, or given up."""
        with self.write() as rows:
            if again_at is not None:
                rows.execute("UPDATE outbox SET due_at = ? WHERE id = ?", (again_at, due.id))
            else:
                state = "done" if delivered else "given_up"
                rows.execute("UPDATE outbox SET state = ? WHERE id = ?", (state, due.id))

    def plan_fault(self, provider: str, act: str, *, times: int, options: dict[str, Any]) -> None:
        """Have the next messages of a kind misbehave."""
        with self.write() as rows:
            rows.execute(
                "INSERT INTO faults (provider, act, times, options) VALUES (?, ?, ?, ?)",
                (provider, act, times, json.dumps(options)),
            )

    def take_fault(self, provider: str, acts: tuple[str, ...]) -> tuple[str, dict[str, Any]] | None:
        """Use up one planned fault among those that fit, oldest first."""
        with self.write() as rows:
            planned = rows.execute(
                "SELECT id, act, options FROM faults WHERE provider = ? AND times > 0 ORDER BY id", (provider,)
            ).fetchall()
            for row in planned:
                if row["act"] in acts:
                    rows.execute("UPDATE faults SET times = times - 1 WHERE id = ?", (row["id"],))
                    return row["act"], json.loads(row["options"])
        return None

    def next_number(self) -> int:
        """Return a transaction number that was never used."""
        with self.write() as rows:
            last = rows.execute("SELECT last FROM numbers").fetchone()
            number = (last["last"] if last else 14_000_000) + 1
            rows.execute("DELETE FROM numbers")
            rows.execute("INSERT INTO numbers (last) VALUES (?)", (number,))
        return int(number)
