"""Money that goes back, as people and systems act on it: asked, agreed, withdrawn, transferred; told and counted."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import payments
from payments import RefundChanged, Returned, Wanted
from payments.models import Refund, Transaction
from payments.refunds.errors import RefundUnknown
from payments.states import RefundStatus
from payments.v1 import refunds as told_refunds
from portal.acting import Acting
from portal.audit import record
from portal.counting import add
from portal.errors import NotFound
from portal.pay.owners import own_payee, owner_of, type_of
from portal.pay.wiring import payer_page, refund_ways
from portal.world import current_world

_MOST_ACTOR = 40
# Where the account of a transfer by hand is sealed: with the id of what it is taken from.
SEALED_AT = "pay_refunds.sealed_to."
_ENDS = {RefundStatus.SUCCEEDED: "refund.done", RefundStatus.FAILED: "refund.failed"}


def ask(
    session: Session,
    *,
    now: datetime,
    acting: Acting,
    request_id: str,
    wanted: Wanted,
    allocation_id: str | None = None,
) -> Refund:
    """Ask for a refund of a request that the caller may reach; raises as `payments.ask_refund`."""
    row = payments.ask_refund(
        session, request_id=request_id, wanted=wanted, ways=refund_ways(current_world()), now=now, actor=_by(acting),
        allocation_id=allocation_id,
    )  # fmt: skip
    follow_asked(session, now=now, acting=acting, row=row)
    return row


def follow_asked(session: Session, *, now: datetime, acting: Acting, row: Refund) -> None:
    """Tell that a refund was asked for."""
    _tell(session, now, acting, "refund.asked", row)


def decide(session: Session, *, now: datetime, acting: Acting, refund_id: str, agreed: bool) -> Refund:
    """Agree to a refund of one's own organisation, or refuse it; raises as `payments.decide_refund`."""
    own_refund(session, acting, refund_id)
    row = payments.decide_refund(session, refund_id=refund_id, agreed=agreed, now=now, actor=_by(acting))
    _tell(session, now, acting, "refund.agreed" if agreed else "refund.refused", row)
    return row


def cancel(session: Session, *, now: datetime, acting: Acting, refund_id: str) -> Refund:
    """Withdraw a refund of one's own organisation; raises IllegalTransition once it is on its way."""
    own_refund(session, acting, refund_id)
    row = payments.cancel_refund(session, refund_id=refund_id, now=now, actor=_by(acting))
    _tell(session, now, acting, "refund.canceled", row)
    return row


def confirm(session: Session, *, now: datetime, acting: Acting, refund_id: str, reference: str) -> Refund:
    """Note that a refund of one's own organisation was transferred; raises as `payments.confirm_by_hand`."""
    own_refund(session, acting, refund_id)
    returned = payments.confirm_by_hand(session, refund_id=refund_id, reference=reference, now=now, actor=_by(acting))
    follow_returned(session, now=now, acting=acting, returned=returned)
    return _row(session, refund_id)


def follow_changed(session: Session, *, now: datetime, acting: Acting, changed: RefundChanged) -> None:
    """Do what follows from a provider's answer, in the transaction that records it."""
    if changed.returned is not None:
        follow_returned(session, now=now, acting=acting, returned=changed.returned)
    elif changed.status in _ENDS:
        _tell(session, now, acting, _ENDS[RefundStatus(changed.status)], _row(session, changed.refund_id))
    else:
        _tell_systems(session, changed.refund_id, now=now)


def follow_returned(session: Session, *, now: datetime, acting: Acting, returned: Returned) -> None:
    """Count what went back, tell the trail and the payee's systems."""
    count(session, returned, d=-returned.amount_minor, now=now)
    _tell(session, now, acting, "refund.done", _row(session, returned.refund_id))


def follow_came_back(
    session: Session, *, now: datetime, acting: Acting, refund_id: str, returned: Returned | None
) -> None:
    """Count what has come back again, and tell of it; `returned` as `payments.came_back` gave it."""
    if returned is not None:
        count(session, returned, d=returned.amount_minor, now=now)
    _tell(session, now, acting, "refund.failed", _row(session, refund_id))


def count(session: Session, returned: Returned, *, d: int, now: datetime) -> None:
    """Take a refund out of the sum of its day, or put it in again; the payment itself stays counted."""
    if not returned.counts or returned.area_ref is None:
        return
    provider = session.scalar(select(Transaction.provider).where(Transaction.id == returned.transaction_id))
    values = {"type": type_of(session, returned.payee_id, at=returned.at), "partner": str(provider)}
    add(session, "PAY_VND", area=returned.area_ref, d=d, effective_at=returned.at, values=values, now=now)


def own_refund(session: Session, acting: Acting, refund_id: str) -> Refund:
    """Return a refund of one's own organisation; raise `NotFound` for any other."""
    try:
        row = _row(session, refund_id)
    except RefundUnknown:
        raise NotFound from None
    own_payee(session, acting, row.payee_id)
    return row


def _by(acting: Acting) -> str:
    """Return who acts, as the books keep it."""
    return acting.actor[:_MOST_ACTOR]


def _row(session: Session, refund_id: str) -> Refund:
    row = session.scalar(select(Refund).where(Refund.id == refund_id))
    if row is None:
        raise RefundUnknown(refund_id=refund_id)
    return row


def _tell(session: Session, now: datetime, acting: Acting, act: str, row: Refund) -> None:
    _tell_systems(session, row.id, now=now)
    own = replace(acting, organisation_id=owner_of(session, row.payee_id))
    changed: dict[str, tuple[object, object]] = {"amount_minor": (None, row.amount_minor)}
    record(session, now=now, acting=own, act=act, object_id=row.id, changed=changed, public=frozenset(changed))


def _tell_systems(session: Session, refund_id: str, *, now: datetime) -> None:
    told_refunds.tell(session, [refund_id], page=payer_page(current_world().settings), now=now)
