"""Tries to pay: the row with its merchant_ref and key is committed first, then the gateway is called, then recorded.

The caller's three steps: `start_attempt` (tx 1) → `gateway.create(order_of(...))` (no tx) → `record_started`,
`record_refused` or `record_unknown` (tx 2). What a notice has settled meanwhile, a late record does not touch.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from payments import rows
from payments.errors import AmountTooLarge, AmountTooSmall, GatewayNotEnabled, KeyReused, RequestNotOpen
from payments.gateways import test_card
from payments.gateways.protocol import Asked, Capabilities, Due, Order, Started
from payments.models import Attempt, Request
from payments.money import Money
from payments.schedule import next_query_at
from payments.states import ATTEMPT, LIVE_ATTEMPTS, AttemptStatus, RequestStatus
from payments.types import new_id, new_merchant_ref, new_numeric_ref

# VNPay and its like want an end; fifteen minutes is what their own pages give a payer.
PAGE_LASTS = timedelta(minutes=15)
# A QR lives as long as its request; where that has no end, this is long enough to be none.
_QR_LASTS = timedelta(days=365)
# Made once: every notice runs them.
_NAMED = select(Attempt).where(Attempt.gateway == bindparam("its_gateway"), Attempt.merchant_ref == bindparam("ref"))
_LIVE = (
    select(Attempt)
    .where(Attempt.request_id == bindparam("its_request"), Attempt.status.in_(LIVE_ATTEMPTS))
    .order_by(Attempt.seq)
    .with_for_update()
)


@dataclass(frozen=True, slots=True)
class Began:
    """An attempt as its starter sees it; repeated if the key was used before, then nothing is called again."""

    attempt_id: str
    status: str
    repeated: bool


def start_attempt(
    session: Session,
    *,
    request_id: str,
    gateway: str,
    capabilities: Capabilities,
    key: str,
    now: datetime,
) -> Began:
    """Make the row of a try for all that is still due, or find the one that this key made before.

    Raises RequestNotOpen, GatewayNotEnabled, KeyReused, AmountTooSmall or AmountTooLarge.
    """
    request = rows.lock_request(session, request_id)
    known = session.scalar(select(Attempt).where(Attempt.request_id == request.id, Attempt.key == key))
    if known is not None:
        if known.gateway != gateway:
            raise KeyReused(attempt_id=known.id)
        return Began(known.id, known.status, repeated=True)
    if request.status != RequestStatus.OPEN or (request.expires_at is not None and request.expires_at <= now):
        raise RequestNotOpen(request_id=request.id, status=request.status)
    if gateway not in (*rows.payee(session, request.payee_id).ways, *test_card.BY_METHOD.values()):
        raise GatewayNotEnabled(gateway=gateway)
    amount = Money(request.due_minor, request.currency)
    _require_amount(amount, capabilities)
    attempt = Attempt(
        id=new_id("pa"),
        request_id=request.id,
        gateway=gateway,
        merchant_ref=new_numeric_ref() if capabilities.numeric_ref else new_merchant_ref(),
        key=key,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        received_minor=0,
        any_amount=capabilities.any_amount,
        queryable=capabilities.query,
        status=ATTEMPT.move(None, AttemptStatus.CREATED),
        status_at=now,
        created_at=now,
        expires_at=_ends_at(request, queryable=capabilities.query, now=now),
        lease_no=0,
    )
    plan_query(attempt, now=now)
    session.add(attempt)
    session.flush()
    return Began(attempt.id, attempt.status, repeated=False)


def order_of(session: Session, *, attempt_id: str, return_url: str, payer_ip: str, language: str = "vi") -> Order:
    """Return what the gateway must know of an attempt, to be used after the transaction has ended."""
    attempt = rows.attempt(session, attempt_id)
    request = rows.request(session, attempt.request_id)
    payee = rows.payee(session, request.payee_id)
    return Order(
        merchant_ref=attempt.merchant_ref,
        amount=Money(attempt.amount_minor, attempt.currency),
        code=request.code,
        bank_bin=payee.bin,
        bank_account=payee.account,
        created_at=attempt.created_at,
        expires_at=attempt.expires_at,
        return_url=return_url,
        payer_ip=payer_ip,
        language=language,
    )


def asked_of(attempt: Attempt) -> Asked:
    """Return what is needed to ask about an attempt, with the lease that its answer must carry."""
    return Asked(
        attempt_id=attempt.id,
        lease_no=attempt.lease_no,
        gateway=attempt.gateway,
        merchant_ref=attempt.merchant_ref,
        amount=Money(attempt.amount_minor, attempt.currency),
        created_at=attempt.created_at,
        provider_ref=attempt.provider_ref,
    )


def record_started(session: Session, *, attempt_id: str, started: Started, now: datetime) -> Attempt:
    """Note how the payer goes on: created becomes pending; what a notice has settled already stays."""
    attempt = rows.lock_attempt(session, attempt_id)
    attempt.redirect_url, attempt.qr = started.redirect_url, started.qr
    attempt.provider_ref = started.provider_ref
    if attempt.status == AttemptStatus.CREATED:
        move(attempt, AttemptStatus.PENDING, now=now)
    session.flush()
    return attempt


def record_refused(session: Session, *, attempt_id: str, reason: str, now: datetime) -> Attempt:
    """Note a definite refusal of the call: created becomes failed."""
    attempt = rows.lock_attempt(session, attempt_id)
    if attempt.status == AttemptStatus.CREATED:
        move(attempt, AttemptStatus.FAILED, now=now, reason=reason)
        attempt.next_query_at = None  # the provider has no such order
    session.flush()
    return attempt


def record_unknown(session: Session, *, attempt_id: str, reason: str, now: datetime) -> Attempt:
    """Note that the call's outcome is not known: it will be queried, never created again."""
    attempt = rows.lock_attempt(session, attempt_id)
    if attempt.status == AttemptStatus.CREATED:
        move(attempt, AttemptStatus.UNKNOWN, now=now, reason=reason)
    session.flush()
    return attempt


