"""Acting for a household: opened by a member, confirmed by the household's own phone, read back, sent.

A session is the member's alone and ends by itself; what was typed stays with the household's phone, whose owner may go
on alone. Every row of the trail names the member as actor and the household as subject.
"""

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.crypto import FieldKeys
from portal.errors import NotFound
from portal.onboarding import drafts
from portal.onboarding.errors import AlreadyRegistered, IllegalTransition
from portal.onboarding.models import Draft, Organisation, Person
from portal.onboarding.recorded import refuse_taken_id
from portal.onboarding.sending import send_draft
from portal.onboarding.states import follow
from portal.onboarding.validators import IdNumber
from portal.people import actions as people
from portal.people.codes import ask_code, check_code
from portal.people.models import Login
from portal.people.phones import Phone
from portal.people.sms import queue_sms
from portal.teams.errors import ActingError
from portal.teams.flags import MOST_A_DAY, done_today, flag_registration
from portal.teams.members import Desk, desk_of
from portal.teams.models import Assisted, TeamMember
from portal.teams.states import ASSISTED, OPEN

IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=2)
SMS_LIFE = timedelta(days=1)
STEPS = ("name", "id", "place", "grown", "selling")


def open_session(
    session: Session, *, now: datetime, acting: Acting, phone: Phone, address: str, text: str, keys: FieldKeys
) -> Assisted:
    """Begin to act for the household with this phone: the code goes there. `text` holds `%(code)s`.

    Raises `ActingError` acting.own_phone, acting.no_commune, acting.day_full, and `CodeError` code.too_many.
    """
    desk = working_desk(session, acting, now)
    index = keys.index("phone", phone.e164)
    own = session.get_one(Person, desk.member.person_id).phone_index
    if index in (own, session.get_one(Login, acting.login_id).phone_index):
        raise ActingError("acting.own_phone")
    if done_today(session, desk.login_id, now) >= MOST_A_DAY:
        raise ActingError("acting.day_full", most=MOST_A_DAY)
    row = new_session(session, desk, kind="register", index=index, now=now)
    row.phone_sealed = keys.seal(phone.e164, place=f"assisted.phone.{row.id}")
    row.challenge_id = ask_code(
        session, now=now, phone=phone, purpose="assist", bound_to=row.id, address=address, keys=keys, text=text
    )
    record(session, now=now, acting=acting, act="assisted.opened", object_id=row.id)
    return row


def working_desk(session: Session, acting: Acting, now: datetime) -> Desk:
    """Return where a member works; raise `ActingError` acting.no_commune while that is an open question."""
    desk = desk_of(session, acting, now)
    if desk.unit_id is None:
        raise ActingError("acting.no_commune")
    return desk


def new_session(session: Session, desk: Desk, *, kind: str, index: str, now: datetime) -> Assisted:
    """Add a session of a member."""
    row = Assisted(
        kind=kind,
        state="opened",
        member_id=desk.member.id,
        login_id=desk.login_id,
        team_id=desk.team.id,
        unit_id=desk.unit_id,
        phone_index=index,
        opened_at=now,
        seen_at=now,
    )
    session.add(row)
    session.flush()
    return row


def own_session(
    session: Session, acting: Acting, assisted_id: str, *, now: datetime, lock: bool = False, ended: bool = False
) -> Assisted:
    """Return a member's own session in the present commune; another's is missing. Locked, it is seen.

    Raises `NotFound`, and `ActingError` acting.timed_out for one that is too old (`ended` lets it be looked at).
    """
    desk = desk_of(session, acting, now)
    query = select(Assisted).where(Assisted.id == assisted_id, Assisted.member_id == desk.member.id)
    row = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if row is None or row.unit_id not in desk.reach:
        raise NotFound
    if not ended and row.state in ("cancelled", "timed_out"):
        raise ActingError("acting.timed_out")
    if row.state in OPEN and is_old(row, now) and not ended:
        raise ActingError("acting.timed_out")
    if lock and row.state in OPEN:
        row.seen_at = now
    return row


def is_old(row: Assisted, now: datetime) -> bool:
    """Say whether a session has been left alone, or has lasted, too long. Pure."""
    return now - row.seen_at > IDLE or now - row.opened_at > ABSOLUTE


def confirm(
    session: Session, *, now: datetime, acting: Acting, assisted_id: str, code: str, keys: FieldKeys
) -> Assisted:
    """Take the code that the household read out; what is typed from here on belongs to its phone.

    Raises `CodeError`, which counts a wrong guess, `NotFound` and `ActingError` acting.timed_out.
    """
    row = own_session(session, acting, assisted_id, now=now, lock=True)
    if row.kind != "register":
        raise NotFound
    following = follow(ASSISTED, row.state, "confirm_phone")
    phone = check_code(session, now=now, challenge_id=row.challenge_id or "", code=code, bound_to=row.id, keys=keys)
    login = people.login_for(session, now=now, acting=acting, phone=phone, keys=keys)
    if login.disabled_at is not None:
        raise NotFound
    for_household = replace(acting, for_subject=login.id)
    draft = drafts.begin_draft(
        session,
        now=now,
        acting=for_household,
        draft_id=str(uuid.uuid4()),
        login_id=login.id,
        answers={"phone": phone.e164},
        keys=keys,
        new_shop=True,
    )
    row.state, row.household_login_id, row.draft_id, row.phone_sealed = following, login.id, draft.id, None
    record(session, now=now, acting=for_household, act="assisted.phone_confirmed", object_id=row.id, subject=login.id)
    return row


