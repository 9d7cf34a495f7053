"""What follows when money is booked, in the transaction that books it: counts, receipts, the audit rows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

import payments
from payments import Allocated, Applied
from payments.gateways import test_card
from payments.gateways.protocol import Sender
from payments.models import Allocation, Transaction
from payments.v1 import events
from portal.acting import Acting
from portal.audit import Act, record_many
from portal.counting import add_figures
from portal.pay.owners import owner_of, type_of
from portal.pay.refunding import follow_returned
from portal.pay.wiring import payer_page
from portal.world import current_world

# Made once, and on the tables themselves: every payment runs them.
_MONEY: Any = Transaction.__table__
_PARTS: Any = Allocation.__table__
_ORIGINS = select(_MONEY.c.id, _MONEY.c.provider, _MONEY.c.attempt_id).where(
    _MONEY.c.id.in_(bindparam("ids", expanding=True))
)
_ELSEWHERE = (
    select(_PARTS.c.id)
    .where(_PARTS.c.transaction_id == bindparam("its_id"), _PARTS.c.undone_at.is_(None))
    .where(_PARTS.c.id.not_in(bindparam("parts", expanding=True)))
    .limit(1)
)


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
    issued = (
        payments.receipt_if_due(session, request_id=one, now=now, actor=acting.actor) for one in request_ids
    )  # fmt: skip
    receipts = [receipt for receipt in issued if receipt is not None]
    by_transaction: defaultdict[str, list[Allocated]] = defaultdict(list)
    for allocated in allocations:
        by_transaction[allocated.transaction_id].append(allocated)
    known = _origins(session, by_transaction)
    for transaction_id, parts in by_transaction.items():
        _count(session, now, known[transaction_id].provider, parts)
    events.tell_requests(session, request_ids, page=payer_page(current_world().settings), now=now)
    for transaction_id, parts in by_transaction.items():
        if known[transaction_id].attempt_id is None:  # a gateway's money comes to the bank later, by its payout
            events.tell_balance(session, [parts[0].payee_id], mark=transaction_id, now=now)
    acts = [(one.payee_id, _act("payment.booked", one.request_id, one.amount_minor)) for one in allocations]
    acts += [(one.payee_id, _act("receipt.issued", one.id, one.amount_minor)) for one in receipts]
    _record(session, now, acting, acts)


def _origins(session: Session, transaction_ids: Iterable[str]) -> dict[str, Any]:
    """Return provider and attempt of transactions, by id."""
    session.flush()
    return {one.id: one for one in session.connection().execute(_ORIGINS, {"ids": list(transaction_ids)})}


def uncount(session: Session, undone: Allocated, *, now: datetime) -> None:
    """Take an allocation out of the figures of its day, and tell what became of its request."""
    origin = _origins(session, [undone.transaction_id])[undone.transaction_id]
    _count(session, now, origin.provider, (undone,), sign=-1)
    events.tell_requests(session, [undone.request_id], page=payer_page(current_world().settings), now=now)


def _count(session: Session, now: datetime, provider: str, parts: Sequence[Allocated], *, sign: int = 1) -> None:
    """Count one provider's transaction once, however many requests it pays, as long as it pays any."""
    first = parts[0]
    if first.area_ref is None:  # a payee without a place belongs to no figure of the province
        return
    if provider == test_card.PAYS:  # play money of a developer: no figure of the province
        return
    values = {"type": type_of(session, first.payee_id, at=first.paid_at), "partner": provider}
    paid_minor = sum(part.amount_minor for part in parts)
    of_parts = {"its_id": first.transaction_id, "parts": [part.allocation_id for part in parts]}
    counted = session.connection().execute(_ELSEWHERE, of_parts).first() is not None
    figures = {"PAY_N": 0 if counted else sign, "PAY_VND": sign * paid_minor}
    add_figures(session, figures, area=first.area_ref, effective_at=first.paid_at, values=values, now=now)


def _act(name: str, object_id: str, amount_minor: int) -> Act:
    return Act(name, object_id, changed={"amount_minor": (None, amount_minor)}, public=frozenset({"amount_minor"}))


def _record(session: Session, now: datetime, acting: Acting, acts: Sequence[tuple[str, Act]]) -> None:
    """Leave audit rows in the chains of the organisations whose money it is, each chain locked once."""
    for payee_id in dict.fromkeys(payee_id for payee_id, _act in acts):
        own = replace(acting, organisation_id=owner_of(session, payee_id))
        record_many(session, now=now, acting=own, acts=[act for whose, act in acts if whose == payee_id])
