"""Registering a household: from answers to a seller that waits for approval, and again after it was returned."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.counting import counting
from portal.crypto import FieldKeys
from portal.db import new_id
from portal.onboarding import consents, places, requirements
from portal.onboarding.drafts import Answers
from portal.onboarding.errors import AlreadyRegistered, AnswerRefused, SellerIncomplete
from portal.onboarding.models import Membership, Organisation, Person
from portal.onboarding.persons import Identity, make_person, person_id_number, person_name, person_phone, rewrite_person
from portal.onboarding.stages import reach_stage
from portal.onboarding.states import SELLER, follow
from portal.onboarding.validators import IdNumber
from portal.people import actions as people
from portal.people.models import Login
from portal.people.phones import Phone
from portal.places.areas import day_of
from portal.places.names import fold

FOOD_SAFETY = ("certificate", "commitment", "not_yet")
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none is taken for another when read aloud
_PAIRS = [first + second for first in _LETTERS for second in _LETTERS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """Everything that a household answered. `consents` holds each purpose that was asked, with its yes or no."""

    identity: Identity
    place_raw: str
    unit_id: str
    confidence: str
    hamlet: str | None
    grown: str
    food_safety: str
    payment_declared: bool
    consents: Mapping[str, bool]
    language: str = "vi"
    method: str = "code"


def new_reference() -> str:
    """Return a reference that people can read out: `7F3KA-29QM1`, 50 random bits."""
    return new_references(1)[0]


def new_references(count: int) -> list[str]:
    """Return many such references."""
    chance = memoryview(secrets.token_bytes(8 * count)).cast("Q")
    signs = ["".join([_PAIRS[(bits >> shift) & 1023] for shift in (0, 10, 20, 30, 40)]) for bits in chance]
    return [f"{one[:5]}-{one[5:]}" for one in signs]


def household_of(session: Session, login_id: str) -> Organisation | None:
    """Return the open household whose head this login is, the first where a phone is shared."""
    return next(iter(households_of(session, login_id)), None)


def households_of(session: Session, login_id: str) -> list[Organisation]:
    """Return the open households of a phone, in the order of their registration."""
    query = select(Organisation).join(Person, Person.id == Organisation.head_person_id)
    mine = (Person.login_id == login_id, Organisation.kind == "household", Organisation.closed_at.is_(None))
    return list(session.scalars(query.where(*mine).order_by(Organisation.registered_at, Organisation.id)))


def register_household(
    session: Session,
    *,
    now: datetime,
    acting: Acting,
    household: Household,
    keys: FieldKeys,
    login_id: str,
    assisted_by: str = "self",
) -> Organisation:
    """Register a household whose phone was confirmed as `login_id`, and send it for approval.

    Families share telephones, so with help a phone may get another household, under another name; the owner alone
    opens one. Raises `AlreadyRegistered`, `AnswerRefused` id.known, `SellerIncomplete`; then nothing may be committed.
    """
    session.execute(select(Login.id).where(Login.id == login_id).with_for_update())  # two helpers at once
    others = households_of(session, login_id)
    person = _head(session, others, household.identity, login_id=login_id, keys=keys, alone=assisted_by == "self")
    if person is None:
        person = make_person(session, now=now, keys=keys, identity=household.identity, login_id=login_id)
    else:  # the head of a household that was closed: nobody is two persons
        rewrite_person(session, person, keys=keys, identity=household.identity)
    organisation = Organisation(
        id=new_id("or"),
        reference=new_reference(),
        kind="household",
        state=follow(SELLER, "recorded", "begin"),
        head_person_id=person.id,
        assisted_by=assisted_by,
        registered_by=acting.actor,
        registered_at=now,
    )
    session.add(organisation)
    session.flush()
    session.add(Membership(organisation_id=organisation.id, person_id=person.id, part="head", from_at=now))
    own = acting if acting.organisation_id else replace(acting, organisation_id=organisation.id)
    record(session, now=now, acting=own, act="household.registered", object_id=organisation.id, subject=organisation.id)
    people.grant_role(
        session, now=now, acting=own, login_id=login_id, role="household", organisation_id=organisation.id
    )
    with counting(session, organisation.id, effective_at=now):
        reach_stage(session, organisation=organisation, stage="phone_confirmed", at=now)
        take_over(session, organisation, household, now=now, acting=own)
        submit(session, now=now, acting=own, organisation=organisation)
    login = session.get_one(Login, login_id)
    if not others:
        login.name_sealed = keys.seal(household.identity.name, place=f"logins.name.{login.id}")
    return organisation


def _head(
    session: Session,
    others: Sequence[Organisation],
    identity: Identity,
    *,
    login_id: str,
    keys: FieldKeys,
    alone: bool,
) -> Person | None:
    """Return the person who is the head already, if any; raise `AlreadyRegistered` for a second shop."""
    if others and alone:
        raise AlreadyRegistered
    known = session.scalars(select(Person).where(Person.login_id == login_id).order_by(Person.created_at)).all()
    taken, name = {one.head_person_id for one in others}, keys.index("name", fold(identity.name))
    if any(one.id in taken and one.name_index == name for one in known):
        raise AlreadyRegistered
    return next((one for one in known if one.id not in taken and (alone or one.name_index == name)), None)


def correct_household(
    session: Session,
    *,
    now: datetime,
    acting: Acting,
    organisation: Organisation,
    household: Household,
    keys: FieldKeys,
) -> Organisation:
    """Write the corrected answers of a returned household and send it for approval again."""
    person = session.get_one(Person, organisation.head_person_id)
    changed = rewrite_person(session, person, keys=keys, identity=household.identity)
    with counting(session, organisation.id, effective_at=now):
        take_over(session, organisation, household, now=now, acting=acting)
        fields: dict[str, tuple[object, object]] = dict.fromkeys(changed, ("old", "new"))
        record(
            session,
            now=now,
            acting=acting,
            act="household.corrected",
            object_id=organisation.id,
            subject=organisation.id,
            changed=fields,
        )
        submit(session, now=now, acting=acting, organisation=organisation)
    return organisation


def submit(session: Session, *, now: datetime, acting: Acting, organisation: Organisation) -> None:
    """Send a seller for approval; raise `SellerIncomplete` while a requirement of this stage is open."""
    organisation.state = follow(SELLER, organisation.state, "submit")
    session.flush()
    requirements.enforce(session, organisation, stage="submit", on=day_of(now))
    organisation.submitted_at, organisation.state_note = now, None
    record(
        session, now=now, acting=acting, act="household.submitted", object_id=organisation.id, subject=organisation.id
    )


def to_household(answers: Answers) -> Household:
    """Return the answers of a draft as a whole; raise `SellerIncomplete` where a step was left out."""
    needed = ("phone", "name", "id", "place", "grown", "selling", "consents")
    if any(step not in answers for step in needed):
        raise SellerIncomplete(kinds=["profile_complete"], labels=[requirements.KINDS["profile_complete"].label])
    number = answers["id"]
    place, selling = answers["place"], answers["selling"]
    if selling["food_safety"] not in FOOD_SAFETY:
        raise AnswerRefused("answer.unknown")
    return Household(
        identity=Identity(
            name=answers["name"],
            phone=Phone(answers["phone"]),
            id_number=IdNumber(number["kind"], number["value"], number["sex"], number["birth_year"])
            if number
            else None,
        ),
        place_raw=place["raw"],
        unit_id=place["unit"],
        confidence=place["confidence"],
        hamlet=place["hamlet"] or None,
        grown=answers["grown"],
        food_safety=selling["food_safety"],
        payment_declared=selling["payment"],
        consents=answers["consents"],
        language=answers.get("language", "vi"),
    )


def to_answers(session: Session, organisation: Organisation, *, keys: FieldKeys) -> Answers:
    """Return what a household answered before, for a draft that corrects it."""
    person = session.get_one(Person, organisation.head_person_id)
    phone, number = person_phone(person, keys), person_id_number(person, keys)
    given = consents.open_consents(session, person.id)
    fields: dict[str, Any] = {
        "organisation_id": organisation.id,
        "phone": phone.e164 if phone else "",
        "name": person_name(person, keys),
        "id": id_answer(number),
        "grown": organisation.grown,
        "selling": {"food_safety": organisation.food_safety, "payment": organisation.payment_declared},
        "consents": {purpose: purpose in given for purpose in consents.PURPOSES},
    }
    if organisation.current_unit_id is not None:
        fields["place"] = {
            "raw": organisation.place_raw,
            "unit": organisation.current_unit_id,
            "confidence": organisation.confidence,
            "hamlet": organisation.hamlet,
        }
    return fields


def id_answer(number: IdNumber | None) -> dict[str, Any] | None:
    """Return an ID number as a draft keeps it; None is "later"."""
    if number is None:
        return None
    return {"kind": number.kind, "value": number.value, "sex": number.sex, "birth_year": number.birth_year}


def take_over(
    session: Session, organisation: Organisation, household: Household, *, now: datetime, acting: Acting
) -> None:
    """Write what a household answered of its place, its goods and its consents; call it inside `counting`."""
    organisation.grown, organisation.food_safety = household.grown, household.food_safety
    organisation.payment_declared = household.payment_declared
    places.put(
        session,
        organisation,
        now=now,
        raw=household.place_raw,
        unit_id=household.unit_id,
        confidence=household.confidence,
        hamlet=household.hamlet,
    )
    consents.give_all(
        session,
        now=now,
        acting=acting,
        organisation=organisation,
        purposes=[purpose for purpose, agreed in household.consents.items() if agreed],
        language=household.language,
        method=household.method,
    )
    for purpose, agreed in household.consents.items():
        if not agreed:
            consents.withdraw(session, now=now, acting=acting, organisation=organisation, purpose=purpose)
