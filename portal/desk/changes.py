"""What changed within an officer's reach: the newest acts of the trail in plain words, without a personal value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select, true, union
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import AuditRow
from portal.onboarding.models import Organisation
from portal.onboarding.officers import reachable, reached_units
from portal.places.areas import day_of
from portal.places.models import PlacesHome

NEWEST = 300
ROWS = 50
LAST = 2**31 - 1
_DOERS: Mapping[str, Any] = {
    "system": _l("the portal itself"),
    "household": _l("the household"),
    "seller_staff": _l("the seller's staff"),
    "team_member": _l("a team member"),
    "commune_officer": _l("a commune's officer"),
    "province_officer": _l("a province's officer"),
}
_SOMEBODY = _l("a signed-in person")


@dataclass(frozen=True, slots=True)
class Change:
    """One act: when, its code and words, who did it, and of which seller, where it was one."""

    id: int
    at: datetime
    act: str
    words: Any
    doer: Any
    seller_id: str | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Bunch:
    """The same acts of one day by the same kind of people: how many, and when the last."""

    at: datetime
    act: str
    words: Any
    doer: Any
    count: int


def act_words() -> Mapping[str, Any]:
    """Return the acts that officers read of, in words."""
    found: Mapping[str, Any] = current_app.extensions["act_words"]
    return found


def bunched(session: Session, acting: Acting, *, most: int) -> list[Bunch]:
    """Return the newest acts, the same ones of a day together, newest first."""
    rows = session.scalars(_query(session, acting, None).limit(NEWEST))
    found: dict[tuple[Any, ...], list[AuditRow]] = {}
    for row in rows:
        found.setdefault((day_of(row.at), row.act, row.role), []).append(row)
    words = act_words()
    bunches = [Bunch(rows[0].at, rows[0].act, words[rows[0].act], _doer(rows[0]), len(rows)) for rows in found.values()]
    return bunches[:most]


def page_of(session: Session, acting: Acting, *, act: str | None, before: int | None) -> list[Change]:
    """Return up to a page and one of acts, newest first; `before` is the id of the last one that was seen."""
    query = _query(session, acting, act)
    if before is not None:
        query = query.where(AuditRow.id < min(max(before, 0), LAST))
    return _told(session, acting, list(session.scalars(query.limit(ROWS + 1))))


def _query(session: Session, acting: Acting, act: str | None) -> Any:
    acts = [act] if act else list(act_words())
    return select(AuditRow).where(AuditRow.act.in_(acts), _within(session, acting)).order_by(AuditRow.id.desc())


def _within(session: Session, acting: Acting) -> ColumnElement[bool]:
    """Return the condition on acts within reach: what was done to a seller, its head, or what has its home there."""
    units = reached_units(session, acting)
    if units is None:
        return true()
    own = reachable(session, acting)
    homes = select(PlacesHome.subject_id).where(PlacesHome.area_id.in_(units), PlacesHome.to_at.is_(None))
    heads = select(Organisation.head_person_id).where(own, Organisation.head_person_id.is_not(None))
    return AuditRow.subject.in_(union(select(Organisation.id).where(own), heads, homes))


def _told(session: Session, acting: Acting, rows: Sequence[AuditRow]) -> list[Change]:
    words, sellers = act_words(), _sellers(session, acting, {row.subject for row in rows if row.subject})
    return [
        Change(row.id, row.at, row.act, words[row.act], _doer(row), *sellers.get(row.subject or "", (None, "")))
        for row in rows
    ]


def _sellers(session: Session, acting: Acting, subjects: set[str]) -> dict[str, tuple[str, str]]:
    """Return the seller's id and reference of each subject that is a reached seller or its head."""
    if not subjects:
        return {}
    query = select(Organisation.id, Organisation.reference, Organisation.head_person_id).where(
        Organisation.id.in_(subjects) | Organisation.head_person_id.in_(subjects), reachable(session, acting)
    )
    found: dict[str, tuple[str, str]] = {}
    for organisation_id, reference, head in session.execute(query.order_by(Organisation.registered_at)):
        found[organisation_id] = (organisation_id, reference)
        if head is not None:
            found[head] = (organisation_id, reference)
    return found


def _doer(row: AuditRow) -> Any:
    return _DOERS.get(row.role, _SOMEBODY)
