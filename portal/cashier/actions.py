"""What can be done with institutions, desks and requests; each act counted and told in its own transaction."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

import payments
from payments import Money, rows
from payments.models import Payee, Request
from payments.states import RequestStatus
from portal.acting import Acting
from portal.audit import record
from portal.cashier.errors import DeskClosed, DeskUnnamed, FormSent, TypeUnknown
from portal.cashier.models import CashierDeskState, Desk
from portal.counting import counting
from portal.db import new_id
from portal.errors import NotFound
from portal.onboarding.actions import create_organisation
from portal.onboarding.models import Organisation
from portal.pay.models import TYPES, InstitutionList, PayeeOwner
from portal.pay.owners import own_payee, type_of
from portal.places import actions as places

FEED = "sepay"
# A patient waits at the desk, a market's customer too; a family pays when somebody is at home.
LASTS = {"hospital": timedelta(minutes=30), "market": timedelta(minutes=30)}
LASTS_ELSE = timedelta(days=7)
MOST_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where an institution's money goes, and by which ways it comes; `prefix` begins its payment codes."""

    bank_bin: str
    number: str
    holder_name: str
    prefix: str
    ways: tuple[str, ...] = ("vnpay", "vietqr")
    feed: str = FEED


@dataclass(frozen=True, slots=True)
class Institution:
    """An organisation on the list, and the payee that takes its money."""

    organisation: Organisation
    payee: Payee


def open_institution(
    session: Session, *, now: datetime, acting: Acting, name: str, kind: str, unit_id: str, account: Account
) -> Institution:
    """Enter a school, hospital, market or other institution with its place and bank account, and put it on the list.

    `unit_id` is a commune valid at `now`. Raises `TypeUnknown`, PayeeInvalid, PayeeExists and the errors of places.
    """
    if kind not in TYPES:
        raise TypeUnknown
    organisation = create_organisation(
        session,
        now=now,
        acting=acting,
        kind="market" if kind == "market" else "institution",
        name=name,
        unit_id=unit_id,
        type_code=kind,
    )
    payee = payments.create_payee(
        session,
        name=name,
        holder_name=account.holder_name,
        bank_bin=account.bank_bin,
        account=account.number,
        prefix=account.prefix,
        gateways=account.ways,
        area_ref=organisation.current_unit_id,
        now=now,
    )
    session.add(PayeeOwner(payee_id=payee.id, organisation_id=organisation.id))
    if "vietqr" in account.ways:  # money by bank transfer is seen through a feed of the account alone
        payments.open_feed(session, payee_id=payee.id, provider=account.feed, now=now)
    with counting(session, payee.id, effective_at=now):
        places.set_home(session, subject_id=payee.id, area_id=payee.area_ref or "", at=now)
        session.add(InstitutionList(payee=payee.id, type=kind, from_at=now, to_at=None))
        own = replace(acting, organisation_id=organisation.id)
        record(session, now=now, acting=own, act="institution.opened", object_id=payee.id, subject=organisation.id)
    return Institution(organisation, payee)


def open_desk(session: Session, *, now: datetime, acting: Acting, payee_id: str, name: str) -> Desk:
    """Open a desk of a payee: from now on it may ask for money, and counts as a cashless point."""
    name = " ".join(name.split())
    if not 0 < len(name) <= MOST_NAME:
        raise DeskUnnamed
    desk = Desk(desk_ref=new_id("dk"), payee=payee_id, name=name, created_at=now)
    with counting(session, payee_id, effective_at=now):
        session.add(desk)
        session.flush()
        session.add(CashierDeskState(desk_ref=desk.desk_ref, payee=payee_id, state="active", from_at=now, to_at=None))
        tell(session, now, acting, "desk.opened", payee_id, desk.desk_ref)
    return desk


def set_ways(session: Session, *, now: datetime, acting: Acting, payee_id: str, ways: tuple[str, ...]) -> Payee:
    """Change the ways by which a payee takes money. Raises PayeeInvalid and PayeeUnknown."""
    before = payments.get_payee(session, payee_id).ways
    payee = payments.set_ways(session, payee_id=payee_id, gateways=ways)
    if "vietqr" in ways and not payments.has_feed(session, payee_id=payee_id):
        payments.open_feed(session, payee_id=payee_id, provider=FEED, now=now)
    changed: dict[str, tuple[object, object]] = {"ways": (" ".join(before), payee.gateways)}
    own = replace(acting, organisation_id=session.get_one(PayeeOwner, payee_id).organisation_id)
    record(
        session, now=now, acting=own, act="institution.ways_changed", object_id=payee_id, changed=changed,
        public=frozenset(changed),
    )  # fmt: skip
    return payee


