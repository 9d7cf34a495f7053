"""Requests as a list asks for them: many at once, and one again when the next list says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from payments import rows
from payments.attempts import end_with_request
from payments.codes import make_code
from payments.errors import RequestBegun
from payments.models import Attempt, Request
from payments.money import Money
from payments.requests import require_askable, take_numbers
from payments.states import LIVE_ATTEMPTS, REQUEST, AttemptStatus, RequestStatus
from payments.types import PayBase, new_ids

Writer = Callable[[Session, type[PayBase], Sequence[str], Iterable[tuple[Any, ...]]], None]
_COLUMNS = (
    "id", "payee_id", "code", "amount_minor", "currency", "allocated_minor", "over_minor", "refunded_minor", "status",
    "exceptions", "item", "period", "subject_ref", "plan_id", "cashier_ref", "created_at", "opened_at", "expires_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One request of a list: what for, how much, until when, whose, and the plan whose instalment it is."""

    amount_minor: int
    item: str
    expires_at: datetime
    subject_ref: str
    period: str
    plan_id: str


def write_rows(
    session: Session, model: type[PayBase], columns: Sequence[str], lines: Iterable[tuple[Any, ...]]
) -> None:
    """Insert rows by one statement; a caller may have a quicker way."""
    session.execute(insert(model), [dict(zip(columns, line, strict=True)) for line in lines])


def create_requests(
    session: Session, *, payee_id: str, asked: Sequence[Listed], now: datetime, cashier_ref: str | None = None,
    write: Writer = write_rows,
) -> list[str]:  # fmt: skip
    """Make open requests, their codes in the order of the list, and return their ids.

    The caller holds that none was asked before. Raises AmountTooSmall, AmountTooLarge, TextMissing, ExpiryPassed or
    CodesUsedUp, and then nothing is made.
    """
    if not asked:
        return []
    for one in asked:
        require_askable(amount=Money(one.amount_minor), item=one.item, expires_at=one.expires_at, now=now)
    taken = take_numbers(session, payee_id, len(asked))
    status, currency = REQUEST.move(None, RequestStatus.OPEN), Money(asked[0].amount_minor).currency
    ids = new_ids("pr", len(asked))
    lines = [
        (
            request_id, payee_id, make_code(taken.form, number), one.amount_minor, currency, 0, 0, 0, status, "",
            one.item, one.period, one.subject_ref, one.plan_id, cashier_ref, now, now, one.expires_at,
        )
        for number, (request_id, one) in enumerate(zip(ids, asked, strict=True), taken.last - len(asked) + 1)
    ]  # fmt: skip
    write(session, Request, _COLUMNS, lines)
    return ids


def revise_request(
    session: Session, *, request_id: str, amount: Money, item: str, expires_at: datetime, now: datetime
) -> Request:
    """Let an unpaid request ask for another sum, in other words or until another time; it keeps its code.

    An expired one opens again. Raises RequestBegun where another sum is asked for and money came or a provider has a
    try under way, TextMissing, ExpiryPassed and the errors of amounts.
    """
    request = rows.lock_request(session, request_id)
    same_sum = amount.amount_minor == request.amount_minor
    later = request.status == RequestStatus.EXPIRED and expires_at > now
    require_askable(amount=amount, item=item, expires_at=expires_at, now=now)
    if not same_sum:
        if request.status not in (RequestStatus.OPEN, RequestStatus.EXPIRED) or request.received_minor:
            raise RequestBegun(request_id=request.id)
        if _under_way(session, request.id):
            raise RequestBegun(request_id=request.id)
        # A code on somebody's screen asks for the old sum; its text still finds this request.
        end_with_request(session, request_id=request.id, status=AttemptStatus.CANCELED, now=now)
    request.amount_minor, request.item, request.expires_at = amount.amount_minor, item.strip(), expires_at
    if later:
        request.status = REQUEST.move(request.status, RequestStatus.OPEN)
    session.flush()
    return request


def _under_way(session: Session, request_id: str) -> bool:
    live = select(Attempt.id).where(
        Attempt.request_id == request_id, Attempt.status.in_(LIVE_ATTEMPTS), Attempt.queryable.is_(True)
    )
    return session.scalar(live.limit(1)) is not None
