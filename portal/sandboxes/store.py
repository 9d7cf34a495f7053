"""The sandboxes' own SQLite file. What a partner remembers survives a restart, as it would at the partner's."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS account (
  channel TEXT NOT NULL, seller TEXT NOT NULL, ref TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL,
  remote_id TEXT NOT NULL, state TEXT NOT NULL, decide_at REAL, PRIMARY KEY (channel, seller));
CREATE TABLE IF NOT EXISTS offer (
  channel TEXT NOT NULL, ref TEXT NOT NULL, seller TEXT NOT NULL, version INTEGER NOT NULL, content TEXT NOT NULL,
  remote_id TEXT NOT NULL, state TEXT NOT NULL, decide_at REAL, live_version INTEGER, live_content TEXT,
  price_version INTEGER NOT NULL DEFAULT 0, prices TEXT NOT NULL DEFAULT '[]', problems TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (channel, ref));
CREATE TABLE IF NOT EXISTS answered (
  channel TEXT NOT NULL, delivery TEXT NOT NULL, result TEXT NOT NULL, PRIMARY KEY (channel, delivery));
CREATE TABLE IF NOT EXISTS callback (
  id TEXT PRIMARY KEY, channel TEXT NOT NULL, body TEXT NOT NULL, mood TEXT NOT NULL, due_at REAL,
  tries INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS mood (
  id INTEGER PRIMARY KEY, channel TEXT NOT NULL, name TEXT NOT NULL, seconds REAL NOT NULL);
CREATE TABLE IF NOT EXISTS stat (
  channel TEXT NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (channel, name));
CREATE TABLE IF NOT EXISTS message (
  id TEXT PRIMARY KEY, recipient TEXT NOT NULL, body TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS ioc_token (token TEXT PRIMARY KEY, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS ioc_lane (
  indicator TEXT NOT NULL, cut TEXT NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (indicator, cut));
CREATE TABLE IF NOT EXISTS ioc_row (
  indicator TEXT NOT NULL, cut TEXT NOT NULL, area TEXT NOT NULL, period TEXT NOT NULL, revision INTEGER NOT NULL,
  value INTEGER, obs_status TEXT NOT NULL, status TEXT NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (indicator, cut, area, period));
CREATE TABLE IF NOT EXISTS authenticator (label TEXT PRIMARY KEY, secret TEXT NOT NULL);
"""


class Store:
    """Opens one short transaction at a time on the file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(SCHEMA)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        connection.row_factory = sqlite3.Row
        return connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Run one write transaction; on any exception nothing has happened."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Read one state of the file."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN")
            yield connection


def count(connection: sqlite3.Connection, channel: str, name: str) -> None:
    """Add one to a statistic of a shop."""
    connection.execute(
        "INSERT INTO stat (channel, name, n) VALUES (?, ?, 1) ON CONFLICT (channel, name) DO UPDATE SET n = n + 1",
        (channel, name),
    )
