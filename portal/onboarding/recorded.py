"""A household that a list put on record before its owner came: is it this person's? By ID number, else name and phone.

Nothing merges by itself. It is the owner's where the confirmed phone and the ID number, or where there is none on
record the name, are both those of the list. Where one of them differs an officer says whose it is.
"""

from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.crypto import FieldKeys
from portal.onboarding.errors import AnswerRefused
from portal.onboarding.models import HouseholdClaim, Organisation, Person
from portal.onboarding.persons import Identity
from portal.onboarding.validators import IdNumber
from portal.places.names import fold


@dataclass(frozen=True, slots=True)
class Recorded:
    """A household on record without an owner, and whether what a person proved is enough."""

    organisation: Organisation
    sure: bool


def find_recorded(session: Session, identity: Identity, keys: FieldKeys) -> Recorded | None:
    """Return the household on record that is this person's, or may be; the phone was confirmed by its code."""
    number, phone = identity.id_number, keys.index("phone", identity.phone.e164)
    if number is not None:
        index = keys.index(f"id.{number.kind}", number.value)
        own = session.execute(_unowned().where(Person.id_kind == number.kind, Person.id_index == index)).one_or_none()
        if own is not None:
            return Recorded(own[0], sure=own[1].phone_index == phone)
    named = keys.index("name", fold(identity.name))
    alike = session.execute(_unowned().where(Person.phone_index == phone, Person.name_index == named).limit(2)).all()
    if len(alike) != 1:  # two of one name at one phone: nobody can tell which
        return None
    organisation, head = alike[0]
    if number is not None and head.id_kind == number.kind:
        return None  # another number of the same kind: another person
    return Recorded(organisation, sure=head.id_index is None)


def _unowned() -> Select[Organisation, Person]:
    return (
        select(Organisation, Person)
        .join(Person, Person.id == Organisation.head_person_id)
        .where(
            Organisation.kind == "household",
            Organisation.state == "recorded",
            Organisation.closed_at.is_(None),
            Person.login_id.is_(None),
        )
    )


def refuse_taken_id(session: Session, *, number: IdNumber, keys: FieldKeys, own: str | None = None) -> None:
    """Raise `AnswerRefused` id.known where another person than `own` has this number, and is not merely on record."""
    index = keys.index(f"id.{number.kind}", number.value)
    same = (Person.id_kind == number.kind, Person.id_index == index)
    holder = session.scalar(select(Person.id).where(*same))
    if holder is None or holder == own or session.execute(_unowned().where(*same)).one_or_none() is not None:
        return
    raise AnswerRefused("id.known")


def claim_of(session: Session, draft_id: str) -> HouseholdClaim | None:
    """Return the newest claim of a draft."""
    query = select(HouseholdClaim).where(HouseholdClaim.draft_id == draft_id).order_by(HouseholdClaim.asked_at.desc())
    return session.scalars(query.limit(1)).one_or_none()
