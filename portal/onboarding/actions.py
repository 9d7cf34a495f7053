"""What officers and processes can do with sellers and institutions: approve, return, enter what is no household."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.counting import counting
from portal.db import new_id
from portal.errors import NotFound
from portal.onboarding import requirements
from portal.onboarding.consents import open_consents
from portal.onboarding.errors import AnswerRefused, OwnApproval
from portal.onboarding.models import KINDS, Organisation, Person
from portal.onboarding.officers import reachable
from portal.onboarding.places import put
from portal.onboarding.registering import new_reference
from portal.onboarding.stages import reach_stage
from portal.onboarding.states import SELLER, follow
from portal.onboarding.validators import plain
from portal.people.actions import has_consent
from portal.places.areas import day_of

NOTE_LENGTH = 500


def approve(session: Session, *, now: datetime, acting: Acting, organisation_id: str) -> Organisation:
    """Approve a seller that was sent; the requirements of this stage must be met, by another than who registered.

    Raises `NotFound` out of reach, `OwnApproval`, `SellerIncomplete`, `IllegalTransition`.
    """
    organisation = _locked(session, acting, organisation_id)
    following = follow(SELLER, organisation.state, "approve")
    head = session.get(Person, organisation.head_person_id) if organisation.head_person_id else None
    if acting.actor == organisation.registered_by or (head is not None and head.login_id == acting.login_id):
        raise OwnApproval
    requirements.enforce(session, organisation, stage="approve", on=day_of(now))
    with counting(session, organisation.id, effective_at=now):
        organisation.state, organisation.approved_at, organisation.decided_by = following, now, acting.actor
        reach_stage(session, organisation=organisation, stage="approved", at=now)
        record(
            session,
            now=now,
            acting=acting,
            act="household.approved",
            object_id=organisation.id,
            subject=organisation.id,
        )
    return organisation


def give_back(session: Session, *, now: datetime, acting: Acting, organisation_id: str, note: str) -> Organisation:
    """Return a seller to its owner with a note on what to put right."""
    text = plain(note)
    if not text or len(text) > NOTE_LENGTH:
        raise AnswerRefused("answer.too_long" if text else "answer.unknown")
    organisation = _locked(session, acting, organisation_id)
    organisation.state = follow(SELLER, organisation.state, "return")
    organisation.state_note, organisation.decided_by = text, acting.actor
    record(
        session, now=now, acting=acting, act="household.returned", object_id=organisation.id, subject=organisation.id
    )
    return organisation


def create_organisation(
    session: Session, *, now: datetime, acting: Acting, kind: str, name: str, unit_id: str, type_code: str | None = None
) -> Organisation:
    """Enter a firm, cooperative, institution, market or authority with its home: approved by who enters it.

    `unit_id` is a commune valid at `now`; `type_code` tells institutions apart (school, hospital, market).
    """
    if kind not in KINDS or kind == "household":
        raise AnswerRefused("answer.unknown")
    organisation = Organisation(
        id=new_id("or"),
        reference=new_reference(),
        kind=kind,
        type_code=type_code,
        state="approved",
        public_name=plain(name)[:200],
        registered_by=acting.actor,
        registered_at=now,
        decided_by=acting.actor,
        approved_at=now,
    )
    session.add(organisation)
    session.flush()
    with counting(session, organisation.id, effective_at=now):
        put(session, organisation, now=now, raw=unit_id, unit_id=unit_id, confidence="exact", hamlet=None)
        record(
            session,
            now=now,
            acting=acting,
            act="organisation.entered",
            object_id=organisation.id,
            subject=organisation.id,
        )
    return organisation


def agrees(session: Session, organisation: Organisation, purpose: str) -> bool:
    """Say whether a seller agrees to a purpose: a household's head is asked, a firm's public facts need no consent."""
    if organisation.head_person_id is None:
        return True
    return has_consent(session, person_id=organisation.head_person_id, purpose=purpose)


def given_purposes(session: Session, organisation: Organisation) -> frozenset[str]:
    """Return the purposes that a household's head agrees to now."""
    return (
        frozenset(open_consents(session, organisation.head_person_id)) if organisation.head_person_id else frozenset()
    )


def organisation_of(session: Session, acting: Acting) -> Organisation:
    """Return the organisation in whose name somebody acts; raise `NotFound` where there is none."""
    organisation = session.get(Organisation, acting.organisation_id) if acting.organisation_id else None
    if organisation is None:
        raise NotFound
    return organisation


def _locked(session: Session, acting: Acting, organisation_id: str) -> Organisation:
    query = select(Organisation).where(Organisation.id == organisation_id, reachable(session, acting))
    organisation = session.scalars(query.with_for_update()).one_or_none()
    if organisation is None:
        raise NotFound
    return organisation
