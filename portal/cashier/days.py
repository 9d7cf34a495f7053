"""Closing a desk's day: seen by its cashiers and by the managers of its institution, signed for by who closes it."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import day_close
from payments.day_close import Age, Standing
from payments.day_tables import DayClose
from payments.models import Payee
from portal.acting import Acting
from portal.audit import record
from portal.cashier.actions import own_desk
from portal.cashier.models import Desk
from portal.errors import NotFound
from portal.pay.owners import own_payee, own_payees, owner_of


@dataclass(frozen=True, slots=True)
class Day:
    """A desk's day as a page and its paper show it; `close` is None while the day is open."""

    desk: Desk
    payee: Payee
    standing: Standing
    ages: tuple[Age, ...]
    close: DayClose | None


def standing_day(session: Session, acting: Acting, *, desk_ref: str, day: date, now: datetime) -> Day:
    """Return what closing a day of one's own desk would count; raise `NotFound` for another's."""
    desk = own_desk(session, acting, desk_ref)
    stands = day_close.standing(session, desk_ref=desk_ref, day=day)
    ages = day_close.suspense_by_age(session, payee_id=desk.payee, now=now)
    return Day(desk, session.get_one(Payee, desk.payee), stands, ages, None)


def closed_day(session: Session, acting: Acting, close_id: str, *, now: datetime) -> Day:
    """Return a closed day of one's own institution; raise `NotFound` for another's."""
    row = session.scalar(select(DayClose).where(DayClose.id == close_id))
    if row is None:
        raise NotFound
    payee = own_payee(session, acting, row.payee_id)
    ages = day_close.suspense_by_age(session, payee_id=payee.id, now=now)
    return Day(session.get_one(Desk, row.desk_ref), payee, day_close.closed(session, row), ages, row)


def close(session: Session, *, now: datetime, acting: Acting, desk_ref: str, day: date) -> DayClose:
    """Close a day of one's own desk; raises DayClosed or DayToCome."""
    desk = own_desk(session, acting, desk_ref)
    row = day_close.close_day(
        session, payee_id=desk.payee, desk_ref=desk_ref, day=day, now=now, actor=acting.actor
    )  # fmt: skip
    changed: dict[str, tuple[object, object]] = {
        "in_minor": (None, row.in_minor), "out_minor": (None, row.out_minor),
    }  # fmt: skip
    own = replace(acting, organisation_id=owner_of(session, desk.payee))
    record(session, now=now, acting=own, act="day.closed", object_id=row.id, changed=changed, public=frozenset(changed))
    return row


def closed_days(session: Session, acting: Acting) -> list[tuple[DayClose, Desk]]:
    """Return the latest closed days of one's own institution, newest first."""
    closes = day_close.closes_of(session, payee_ids=[payee.id for payee in own_payees(session, acting)])
    return [(row, session.get_one(Desk, row.desk_ref)) for row in closes]
