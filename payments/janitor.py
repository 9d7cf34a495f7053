"""Asking providers about attempts whose end is not known: claim (tx 1) → `gateway.query` (no tx) → record (tx 2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import attempts, cases, rows
from payments.booking import Allocated, Booked
from payments.errors import LeaseLost
from payments.gateways.protocol import Asked, Authenticity, Finding, Notice, Outcome, Verdict
from payments.models import Attempt
from payments.schedule import ASK_AGAIN_AFTER, is_over, is_stuck
from payments.settling import Settled, settle
from payments.states import LIVE_ATTEMPTS, AttemptStatus, RequestStatus

_LEASE = timedelta(seconds=60)
_ENDED_AGAIN = timedelta(hours=1)
_TAKES_NOTHING = (RequestStatus.PAID, RequestStatus.CANCELED)


@dataclass(frozen=True, slots=True)
class Found:
    """What an answer changed, to be counted and shown in the same transaction."""

    verdict: Verdict
    allocations: tuple[Allocated, ...]
    request_ids: tuple[str, ...]
    case_ids: tuple[str, ...]


def claim_query(session: Session, *, now: datetime, resting: Collection[str] = ()) -> Asked | None:
    """Take the attempt that is due longest, for a minute, and return what to ask, or to close; None if none is due.

    Those of gateways that are `resting` wait.
    """
    statement = (
        select(Attempt)
        # Also one that had ended: money may have come after all.
        .where(Attempt.next_query_at <= now, *((Attempt.gateway.not_in(resting),) if resting else ()))
        .order_by(Attempt.next_query_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    attempt = session.scalar(statement, execution_options=rows.FRESH)
    if attempt is None:
        return None
    attempt.lease_no += 1
    attempt.next_query_at = now + _LEASE
    session.flush()
    over = rows.request(session, attempt.request_id).status in _TAKES_NOTHING
    return replace(attempts.asked_of(attempt), withdrawn=over)


def ask_again(session: Session, *, attempt_id: str, now: datetime) -> bool:
    """Make an attempt due at once because somebody looks at it, unless it was asked in the last 15 seconds."""
    attempt = rows.lock_attempt(session, attempt_id)
    asked_at = attempt.last_query_at
    if not attempt.queryable or attempt.status not in LIVE_ATTEMPTS:
        return False
    if asked_at is not None and now - asked_at < ASK_AGAIN_AFTER:
        return False
    attempt.next_query_at = now
    session.flush()
    return True


def record_finding(session: Session, *, asked: Asked, finding: Finding, now: datetime, actor: str) -> Found:
    """Apply what a provider answered, by the same checks as a notice; raises LeaseLost to a late writer."""
    attempt = _lock_leased(session, asked)
    attempt.last_query_at = now
    over = is_over(expires_at=attempt.expires_at, now=now)
    if finding.outcome is Outcome.PENDING and over:
        # Not paid, or never heard of, and the provider's time and grace are past: that is the end of it.
        finding = Finding(Outcome.EXPIRED, finding.reason, asked.merchant_ref, None, asked.amount)
    elif finding.outcome is not Outcome.PAID and finding.amount is None:  # of what is no money, none is named
        finding = Finding(finding.outcome, finding.reason, asked.merchant_ref, None, asked.amount)
    all_settled = [
        settle(
            session,
            provider=asked.gateway,
            notice=Notice(Authenticity.AUTHENTIC, finding=one),
            source="query",
            now=now,
            actor=actor,
        )
        for one in (finding, *finding.more)
    ]
    stuck = _plan_next(session, asked, now=now)
    booked = [settled.booked for settled in all_settled if settled.booked is not None]
    told: list[Booked | Settled] = [*booked, *all_settled]
    return Found(
        all_settled[0].verdict,
        tuple(allocated for one in booked for allocated in one.allocations),
        tuple(dict.fromkeys(request_id for one in told for request_id in one.request_ids)),
        tuple(case_id for one in told for case_id in one.case_ids) + stuck,
    )


def record_no_answer(session: Session, *, asked: Asked, reason: str, now: datetime) -> tuple[str, ...]:
    """Note that nobody knows: the attempt is unknown and will be asked again; returns cases; raises LeaseLost."""
    attempt = _lock_leased(session, asked)
    attempt.last_query_at = now
    if attempt.status not in LIVE_ATTEMPTS:
        return _ask_ended_again(session, attempt, now=now)
    attempts.move(attempt, AttemptStatus.UNKNOWN, now=now, reason=reason[:60])
    return _plan_next(session, asked, now=now)


def _lock_leased(session: Session, asked: Asked) -> Attempt:
    """Lock request, then attempt, as everybody does; refuse a writer whose lease somebody else has taken."""
    rows.lock_request(session, rows.attempt(session, asked.attempt_id).request_id)
    attempt = rows.lock_attempt(session, asked.attempt_id)
    if attempt.lease_no != asked.lease_no:
        raise LeaseLost(attempt_id=attempt.id)
    return attempt


def _plan_next(session: Session, asked: Asked, *, now: datetime) -> tuple[str, ...]:
    """Plan the next question; after a day without an answer a person is asked too."""
    attempt = rows.lock_attempt(session, asked.attempt_id)
    attempts.plan_query(attempt, now=now)
    session.flush()
    if attempt.status != AttemptStatus.UNKNOWN or not is_stuck(since=attempt.status_at, now=now):
        return ()
    return _stuck(session, attempt, now=now)


def _ask_ended_again(session: Session, attempt: Attempt, *, now: datetime) -> tuple[str, ...]:
    """Plan to ask again about an ended attempt that may be paid after all; after a day a person is asked instead."""
    over = attempt.status == AttemptStatus.SUCCEEDED and not attempt.takes_more
    stuck = not over and is_stuck(since=attempt.status_at, now=now)
    attempt.next_query_at = None if over or stuck else now + _ENDED_AGAIN
    session.flush()
    return _stuck(session, attempt, now=now) if stuck else ()


def _stuck(session: Session, attempt: Attempt, *, now: datetime) -> tuple[str, ...]:
    request = rows.request(session, attempt.request_id)
    case_id = cases.open_case(
        session,
        kind=cases.STUCK,
        subject_id=attempt.id,
        payee_id=request.payee_id,
        reason="no clear answer for a day",
        now=now,
    )
    return (case_id,) if case_id else ()
