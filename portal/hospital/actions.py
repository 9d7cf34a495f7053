"""What can be done at a hospital's desk: open a stay, ask for an advance, charge, discharge; an act a transaction."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import payments
from payments import Money, advances
from payments.models import Payee, Request
from payments.states import Purpose, RequestStatus
from portal.acting import Acting
from portal.audit import record
from portal.cashier.actions import taking_desk
from portal.crypto import FieldKeys
from portal.errors import NotFound
from portal.hospital.errors import ReductionUnfit, StayClosed, StayExists, StayUnfit
from portal.hospital.models import Stay, StayCharge
from portal.hospital.words import ADVANCE_ITEM, ITEMS
from portal.pay.money_in import follow
from portal.pay.owners import own_payee, owner_of

LASTS = timedelta(minutes=30)
MOST_NAME, MOST_REASON = 80, 120
_CODE = re.compile(r"(?=.*[0-9])[A-Z0-9][A-Z0-9./-]{2,19}")
_OWES = (RequestStatus.OPEN, RequestStatus.EXPIRED)


def open_stay(
    session: Session, *, now: datetime, acting: Acting, payee_id: str, code: str, name: str, keys: FieldKeys
) -> Stay:
    """Open a stay under the hospital's own code. Raises `StayUnfit`, `StayExists`, and `NotFound` for another's."""
    payee, code, name = own_payee(session, acting, payee_id), "".join(code.split()).upper(), " ".join(name.split())
    if not _CODE.fullmatch(code):
        raise StayUnfit("hospital.code")
    if not 0 < len(name) <= MOST_NAME:
        raise StayUnfit("hospital.name")
    session.execute(select(Payee.id).where(Payee.id == payee.id).with_for_update())
    if session.scalar(select(Stay.id).where(Stay.payee == payee.id, Stay.code == code)) is not None:
        raise StayExists
    row = Stay(payee=payee.id, code=code, name_sealed="", opened_at=now)
    session.add(row)
    session.flush()
    row.name_sealed = keys.seal(name, place=f"hospital_stay.name.{row.id}")
    tell(session, now, acting, "stay.opened", row, row.id)
    return row


def ask_advance(
    session: Session, *, now: datetime, acting: Acting, stay_id: str, desk_ref: str, amount_minor: int, form_id: str
) -> Request:
    """Ask for an advance, for half an hour; the same form twice is one. Raises as `payments.create_request`."""
    stay = _open_stay(session, acting, stay_id)
    known = {one.client_ref for one in requests_of(session, stay)}
    asked = _ask(
        session, now=now, acting=acting, stay=stay, desk_ref=desk_ref, amount_minor=amount_minor, form_id=form_id,
        item=f"{ADVANCE_ITEM} · {stay.code}", purpose=Purpose.ADVANCE, expires_at=now + LASTS,
    )  # fmt: skip
    if form_id not in known:
        tell(session, now, acting, "advance.asked", stay, asked.id, amount_minor=amount_minor)
    return asked


def charge(
    session: Session, *, now: datetime, acting: Acting, stay_id: str, desk_ref: str, item: str, gross_minor: int,
    reduction_minor: int, reason: str, form_id: str,
) -> StayCharge:  # fmt: skip
    """Charge a stay, less what it is let off for a written reason; the same form twice is one charge.

    It owes until it is paid or taken from the advance: a stay's charges have no last minute. Raises `ReductionUnfit`,
    `StayClosed`, and as `payments.create_request`.
    """
    stay, reason = _open_stay(session, acting, stay_id), " ".join(reason.split())
    if not 0 <= reduction_minor <= gross_minor:
        raise ReductionUnfit("hospital.reduction")
    if len(reason) > MOST_REASON or (reduction_minor and not reason):
        raise ReductionUnfit("hospital.reduction_reason")
    taking_desk(session, acting, desk_ref)
    sent = session.scalar(select(StayCharge).where(StayCharge.stay_id == stay.id, StayCharge.form_id == form_id))
    if sent is not None:
        return sent
    net, words, request_id = gross_minor - reduction_minor, ITEMS[item], None
    if net:
        request_id = _ask(
            session, now=now, acting=acting, stay=stay, desk_ref=desk_ref, amount_minor=net, form_id=form_id,
            item=f"{words} · {stay.code}", purpose=Purpose.CHARGE, expires_at=None,
        ).id  # fmt: skip
    row = StayCharge(
        stay_id=stay.id, item=item, gross_minor=gross_minor, reduction_minor=reduction_minor,
        reduction_reason=reason if reduction_minor else None, request_id=request_id, form_id=form_id, made_at=now,
        made_by=acting.actor,
    )  # fmt: skip
    session.add(row)
    session.flush()
    tell(session, now, acting, "stay.charged", stay, row.id, amount_minor=gross_minor, reduction_minor=reduction_minor)
    return row


def discharge(session: Session, *, now: datetime, acting: Acting, stay_id: str) -> Stay:
    """Take a stay's charges from its advances, the oldest first, and close it; a second time changes nothing.

    What the advance does not cover stays due; what is left of the advance waits for its return.
    """
    stay = own_stay(session, acting, stay_id, lock=True)
    if stay.discharged_at is not None:
        return stay
    stay.discharged_at = now
    paid, taken = [], 0
    for request in owing(session, stay):
        if not advances.credit_left(session, payee_id=stay.payee, subject_ref=stay.id):
            break
        uses = advances.use_credit(session, request_id=request.id, now=now, actor=acting.actor)
        taken += sum(one.amount_minor for one in uses)
        paid.append(request.id)
    follow(session, now=now, acting=acting, allocations=(), request_ids=paid)
    tell(session, now, acting, "stay.discharged", stay, stay.id, taken_minor=taken)
    return stay


def undo_use(session: Session, *, now: datetime, acting: Acting, stay_id: str, use_id: str, why: str) -> None:
    """Give back to a stay's advance what a charge took; the charge owes it again. Raises as `advances.undo_use`."""
    stay = own_stay(session, acting, stay_id, lock=True)
    used = {one.id for one in advances.uses_of(session, [one.id for one in requests_of(session, stay)])}
    if use_id not in used:
        raise NotFound
    use = advances.undo_use(session, use_id=use_id, why=why, now=now, actor=acting.actor)
    follow(session, now=now, acting=acting, allocations=(), request_ids=[use.request_id])
    tell(session, now, acting, "advance.given_back", stay, use.request_id, amount_minor=use.amount_minor)


