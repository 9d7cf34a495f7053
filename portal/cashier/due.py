"""Due work of settlement: asking gateways about what differs, and looking for their payouts in the bank's lines."""

from datetime import datetime
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.errors import GatewayError, LeaseLost
from payments.gateways.protocol import WORKER_SECONDS
from payments.settlement import inquiries, payouts
from payments.settlement.tables import Payout, PayoutShare
from payments.states import PayoutStatus
from payments.v1 import events
from portal.acting import Acting
from portal.db import begin, reading
from portal.errors import NotFound
from portal.pay import wiring
from portal.pay.money_in import follow
from portal.worker import Step

if TYPE_CHECKING:
    from portal.world import World

_WORKER = Acting.system("worker")


def _inquire(world: "World") -> bool:
    """Ask a gateway about one difference."""
    with begin() as session:
        inquiry = inquiries.claim(session, now=world.clock.now())
    if inquiry is None:
        return False
    try:
        adapter = wiring.gateway(world, inquiry.asked.gateway)
        finding = adapter.query(inquiry.asked, now=world.clock.now(), seconds=WORKER_SECONDS)
    except (GatewayError, NotFound):
        finding = None
    try:
        with begin() as session:
            now = world.clock.now()
            if finding is None:
                inquiries.record_no_answer(session, inquiry=inquiry, now=now)
                return True
            settled = inquiries.record(session, inquiry=inquiry, finding=finding, now=now, actor=_WORKER.actor)
            booked = settled.booked if settled else None
            if booked is not None:
                follow(session, now=now, acting=_WORKER, allocations=booked.allocations, request_ids=booked.request_ids)
    except LeaseLost:
        current_app.extensions["log"].info("inquiry.late", gateway=inquiry.asked.gateway)
    return True


def _payouts(world: "World") -> bool:
    """Look for the bank's lines of payouts that are awaited, and end those that are explained."""
    unfinished = select(Payout.seq).where(Payout.status != PayoutStatus.RECONCILED).limit(1)
    if reading().scalar(unfinished) is None:
        return False
    with begin() as session:
        now = world.clock.now()
        payouts.take_turn(session, now=now)
        met = inquiries.meet_late(session, now=now, actor=_WORKER.actor)
        found = payouts.take_bank_lines(session, now=now, actor=_WORKER.actor)
        _tell_paid_out(session, now=now)
        return bool(met + found + payouts.reconcile(session, now=now))


def _tell_paid_out(session: Session, *, now: datetime) -> None:
    """Tell payees whose part of a batch has just come to the bank."""
    paid = select(PayoutShare.id, PayoutShare.payee_id).join(Payout, Payout.seq == PayoutShare.payout_seq)
    just_now = paid.where(Payout.transaction_seq.is_not(None), Payout.status_at == now)
    for share_id, payee_id in session.execute(just_now.order_by(PayoutShare.id)).all():
        events.tell_balance(session, [payee_id], mark=share_id, now=now)


STEPS = (
    Step("settlement.inquiries", _inquire, priority=4, every_s=2.0),
    Step("settlement.payouts", _payouts, priority=4, every_s=30.0),
)
