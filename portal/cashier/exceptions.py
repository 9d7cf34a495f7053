"""Money that waits or was matched wrongly, as people put it right: given, taken again, sent back; each act told."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import payments
from payments import Wanted, suspense
from payments.booking import Allocated
from payments.models import Allocation, Refund, Request, Suspense, Transaction
from payments.states import LIVE_REFUNDS
from payments.v1 import events
from portal.acting import Acting
from portal.audit import record
from portal.cashier.actions import own_request
from portal.errors import NotFound
from portal.pay.money_in import follow, uncount
from portal.pay.owners import own_payee, own_payees
from portal.pay.refunding import follow_asked
from portal.pay.wiring import payer_page, refund_ways
from portal.world import current_world


def own_suspense(session: Session, acting: Acting, suspense_id: str) -> Suspense:
    """Return a waiting sum of one's own organisation; raise `NotFound` for any other."""
    item = session.get(Suspense, suspense_id)
    if item is None:
        raise NotFound
    own_payee(session, acting, item.payee_id)
    return item


def request_named(session: Session, item: Suspense, code: str) -> Request:
    """Return the request that a payment code of the same payee names; raises RequestUnknown."""
    text = "".join(code.split()).upper()
    found = session.scalar(select(Request).where(Request.payee_id == item.payee_id, Request.code == text))
    return found if found is not None else payments.get_request(session, text)


def own_by_code(session: Session, acting: Acting, code: str) -> Request | None:
    """Return the request of one's own payees with this payment code, or None."""
    payees = [one.id for one in own_payees(session, acting)]
    return session.scalar(select(Request).where(Request.payee_id.in_(payees), Request.code == code).limit(1))


def assign(session: Session, *, now: datetime, acting: Acting, suspense_id: str, request_id: str) -> None:
    """Give a waiting sum of one's own to a request; raises as `suspense.assign`."""
    item = own_suspense(session, acting, suspense_id)
    booked = suspense.assign(session, suspense_id=item.id, request_id=request_id, now=now, actor=acting.actor)
    _tell(session, now, acting, "suspense.assigned", item)
    follow(session, now=now, acting=acting, allocations=booked.allocations, request_ids=booked.request_ids)


def undo(session: Session, *, now: datetime, acting: Acting, suspense_id: str, why: str) -> None:
    """Take an assigned sum of one's own from its request; raises as `payments.undo_allocation`."""
    item = own_suspense(session, acting, suspense_id)
    paid = assigned_to(session, item)
    if paid is None:
        raise NotFound
    _undone(session, now=now, acting=acting, paid=paid, why=why)


def undo_payment(
    session: Session, *, now: datetime, acting: Acting, request_id: str, allocation_id: str, why: str
) -> Suspense:
    """Take what was matched wrongly from a request of one's own; raises as `payments.undo_allocation`."""
    asked = own_request(session, acting, request_id)
    paid = session.get(Allocation, allocation_id)
    if paid is None or paid.request_id != asked.id:
        raise NotFound
    return _undone(session, now=now, acting=acting, paid=paid, why=why)


def release_over(
    session: Session, *, now: datetime, acting: Acting, request_id: str, transaction_id: str, why: str
) -> Suspense:
    """Take what a payment brought too much from a request of one's own; raises as `payments.release_over`."""
    asked = own_request(session, acting, request_id)
    item = payments.release_over(
        session, request_id=asked.id, transaction_id=transaction_id, why=why, now=now, actor=acting.actor
    )
    events.tell_requests(session, [asked.id], page=payer_page(current_world().settings), now=now)
    _tell(session, now, acting, "suspense.undone", item)
    return item


def _undone(session: Session, *, now: datetime, acting: Acting, paid: Allocation, why: str) -> Suspense:
    undone = payments.undo_allocation(session, allocation_id=paid.id, why=why, now=now, actor=acting.actor)
    waits = select(Suspense).where(Suspense.transaction_id == undone.transaction_id, Suspense.status == "open")
    item = session.scalars(waits).one()
    uncount(session, _counted(undone, suspense.transaction_of(session, item)), now=now)
    _tell(session, now, acting, "suspense.undone", item)
    return item


def send_back(session: Session, *, now: datetime, acting: Acting, suspense_id: str, wanted: Wanted) -> Refund:
    """Have a waiting sum of one's own go back; raises as `suspense.send_back`."""
    item = own_suspense(session, acting, suspense_id)
    row = suspense.send_back(
        session, suspense_id=item.id, wanted=wanted, ways=refund_ways(current_world()), now=now, actor=acting.actor
    )
    follow_asked(session, now=now, acting=acting, row=row)
    return row


def send_back_over(session: Session, *, now: datetime, acting: Acting, request_id: str, wanted: Wanted) -> Refund:
    """Have what was paid too much for a request of one's own go back; raises as `suspense.send_back_over`."""
    row = suspense.send_back_over(
        session, request_id=request_id, wanted=wanted, ways=refund_ways(current_world()), now=now, actor=acting.actor
    )
    follow_asked(session, now=now, acting=acting, row=row)
    return row


def assigned_to(session: Session, item: Suspense) -> Allocation | None:
    """Return what a waiting sum pays now, if it was given to a request."""
    live = select(Allocation).where(Allocation.suspense_id == item.id, Allocation.undone_at.is_(None))
    return session.scalar(live)


def waiting_after(session: Session, acting: Acting, item: Suspense) -> str | None:
    """Return the sum that has waited longest beside this one at one's own payees, with nothing going on about it."""
    going = select(Refund.suspense_id).where(Refund.status.in_(LIVE_REFUNDS), Refund.suspense_id.is_not(None))
    query = select(Suspense.id).where(
        Suspense.payee_id.in_([one.id for one in own_payees(session, acting)]), Suspense.status == "open",
        Suspense.id != item.id, Suspense.id.not_in(going),
    )  # fmt: skip
    return session.scalar(query.order_by(Suspense.opened_at, Suspense.id).limit(1))


def refund_going(session: Session, item: Suspense) -> Refund | None:
    """Return the newest refund of a waiting sum."""
    return session.scalar(select(Refund).where(Refund.suspense_id == item.id).order_by(Refund.seq.desc()).limit(1))


def _counted(paid: Allocation, money: Transaction) -> Allocated:
    return Allocated(
        paid.id, money.id, paid.request_id, money.payee_id, paid.amount_minor, money.paid_at, money.business_date,
        money.area_ref,
    )  # fmt: skip


def _tell(session: Session, now: datetime, acting: Acting, act: str, item: Suspense) -> None:
    changed: dict[str, tuple[object, object]] = {"amount_minor": (None, item.amount_minor)}
    record(session, now=now, acting=acting, act=act, object_id=item.id, changed=changed, public=frozenset(changed))
