"""Finding and locking rows the same way everywhere, and writing a row once.

Locks are taken in one order, so that two writers never wait for each other in a circle: stored notice, feed,
requests by seq, attempts, then the head of the payee's chain or the receipt series.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from payments.errors import AttemptUnknown, NoticeUnknown, PayeeUnknown, RequestUnknown
from payments.models import Attempt, Payee, Request, StoredNotice
from payments.types import PayBase

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
    found = session.scalar(select(Request).where(Request.id == request_id))
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
    statement = select(Request).where(Request.id.in_(list(request_ids))).order_by(Request.seq).with_for_update()
    return list(session.scalars(statement, execution_options=FRESH))


def attempt(session: Session, attempt_id: str) -> Attempt:
    """Return an attempt or raise AttemptUnknown."""
    found = session.scalar(select(Attempt).where(Attempt.id == attempt_id))
    if found is None:
        raise AttemptUnknown(attempt_id=attempt_id)
    return found


def lock_attempt(session: Session, attempt_id: str) -> Attempt:
    """Return an attempt, locked and fresh, or raise AttemptUnknown."""
    statement = select(Attempt).where(Attempt.id == attempt_id).with_for_update()
    found = session.scalar(statement, execution_options=FRESH)
    if found is None:
        raise AttemptUnknown(attempt_id=attempt_id)
    return found


def lock_notice(session: Session, notice_id: int) -> StoredNotice:
    """Return a stored notice, locked and fresh, or raise NoticeUnknown."""
    statement = select(StoredNotice).where(StoredNotice.id == notice_id).with_for_update()
    found = session.scalar(statement, execution_options=FRESH)
    if found is None:
        raise NoticeUnknown(notice_id=notice_id)
    return found


def insert_once(session: Session, model: type[PayBase], values: dict[str, Any]) -> bool:
    """Insert a row unless one of its unique keys exists; return whether it was written.

    A second writer of the same key waits here for the first one's commit.
    """
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    key = model.__mapper__.primary_key[0]
    statement = make(model).values(**values).on_conflict_do_nothing().returning(key)
    return session.execute(statement).first() is not None
