"""What an officer reaches and sees: the queue of households that wait, oldest first, and one household's checklist."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.crypto import FieldKeys
from portal.errors import NotFound
from portal.onboarding.models import Organisation, Person
from portal.onboarding.persons import initials, person_name
from portal.people.models import Consent
from portal.places.actions import lineage
from portal.places.models import AdminUnit

MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """One household in the queue."""

    id: str
    reference: str
    name: str
    commune: str
    phone: bool
    consent: bool
    id_number: bool
    since: datetime


def reached_units(session: Session, acting: Acting) -> frozenset[str] | None:
    """Return the units within an officer's grant; None for all: one province is one database."""
    if acting.role in ("province_officer", "system"):
        return None
    if acting.role != "commune_officer" or acting.unit_id is None:
        return frozenset()
    return lineage(session, acting.unit_id)


def reachable(session: Session, acting: Acting) -> ColumnElement[bool]:
    """Return the condition on organisations within a grant: a commune's officer reaches the commune's lineage."""
    units = reached_units(session, acting)
    if units is None:
        return true()
    if not units:
        return false()
    unresolved = and_(Organisation.current_unit_id.is_(None), Organisation.captured_unit_id.in_(units))
    return or_(Organisation.current_unit_id.in_(units), unresolved)


def find_seller(session: Session, acting: Acting, organisation_id: str) -> Organisation:
    """Return a seller within reach; a foreign one is missing."""
    query = select(Organisation).where(Organisation.id == organisation_id, reachable(session, acting))
    organisation = session.scalars(query).one_or_none()
    if organisation is None:
        raise NotFound
    return organisation


def queue(session: Session, acting: Acting, *, keys: FieldKeys) -> list[Waiting]:
    """Return the households that wait for approval, longest first, in two statements."""
    query = (
        select(Organisation, Person, AdminUnit.name)
        .join(Person, Person.id == Organisation.head_person_id)
        .outerjoin(AdminUnit, AdminUnit.id == Organisation.current_unit_id)
        .where(Organisation.state == "submitted", reachable(session, acting))
        .order_by(Organisation.submitted_at, Organisation.id)
        .limit(MOST_ROWS)
    )
    rows = session.execute(query).all()
    heads = [person.id for _, person, _ in rows]
    agreed = set(
        session.scalars(
            select(Consent.person_id).where(
                Consent.person_id.in_(heads), Consent.purpose == "service", Consent.withdrawn_at.is_(None)
            )
        )
    )
    return [
        Waiting(
            id=organisation.id,
            reference=organisation.reference,
            name=initials(person_name(person, keys)),
            commune=commune or "",
            phone=person.login_id is not None,
            consent=person.id in agreed,
            id_number=person.id_index is not None,
            since=organisation.submitted_at or organisation.registered_at,
        )
        for organisation, person, commune in rows
    ]
