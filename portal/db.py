"""The engine, the session and the only commit.

`begin()` ends the read that the guard made, starts the write (`BEGIN IMMEDIATE` on SQLite, which refuses to upgrade
a stale snapshot), checks again inside that who acts still may, and commits on leaving or rolls back on any exception.
`begin_few()` is the same for what anybody may do in a few plain statements. Nothing else in the product commits.
"""

import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from flask import g, has_request_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, MetaData, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from traceability.types import UtcDateTime

__all__ = [
    "Base",
    "Session",
    "UtcDateTime",
    "begin",
    "begin_few",
    "db",
    "ids",
    "insert_new",
    "is_lock_timeout",
    "new_id",
    "reading",
    "take_lock",
]

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
SQLITE_BUSY_MS = 10_000
LOCK_WAIT_MS = SQLITE_BUSY_MS
# lock_not_available, deadlock_detected, serialization_failure: the same again may well succeed.
_LOCK_STATES = ("55P03", "40P01", "40001")
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.0002, 0.005


class Base(DeclarativeBase):
    """The portal's tables. The libraries declare bases of their own."""

    metadata = MetaData(naming_convention=_NAMES)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False, "autoflush": True})


def new_id(prefix: str) -> str:
    """Return `prefix_` and 26 characters, 128 random bits: knowing one gives no other."""
    bits = secrets.randbits(128)
    return f"{prefix}_" + "".join(ALPHABET[(bits >> shift) & 31] for shift in range(125, -1, -5))


def ids(prefix: str) -> Any:
    """Return a column default that makes ids of one prefix."""
    return lambda: new_id(prefix)


def reading() -> Session:
    """Return the request's session for reading."""
    return db.session()


def insert_new(rows: Session | Connection, model: type[Base], **values: Any) -> bool:
    """Insert a row unless one of its unique keys is there; say whether it was new.

    A second writer of the same key waits here for the first one's end.
    """
    dialect = rows.dialect if isinstance(rows, Connection) else rows.get_bind().dialect
    make = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    key = model.__mapper__.primary_key[0]
    done = rows.execute(make(model).values(**values).on_conflict_do_nothing().returning(key))
    return done.first() is not None


@contextmanager
def begin(*, flushed: bool = True) -> Iterator[Session]:
    """Run one write: end the read so far, lock, and commit on leaving; on any exception nothing has happened.

    With `flushed` False SQLite does not wait for the disk: a power cut may take it back, a killed process does not.
    """
    session = db.session()
    if getattr(session, "_writing", False):
        raise RuntimeError("begin() inside begin(): one act is one transaction")
    session.rollback()
    session._writing = True  # type: ignore[attr-defined]
    try:
        session.connection(execution_options={"write": True, "flushed": flushed})
        recheck = g.get("recheck") if has_request_context() else None
        if recheck is not None:
            recheck()  # who was let in a moment ago may have lost the right meanwhile
        yield session
        session.commit()
    except BaseException as error:
        if getattr(error, "keep", False):  # a refusal that must be remembered, such as a wrong guess
            session.commit()
        else:
            session.rollback()
        raise
    finally:
        session._writing = False  # type: ignore[attr-defined]


@contextmanager
def begin_few(*, flushed: bool = True) -> Iterator[Connection]:
    """Read and write a little on a connection of its own, without the unit of work: a third of its cost.

    `take_lock()` stands between reading and writing, so that SQLite's one writer holds the lock only while it writes.
    For what anybody may do: no right is checked again inside. It sees and locks nothing of the request's session.
    """
    with _few(db.engine, flushed=flushed).begin() as connection:
        yield connection


@lru_cache(maxsize=4)
def _few(engine: Engine, *, flushed: bool) -> Engine:
    return engine.execution_options(write=None, flushed=flushed)  # once: the same pool, and no cost for a connection


def take_lock(connection: Connection) -> None:
    """Begin the write inside `begin_few()`; PostgreSQL locks rows as they are written, so there it does nothing."""
    if connection.dialect.name == "sqlite" and connection.get_execution_options().get("write") is None:
        _sqlite_lock(connection)


def configure_engine(engine: Engine) -> None:
    """Take over SQLite's transactions (WAL, immediate writers) and set PostgreSQL's time limits."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    else:
        event.listen(engine, "connect", _postgresql_connect)


def is_lock_timeout(error: OperationalError) -> bool:
    """Say whether a statement failed only because somebody else held what it needed for too long."""
    if isinstance(error.orig, sqlite3.OperationalError):
        return error.orig.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(error.orig, "sqlstate", None) in _LOCK_STATES


def _sqlite_connect(dbapi_connection: Any, _record: object) -> None:
    dbapi_connection.isolation_level = None  # the driver must not begin on its own
    cursor = dbapi_connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    write, flushed = options.get("write", False), options.get("flushed", True)
    if connection.info.get("flushed", True) != flushed:  # only outside a transaction can it be switched
        connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if flushed else 'NORMAL'}")
        connection.info["flushed"] = flushed
    if write:
        _sqlite_lock(connection)
    elif write is not None:
        _sqlite_patience(connection, SQLITE_BUSY_MS)
        connection.exec_driver_sql("BEGIN")


def _sqlite_patience(connection: Connection, ms: int) -> None:
    if connection.info.get("busy_ms", SQLITE_BUSY_MS) != ms:
        raw: Any = connection.connection.dbapi_connection
        raw.execute(f"PRAGMA busy_timeout = {ms}")
        connection.info["busy_ms"] = ms


def _sqlite_lock(connection: Connection) -> None:
    """Begin a write; wait for other writers by asking again soon.

    SQLite's own waiting sleeps ever longer, up to a tenth of a second, while our writes take a fraction of one
    thousandth: queueing writers would sleep most of the time.
    """
    _sqlite_patience(connection, 0)  # left so: in WAL mode nothing else of a write waits for anybody
    raw: Any = connection.connection.dbapi_connection
    until, pause = time.monotonic() + SQLITE_BUSY_MS / 1000, FIRST_PAUSE_S
    while True:
        try:
            raw.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise OperationalError("BEGIN IMMEDIATE", None, error) from error
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_S)


def _postgresql_connect(dbapi_connection: Any, _record: object) -> None:
    with dbapi_connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
        cursor.execute(f"SET lock_timeout = '{LOCK_WAIT_MS}ms'")
    dbapi_connection.commit()
