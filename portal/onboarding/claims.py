"""Whose household is it? An owner found it on record with another phone; an officer says yes or no, and tells her."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.crypto import FieldKeys
from portal.errors import NotFound
from portal.onboarding.drafts import read_answers
from portal.onboarding.errors import AnswerRefused, OwnApproval
from portal.onboarding.models import Draft, HouseholdClaim, Organisation, Person
from portal.onboarding.officers import reachable
from portal.onboarding.persons import person_id_number, person_name, person_phone
from portal.onboarding.recorded import claim_of, find_recorded
from portal.onboarding.registering import to_household
from portal.onboarding.states import CLAIM, follow
from portal.onboarding.validators import plain
from portal.people import actions as people
from portal.people.models import Login
from portal.people.sms import queue_sms
from portal.places.models import AdminUnit
from portal.queues import Rows

NOTE_LENGTH = 500
_SMS_LIFE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What the list says, or what the claimant says: phone and ID number masked."""

    name: str
    phone: str
    id_number: str
    hamlet: str


def ask_about(
    session: Session, *, now: datetime, acting: Acting, draft: Draft, keys: FieldKeys
) -> HouseholdClaim | None:
    """Ask an officer whose household it is, where what a draft says is not enough; return the open claim, if any."""
    if draft.organisation_id is not None or draft.state == "sent":
        return None
    found = find_recorded(session, to_household(read_answers(draft, keys)).identity, keys)
    known = claim_of(session, draft.id)
    if found is None or found.sure:
        return None
    if known is not None and known.organisation_id == found.organisation.id and known.state != "void":
        return known if known.state == "asked" else None
    claim = HouseholdClaim(
        organisation_id=found.organisation.id, draft_id=draft.id, login_id=draft.login_id or "", state="asked",
        asked_at=now,
    )  # fmt: skip
    session.add(claim)
    session.flush()
    record(session, now=now, acting=acting, act="claim.asked", object_id=claim.id, subject=found.organisation.id)
    return claim


def open_claims(session: Session, acting: Acting) -> Rows:
    """Select the claims that wait for an officer, of households within reach."""
    return (
        select(
            HouseholdClaim.asked_at.label("since"),
            HouseholdClaim.id.label("id"),
            func.coalesce(AdminUnit.name, "").label("about"),
        )
        .join(Organisation, Organisation.id == HouseholdClaim.organisation_id)
        .outerjoin(AdminUnit, AdminUnit.id == Organisation.current_unit_id)
        .where(HouseholdClaim.state == "asked", reachable(session, acting))
    )


def find_claim(session: Session, acting: Acting, claim_id: str, *, lock: bool = False) -> HouseholdClaim:
    """Return a claim on a household within reach, locked where it is decided; a foreign one is missing."""
    query = _reached(session, acting).where(HouseholdClaim.id == claim_id)
    claim = session.scalars(query.with_for_update(of=HouseholdClaim) if lock else query).one_or_none()
    if claim is None:
        raise NotFound
    return claim


def _reached(session: Session, acting: Acting) -> Select[HouseholdClaim]:
    own = Organisation.id == HouseholdClaim.organisation_id
    return select(HouseholdClaim).join(Organisation, own).where(reachable(session, acting))


def sides(session: Session, claim: HouseholdClaim, keys: FieldKeys) -> tuple[Side, Side]:
    """Return what the list says and what the claimant says; nothing of a registration that is gone."""
    organisation = session.get_one(Organisation, claim.organisation_id)
    head = session.get_one(Person, organisation.head_person_id)
    phone, number = person_phone(head, keys), person_id_number(head, keys)
    answers = read_answers(session.get_one(Draft, claim.draft_id), keys)
    listed = Side(
        name=person_name(head, keys),
        phone=phone.masked if phone else "",
        id_number=number.masked if number else "",
        hamlet=organisation.hamlet or "",
    )
    if not answers:
        return listed, Side(name="", phone="", id_number="", hamlet="")
    identity = to_household(answers).identity
    told = Side(
        name=identity.name,
        phone=identity.phone.masked,
        id_number=identity.id_number.masked if identity.id_number else "",
        hamlet=str(answers["place"]["hamlet"] or ""),
    )
    return listed, told


def decide(
    session: Session, *, now: datetime, acting: Acting, claim_id: str, yes: bool, note: str, text: str, keys: FieldKeys
) -> HouseholdClaim:
    """Say whether the household is the claimant's; `text` tells her. Asked again, the first answer stands.

    Raises `NotFound` out of reach, `OwnApproval`, and `AnswerRefused` for a note that is empty or too long.
    """
    claim = find_claim(session, acting, claim_id, lock=True)
    words = plain(note)
    if not words or len(words) > NOTE_LENGTH:
        raise AnswerRefused("answer.too_long" if words else "answer.unknown")
    if claim.login_id == acting.login_id:
        raise OwnApproval
    if claim.state != "asked":
        return claim
    claim.state = follow(CLAIM, claim.state, "accept" if yes else "refuse")
    claim.decided_at, claim.decided_by, claim.note = now, acting.actor, words
    act = "claim.accepted" if yes else "claim.refused"
    record(session, now=now, acting=acting, act=act, object_id=claim.id, subject=claim.organisation_id)
    phone = people.login_phone(session.get_one(Login, claim.login_id), keys)
    queue_sms(session, now=now, phone=phone, body=text, purpose="claim", expires_at=now + _SMS_LIFE, keys=keys)
    return claim
