"""What a cashier asks a payer for: made once per form, opened, canceled with a reason, expired by the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from payments import rows
from payments.attempts import end_with_request
from payments.codes import CodeForm, make_code
from payments.errors import (
    AlreadyAsked,
    ExpiryPassed,
    FormReused,
    IllegalTransition,
    PayeeUnknown,
    ReasonMissing,
    TextMissing,
)
from payments.models import Attempt, Payee, Request
from payments.money import Money, askable
from payments.states import LIVE_ATTEMPTS, REQUEST, AttemptStatus, Purpose, RequestStatus
from payments.types import new_id

_PAYEES: Any = Payee.__table__
_TAKING = (
    update(_PAYEES)
    .where(_PAYEES.c.id == bindparam("its_id"))
    .values(last_code=_PAYEES.c.last_code + bindparam("many"))
    .returning(_PAYEES.c.last_code, _PAYEES.c.prefix, _PAYEES.c.code_digits, _PAYEES.c.code_check, _PAYEES.c.gateways)
)
MOST_ITEM = 120
MOST_REASON = 200


@dataclass(frozen=True, slots=True)
class Taken:
    """Numbers of a payee's codes, up to `last`, and what a request takes over from its payee."""

    last: int
    form: CodeForm
    ways: tuple[str, ...]


def create_request(
    session: Session,
    *,
    payee_id: str,
    amount: Money,
    item: str,
    now: datetime,
    expires_at: datetime | None = None,
    desk_ref: str | None = None,
    client_ref: str | None = None,
    cashier_ref: str | None = None,
    subject_ref: str | None = None,
    period: str | None = None,
    plan_id: str | None = None,
    draft: bool = False,
    purpose: Purpose = Purpose.CHARGE,
    taken: Taken | None = None,
) -> Request:
    """Make a request with its payment code; the same form (desk_ref, client_ref) twice makes one.

    `taken` is the number where the caller took one in this transaction already.

    Raises AmountTooSmall, AmountTooLarge, TextMissing, ExpiryPassed, FormReused (same form, other figures),
    AlreadyAsked (same subject, period and item) or CodesUsedUp. `item` is shown to everybody: no payer's name.
    """
    item = item.strip()
    require_askable(amount=amount, item=item, expires_at=expires_at, now=now)
    # The payee's row is the lock: who comes second with the same form waits here, then finds the first one's request.
    taken = taken or take_numbers(session, payee_id, 1)
    asked = {"payee_id": payee_id, "amount_minor": amount.amount_minor, "currency": amount.currency, "item": item}
    sent = _sent_before(session, desk_ref, client_ref)
    if sent is not None:
        if any(getattr(sent, name) != value for name, value in asked.items()):
            raise FormReused(request_id=sent.id)
        return sent
    _refuse_second_asking(session, payee_id=payee_id, subject_ref=subject_ref, period=period, item=item)
    status = RequestStatus.DRAFT if draft else RequestStatus.OPEN
    request = Request(
        **asked,
        id=new_id("pr"),
        code=make_code(taken.form, taken.last),
        allocated_minor=0,
        over_minor=0,
        refunded_minor=0,
        status=REQUEST.move(None, status),
        exceptions="",
        period=period,
        subject_ref=subject_ref,
        plan_id=plan_id,
        desk_ref=desk_ref,
        client_ref=client_ref,
        cashier_ref=cashier_ref,
        purpose=purpose,
        created_at=now,
        opened_at=None if draft else now,
        expires_at=expires_at,
    )
    rows.write(session, request)
    return request


def open_request(session: Session, *, request_id: str, now: datetime, expires_at: datetime | None = None) -> Request:
    """Issue a draft, or reopen an expired request with a later time; raises IllegalTransition or ExpiryPassed."""
    request = rows.lock_request(session, request_id)
    if request.status == RequestStatus.OPEN:
        return request
    if request.status == RequestStatus.PAID:  # what is paid owes again only when money is taken from it
        raise IllegalTransition(table=REQUEST.name, from_status=request.status, to_status=RequestStatus.OPEN)
    until = expires_at if expires_at is not None else request.expires_at
    if until is not None and until <= now:
        raise ExpiryPassed(expires_at=until.isoformat())
    request.status = REQUEST.move(request.status, RequestStatus.OPEN)
    request.opened_at, request.expires_at = now, until
    session.flush()
    return request


