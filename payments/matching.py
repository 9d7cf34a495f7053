"""Which requests of a payee a bank's memo pays, and which it might (payment-protocols.md B4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import rows
from payments.codes import codes_in
from payments.models import Payee, Request
from payments.states import RequestStatus

_MOST_CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class Share:
    """One request, locked, and how many minor units of a sum are meant for it."""

    request: Request
    amount_minor: int


def shares_of(session: Session, *, payee: Payee, memo: str, amount_minor: int) -> tuple[Share, ...]:
    """Return who is paid by a memo: one code takes all; several only when together they owe just this sum."""
    codes = codes_in(memo, payee.code_form)
    if not codes:
        return ()
    named = session.scalars(select(Request.id).where(Request.payee_id == payee.id, Request.code.in_(codes)))
    requests = rows.lock_requests(session, named)
    if len(requests) == 1:
        return (Share(requests[0], amount_minor),)
    if requests and _owe_together(requests) == amount_minor:
        return tuple(Share(request, request.due_minor) for request in requests)
    return ()


def candidates(session: Session, *, payee_id: str, amount_minor: int, paid_at: datetime) -> list[Request]:
    """Return requests that an unmatched sum may be for: the same sum due, asked before it came, newest first."""
    statement = (
        select(Request)
        .where(
            Request.payee_id == payee_id,
            Request.status.in_((RequestStatus.OPEN, RequestStatus.EXPIRED)),
            Request.amount_minor - Request.allocated_minor == amount_minor,
            Request.created_at <= paid_at,
        )
        .order_by(Request.seq.desc())
        .limit(_MOST_CANDIDATES)
    )
    return list(session.scalars(statement))


def _owe_together(requests: Sequence[Request]) -> int | None:
    takes = all(request.status in (RequestStatus.OPEN, RequestStatus.EXPIRED) for request in requests)
    return sum(request.due_minor for request in requests) if takes else None
