"""Having gateways give money back: claim (tx 1) → `gateway.refund`, or `query_refund` after it (no tx) → record (tx 2).

A refund is sent once. Whoever was cut off between sending and recording asks; what has no answer is asked again after
5 and 15 minutes, 1 hour, then daily for a week, and after the first day a person is asked too.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import cases, rows
from payments.errors import LeaseLost
from payments.gateways.protocol import RefundFinding, RefundOrder, RefundOutcome
from payments.models import Attempt, Refund, Transaction
from payments.money import Money
from payments.refunds import asking, booking
from payments.refunds.booking import Returned
from payments.schedule import next_refund_query_at
from payments.states import REFUND, RefundStatus

_LEASE = timedelta(seconds=60)
_BEHIND_ANOTHER = timedelta(minutes=1)
# A provider that still knows nothing of a refund after this long never took it.
NEVER_TAKEN_AFTER = timedelta(days=1)
STUCK_AFTER = timedelta(days=1)
_GOING = (RefundStatus.APPROVED, RefundStatus.PENDING, RefundStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """One call to make, with the lease that its answer must carry; `again`: it was sent before, so only ask."""

    refund_id: str
    lease_no: int
    gateway: str
    order: RefundOrder
    again: bool


@dataclass(frozen=True, slots=True)
class RefundChanged:
    """What an answer changed: what went back, to be counted in the same transaction, and how the refund stands."""

    refund_id: str
    status: str
    returned: Returned | None = None


def claim_refund(
    session: Session, *, now: datetime, one_by_one: Collection[str] = (), resting: Collection[str] = ()
) -> RefundAsked | None:
    """Take the refund that is due longest, for a minute; from here on it counts as sent.

    At the gateways `one_by_one` the next refund of a payment waits until the last one's end is known. Those that are
    `resting` are not called.
    """
    due = select(Refund).where(Refund.next_try_at <= now, Refund.status.in_(_GOING))
    due = due.where(Refund.gateway.not_in(resting)) if resting else due
    first = due.order_by(Refund.next_try_at, Refund.seq).limit(1).with_for_update(skip_locked=True)
    while (row := session.scalar(first, execution_options=rows.FRESH)) is not None:
        if row.sent_at is not None or row.gateway not in one_by_one or not _another_goes(session, row):
            break
        row.next_try_at = now + _BEHIND_ANOTHER
        session.flush()
    if row is None:
        return None
    again = row.sent_at is not None
    row.sent_at = row.sent_at or now
    row.lease_no += 1
    row.next_try_at = now + _LEASE
    session.flush()
    return RefundAsked(row.id, row.lease_no, row.gateway, _order_of(session, row), again)


def record_refund(
    session: Session, *, asked: RefundAsked, finding: RefundFinding, now: datetime, actor: str
) -> RefundChanged:
    """Apply what a provider said of a refund; raises LeaseLost to a late writer."""
    row = _lock_leased(session, asked)
    if finding.of_last and _is_anothers(session, row, finding):
        finding = RefundFinding(RefundOutcome.UNKNOWN, "another_refund")
    row.provider_ref = finding.provider_ref or row.provider_ref
    if finding.outcome is RefundOutcome.DONE:
        returned = booking.done(session, row, provider_ref=finding.provider_ref, now=now, actor=actor, at=finding.at)
        return RefundChanged(row.id, row.status, returned)
    if finding.outcome is RefundOutcome.FAILED or _never_taken(row, finding, now=now):
        asking.fail(session, row, failure=finding.reason[:60], now=now, actor=actor)
        cases.close_cases(session, kind=cases.REFUND_STUCK, subject_id=row.id, actor=actor, now=now)
        return RefundChanged(row.id, row.status)
    waits = RefundStatus.PENDING if finding.outcome is RefundOutcome.PENDING else RefundStatus.UNKNOWN
    return _wait(session, row, waits, reason=finding.reason, now=now)


def _wait(session: Session, row: Refund, status: RefundStatus, *, reason: str, now: datetime) -> RefundChanged:
    row.status, row.status_at, row.failure = REFUND.move(row.status, status), now, reason[:60] or None
    since = row.sent_at or now
    row.next_try_at = next_refund_query_at(since=since, now=now)
    if row.next_try_at is None or now - since >= STUCK_AFTER:
        cases.open_case(
            session, kind=cases.REFUND_STUCK, subject_id=row.id, payee_id=row.payee_id,
            reason="no clear answer about a refund for a day", now=now,
        )  # fmt: skip
    session.flush()
    return RefundChanged(row.id, row.status)


def _another_goes(session: Session, row: Refund) -> bool:
    """Say whether another refund of the same payment was sent and has no end yet; two that ask at once take turns."""
    payment = select(Transaction.id).where(Transaction.id == row.transaction_id)
    session.scalar(payment.with_for_update(key_share=True))
    others = select(Refund.id).where(Refund.payee_id == row.payee_id, Refund.transaction_id == row.transaction_id)
    going = others.where(Refund.id != row.id, Refund.sent_at.is_not(None), Refund.status.in_(_GOING))
    return session.scalar(going.limit(1)) is not None


def _is_anothers(session: Session, row: Refund, finding: RefundFinding) -> bool:
    """Say whether what was told may be of another refund of the same payment; where it may be, it proves nothing.

    A refund is known by the number that its own answer gave. Without one it is told apart only where no other of the
    same sum was sent whose number is not known either.
    """
    if row.provider_ref is not None:
        return finding.provider_ref != row.provider_ref
    same_payment = (Refund.payee_id == row.payee_id, Refund.transaction_id == row.transaction_id, Refund.id != row.id)
    sent = session.scalars(select(Refund).where(*same_payment, Refund.sent_at.is_not(None)))
    return any(
        one.provider_ref == finding.provider_ref
        if one.provider_ref is not None
        else one.amount_minor == row.amount_minor and one.status != RefundStatus.FAILED
        for one in sent
    )


def _never_taken(row: Refund, finding: RefundFinding, *, now: datetime) -> bool:
    """Say whether a refund may be sent anew: its provider knows refunds by our name, and has none of this one."""
    sent = row.sent_at is not None and now - row.sent_at >= NEVER_TAKEN_AFTER
    return finding.outcome is RefundOutcome.NOT_FOUND and not finding.of_last and sent


def _lock_leased(session: Session, asked: RefundAsked) -> Refund:
    row = asking.lock_refund(session, asked.refund_id)
    if row.lease_no != asked.lease_no or row.status not in _GOING:
        raise LeaseLost(refund_id=row.id)
    return row


def _order_of(session: Session, row: Refund) -> RefundOrder:
    money = session.scalars(select(Transaction).where(Transaction.id == row.transaction_id)).one()
    attempt = session.scalars(select(Attempt).where(Attempt.id == money.attempt_id)).one()
    return RefundOrder(
        refund_ref=row.merchant_ref,
        merchant_ref=attempt.merchant_ref,
        provider_ref=attempt.provider_ref,
        provider_txn_id=money.provider_txn_id,
        amount=Money(row.amount_minor, row.currency),
        paid=Money(money.amount_minor, money.currency),
        paid_at=money.paid_at,
        created_at=attempt.created_at,
        sent_at=row.sent_at or attempt.created_at,
    )