def close_desk(session: Session, *, now: datetime, acting: Acting, desk_ref: str) -> Desk:
    """Close a desk; closed twice it is closed once. What it asked for can still be paid."""
    desk = session.get(Desk, desk_ref)
    if desk is None:
        raise NotFound
    with counting(session, desk.payee, effective_at=now):
        state = _state(session, desk_ref)
        if state.state == "active":
            state.to_at = now
            session.flush()  # closed before the next is opened: one open row a desk
            session.add(CashierDeskState(desk_ref=desk_ref, payee=desk.payee, state="closed", from_at=now, to_at=None))
            tell(session, now, acting, "desk.closed", desk.payee, desk_ref)
    return desk


def ask(
    session: Session, *, now: datetime, acting: Acting, desk_ref: str, amount_minor: int, item: str, payer: str,
    form_id: str,
) -> Request:  # fmt: skip
    """Ask a payer for money at a desk of one's own; the same form twice is one request.

    `payer` is initials and class or an internal code, shown to everybody beside what it is for. Raises `NotFound` for
    another's desk, `DeskClosed`, `FormSent` where that one waits no more, and as `payments.create_request`.
    """
    desk = taking_desk(session, acting, desk_ref)
    session.execute(select(Payee.id).where(Payee.id == desk.payee).with_for_update())
    sent = select(Request.id).where(Request.desk_ref == desk_ref, Request.client_ref == form_id)
    repeated = session.scalar(sent) is not None
    request = payments.create_request(
        session,
        payee_id=desk.payee,
        amount=Money(amount_minor),
        item=f"{item.strip()} · {payer}" if payer else item,
        now=now,
        expires_at=now + lasts_of(session, desk.payee, at=now),
        desk_ref=desk_ref,
        client_ref=form_id,
        cashier_ref=acting.login_id,
    )
    if repeated and request.status != RequestStatus.OPEN:  # by the back button: green, but for whom came before
        raise FormSent
    if not repeated:
        tell(session, now, acting, "request.asked", desk.payee, request.id, amount_minor=amount_minor)
    return request


def lasts_of(session: Session, payee_id: str, *, at: datetime) -> timedelta:
    """Return for how long a payee's till asks: while somebody waits, or a week."""
    return LASTS.get(type_of(session, payee_id, at=at), LASTS_ELSE)


def cancel(session: Session, *, now: datetime, acting: Acting, request_id: str, reason: str) -> Request:
    """Withdraw a request of one's own organisation for a written reason; money that still comes waits for a person."""
    known = rows.lock_request(session, own_request(session, acting, request_id).id)
    if known.status == RequestStatus.CANCELED:
        return known
    request = payments.cancel_request(session, request_id=request_id, reason=reason, now=now)
    tell(session, now, acting, "request.canceled", request.payee_id, request.id)
    return request


def own_desk(session: Session, acting: Acting, desk_ref: str) -> Desk:
    """Return a desk of one's own organisation; raise `NotFound` for any other."""
    desk = session.get(Desk, desk_ref)
    if desk is None:
        raise NotFound
    own_payee(session, acting, desk.payee)
    return desk


def taking_desk(session: Session, acting: Acting, desk_ref: str) -> Desk:
    """Return a desk of one's own organisation that takes money now; raise `NotFound` or `DeskClosed`."""
    desk = own_desk(session, acting, desk_ref)
    if _state(session, desk_ref).state != "active":
        raise DeskClosed
    return desk


def own_request(session: Session, acting: Acting, request_id: str) -> Request:
    """Return a request of one's own organisation; raise `NotFound` for any other."""
    request = session.scalar(select(Request).where(Request.id == request_id))
    if request is None:
        raise NotFound
    own_payee(session, acting, request.payee_id)
    return request


def _state(session: Session, desk_ref: str) -> CashierDeskState:
    query = select(CashierDeskState).where(CashierDeskState.desk_ref == desk_ref, CashierDeskState.to_at.is_(None))
    return session.scalars(query.with_for_update(), execution_options={"populate_existing": True}).one()


def tell(
    session: Session, now: datetime, acting: Acting, act: str, payee_id: str, object_id: str, **figures: int
) -> None:
    """Leave an audit row in the chain of the organisation whose desk it is."""
    owner = session.get_one(PayeeOwner, payee_id)
    changed: dict[str, tuple[object, object]] = {name: (None, value) for name, value in figures.items()}
    own = replace(acting, organisation_id=owner.organisation_id)
    record(session, now=now, acting=own, act=act, object_id=object_id, changed=changed, public=frozenset(changed))
