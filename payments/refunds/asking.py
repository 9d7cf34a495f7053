"""Money that goes back: asked for and reserved, agreed to, given out by a gateway or by a person's transfer.

The reservation stands in the journal from the moment of asking, so that two refunds never share one đồng. What the
gateway is asked, and what it says, stands in `calls`; who must agree, in `approvals`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import approvals, rows
from payments.codes import CodeForm, make_code
from payments.errors import NotPaid, TextMissing
from payments.gateways.protocol import RefundWay
from payments.models import Allocation, Payee, Refund, Request, Transaction
from payments.refunds import booking
from payments.refunds.booking import Returned
from payments.refunds.errors import (
    AlreadyRefunded,
    RefundableChanged,
    RefundTooLarge,
    RefundUnknown,
    SecondPersonNeeded,
)
from payments.states import REFUND, Purpose, RefundStatus
from payments.types import new_id, new_merchant_ref

# In the memo of a transfer by hand: hoàn tiền. Only outgoing lines are searched for it.
MEMO = CodeForm(prefix="HT", digits=8)
BANK = "bank"
MOST_REFERENCE = 60
_BY_GATEWAY = (RefundWay.FULL, RefundWay.PARTIAL, RefundWay.ASYNCHRONOUS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a refund is taken from: an account of the journal, and the money that came, if one payment is meant."""

    account: str
    left_minor: int
    request: Request | None = None
    allocation: Allocation | None = None
    suspense_id: str | None = None
    transaction: Transaction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for; no amount means all that is left. `expected_minor` is the sum that the asker saw.

    `by_hand`: somebody transfers it, whatever the gateway could do; `second`: somebody must agree, however small it is.
    """

    why: str
    amount_minor: int | None = None
    expected_minor: int | None = None
    reason: str | None = None
    noted: Mapping[str, Any] = field(default_factory=dict)
    sealed_to: str | None = None
    by_hand: bool = False
    second: bool = False


def ask_refund(
    session: Session,
    *,
    request_id: str,
    wanted: Wanted,
    ways: Mapping[str, RefundWay],
    now: datetime,
    actor: str,
    allocation_id: str | None = None,
) -> Refund:
    """Reserve what goes back of a payment; `ways` says how each gateway can give money back.

    Without an allocation the newest payment that holds the sum is meant. Raises NotPaid, AlreadyRefunded,
    RefundTooLarge, RefundableChanged or ReasonMissing.
    """
    request = rows.lock_request(session, request_id)
    every = allocations_of(session, request.id)
    left = sum(one.left_minor for one, _ in every)
    require_seen(wanted, left)
    paid = [one for one in every if allocation_id in (None, one[0].id)]
    if not paid:
        raise NotPaid(request_id=request.id, status=request.status)
    if not any(one.left_minor for one, _ in paid):
        raise AlreadyRefunded(request_id=request.id)
    allocation, transaction = _that_holds(paid, wanted.amount_minor)
    source = Source(
        account=request.pays_into, left_minor=allocation.left_minor, request=request, allocation=allocation,
        transaction=transaction,
    )  # fmt: skip
    return reserve(session, source, wanted=wanted, payee_id=request.payee_id, ways=ways, now=now, actor=actor)


def require_seen(wanted: Wanted, left_minor: int) -> None:
    """Raise RefundableChanged where another sum is left than the one that the asker saw."""
    if wanted.expected_minor is not None and wanted.expected_minor != left_minor:
        raise RefundableChanged(refundable_minor=left_minor)


def reserve(
    session: Session,
    source: Source,
    *,
    wanted: Wanted,
    payee_id: str,
    ways: Mapping[str, RefundWay],
    now: datetime,
    actor: str,
) -> Refund:
    """Make the refund's row and its reservation; at or under the limit it is agreed to at once.

    The caller has locked what it is taken from. Raises RefundTooLarge, ReasonMissing or BalanceTooLow.
    """
    amount = source.left_minor if wanted.amount_minor is None else wanted.amount_minor
    if not 0 < amount <= source.left_minor:
        raise RefundTooLarge(left_minor=source.left_minor)
    payee = rows.payee(session, payee_id)
    gateway = None if wanted.by_hand else _gateway_of(source.transaction, amount, ways)
    row = Refund(
        id=new_id("re"), payee_id=payee_id, request_id=source.request.id if source.request else None,
        allocation_id=source.allocation.id if source.allocation else None, suspense_id=source.suspense_id,
        transaction_id=source.transaction.id if source.transaction else None, gateway=gateway or BANK,
        merchant_ref=new_merchant_ref(), source_account=source.account,
        pays_account=f"provider:{gateway}" if gateway else _bank_account(source.transaction, payee),
        amount_minor=amount, currency="VND", expected_minor=wanted.expected_minor, reason=wanted.reason,
        why=approvals.tidy(wanted.why), noted=dict(wanted.noted), sealed_to=wanted.sealed_to,
        area_ref=source.transaction.area_ref if source.transaction else payee.area_ref, by_hand=gateway is None,
        needs_second=wanted.second or _needs_second(session, source.request, amount),
        status=REFUND.move(None, RefundStatus.REQUESTED), status_at=now, asked_by=actor, asked_at=now, lease_no=0,
    )  # fmt: skip
    row.code = row.merchant_ref  # until the row has its number
    session.add(row)
    session.flush()
    row.code = make_code(MEMO, row.seq)
    booking.take(session, row, source.allocation, source.request, now=now, actor=actor)
    if row.needs_second:
        approvals.ask(
            session, what=approvals.REFUND, subject_id=row.id, payee_id=payee_id, maker=actor, why=row.why, now=now
        )
    else:
        _approve(row, now=now)
    session.flush()
    return row


def decide_refund(session: Session, *, refund_id: str, agreed: bool, now: datetime, actor: str) -> Refund:
    """Agree to a refund that waits, or refuse it: the second person's word.

    Raises RefundUnknown, ApprovalUnknown or SecondPersonNeeded.
    """
    row = lock_refund(session, refund_id)
    approvals.decide(session, what=approvals.REFUND, subject_id=row.id, checker=actor, agreed=agreed, now=now)
    if agreed:
        _approve(row, now=now)
    else:
        _end(session, row, RefundStatus.CANCELED, failure="refused", now=now, actor=actor)
    session.flush()
    return row


def cancel_refund(session: Session, *, refund_id: str, now: datetime, actor: str) -> Refund:
    """Withdraw a refund while it waits for a second person or a transfer; raises RefundUnknown, IllegalTransition."""
    row = lock_refund(session, refund_id)
    REFUND.move(row.status, RefundStatus.CANCELED)
    approvals.withdraw(session, what=approvals.REFUND, subject_id=row.id, now=now)
    _end(session, row, RefundStatus.CANCELED, failure=None, now=now, actor=actor)
    session.flush()
    return row


def confirm_by_hand(session: Session, *, refund_id: str, reference: str, now: datetime, actor: str) -> Returned:
    """Note the bank's reference of a transfer that somebody made; never by who asked for the refund.

    Raises RefundUnknown, SecondPersonNeeded, TextMissing or IllegalTransition.
    """
    row = lock_refund(session, refund_id)
    reference = " ".join(reference.split())
    if not 0 < len(reference) <= MOST_REFERENCE:
        raise TextMissing(field="reference", most=MOST_REFERENCE)
    if row.asked_by == actor:
        raise SecondPersonNeeded(what=approvals.REFUND)
    if row.status != RefundStatus.BY_HAND:
        REFUND.move(row.status, RefundStatus.BY_HAND)
    return booking.done(session, row, provider_ref=reference, now=now, actor=actor)


def came_back(session: Session, *, refund_id: str, why: str, now: datetime, actor: str) -> Returned | None:
    """Note that money which went out has come back: two compensating movements and a case; say what was counted."""
    row = lock_refund(session, refund_id)
    REFUND.move(row.status, RefundStatus.FAILED)
    counted = booking.returned_of(row) if row.status == RefundStatus.SUCCEEDED else None
    if counted is not None:
        booking.take_back(session, row, now=now, actor=actor)
    _end(session, row, RefundStatus.FAILED, failure=why[:60], now=now, actor=actor)
    session.flush()
    return counted


def fail(session: Session, row: Refund, *, failure: str, now: datetime, actor: str) -> None:
    """End a locked refund that a provider refused for good."""
    _end(session, row, RefundStatus.FAILED, failure=failure, now=now, actor=actor)
    session.flush()


def allocations_of(session: Session, request_id: str) -> list[tuple[Allocation, Transaction]]:
    """Return what pays a request, newest money first."""
    query = select(Allocation, Transaction).join(Transaction, Transaction.id == Allocation.transaction_id)
    live = query.where(Allocation.request_id == request_id, Allocation.undone_at.is_(None))
    found = session.execute(live.order_by(Transaction.seq.desc()), execution_options=rows.FRESH)
    return [(one, money) for one, money in found]


def refunds_of(session: Session, request_id: str) -> list[Refund]:
    """Return a request's refunds, oldest first."""
    return list(session.scalars(select(Refund).where(Refund.request_id == request_id).order_by(Refund.seq)))


