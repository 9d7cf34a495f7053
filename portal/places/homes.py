"""Where each counted subject belongs over time, and what a reform does to it.

A subject is a household, a team or anything else that is counted once in one place. Its homes are half-open rows
without gap or overlap, so a count of any past month finds the home of that month.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from portal.acting import Acting
from portal.audit import record
from portal.bulk import among, insert_rows
from portal.places.areas import COMMUNE, DISTRICT, day_of, is_leaf, leaf_of, province_of_leaf, starts_at
from portal.places.errors import AreaUnknown, HomeOutOfOrder, NotAHome, NotThen
from portal.places.lookup import current_unit, successions, unit
from portal.places.models import AdminUnit, PlacesHome

_FRESH = {"populate_existing": True}  # what was read before the lock may be old

Moving = Callable[[Session, Sequence[str], datetime], AbstractContextManager[object]]
"""Given (session, subject_ids, effective_at): counts subjects before and after the block that moves them."""


Parting = Callable[[Session, Sequence[str], str, datetime], None]
"""Given (session, subject_ids, former_id, now): asks a person about subjects whose unit was parted."""


@dataclass(frozen=True, slots=True)
class Reformed:
    """One unit that ended: how many subjects followed it whole, and how many now wait for a person."""

    area_id: str
    effective_at: datetime
    moved: int
    unattributed: int


def set_home(session: Session, *, subject_id: str, area_id: str, at: datetime) -> PlacesHome:
    """Put a subject into a commune, or into a province's leaf, from this instant on.

    The same place again changes nothing; at the very instant at which the last home began it is corrected. Raises
    HomeOutOfOrder before that instant, and AreaUnknown, NotThen or NotAHome where nobody can live.
    """
    _check_home(session, area_id, day_of(at))
    query = select(PlacesHome).where(PlacesHome.subject_id == subject_id, PlacesHome.to_at.is_(None)).with_for_update()
    last = session.scalars(query, execution_options=_FRESH).one_or_none()
    if last is not None:
        if at < last.from_at:
            raise HomeOutOfOrder(subject=subject_id)
        if last.area_id == area_id:
            return last
        if at == last.from_at:
            last.area_id = area_id
            session.flush()
            return last
    return _move(session, last, subject_id, area_id, at)


def add_homes(session: Session, homes: Mapping[str, str], *, at: datetime) -> None:
    """Give many subjects that have none their first home at once; raises like `set_home` where nobody can live."""
    for area in set(homes.values()):
        _check_home(session, area, day_of(at))
    insert_rows(
        session, PlacesHome, ("subject_id", "area_id", "from_at"), [(who, area, at) for who, area in homes.items()]
    )


def home_at(session: Session, subject_id: str, at: datetime) -> PlacesHome | None:
    """Return the home that a subject had at this instant, or None before its first."""
    return session.scalars(
        select(PlacesHome).where(
            PlacesHome.subject_id == subject_id,
            PlacesHome.from_at <= at,
            or_(PlacesHome.to_at.is_(None), PlacesHome.to_at > at),
        )
    ).one_or_none()


def homes_at(session: Session, subject_ids: Sequence[str], at: datetime) -> dict[str, str]:
    """Return the areas in which many subjects had their home at this instant; those without one are left out."""
    query = select(PlacesHome.subject_id, PlacesHome.area_id).where(
        among(session, PlacesHome.subject_id, subject_ids),
        PlacesHome.from_at <= at,
        or_(PlacesHome.to_at.is_(None), PlacesHome.to_at > at),
    )
    return dict(session.execute(query).all())


def apply_reform(
    session: Session, *, now: datetime, acting: Acting, moving: Moving | None = None, parting: Parting | None = None
) -> Reformed | None:
    """Move the subjects of one unit that has ended, at the instant it ended; return None if no unit has any left.

    Whole successions are followed. Parts go to the leaf of the province in which they now lie: its total stays, and
    `parting` asks a person about them. Call it in one transaction a unit, until it finds nothing.
    """
    due = _due(session, day_of(now))
    if due is None:
        return None
    ended, area, ended_on = due
    at = starts_at(ended_on)
    target = _target(session, ended, area, ended_on)
    counted = moving or (lambda _session, _subjects, _at: nullcontext())
    query = select(PlacesHome).where(PlacesHome.area_id == area, PlacesHome.to_at.is_(None))
    homes = session.scalars(query.order_by(PlacesHome.subject_id).with_for_update(), execution_options=_FRESH).all()
    if not homes:  # another worker was faster
        return Reformed(area, at, 0, 0)
    subjects = [home.subject_id for home in homes]
    with counted(session, subjects, at):
        here = (PlacesHome.area_id == area, PlacesHome.to_at.is_(None))
        session.execute(
            update(PlacesHome).where(*here).values(to_at=at), execution_options={"synchronize_session": False}
        )
        session.expire_all()
        insert_rows(session, PlacesHome, ("subject_id", "area_id", "from_at"), [(one, target, at) for one in subjects])
    parted = is_leaf(target) and not is_leaf(area)
    if parted and parting is not None:
        parting(session, subjects, area, now)
    changed: dict[str, tuple[object, object]] = {"area": (area, target), "subjects": (None, len(homes))}
    public = frozenset(changed)
    record(session, now=now, acting=acting, act="places.unit_ended", object_id=area, changed=changed, public=public)
    return Reformed(area, at, 0 if parted else len(homes), len(homes) if parted else 0)


def follow_reforms(
    session: Session, subject_ids: Sequence[str], *, at: datetime, moving: Moving, parting: Parting
) -> None:
    """Move those of a few subjects whose unit has ended by an instant, before anything of theirs is counted after it.

    The reform's own due work may come later; what was counted at the old home by then would move with the wrong month.
    As there, `parting` asks a person about those whose unit was parted.
    """
    today = day_of(at - timedelta(microseconds=1))  # at the very instant of a reform that itself is what is counted
    queries = [
        select(PlacesHome, AdminUnit)
        .join(AdminUnit, PlacesHome.area_id == area)
        .where(PlacesHome.subject_id.in_(subject_ids), PlacesHome.to_at.is_(None), AdminUnit.valid_to <= today)
        for area in (AdminUnit.id, AdminUnit.id.concat(leaf_of("")))
    ]
    if not session.scalar(select(or_(*(query.exists() for query in queries)))):
        return
    for query in queries:
        while rows := session.execute(query.with_for_update(of=PlacesHome), execution_options=_FRESH).all():
            for home, ended in rows:
                ended_on = ended.valid_to or today
                former, since = home.area_id, starts_at(ended_on)
                target = _target(session, ended, former, ended_on)
                with moving(session, [home.subject_id], since):
                    _move(session, home, home.subject_id, target, since)
                if is_leaf(target) and not is_leaf(former):
                    parting(session, [home.subject_id], former, at)


def oldest_reform_due(session: Session, *, on: date) -> date | None:
    """Return the day on which the longest ended unit that still has subjects ended, or None when all have followed."""
    due = _due(session, on)
    return due[2] if due is not None else None


def _move(session: Session, last: PlacesHome | None, subject_id: str, area_id: str, at: datetime) -> PlacesHome:
    if last is not None:
        last.to_at = at
        session.flush()  # closed before the next is opened: one open row a subject
    home = PlacesHome(subject_id=subject_id, area_id=area_id, from_at=at, to_at=None)
    session.add(home)
    session.flush()
    return home


def _check_home(session: Session, area_id: str, day: date) -> None:
    where = unit(session, province_of_leaf(area_id))
    if not where.valid_on(day):
        raise NotThen(area=area_id, on=day)
    if is_leaf(area_id):
        if where.parent_id is not None:
            raise AreaUnknown(area=area_id)
        return
    if where.level == COMMUNE:
        return
    below = aliased(AdminUnit)
    if where.level != DISTRICT or session.scalar(select(exists().where(below.parent_id == where.id))):
        raise NotAHome(area=area_id)


def _due(session: Session, today: date) -> tuple[AdminUnit, str, date] | None:
    """Return the unit that ended longest ago and still has subjects, their area (the unit or its leaf), and the day."""
    found: list[tuple[date, str, AdminUnit]] = []
    for area in (AdminUnit.id, AdminUnit.id.concat(leaf_of(""))):  # one equality each, so that the join stays cheap
        query = (
            select(AdminUnit.valid_to, PlacesHome.area_id, AdminUnit)
            .join(PlacesHome, and_(PlacesHome.area_id == area, PlacesHome.to_at.is_(None)))
            .where(AdminUnit.valid_to <= today)
            .order_by(AdminUnit.valid_to, PlacesHome.area_id)
            .limit(1)
        )
        found += [(ended_on, lived_in, ended) for ended_on, lived_in, ended in session.execute(query) if ended_on]
    if not found:
        return None
    ended_on, lived_in, ended = min(found, key=lambda one: one[:2])
    return ended, lived_in, ended_on


def _target(session: Session, ended: AdminUnit, area: str, ended_on: date) -> str:
    """Return where the subjects of an area go: along a whole succession, else into the leaf of the province."""
    steps = [] if is_leaf(area) else successions(session, ended.id)
    if len(steps) == 1 and steps[0].extent == "whole":
        return steps[0].to_id
    province = current_unit(session, ended.province_id, on=ended_on).unit
    if province is None:
        raise AreaUnknown(area=ended.province_id, on=ended_on)
    return leaf_of(province.id)
