"""What looks odd in helping: marked for a person to look at, never refused, once a day for each subject."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.db import insert_new, new_id
from portal.errors import NotFound
from portal.onboarding.errors import AnswerRefused
from portal.onboarding.models import Person
from portal.onboarding.officers import reached_units
from portal.onboarding.registering import households_of
from portal.onboarding.validators import plain
from portal.places.areas import day_of, starts_at
from portal.teams.models import Assisted, Flag, TeamMember

HOUSEHOLDS_A_PHONE = 3
REGISTRATIONS_A_DAY = 40
MOST_A_DAY = 80
NOTE_LENGTH = 500


def raise_flag(
    session: Session, *, now: datetime, kind: str, subject: str, unit_id: str, detail: Mapping[str, Any]
) -> Flag:
    """Mark something; the same kind and subject on the same day is one flag, with the newest detail."""
    key = {"kind": kind, "subject": subject, "day": day_of(now)}
    insert_new(session, Flag, id=new_id("fl"), **key, unit_id=unit_id, detail={}, raised_at=now)
    flag = session.scalars(select(Flag).filter_by(**key).with_for_update()).one()
    flag.detail = dict(detail)
    session.flush()
    return flag


def flag_registration(session: Session, row: Assisted, *, today: int, now: datetime) -> None:
    """Mark what looks odd about a registration, the member's `today`-th; it stands all the same."""
    phone = row.household_login_id or ""
    if today > REGISTRATIONS_A_DAY:
        raise_flag(
            session,
            now=now,
            kind="many_registrations",
            subject=row.login_id,
            unit_id=row.unit_id,
            detail={"count": today},
        )
    shops = len(households_of(session, phone))
    if shops > HOUSEHOLDS_A_PHONE:
        raise_flag(session, now=now, kind="phone_shared", subject=phone, unit_id=row.unit_id, detail={"count": shops})
    mates = (
        select(TeamMember.id)
        .join(Person, Person.id == TeamMember.person_id)
        .where(
            TeamMember.team_id == row.team_id,
            TeamMember.to_at.is_(None),
            or_(Person.phone_index == row.phone_index, Person.login_id == phone),
        )
    )
    if session.scalar(mates.limit(1)) is not None:
        raise_flag(session, now=now, kind="team_mates_phone", subject=phone, unit_id=row.unit_id, detail={})


def done_today(session: Session, login_id: str, now: datetime) -> int:
    """Return how many households a member registered since midnight in Vietnam."""
    query = select(func.count()).where(
        Assisted.login_id == login_id,
        Assisted.kind == "register",
        Assisted.state == "done",
        Assisted.ended_at >= starts_at(day_of(now)),
    )
    return session.scalar(query) or 0


def open_flags(session: Session, acting: Acting, *, limit: int = 100) -> list[Flag]:
    """Return what nobody looked at yet, within an officer's reach, oldest first."""
    query = select(Flag).where(Flag.reviewed_at.is_(None)).order_by(Flag.raised_at, Flag.id).limit(limit)
    units = reached_units(session, acting)
    return list(session.scalars(query if units is None else query.where(Flag.unit_id.in_(units))))


def review(session: Session, *, now: datetime, acting: Acting, flag_id: str, note: str) -> Flag:
    """Note what an officer found out about a flag; a foreign one is missing."""
    words, units = plain(note), reached_units(session, acting)
    if not words or len(words) > NOTE_LENGTH:
        raise AnswerRefused("answer.too_long" if words else "answer.unknown")
    flag = session.scalars(select(Flag).where(Flag.id == flag_id).with_for_update()).one_or_none()
    if flag is None or (units is not None and flag.unit_id not in units):
        raise NotFound
    flag.reviewed_at, flag.reviewed_by, flag.note = now, acting.actor, words
    record(session, now=now, acting=acting, act="flag.reviewed", object_id=flag.id, subject=flag.subject)
    return flag
