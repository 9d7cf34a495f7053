"""What pages show of money that goes back: payments with what is left of each, and refunds in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import payments
from payments.models import Allocation, Refund, Request, Suspense, Transaction
from payments.refunds.asking import allocations_of
from payments.states import RefundStatus, SuspenseStatus
from portal.acting import Acting
from portal.paging import Page
from portal.pay.owners import own_payees

ROWS = 50
WORDS: dict[str, tuple[Any, str]] = {
    RefundStatus.REQUESTED: (_l("Waits for a second person"), "amber"),
    RefundStatus.APPROVED: (_l("Being sent to the gateway"), "grey"),
    RefundStatus.BY_HAND: (_l("Somebody must transfer it"), "amber"),
    RefundStatus.PENDING: (_l("The bank is working on it"), "grey"),
    RefundStatus.UNKNOWN: (_l("No clear answer yet; we keep asking"), "amber"),
    RefundStatus.SUCCEEDED: (_l("Has gone back"), "green"),
    RefundStatus.FAILED: (_l("Did not work; the money is still here"), "red"),
    RefundStatus.CANCELED: (_l("Called off"), "grey"),
}
# What a refund that is not at its end needs next.
GROUPS: Mapping[str, tuple[RefundStatus, ...]] = {
    "agree": (RefundStatus.REQUESTED,),
    "transfer": (RefundStatus.BY_HAND,),
    "under_way": (RefundStatus.APPROVED, RefundStatus.PENDING, RefundStatus.UNKNOWN),
}


@dataclass(frozen=True, slots=True)
class Left:
    """One payment of a request, and what of it has not gone back."""

    allocation: Allocation
    money: Transaction

    @property
    def by_hand(self) -> bool:
        """Say whether somebody must transfer what goes back of it."""
        return self.money.attempt_id is None


def payments_left(session: Session, request_id: str) -> list[Left]:
    """Return the payments of a request that still hold money, newest first."""
    return [Left(*one) for one in allocations_of(session, request_id) if one[0].left_minor]


def waits_of(session: Session, request_id: str) -> list[Suspense]:
    """Return what came for a request that was closed, and waits for a person."""
    query = select(Suspense).where(Suspense.request_id == request_id, Suspense.status == SuspenseStatus.OPEN)
    return list(session.scalars(query.order_by(Suspense.opened_at, Suspense.id)))


def refunds_shown(session: Session, request_id: str) -> list[Refund]:
    """Return a request's refunds, newest first."""
    return payments.refunds_of(session, request_id)[::-1]


def waiting(session: Session, acting: Acting, group: str, *, asked: int) -> Page[Refund]:
    """Return a page of one's own payees' refunds that need the same next, oldest first."""
    query = select(Refund).where(
        Refund.payee_id.in_([one.id for one in own_payees(session, acting)]), Refund.status.in_(GROUPS[group])
    )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page: Page[Refund] = Page(asked=asked, total=total, rows=ROWS)
    return page.holding(*session.scalars(query.order_by(Refund.seq).limit(ROWS).offset(page.start)))


def items_of(session: Session, found: Sequence[Refund]) -> dict[str, str]:
    """Return what each refund's request was for, by the request's id."""
    ids = {one.request_id for one in found if one.request_id}
    return {one.id: one.item for one in session.scalars(select(Request).where(Request.id.in_(ids)))}
