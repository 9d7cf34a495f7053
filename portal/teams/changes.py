"""What a member may change later, and how the owner takes back what was done in her name.

A contact phone changes only with a fresh code that the owner's own phone received for this very change. Where that
fails for good, nothing changes and the owner is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.crypto import FieldKeys
from portal.errors import NotFound
from portal.onboarding import consents
from portal.onboarding.models import Organisation, Person
from portal.onboarding.persons import person_phone
from portal.onboarding.states import follow
from portal.people import actions as people
from portal.people.codes import ask_code, check_code
from portal.people.errors import CodeError
from portal.people.models import Login
from portal.people.phones import Phone
from portal.people.sms import queue_sms
from portal.teams.assisting import SMS_LIFE, new_session, own_session, working_desk
from portal.teams.errors import ActingError
from portal.teams.flags import raise_flag
from portal.teams.models import Assisted, Team
from portal.teams.states import ASSISTED

_SPENT = ("code.locked", "code.expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class Helped:
    """One thing that was done in the owner's name: what, when, by whom of which team, and whether it was taken back."""

    id: str
    kind: str
    at: datetime
    member_login: str
    team: str
    undone_at: datetime | None


def open_phone_change(
    session: Session, *, now: datetime, acting: Acting, assisted_id: str, phone: Phone, address: str, text: str,
    keys: FieldKeys,
) -> Assisted:  # fmt: skip
    """Ask the owner of a household, which this member registered, to allow another contact phone.

    The code goes to the phone with which the owner signs in. Raises `NotFound`, `ActingError` acting.own_phone.
    """
    desk = working_desk(session, acting, now)
    before = own_session(session, acting, assisted_id, now=now, ended=True)
    if before.kind != "register" or before.state != "done" or before.undone_at is not None:
        raise NotFound
    index = keys.index("phone", phone.e164)
    if index == session.get_one(Login, desk.login_id).phone_index:
        raise ActingError("acting.own_phone")
    row = new_session(session, desk, kind="phone", index=index, now=now)
    owner = session.get_one(Login, before.household_login_id)
    row.organisation_id, row.household_login_id = before.organisation_id, owner.id
    row.phone_sealed = keys.seal(phone.e164, place=f"assisted.phone.{row.id}")
    row.challenge_id = ask_code(
        session, now=now, phone=people.login_phone(owner, keys), purpose="assist", bound_to=row.id, address=address,
        keys=keys, text=text,
    )  # fmt: skip
    record(
        session, now=now, acting=_for(acting, row), act="assisted.opened", object_id=row.id, subject=row.organisation_id
    )
    return row


def change_phone(
    session: Session, *, now: datetime, acting: Acting, assisted_id: str, code: str, texts: Mapping[str, str],
    keys: FieldKeys,
) -> Assisted:  # fmt: skip
    """Change the contact phone with the code that the owner read out; `texts` has what she is told: done, refused.

    Raises `CodeError` code.wrong for a slip, and `ActingError` acting.needs_owner once the code is spent: that the
    owner is told, and the row of it, are kept.
    """
    row = own_session(session, acting, assisted_id, now=now, lock=True)
    following = follow(ASSISTED, follow(ASSISTED, row.state, "confirm_phone"), "change")
    organisation = session.get_one(Organisation, row.organisation_id)
    owner = session.get_one(Login, row.household_login_id)
    by = replace(_for(acting, row), organisation_id=organisation.id)
    try:
        check_code(session, now=now, challenge_id=row.challenge_id or "", code=code, bound_to=row.id, keys=keys)
    except CodeError as error:
        if error.code not in _SPENT:
            raise
        row.state, row.ended_at, row.phone_sealed = follow(ASSISTED, row.state, "cancel"), now, None
        record(session, now=now, acting=by, act="assisted.refused", object_id=row.id, subject=organisation.id)
        _tell(session, owner, texts["refused"], now=now, keys=keys)
        raise ActingError("acting.needs_owner", keep=True) from error
    head = session.get_one(Person, organisation.head_person_id)
    new = Phone(keys.open(row.phone_sealed or "", place=f"assisted.phone.{row.id}"))
    old = _put_phone(head, new, keys)
    row.before_sealed = keys.seal(old.e164, place=f"assisted.before.{row.id}") if old is not None else None
    row.state, row.ended_at, row.phone_sealed = following, now, None
    record(
        session, now=now, acting=by, act="household.phone_changed", object_id=organisation.id, subject=organisation.id,
        changed={"phone": (old.e164 if old else None, new.e164)},
    )  # fmt: skip
    _tell(session, owner, texts["done"], now=now, keys=keys)
    return row


