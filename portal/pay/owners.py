"""Whose money it is: from an organisation to its payees, and from a payee to its owner, type and place."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from payments.models import Payee
from portal.acting import Acting
from portal.db import UtcDateTime
from portal.errors import NotFound
from portal.pay.models import InstitutionList, PayeeOwner
from portal.places.models import PlacesHome

_CHUNK = 500
_OWNERS: Any = PayeeOwner.__table__
_LISTED: Any = InstitutionList.__table__
_AT = bindparam("at", type_=UtcDateTime)
_TYPE = select(_LISTED.c.type).where(
    _LISTED.c.payee == bindparam("its_payee"),
    _LISTED.c.from_at <= _AT,
    or_(_LISTED.c.to_at.is_(None), _LISTED.c.to_at > _AT),
)
_OWNER = select(_OWNERS.c.organisation_id).where(_OWNERS.c.payee_id == bindparam("its_payee"))


def own_payees(session: Session, acting: Acting) -> list[Payee]:
    """Return the payees of the organisation for which somebody acts, oldest first."""
    query = select(Payee).join(PayeeOwner, PayeeOwner.payee_id == Payee.id)
    mine = query.where(PayeeOwner.organisation_id == acting.organisation_id)
    return list(session.scalars(mine.order_by(Payee.created_at, Payee.id)))


def own_payee(session: Session, acting: Acting, payee_id: str) -> Payee:
    """Return a payee of one's own organisation; raise `NotFound` for any other."""
    owner = session.get(PayeeOwner, payee_id)
    if owner is None or acting.organisation_id is None or owner.organisation_id != acting.organisation_id:
        raise NotFound
    return session.get_one(Payee, payee_id)


def owner_of(session: Session, payee_id: str) -> str | None:
    """Return the id of a payee's organisation; None for money that is nobody's whom we know."""
    session.flush()
    found: str | None = session.connection().execute(_OWNER, {"its_payee": payee_id}).scalar_one_or_none()
    return found


def type_of(session: Session, payee_id: str, *, at: datetime) -> str:
    """Return as what a payee was on the list at an instant; who is on no list is `other`."""
    session.flush()
    return session.connection().execute(_TYPE, {"its_payee": payee_id, "at": at}).scalar() or "other"


def follow_homes(session: Session) -> int:
    """Write each payee's present home into its row, from which new transactions take their area; return how many."""
    query = (
        select(Payee, PlacesHome.area_id)
        .join(PlacesHome, PlacesHome.subject_id == Payee.id)
        .where(PlacesHome.to_at.is_(None), Payee.area_ref != PlacesHome.area_id)
        .order_by(Payee.id)
        .limit(_CHUNK)
    )
    moved = session.execute(query.with_for_update(of=Payee, skip_locked=True)).all()
    for payee, area_id in moved:
        payee.area_ref = area_id
    session.flush()
    return len(moved)