def get_attempt(session: Session, attempt_id: str) -> Attempt:
    """Return an attempt or raise AttemptUnknown."""
    return rows.attempt(session, attempt_id)


def by_merchant_ref(session: Session, *, gateway: str, merchant_ref: str) -> Attempt | None:
    """Return the attempt that a provider names by our reference."""
    return session.scalar(_NAMED, {"its_gateway": gateway, "ref": merchant_ref})


def due_by_reference(session: Session, *, gateway: str, merchant_ref: str) -> Due | None:
    """Return what a live attempt of an open request is for, or None: nothing is to be paid under this reference."""
    attempt = by_merchant_ref(session, gateway=gateway, merchant_ref=merchant_ref)
    if attempt is None or attempt.status not in LIVE_ATTEMPTS:
        return None
    request = rows.request(session, attempt.request_id)
    is_open = request.status == RequestStatus.OPEN
    return Due(Money(attempt.amount_minor, attempt.currency), request.code) if is_open else None


def live_attempts(session: Session, request_id: str) -> list[Attempt]:
    """Return a request's attempts that may still end in money, newest first."""
    statement = (
        select(Attempt)
        .where(Attempt.request_id == request_id, Attempt.status.in_(LIVE_ATTEMPTS))
        .order_by(Attempt.seq.desc())
    )
    return list(session.scalars(statement))


def move(attempt: Attempt, status: str, *, now: datetime, reason: str | None = None) -> None:
    """Change an attempt's status by its table and plan the next query; staying as it is keeps its times."""
    if status == attempt.status:
        return
    attempt.status = ATTEMPT.move(attempt.status, status)
    attempt.status_at = now
    attempt.reason = reason
    plan_query(attempt, now=now)


def end_with_request(session: Session, *, request_id: str, status: AttemptStatus, now: datetime) -> None:
    """End the live attempts that no provider can be asked about; the others run on and are queried to their end.

    Those of a request that takes nothing any more are due at once: its provider may close them. The caller holds the
    request's lock.
    """
    for attempt in session.scalars(_LIVE, {"its_request": request_id}, execution_options=rows.FRESH):
        if attempt.queryable:
            if status == AttemptStatus.CANCELED:
                attempt.next_query_at = now
            continue
        # A row whose call never came back has nothing at any provider that could expire.
        ended = AttemptStatus.CANCELED if attempt.status == AttemptStatus.CREATED else status
        move(attempt, ended, now=now)


def plan_query(attempt: Attempt, *, now: datetime) -> None:
    """Plan when an attempt's provider is asked next, if ever."""
    attempt.next_query_at = (
        next_query_at(
            status=attempt.status, since=attempt.status_at, expires_at=attempt.expires_at, now=now,
            takes_more=attempt.takes_more,
        )
        if attempt.queryable
        else None
    )  # fmt: skip


def _ends_at(request: Request, *, queryable: bool, now: datetime) -> datetime:
    """Return until when the payer can act: a provider's page ends soon, a QR lives as long as its request."""
    longest = now + (PAGE_LASTS if queryable else _QR_LASTS)
    return longest if request.expires_at is None else min(longest, request.expires_at)


def _require_amount(amount: Money, capabilities: Capabilities) -> None:
    if amount.amount_minor < capabilities.least.amount_minor:
        raise AmountTooSmall(least_minor=capabilities.least.amount_minor)
    if amount.amount_minor > capabilities.most.amount_minor:
        raise AmountTooLarge(most_minor=capabilities.most.amount_minor)
