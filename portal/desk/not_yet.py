"""Households that stand still on the way to the first sale: for which stage each waits, since when, longest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, and_, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from portal.acting import Acting
from portal.onboarding.models import Organisation, StageReached
from portal.onboarding.officers import reached_units
from portal.onboarding.stages import STAGES
from portal.places.models import AdminUnit, PlacesHome

WAITED_FOR: Mapping[str, Any] = {
    "created": _l("An account on a marketplace"),
    "phone_confirmed": _l("The phone's confirmation"),
    "approved": _l("An officer's approval"),
    "eligible": _l("Being eligible"),
    "listed": _l("Goods on sale at a marketplace"),
    "first_sale": _l("The first sale"),
}
ON_SALE = STAGES[: STAGES.index("listed") + 1]


@dataclass(frozen=True, slots=True)
class Standing:
    """One household that stands still: the stage that it waits for, and when it reached the last one."""

    id: str
    reference: str
    commune: str
    waits_for: str
    since: datetime


def standing(
    session: Session, acting: Acting, *, waits: str, area: str | None, most: int | None = None, start: int = 0
) -> tuple[list[Standing], int]:
    """Return the households that wait for a stage, longest first, and how many there are without `most` and `start`.

    `waits` "" is: an account, and nothing on sale. The number comes with the rows, since each takes a pass over all.
    """
    rows = _standing(session, acting, waits=waits, area=area).subquery()
    some = (
        select(rows, func.count().over().label("total")).order_by(rows.c.since, rows.c.id).limit(most).offset(start)
    ).subquery()
    query = select(some, AdminUnit.name).outerjoin(AdminUnit, AdminUnit.id == some.c.area)
    found = session.execute(query.order_by(some.c.since, some.c.id)).all()
    missing = {} if waits else _first_missing(session, [row.id for row in found])
    lines = [Standing(row.id, row.reference, row.name or "", waits or missing[row.id], row.since) for row in found]
    return lines, found[0].total if found else 0


def _standing(session: Session, acting: Acting, *, waits: str, area: str | None) -> Select[str, str, str, datetime]:
    """Select `id`, `reference`, `area` and `since` of those who wait, within reach and, where named, one area."""
    before = ON_SALE if not waits else STAGES[: STAGES.index(waits)]
    home = and_(PlacesHome.subject_id == Organisation.id, PlacesHome.to_at.is_(None))
    reached = and_(StageReached.household_id == Organisation.id, StageReached.stage.in_(before))
    since = func.coalesce(func.max(StageReached.reached_at), Organisation.registered_at)
    query = (
        select(
            Organisation.id.label("id"), Organisation.reference.label("reference"),
            PlacesHome.area_id.label("area"), since.label("since"),
        )
        .join(PlacesHome, home)
        .outerjoin(StageReached, reached)
        .where(Organisation.kind == "household")
        .group_by(Organisation.id, Organisation.reference, Organisation.registered_at, PlacesHome.area_id)
    )  # fmt: skip
    number = func.count(StageReached.stage)
    if waits:
        further = aliased(StageReached)
        beyond = exists().where(further.household_id == Organisation.id, further.stage == waits)
        query = query.where(~beyond).having(number == len(before))
    else:
        begun = func.sum(case((StageReached.stage == STAGES[0], 1), else_=0))
        query = query.having(number < len(before), begun == 1)
    if area:
        query = query.where(PlacesHome.area_id == area)
    units = reached_units(session, acting)
    return query if units is None else query.where(PlacesHome.area_id.in_(units))


def _first_missing(session: Session, ids: Sequence[str], *, piece: int = 500) -> dict[str, str]:
    """Return the first stage that each household lacks."""
    reached: dict[str, set[str]] = {one: set() for one in ids}
    for start in range(0, len(ids), piece):
        query = select(StageReached.household_id, StageReached.stage).where(
            StageReached.household_id.in_(ids[start : start + piece])
        )
        for household, stage in session.execute(query):
            reached[household].add(stage)
    return {one: next(stage for stage in STAGES if stage not in found) for one, found in reached.items()}
