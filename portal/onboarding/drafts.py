"""A registration under way: kept at each step, found again on another device, emptied once sent or too old."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.crypto import FieldKeys
from portal.onboarding.errors import DraftGone
from portal.onboarding.models import Draft
from portal.onboarding.states import DRAFT, follow

LIFE = timedelta(days=90)
OPEN = ("begun", "saved", "phone_confirmed", "read_back")
# The answers of a household, in the order in which they are asked after phone and code. With those two, the check
# and the product's three screens this is at most twelve screens from the first word to goods for sale.
STEPS = ("name", "id", "place", "grown", "selling", "consents")
Answers = dict[str, Any]


def begin_draft(
    session: Session, *, now: datetime, acting: Acting, draft_id: str, login_id: str, answers: Answers, keys: FieldKeys,
    new_shop: bool = False,
) -> Draft:  # fmt: skip
    """Open a draft for a confirmed phone, or go on with the login's open one; the same id again is the same draft.

    `answers` that correct a household go on with a draft of that household alone; with `new_shop` a draft that corrects
    one is left alone: what is typed for another household of this phone must not end up there.
    """
    known = session.get(Draft, _uuid(draft_id))
    if known is not None:
        if known.login_id != login_id or known.state == "expired":
            raise DraftGone
        return known
    corrects = answers.get("organisation_id")
    about = (Draft.organisation_id == corrects,) if new_shop or corrects is not None else ()
    waiting = session.scalars(_open(login_id, now).where(*about).limit(1)).one_or_none()
    if waiting is not None:
        return waiting
    draft = Draft(
        id=_uuid(draft_id),
        login_id=login_id,
        state=follow(DRAFT, "begun", "confirm_phone"),
        organisation_id=corrects,
        begun_at=now,
        saved_at=now,
        expires_at=now + LIFE,
    )
    session.add(draft)
    _write(draft, answers, keys)
    record(session, now=now, acting=acting, act="registration.begun", object_id=draft.id, subject=login_id)
    return draft


def open_draft(session: Session, *, login_id: str, now: datetime) -> Draft | None:
    """Return the newest draft of a login that can still be sent."""
    return session.scalars(_open(login_id, now).limit(1)).one_or_none()


def _open(login_id: str, now: datetime) -> Select[Draft]:
    query = select(Draft).where(Draft.login_id == login_id, Draft.state.in_(OPEN), Draft.expires_at > now)
    return query.order_by(Draft.begun_at.desc())


def own_draft(session: Session, *, draft_id: str, login_id: str, now: datetime, lock: bool = False) -> Draft:
    """Return a login's own draft, locked where it will change; raise `DraftGone` for another's or an expired one."""
    query = select(Draft).where(Draft.id == draft_id)
    draft = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if draft is None or draft.login_id != login_id or draft.state == "expired":
        raise DraftGone
    if draft.state != "sent" and draft.expires_at <= now:
        raise DraftGone
    return draft


def read_answers(draft: Draft, keys: FieldKeys) -> Answers:
    """Return what was answered so far."""
    if draft.answers_sealed is None:
        return {}
    answers: Answers = json.loads(keys.open(draft.answers_sealed, place=f"draft.answers.{draft.id}"))
    return answers


def save_answers(
    session: Session, *, now: datetime, acting: Acting, draft: Draft, keys: FieldKeys, answers: Mapping[str, Any]
) -> None:
    """Keep the answers of one step."""
    draft.state = follow(DRAFT, draft.state, "save")
    draft.saved_at = now
    _write(draft, {**read_answers(draft, keys), **answers}, keys)
    changed: dict[str, tuple[object, object]] = dict.fromkeys(answers, (None, "kept"))
    record(
        session,
        now=now,
        acting=acting,
        act="registration.saved",
        object_id=draft.id,
        subject=draft.login_id,
        changed=changed,
    )


def read_back(session: Session, *, now: datetime, acting: Acting, draft: Draft) -> None:
    """Note that the answers were shown for checking and found right."""
    draft.state = follow(DRAFT, draft.state, "read_back")
    draft.saved_at = now
    record(session, now=now, acting=acting, act="registration.read_back", object_id=draft.id, subject=draft.login_id)


def discard(session: Session, *, now: datetime, acting: Acting, draft: Draft) -> None:
    """Empty a draft at once: the household said no."""
    draft.state, draft.answers_sealed = follow(DRAFT, draft.state, "expire"), None
    record(session, now=now, acting=acting, act="registration.expired", object_id=draft.id, subject=draft.login_id)


def first_open(answers: Mapping[str, Any]) -> str:
    """Return the first question without an answer, or `check`."""
    return next((step for step in STEPS if step not in answers), "check")


def expire_one(session: Session, *, now: datetime, acting: Acting) -> bool:
    """Empty the draft that is longest past its time; say whether there was one."""
    query = select(Draft).where(Draft.expires_at <= now, Draft.state.not_in(("sent", "expired")))
    draft = session.scalars(query.order_by(Draft.expires_at).limit(1).with_for_update(skip_locked=True)).one_or_none()
    if draft is None:
        return False
    draft.state, draft.answers_sealed = follow(DRAFT, draft.state, "expire"), None
    record(session, now=now, acting=acting, act="registration.expired", object_id=draft.id, subject=draft.login_id)
    return True


def _write(draft: Draft, answers: Answers, keys: FieldKeys) -> None:
    text = json.dumps(answers, ensure_ascii=False, sort_keys=True)
    draft.answers_sealed = keys.seal(text, place=f"draft.answers.{draft.id}")


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise DraftGone from None
