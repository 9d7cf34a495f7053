"""Sending what was answered: a new household, one that is put right, or one that a list had put on record before."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.counting import counting
from portal.crypto import FieldKeys
from portal.onboarding.drafts import read_answers
from portal.onboarding.errors import AlreadyRegistered, AnswerRefused
from portal.onboarding.models import Draft, HouseholdClaim, Organisation, Person
from portal.onboarding.persons import rewrite_person
from portal.onboarding.recorded import claim_of, find_recorded
from portal.onboarding.registering import (
    Household,
    correct_household,
    households_of,
    register_household,
    submit,
    take_over,
    to_household,
)
from portal.onboarding.stages import reach_stage
from portal.onboarding.states import CLAIM, DRAFT, SELLER, follow
from portal.people import actions as people
from portal.people.models import Login


def send_draft(
    session: Session, *, now: datetime, acting: Acting, draft: Draft, keys: FieldKeys, assisted_by: str = "self"
) -> Organisation:
    """Turn a draft that was read back into a registration; sent twice it is the same registration.

    Raises like `register_household`, and `AnswerRefused` claim.unsure where an officer must say whose household it is.
    """
    if draft.state == "sent":
        return session.get_one(Organisation, draft.organisation_id)
    following = follow(DRAFT, draft.state, "send")
    household = to_household(read_answers(draft, keys))
    assert draft.login_id is not None  # noqa: S101
    found = _proved(session, draft, household, keys) if draft.organisation_id is None else None
    if draft.organisation_id is not None:
        known = session.get_one(Organisation, draft.organisation_id)
        organisation = correct_household(
            session, now=now, acting=acting, organisation=known, household=household, keys=keys
        )
    elif found is None:
        organisation = register_household(
            session, now=now, acting=acting, household=household, keys=keys, login_id=draft.login_id,
            assisted_by=assisted_by,
        )  # fmt: skip
    else:
        organisation = claim_household(
            session, now=now, acting=acting, organisation=found, household=household, keys=keys,
            login_id=draft.login_id, alone=assisted_by == "self",
        )  # fmt: skip
    draft.state, draft.organisation_id, draft.answers_sealed, draft.saved_at = following, organisation.id, None, now
    return organisation


def _proved(session: Session, draft: Draft, household: Household, keys: FieldKeys) -> Organisation | None:
    """Return the household on record that is the sender's, by its own proof or by an officer's word; None for none."""
    found = find_recorded(session, household.identity, keys)
    if found is None or found.sure:
        return found.organisation if found is not None else None
    claim = claim_of(session, draft.id)
    said = claim.state if claim is not None and claim.organisation_id == found.organisation.id else ""
    if said not in ("accepted", "refused"):
        raise AnswerRefused("claim.unsure")
    return found.organisation if said == "accepted" else None


def claim_household(
    session: Session, *, now: datetime, acting: Acting, organisation: Organisation, household: Household,
    keys: FieldKeys, login_id: str, alone: bool,
) -> Organisation:  # fmt: skip
    """Let an owner, whose phone was confirmed as `login_id`, take over the household that a list put on record.

    It stays the same household: its reference, accounts, stages and figures. Raises `AlreadyRegistered` where another
    took it over, or for an owner alone whose phone has a shop; `SellerIncomplete`; then nothing may be committed.
    """
    session.execute(select(Login.id).where(Login.id == login_id).with_for_update())
    others = households_of(session, login_id)
    session.refresh(organisation, with_for_update=True)
    head = session.get_one(Person, organisation.head_person_id, populate_existing=True)
    if head.login_id is not None or (others and alone):
        raise AlreadyRegistered
    own = replace(acting, organisation_id=organisation.id)
    with counting(session, organisation.id, effective_at=now):
        organisation.state = follow(SELLER, organisation.state, "begin")
        organisation.registered_by, head.login_id = acting.actor, login_id
        changed = rewrite_person(session, head, keys=keys, identity=household.identity)
        fields: dict[str, tuple[object, object]] = dict.fromkeys(changed, ("old", "new"))
        record(
            session, now=now, acting=own, act="household.claimed", object_id=organisation.id, subject=organisation.id,
            changed=fields,
        )  # fmt: skip
        people.grant_role(
            session, now=now, acting=own, login_id=login_id, role="household", organisation_id=organisation.id
        )
        reach_stage(session, organisation=organisation, stage="phone_confirmed", at=now)
        take_over(session, organisation, household, now=now, acting=own)
        submit(session, now=now, acting=own, organisation=organisation)
    if not others:
        login = session.get_one(Login, login_id)
        login.name_sealed = keys.seal(household.identity.name, place=f"logins.name.{login.id}")
    asked = (HouseholdClaim.organisation_id == organisation.id, HouseholdClaim.state == "asked")
    for claim in session.scalars(select(HouseholdClaim).where(*asked).with_for_update()):
        claim.state, claim.decided_at = follow(CLAIM, claim.state, "void"), now
    return organisation
