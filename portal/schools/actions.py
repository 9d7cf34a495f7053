"""What can be done with class lists: rehearse, import, stop; give more time, remind. Each act in one transaction."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

import payments
from payments.models import Payee
from payments.states import RequestStatus
from portal.acting import Acting
from portal.audit import record
from portal.bulk import without_collecting
from portal.crypto import FieldKeys
from portal.errors import NotFound
from portal.pay.owners import own_payee, owner_of
from portal.people.phones import Phone
from portal.people.sms import queue_sms
from portal.places.areas import day_of
from portal.schools.errors import ListRefused
from portal.schools.importing import Judged, judge
from portal.schools.listing import Owing, owing
from portal.schools.models import ClassList, Pupil
from portal.schools.plans import at_end_of
from portal.schools.workbooks import Listing, open_list, told
from portal.schools.writing import Writing, phone_of

if TYPE_CHECKING:
    from portal.world import World

MOST_TOLD = 500
REMIND_AGAIN_DAYS, REMINDER_LASTS_DAYS = 3, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a list's rows."""

    judged: Judged
    requests: int = 0
    carried: int = 0

    def as_json(self) -> dict[str, int]:
        """Return the figures that the command line prints; the four outcomes add up to the rows."""
        one = self.judged
        return {
            "rows": one.rows, "created": len(one.created), "changed": len(one.changed), "unchanged": one.unchanged,
            "rejected": len(one.refused), "requests": self.requests, "carried": self.carried,
        }  # fmt: skip


@without_collecting()
def rehearse(
    session: Session, *, now: datetime, payee_id: str, listing: Listing, period: str | None, keys: FieldKeys
) -> Imported:
    """Say what a list would do; nothing is written."""
    rows = listing.rows(period=period)
    return Imported(judged=judge(session, payee_id=payee_id, rows=rows, keys=keys, today=day_of(now)))


@without_collecting()
def import_rows(
    session: Session, *, now: datetime, acting: Acting, payee_id: str, listing: Listing, period: str | None,
    strict: bool, keys: FieldKeys, list_id: str,
) -> Imported:  # fmt: skip
    """Import a list: new rows ask, changed ones change what they must, refused ones do nothing.

    Raises `NotFound` for another's payee, and `ListRefused` list.rejected where `strict` and a row is refused.
    """
    payee = own_payee(session, acting, payee_id)
    session.execute(select(Payee.id).where(Payee.id == payee.id).with_for_update())  # one list of a school at a time
    rows = listing.rows(period=period)
    judged = judge(session, payee_id=payee.id, rows=rows, keys=keys, today=day_of(now), lock=True)
    if strict and judged.refused:
        raise ListRefused("list.rejected", rejected=len(judged.refused))
    written = Writing(payee_id=payee.id, keys=keys, now=now, cashier_ref=acting.login_id).write(session, judged)
    done = Imported(judged=judged, requests=written.requests, carried=written.carried)
    _tell(session, now, acting, "class_list.imported", list_id, payee.id, done.as_json())
    return done