def give_time(session: Session, *, request_id: str, until: datetime, now: datetime) -> Request:
    """Put the end of the time to pay off, or reopen what has expired; codes that are shown go on until then.

    Raises ExpiryPassed unless `until` lies ahead and beyond the present end, and IllegalTransition for what is over.
    """
    request = rows.lock_request(session, request_id)
    is_open = request.status == RequestStatus.OPEN
    if until <= now or (is_open and request.expires_at is not None and until <= request.expires_at):
        raise ExpiryPassed(expires_at=until.isoformat())
    if not is_open:
        return open_request(session, request_id=request_id, now=now, expires_at=until)
    request.expires_at = until
    codes = update(Attempt).where(
        Attempt.request_id == request.id, Attempt.queryable.is_(False), Attempt.status.in_(LIVE_ATTEMPTS)
    )
    session.execute(codes.values(expires_at=until))  # a bank transfer has no end but the request's
    session.flush()
    return request


def cancel_request(session: Session, *, request_id: str, reason: str, now: datetime) -> Request:
    """Close a request for a written reason, the first of which stays; money that still comes goes to suspense."""
    reason = reason.strip()
    if not 0 < len(reason) <= MOST_REASON:
        raise ReasonMissing(most=MOST_REASON)
    request = rows.lock_request(session, request_id)
    if request.status == RequestStatus.CANCELED:
        return request
    request.status = REQUEST.move(request.status, RequestStatus.CANCELED)
    request.canceled_at, request.cancel_reason = now, reason
    end_with_request(session, request_id=request.id, status=AttemptStatus.CANCELED, now=now)
    session.flush()
    return request


def expire_due(session: Session, *, now: datetime, limit: int = 100) -> tuple[str, ...]:
    """Expire open requests whose time has passed, and return their ids; running attempts at a provider go on."""
    statement = (
        select(Request)
        .where(Request.status == RequestStatus.OPEN, Request.expires_at <= now)
        .order_by(Request.seq)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    expired = list(session.scalars(statement, execution_options=rows.FRESH))
    for request in expired:
        request.status = REQUEST.move(request.status, RequestStatus.EXPIRED)
        end_with_request(session, request_id=request.id, status=AttemptStatus.EXPIRED, now=now)
    session.flush()
    return tuple(request.id for request in expired)


def get_request(session: Session, request_id: str) -> Request:
    """Return a request or raise RequestUnknown."""
    return rows.request(session, request_id)


def require_askable(*, amount: Money, item: str, expires_at: datetime | None, now: datetime) -> None:
    """Hold what every request must be: an askable sum, words for everybody, and time left. Raises as create_request."""
    askable(amount)
    if not 0 < len(item) <= MOST_ITEM or not item.isprintable():
        raise TextMissing(field="item", most=MOST_ITEM)
    if expires_at is not None and expires_at <= now:
        raise ExpiryPassed(expires_at=expires_at.isoformat())


def take_numbers(session: Session, payee_id: str, count: int) -> Taken:
    """Take so many numbers of a payee's codes; its row is the lock. Raises PayeeUnknown."""
    session.flush()
    found = session.connection().execute(_TAKING, {"its_id": payee_id, "many": count}).one_or_none()
    if found is None:
        raise PayeeUnknown(payee_id=payee_id)
    return Taken(found.last_code, CodeForm(*found[1:4]), tuple(found.gateways.split()))


def _sent_before(session: Session, desk_ref: str | None, client_ref: str | None) -> Request | None:
    if desk_ref is None or client_ref is None:
        return None
    return session.scalar(select(Request).where(Request.desk_ref == desk_ref, Request.client_ref == client_ref))


def _refuse_second_asking(
    session: Session, *, payee_id: str, subject_ref: str | None, period: str | None, item: str
) -> None:
    if subject_ref is None or period is None:
        return
    asked = session.scalar(
        select(Request.id).where(
            Request.payee_id == payee_id,
            Request.subject_ref == subject_ref,
            Request.period == period,
            Request.item == item,
        )
    )
    if asked is not None:
        raise AlreadyAsked(request_id=asked)