def answers_of(session: Session, row: Assisted, *, now: datetime, keys: FieldKeys) -> drafts.Answers:
    """Return what was typed so far."""
    return drafts.read_answers(_draft(session, row, now=now, lock=False), keys)


def save(
    session: Session, *, now: datetime, acting: Acting, assisted_id: str, answer: Mapping[str, Any], keys: FieldKeys,
    number: IdNumber | None = None,
) -> Assisted:  # fmt: skip
    """Keep the answer to one question; raise `AnswerRefused` id.known for a number that somebody has."""
    row = own_session(session, acting, assisted_id, now=now, lock=True)
    if row.state != "phone_confirmed":
        raise IllegalTransition
    if number is not None:
        refuse_taken_id(session, number=number, keys=keys)
    draft = _draft(session, row, now=now, lock=True)
    drafts.save_answers(session, now=now, acting=_for(acting, row), draft=draft, keys=keys, answers=answer)
    return row


def first_open(answers: Mapping[str, Any], unit_id: str) -> str:
    """Return the first question without an answer, or `read`; a place of elsewhere, typed before, is asked again."""
    place = answers.get("place")
    known = {**answers} if place is None or place["unit"] == unit_id else {**answers, "place": None}
    return next((step for step in STEPS if step not in known or (step == "place" and known[step] is None)), "read")


def finish(
    session: Session, *, now: datetime, acting: Acting, assisted_id: str, agreed: Mapping[str, Any], text: str,
    keys: FieldKeys,
) -> Assisted:  # fmt: skip
    """Send what was read back, with each consent's yes or no; sent twice it is the same registration.

    `agreed` is what the form of consents answers; `text`, with `%(slip)s`, goes to the household's phone. Raises
    `SellerIncomplete`, `AlreadyRegistered`, `NotFound` for a place of elsewhere, `ActingError` acting.day_full.
    """
    row = own_session(session, acting, assisted_id, now=now, lock=True)
    if row.state == "done":
        return row
    row.state = follow(ASSISTED, row.state, "consent")
    session.execute(select(TeamMember.id).where(TeamMember.id == row.member_id).with_for_update())
    before = done_today(session, row.login_id, now)
    if before >= MOST_A_DAY:
        raise ActingError("acting.day_full", most=MOST_A_DAY)
    draft = _draft(session, row, now=now, lock=True)
    if draft.state == "sent":  # by the owner, or by another helper
        raise AlreadyRegistered
    answers = drafts.read_answers(draft, keys)
    if "place" not in answers or answers["place"]["unit"] not in desk_of(session, acting, now).reach:
        raise NotFound
    by = _for(acting, row)
    drafts.save_answers(session, now=now, acting=by, draft=draft, keys=keys, answers=agreed)
    drafts.read_back(session, now=now, acting=by, draft=draft)
    organisation = send_draft(session, now=now, acting=by, draft=draft, keys=keys, assisted_by="team")
    row.state, row.organisation_id, row.ended_at = follow(ASSISTED, row.state, "finish"), organisation.id, now
    row.slip = secrets.token_urlsafe(16)
    record(
        session, now=now, acting=replace(by, organisation_id=organisation.id), act="assisted.registered",
        object_id=row.id, subject=organisation.id,
    )  # fmt: skip
    flag_registration(session, row, today=before + 1, now=now)
    phone = people.login_phone(session.get_one(Login, row.household_login_id), keys)
    queue_sms(
        session, now=now, phone=phone, body=text % {"slip": row.slip}, purpose="assisted", expires_at=now + SMS_LIFE,
        keys=keys,
    )  # fmt: skip
    return row


def cancel(session: Session, *, now: datetime, acting: Acting, assisted_id: str) -> Assisted:
    """End a session because the household said no: nothing of what was typed is kept."""
    row = own_session(session, acting, assisted_id, now=now, lock=True)
    row.state, row.ended_at, row.phone_sealed = follow(ASSISTED, row.state, "cancel"), now, None
    draft = session.get(Draft, row.draft_id) if row.draft_id else None
    if draft is not None and draft.state in drafts.OPEN:
        drafts.discard(session, now=now, acting=_for(acting, row), draft=draft)
    record(session, now=now, acting=_for(acting, row), act="assisted.cancelled", object_id=row.id)
    return row


def time_out_one(session: Session, *, now: datetime, acting: Acting) -> bool:
    """End the session that was left alone longest; say whether there was one."""
    old = (Assisted.seen_at < now - IDLE) | (Assisted.opened_at < now - ABSOLUTE)
    query = select(Assisted).where(Assisted.state.in_(OPEN), old).order_by(Assisted.seen_at).limit(1)
    row = session.scalars(query.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return False
    row.state, row.ended_at, row.phone_sealed = follow(ASSISTED, row.state, "time_out"), now, None
    record(session, now=now, acting=acting, act="assisted.timed_out", object_id=row.id, subject=row.household_login_id)
    return True


def _draft(session: Session, row: Assisted, *, now: datetime, lock: bool) -> Draft:
    return drafts.own_draft(
        session, draft_id=row.draft_id or "", login_id=row.household_login_id or "", now=now, lock=lock
    )


def _for(acting: Acting, row: Assisted) -> Acting:
    return replace(acting, for_subject=row.household_login_id)


def shop_of(session: Session, row: Assisted) -> Organisation:
    """Return the household that a session registered; raise `NotFound` before."""
    found = session.get(Organisation, row.organisation_id) if row.organisation_id else None
    if found is None:
        raise NotFound
    return found
