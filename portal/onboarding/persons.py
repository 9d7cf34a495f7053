"""People behind organisations: made once, sealed, found by blind index, shown by name only where that is agreed."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.crypto import FieldKeys
from portal.db import new_id
from portal.onboarding.errors import AnswerRefused
from portal.onboarding.models import Organisation, Person
from portal.onboarding.validators import IdNumber
from portal.people.phones import Phone
from portal.places.names import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is known of a person; `id_number` None means later."""

    name: str
    phone: Phone
    id_number: IdNumber | None


def refuse_known_id(session: Session, *, number: IdNumber, keys: FieldKeys, own: str | None = None) -> None:
    """Raise `AnswerRefused` id.known where another person than `own` has this number: says nothing of who."""
    index = keys.index(f"id.{number.kind}", number.value)
    holder = session.scalar(select(Person.id).where(Person.id_kind == number.kind, Person.id_index == index))
    if holder is not None and holder != own:
        raise AnswerRefused("id.known")


def make_person(
    session: Session, *, now: datetime, keys: FieldKeys, identity: Identity, login_id: str | None
) -> Person:
    """Add a person."""
    person = Person(id=new_id("pe"), login_id=login_id, created_at=now)
    session.add(person)
    rewrite_person(session, person, keys=keys, identity=identity)
    return person


def make_persons(session: Session, *, now: datetime, keys: FieldKeys, identities: Iterable[Identity]) -> list[Person]:
    """Add many people who have neither login nor ID number yet, in one go."""
    people = []
    for identity in identities:
        person = Person(id=new_id("pe"), created_at=now)
        _write(person, keys, identity)
        people.append(person)
    session.add_all(people)
    session.flush()
    return people


def rewrite_person(session: Session, person: Person, *, keys: FieldKeys, identity: Identity) -> list[str]:
    """Write what is known of a person; return the names of the fields that changed."""
    before = (person.name_index, person.phone_index, person.id_index)
    _write(person, keys, identity)
    number = identity.id_number
    session.flush()
    if number is not None:
        give_id_number(session, person, number, keys=keys)
    after = (person.name_index, person.phone_index, person.id_index)
    return [name for name, old, new in zip(("name", "phone", "id"), before, after, strict=True) if old != new]


def give_id_number(session: Session, person: Person, number: IdNumber, *, keys: FieldKeys) -> None:
    """Write a number, sealed and indexed, with what it tells; raise `AnswerRefused` id.known where another has it."""
    refuse_known_id(session, number=number, keys=keys, own=person.id)
    try:
        with session.begin_nested():
            person.id_kind, person.sex, person.birth_year = number.kind, number.sex, number.birth_year
            person.id_sealed = keys.seal(number.value, place=f"person.id.{person.id}")
            person.id_index = keys.index(f"id.{number.kind}", number.value)
    except IntegrityError:  # another was given it this very moment
        raise AnswerRefused("id.known") from None


def _write(person: Person, keys: FieldKeys, identity: Identity) -> None:
    person.name_sealed = keys.seal(identity.name, place=f"person.name.{person.id}")
    person.name_index = keys.index("name", fold(identity.name))
    person.phone_sealed = keys.seal(identity.phone.e164, place=f"person.phone.{person.id}")
    person.phone_index = keys.index("phone", identity.phone.e164)


def person_name(person: Person, keys: FieldKeys) -> str:
    """Return a person's name; nothing of an erased one."""
    return keys.open(person.name_sealed, place=f"person.name.{person.id}") if person.name_sealed else ""


def person_phone(person: Person, keys: FieldKeys) -> Phone | None:
    """Return a person's contact phone."""
    return Phone(keys.open(person.phone_sealed, place=f"person.phone.{person.id}")) if person.phone_sealed else None


def person_id_number(person: Person, keys: FieldKeys) -> IdNumber | None:
    """Return a person's ID number; show it masked, unless a reason was asked and audited."""
    if person.id_sealed is None or person.id_kind is None:
        return None
    value = keys.open(person.id_sealed, place=f"person.id.{person.id}")
    return IdNumber(person.id_kind, value, person.sex, person.birth_year)


def seller_name(session: Session, organisation: Organisation, keys: FieldKeys) -> str:
    """Return the name under which an organisation is known: a household's is its head's, personal."""
    if organisation.public_name is not None:
        return organisation.public_name
    head = session.get(Person, organisation.head_person_id) if organisation.head_person_id else None
    return person_name(head, keys) if head is not None else ""


def given_name(name: str) -> str:
    """Return the last word of a name: how people call each other."""
    return (name.split() or [""])[-1]


def initials(name: str) -> str:
    """Return a name as lists show it: `Nguyễn Thị Hạnh` is `N.T. Hạnh`."""
    *before, last = name.split() or [""]
    letters = "".join(f"{unicodedata.normalize('NFC', word)[0].upper()}." for word in before)
    return f"{letters} {last}".strip()