def helped(session: Session, organisation: Organisation) -> list[Helped]:
    """Return what members did in the name of a household, newest first."""
    query = (
        select(Assisted, Team.name)
        .join(Team, Team.id == Assisted.team_id)
        .where(Assisted.organisation_id == organisation.id, Assisted.state == "done")
        .order_by(Assisted.ended_at.desc(), Assisted.id)
    )
    return [
        Helped(
            id=row.id,
            kind=row.kind,
            at=row.ended_at or row.opened_at,
            member_login=row.login_id,
            team=team,
            undone_at=row.undone_at,
        )
        for row, team in session.execute(query)
    ]


def find_helped(session: Session, organisation: Organisation, assisted_id: str) -> Helped:
    """Return one thing that was done and not taken back; raise `NotFound`."""
    found = [one for one in helped(session, organisation) if one.id == assisted_id and one.undone_at is None]
    if not found:
        raise NotFound
    return found[0]


def undo(session: Session, *, now: datetime, acting: Acting, assisted_id: str, keys: FieldKeys) -> Assisted:
    """Take back what was done in the owner's name: a registration closes the shop, a phone becomes the one before.

    A second time changes nothing. Raises `NotFound` for another's, `ActingError` acting.changed_since.
    """
    row = session.scalars(select(Assisted).where(Assisted.id == assisted_id).with_for_update()).one_or_none()
    if (
        row is None
        or row.state != "done"
        or row.organisation_id is None
        or row.organisation_id != acting.organisation_id
    ):
        raise NotFound
    if row.undone_at is not None:
        return row
    organisation = session.get_one(Organisation, row.organisation_id)
    if row.kind == "phone":
        _put_back(session, row, session.get_one(Person, organisation.head_person_id), keys)
    elif organisation.closed_at is None:
        consents.withdraw(session, now=now, acting=acting, organisation=organisation, purpose=consents.NEEDED)
    row.undone_at = now
    record(session, now=now, acting=acting, act="assisted.undone", object_id=row.id, subject=organisation.id)
    raise_flag(session, now=now, kind="undone", subject=row.id, unit_id=row.unit_id, detail={"what": row.kind})
    return row


def _tell(session: Session, owner: Login, text: str, *, now: datetime, keys: FieldKeys) -> None:
    phone = people.login_phone(owner, keys)
    queue_sms(session, now=now, phone=phone, body=text, purpose="assisted", expires_at=now + SMS_LIFE, keys=keys)


def _put_back(session: Session, row: Assisted, head: Person, keys: FieldKeys) -> None:
    if head.phone_index != row.phone_index:
        raise ActingError("acting.changed_since")
    if row.before_sealed is not None:
        _put_phone(head, Phone(keys.open(row.before_sealed, place=f"assisted.before.{row.id}")), keys)
    row.before_sealed = None
    session.flush()


def _put_phone(head: Person, phone: Phone, keys: FieldKeys) -> Phone | None:
    """Write a contact phone; return the one before."""
    before = person_phone(head, keys)
    head.phone_sealed = keys.seal(phone.e164, place=f"person.phone.{head.id}")
    head.phone_index = keys.index("phone", phone.e164)
    return before


def _for(acting: Acting, row: Assisted) -> Acting:
    return replace(acting, for_subject=row.household_login_id)