def take_in(
    world: "World", session: Session, path: Path, *, acting: Acting, payee_id: str, file_name: str, period: str | None
) -> ClassList:
    """Keep how a list that was sent would end; its file is the caller's. Raises `ListRefused` and `NotFound`."""
    now, payee = world.clock.now(), own_payee(session, acting, payee_id)
    found = rehearse(session, now=now, payee_id=payee.id, listing=open_list(path), period=period, keys=world.field_keys)
    row = ClassList(
        payee=payee.id, state="checked", file_name=file_name[:120], period=period, uploaded_at=now,
        uploaded_by=acting.login_id, problems=told(found.judged.refused)[:MOST_TOLD], ended_at=None,
        **found.as_json(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    _tell(session, now, acting, "class_list.sent", row.id, payee.id, {})
    return row


def own_list(session: Session, acting: Acting, list_id: str, *, lock: bool = False) -> ClassList:
    """Return a list of one's own school; raise `NotFound` for any other."""
    query = select(ClassList).where(ClassList.id == list_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None:
        raise NotFound
    own_payee(session, acting, row.payee)
    return row


def import_kept(world: "World", session: Session, path: Path, *, acting: Acting, list_id: str) -> ClassList:
    """Import a list that was rehearsed; a second time changes nothing. Raises `ListRefused` list.ended once stopped."""
    row = own_list(session, acting, list_id, lock=True)
    if row.state == "done":
        return row
    if row.state != "checked":
        raise ListRefused("list.ended")
    now = world.clock.now()
    done = import_rows(
        session, now=now, acting=acting, payee_id=row.payee, listing=open_list(path), period=row.period, strict=False,
        keys=world.field_keys, list_id=row.id,
    )  # fmt: skip
    for name, value in done.as_json().items():
        setattr(row, name, value)
    row.state, row.ended_at, row.problems = "done", now, told(done.judged.refused)[:MOST_TOLD]
    return row


def stop(session: Session, *, now: datetime, acting: Acting, list_id: str) -> ClassList:
    """Put a rehearsed list aside; a second time changes nothing."""
    row = own_list(session, acting, list_id, lock=True)
    if row.state == "done":
        raise ListRefused("list.ended")
    row.state, row.ended_at = "stopped", row.ended_at or now
    return row


def give_time(
    session: Session, *, now: datetime, acting: Acting, payee_id: str, class_name: str, period: str, until: date
) -> int:
    """Open again what a class did not pay in time, until the end of a day; return how many requests."""
    own_payee(session, acting, payee_id)
    late = [
        one.request_id
        for pupil in owing(session, payee_id=payee_id, class_name=class_name, period=period)
        for one in pupil.requests
        if one.status == RequestStatus.EXPIRED
    ]
    for request_id in late:
        payments.open_request(session, request_id=request_id, now=now, expires_at=at_end_of(until))
    if late:
        _tell(session, now, acting, "class.given_time", class_name, payee_id, {"requests": len(late)})
    return len(late)


def remind(world: "World", session: Session, *, acting: Acting, payee_id: str, class_name: str, period: str) -> int:
    """Queue one SMS to each guardian of a class who has not paid, none within three days of the last; return how many.

    It says the school, the class and the link, and no sum: a phone lies about.
    """
    now, payee = world.clock.now(), own_payee(session, acting, payee_id)
    again = now - timedelta(days=REMIND_AGAIN_DAYS)
    due = [one for one in owing(session, payee_id=payee.id, class_name=class_name, period=period) if one.payable]
    pupils = {one.id: one for one in session.scalars(select(Pupil).where(Pupil.id.in_([one.pupil_id for one in due])))}
    sent = 0
    for one in due:
        pupil = pupils[one.pupil_id]
        phone = phone_of(pupil, world.field_keys)
        if phone is None or (pupil.reminded_at is not None and pupil.reminded_at > again):
            continue
        queue_sms(
            session, now=now, phone=Phone(phone), body=_reminder(world, payee, pupil, one), purpose="reminder",
            expires_at=now + timedelta(days=REMINDER_LASTS_DAYS), keys=world.field_keys,
        )  # fmt: skip
        pupil.reminded_at = now
        sent += 1
    if sent:
        _tell(session, now, acting, "class.reminded", class_name, payee.id, {"sent": sent})
    return sent


def _reminder(world: "World", payee: Payee, pupil: Pupil, one: Owing) -> str:
    """Return the text, in Vietnamese: it goes to a family, whatever language the cashier reads."""
    page = f"{world.settings.public_url.rstrip('/')}/pay/requests/{one.payable[0].request_id}"
    return f"{payee.name}: lớp {pupil.class_name} ({pupil.initials}) còn khoản chưa nộp. Xem và nộp tại {page}"


def _tell(
    session: Session, now: datetime, acting: Acting, act: str, object_id: str, payee_id: str, figures: dict[str, int]
) -> None:
    """Leave an audit row in the chain of the school."""
    own = replace(acting, organisation_id=owner_of(session, payee_id))
    changed: dict[str, tuple[object, object]] = {name: (None, value) for name, value in figures.items()}
    record(session, now=now, acting=own, act=act, object_id=object_id, changed=changed, public=frozenset(changed))
