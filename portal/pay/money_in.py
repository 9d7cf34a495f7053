"""What follows when money is booked, in the transaction that books it: counts, receipts, the audit rows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import payments
from payments import Allocated, Applied
from payments.gateways import test_card
from payments.gateways.protocol import Sender
from payments.models import Allocation, Receipt, Transaction
from payments.states import RequestStatus
from payments.v1 import events
from portal.acting import Acting
from portal.audit import record
from portal.counting import add
from portal.pay.owners import owner_of, type_of
from portal.pay.refunding import follow_returned
from portal.pay.wiring import payer_page
from portal.world import current_world


def apply_stored(session: Session, *, now: datetime, acting: Acting, notice_id: int, sender: Sender) -> Applied:
    """Judge a stored notice by the five checks and do all that follows; a second time nothing follows again."""
    applied = payments.apply_notice(session, notice_id=notice_id, sender=sender, now=now, actor=acting.actor)
    if not applied.repeated:
        follow(session, now=now, acting=acting, allocations=applied.allocations, request_ids=applied.request_ids)
    if applied.returned is not None:
        follow_returned(session, now=now, acting=acting, returned=applied.returned)
    return applied


def follow(
    session: Session, *, now: datetime, acting: Acting, allocations: Sequence[Allocated], request_ids: Sequence[str]
) -> None:
    """Issue the receipts of requests that are paid now, count what was allocated, and tell the trail."""
    receipts = [
        one for request_id in request_ids if (one := _new_receipt(session, now, acting, request_id)) is not None
    ]
    by_transaction: defaultdict[str, list[Allocated]] = defaultdict(list)
    for allocated in allocations:
        by_transaction[allocated.transaction_id].append(allocated)
    for transaction_id, parts in by_transaction.items():
        _count(session, now, transaction_id, parts)
    for allocated in allocations:
        _tell(session, now, acting, "payment.booked", allocated.payee_id, allocated.request_id, allocated.amount_minor)
    events.tell_requests(session, request_ids, page=payer_page(current_world().settings), now=now)
    _tell_bank(session, now, by_transaction)
    for receipt in receipts:
        _tell(session, now, acting, "receipt.issued", receipt.payee_id, receipt.id, receipt.amount_minor)


def _tell_bank(session: Session, now: datetime, booked: Mapping[str, Sequence[Allocated]]) -> None:
    """Tell that there is more at the bank: a gateway's money comes there later, by its payout."""
    query = select(Transaction.id, Transaction.payee_id)
    at_once = session.execute(query.where(Transaction.id.in_(list(booked)), Transaction.attempt_id.is_(None))).all()
    for transaction_id, payee_id in at_once:
        events.tell_balance(session, [payee_id], mark=transaction_id, now=now)


def _new_receipt(session: Session, now: datetime, acting: Acting, request_id: str) -> Receipt | None:
    paid = payments.get_request(session, request_id).status == RequestStatus.PAID
    if not paid or payments.current_receipt(session, request_id) is not None:
        return None
    return payments.issue_receipt(session, request_id=request_id, now=now, actor=acting.actor)


def uncount(session: Session, undone: Allocated, *, now: datetime) -> None:
    """Take an allocation out of the figures of its day, and tell what became of its request."""
    _count(session, now, undone.transaction_id, (undone,), sign=-1)
    events.tell_requests(session, [undone.request_id], page=payer_page(current_world().settings), now=now)


def _count(session: Session, now: datetime, transaction_id: str, parts: Sequence[Allocated], *, sign: int = 1) -> None:
    """Count one provider's transaction once, however many requests it pays, as long as it pays any."""
    first = parts[0]
    if first.area_ref is None:  # a payee without a place belongs to no figure of the province
        return
    provider = session.scalars(select(Transaction.provider).where(Transaction.id == transaction_id)).one()
    if provider == test_card.PAYS:  # play money of a developer: no figure of the province
        return
    values = {"type": type_of(session, first.payee_id, at=first.paid_at), "partner": provider}
    paid_minor = sum(part.amount_minor for part in parts)
    elsewhere = select(Allocation.id).where(
        Allocation.transaction_id == transaction_id, Allocation.undone_at.is_(None),
        Allocation.id.not_in([part.allocation_id for part in parts]),
    )  # fmt: skip
    counted = session.scalar(elsewhere.limit(1)) is not None
    for code, d in (("PAY_N", 0 if counted else 1), ("PAY_VND", paid_minor)):
        add(session, code, area=first.area_ref, d=sign * d, effective_at=first.paid_at, values=values, now=now)


def _tell(
    session: Session, now: datetime, acting: Acting, act: str, payee_id: str, object_id: str, amount_minor: int
) -> None:
    """Leave an audit row in the chain of the organisation whose money it is."""
    own = replace(acting, organisation_id=owner_of(session, payee_id))
    changed: dict[str, tuple[object, object]] = {"amount_minor": (None, amount_minor)}
    record(session, now=now, acting=own, act=act, object_id=object_id, changed=changed, public=frozenset(changed))