def own_stay(session: Session, acting: Acting, stay_id: str, *, lock: bool = False) -> Stay:
    """Return a stay at one's own hospital; raise `NotFound` for any other."""
    query: Any = select(Stay).where(Stay.id == stay_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row: Stay | None = session.scalar(query)
    if row is None:
        raise NotFound
    own_payee(session, acting, row.payee)
    return row


def requests_of(session: Session, stay: Stay) -> list[Request]:
    """Return all that was asked for in a stay, oldest first."""
    query = select(Request).where(Request.payee_id == stay.payee, Request.subject_ref == stay.id)
    return list(session.scalars(query.order_by(Request.seq)))


def owing(session: Session, stay: Stay) -> list[Request]:
    """Return the charges of a stay that are not paid, oldest first."""
    found = requests_of(session, stay)
    return [one for one in found if one.purpose == Purpose.CHARGE and one.status in _OWES and one.due_minor]


def tell(session: Session, now: datetime, acting: Acting, act: str, stay: Stay, object_id: str, **figures: int) -> None:
    """Leave an audit row in the chain of the hospital."""
    changed: dict[str, tuple[object, object]] = {name: (None, value) for name, value in figures.items()}
    own = replace(acting, organisation_id=owner_of(session, stay.payee))
    record(session, now=now, acting=own, act=act, object_id=object_id, changed=changed, public=frozenset(changed))


def _open_stay(session: Session, acting: Acting, stay_id: str) -> Stay:
    stay = own_stay(session, acting, stay_id, lock=True)
    if stay.discharged_at is not None:
        raise StayClosed
    return stay


def _ask(
    session: Session, *, now: datetime, acting: Acting, stay: Stay, desk_ref: str, amount_minor: int, form_id: str,
    item: str, purpose: Purpose, expires_at: datetime | None,
) -> Request:  # fmt: skip
    if taking_desk(session, acting, desk_ref).payee != stay.payee:
        raise NotFound
    return payments.create_request(
        session, payee_id=stay.payee, amount=Money(amount_minor), item=item, now=now, expires_at=expires_at,
        desk_ref=desk_ref, client_ref=form_id, cashier_ref=acting.login_id, subject_ref=stay.id, purpose=purpose,
    )  # fmt: skip
