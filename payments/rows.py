"""Finding and locking rows the same way everywhere, and writing a row once.

Locks are taken in one order, so that two writers never wait for each other in a circle: stored notice, feed,
requests by seq, attempts, then the head of the payee's chain or the receipt series.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from payments.errors import AttemptUnknown, NoticeUnknown, PayeeUnknown, RequestUnknown
from payments.models import Attempt, Payee, Request, StoredNotice
from payments.types import PayBase

# Statements that every payment runs are made once: building one costs as much as running it.
_ATTEMPT = select(Attempt).where(Attempt.id == bindparam("its_id"))
_REQUEST = select(Request).where(Request.id == bindparam("its_id"))
_LOCK_REQUESTS = (
    select(Request).where(Request.id.in_(bindparam("ids", expanding=True))).order_by(Request.seq).with_for_update()
)
_LOCK_ATTEMPT = _ATTEMPT.with_for_update()
_LOCK_NOTICE = select(StoredNotice).where(StoredNotice.id == bindparam("its_id")).with_for_update()
# A row that waited for its lock must be read again, not taken from the session's memory.
FRESH = {"populate_existing": True}


def payee(session: Session, payee_id: str) -> Payee:
    """Return a payee or raise PayeeUnknown."""
    found = session.get(Payee, payee_id)
    if found is None:
        raise PayeeUnknown(payee_id=payee_id)
    return found


def request(session: Session, request_id: str) -> Request:
    """Return a request or raise RequestUnknown."""
    found = session.scalar(_REQUEST, {"its_id": request_id})
    if found is None:
        raise RequestUnknown(request_id=request_id)
    return found


def lock_request(session: Session, request_id: str) -> Request:
    """Return a request, locked and fresh, or raise RequestUnknown."""
    found = lock_requests(session, [request_id])
    if not found:
        raise RequestUnknown(request_id=request_id)
    return found[0]


def lock_requests(session: Session, request_ids: Iterable[str]) -> list[Request]:
    """Return requests, locked in the order of their seq."""
    return list(session.scalars(_LOCK_REQUESTS, {"ids": list(request_ids)}, execution_options=FRESH))


def attempt(session: Session, attempt_id: str) -> Attempt:
    """Return an attempt or raise AttemptUnknown."""
    found = session.scalar(_ATTEMPT, {"its_id": attempt_id})
    if found is None:
        raise AttemptUnknown(attempt_id=attempt_id)
    return found


def lock_attempt(session: Session, attempt_id: str) -> Attempt:
    """Return an attempt, locked and fresh, or raise AttemptUnknown."""
    found = session.scalar(_LOCK_ATTEMPT, {"its_id": attempt_id}, execution_options=FRESH)
    if found is None:
        raise AttemptUnknown(attempt_id=attempt_id)
    return found


def lock_notice(session: Session, notice_id: int) -> StoredNotice:
    """Return a stored notice, locked and fresh, or raise NoticeUnknown."""
    found = session.scalar(_LOCK_NOTICE, {"its_id": notice_id}, execution_options=FRESH)
    if found is None:
        raise NoticeUnknown(notice_id=notice_id)
    return found


def write(session: Session, row: PayBase) -> None:
    """Write a new row now and leave it in the session as if it had been read there: a third of a flush's cost.

    What waits in the session is written before it. Raises IntegrityError as a flush does.
    """
    if not _write(session, row, _writing(type(row))):
        raise RuntimeError("a row was neither written nor refused")


def write_once(session: Session, row: PayBase) -> bool:
    """Write a new row as `write` does, unless one of its unique keys exists; return whether it was written.

    A second writer of the same key waits here for the first one's commit.
    """
    return _write(session, row, _inserting(type(row), session.get_bind().dialect.name))


def _write(session: Session, row: PayBase, statement: Any) -> bool:
    session.flush()
    table: Any = row.__table__
    given = {name: value for name, value in vars(row).items() if name != "_sa_instance_state"}
    written = session.connection().execute(statement, given).first()
    if written is None:
        return False
    if table.autoincrement_column is not None:
        set_committed_value(row, table.autoincrement_column.key, written[0])
    for name, value in _others(type(row)).items():
        if name not in given:
            set_committed_value(row, name, value)
    make_transient_to_detached(row)
    taken_back = session.identity_map.get(row.__mapper__.identity_key_from_instance(row))
    if taken_back is not None:  # SQLite gives the number of a row that was rolled back again
        session.expunge(taken_back)
    session.add(row)
    return True


@lru_cache(maxsize=64)
def _others(model: type[PayBase]) -> dict[str, Any]:
    """Return what the columns of a new row hold that are not given."""
    table: Any = model.__table__
    return {
        column.key: column.default.arg if column.default is not None else None
        for column in table.columns if column is not table.autoincrement_column
    }  # fmt: skip


@lru_cache(maxsize=64)
def _writing(model: type[PayBase]) -> Any:
    table: Any = model.__table__
    return insert(table).returning(*list(table.primary_key)[:1])


def insert_once(session: Session, model: type[PayBase], values: dict[str, Any]) -> bool:
    """Insert a row unless one of its unique keys exists; return whether it was written.

    A second writer of the same key waits here for the first one's commit.
    """
    session.flush()  # the row may name what the session has not written yet
    connection = session.connection()
    return connection.execute(_inserting(model, connection.dialect.name), values).first() is not None


@lru_cache(maxsize=64)
def _inserting(model: type[PayBase], dialect: str) -> Any:
    """Return the statement for the table itself, made once: the unit of work would cost as much again as the row."""
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    table: Any = model.__table__
    return make(table).on_conflict_do_nothing().returning(*list(table.primary_key)[:1])