def lock_refund(session: Session, refund_id: str) -> Refund:
    """Return a refund, locked and fresh, its request locked before it; raises RefundUnknown."""
    known = session.scalar(select(Refund).where(Refund.id == refund_id))
    if known is None:
        raise RefundUnknown(refund_id=refund_id)
    if known.request_id is not None:
        rows.lock_request(session, known.request_id)
    query = select(Refund).where(Refund.id == refund_id).with_for_update()
    return session.scalars(query, execution_options=rows.FRESH).one()


def _approve(row: Refund, *, now: datetime) -> None:
    row.status, row.status_at = REFUND.move(row.status, RefundStatus.APPROVED), now
    if row.by_hand:
        row.status = REFUND.move(row.status, RefundStatus.BY_HAND)
    else:
        row.next_try_at = now


def _end(session: Session, row: Refund, status: str, *, failure: str | None, now: datetime, actor: str) -> None:
    row.status, row.status_at, row.failure = REFUND.move(row.status, status), now, failure
    row.next_try_at, row.sealed_to = None, None
    booking.give_back(session, row, now=now, actor=actor)


def _that_holds(paid: list[tuple[Allocation, Transaction]], amount_minor: int | None) -> tuple[Allocation, Transaction]:
    """Return the newest payment that holds the sum; raises RefundTooLarge with the most that one holds."""
    for allocation, transaction in paid:
        if allocation.left_minor >= (1 if amount_minor is None else amount_minor) and allocation.left_minor:
            return allocation, transaction
    raise RefundTooLarge(left_minor=max(one.left_minor for one, _ in paid))


def _gateway_of(money: Transaction | None, amount_minor: int, ways: Mapping[str, RefundWay]) -> str | None:
    """Return the gateway that can give this much of a payment back, or None: somebody transfers it."""
    if money is None or money.attempt_id is None:
        return None
    way = ways.get(money.provider)
    whole = amount_minor == money.amount_minor
    return money.provider if way in _BY_GATEWAY and (whole or way is not RefundWay.FULL) else None


def _bank_account(money: Transaction | None, payee: Payee) -> str:
    return f"bank:{money.account if money is not None and money.account else payee.account}"


def _needs_second(session: Session, request: Request | None, amount_minor: int) -> bool:
    """Say whether a second person must agree; a large refund cut into small ones still needs one, an advance always."""
    if request is not None and request.purpose == Purpose.ADVANCE:
        return True
    alone = 0
    if request is not None:
        alone = sum(one.amount_minor for one in refunds_of(session, request.id) if one.release_id is None)
    return alone + amount_minor > approvals.SECOND_PERSON_ABOVE_MINOR
