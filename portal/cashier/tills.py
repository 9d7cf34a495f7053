"""What a till reads: its desks, a request with all that stands on its page, the last receipts, the news."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

import payments
from payments.models import Payee, Receipt, Request
from portal.acting import Acting
from portal.cashier.actions import own_desk, own_request
from portal.cashier.models import CashierDeskState, Desk
from portal.pay.owners import own_payees
from portal.pay.showing import Shown, shown

if TYPE_CHECKING:
    from portal.world import World

LAST_RECEIPTS = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """One request at the till: as the payer sees it, its desk, and the number from which the stream goes on."""

    shown: Shown
    desk: Desk | None
    seq: int


def active_desks(session: Session, acting: Acting) -> list[Desk]:
    """Return the desks of one's own organisation that take money now, by name."""
    payees = [payee.id for payee in own_payees(session, acting)]
    query = select(Desk).join(CashierDeskState, CashierDeskState.desk_ref == Desk.desk_ref)
    active = query.where(Desk.payee.in_(payees), CashierDeskState.state == "active", CashierDeskState.to_at.is_(None))
    return list(session.scalars(active.order_by(Desk.name, Desk.desk_ref)))


def asked(session: Session, acting: Acting, request_id: str, *, world: "World") -> Asked:
    """Return what the page of one's own request shows; raise `NotFound` for any other."""
    payee_id = session.scalar(select(Request.payee_id).where(Request.id == request_id))
    # The number is read before the request: what comes in between is sent by the stream, never lost.
    seq = payments.last_seq(session, payee_id=payee_id or "")
    request = own_request(session, acting, request_id)
    desk = session.get(Desk, request.desk_ref) if request.desk_ref else None
    return Asked(shown(session, request.id, world=world), desk, seq)


def last_receipts(session: Session, desk: Desk | None) -> list[Receipt]:
    """Return the last ten receipts of a desk, newest first."""
    if desk is None:
        return []
    query = select(Receipt).join(Request, Request.id == Receipt.request_id).where(Request.desk_ref == desk.desk_ref)
    return list(session.scalars(query.order_by(Receipt.issued_at.desc(), Receipt.number.desc()).limit(LAST_RECEIPTS)))


def payee_of_till(session: Session, acting: Acting, desk_ref: str | None) -> Payee | None:
    """Return whose money a till watches: its desk's payee, else the first of the organisation, if it has one."""
    if desk_ref:
        return session.get_one(Payee, own_desk(session, acting, desk_ref).payee)
    return next(iter(own_payees(session, acting)), None)
