"""What a code, a name or an old unit means on a day."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, or_, select
from sqlalchemy.orm import Session

from portal.places.areas import COMMUNE, DISTRICT, PROVINCE, code_of, is_leaf, last_day_before, leaf_of
from portal.places.errors import AreaUnknown, NotThen
from portal.places.models import AdminUnit, UnitAlias, UnitSuccession
from portal.places.names import fold, readings, sort_key, tidy

_ENOUGH = 500
_DAY = timedelta(days=1)
_LEVELS = (PROVINCE, DISTRICT, COMMUNE)


class Confidence(StrEnum):
    """How sure we are of the unit in which a place lies today."""

    EXACT = "exact"
    SUCCESSOR = "successor"
    CHOSEN = "chosen"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


class CurrentUnit(NamedTuple):
    """The unit in which a captured place lies now, None while ambiguous or unknown, and how sure we are."""

    unit: AdminUnit | None
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Found:
    """One unit that a search found; `within` names the units above it, the nearest first."""

    id: str
    name: str
    kind: str
    level: str
    within: tuple[str, ...]
    valid_from: date
    valid_to: date | None


def unit(session: Session, area: str) -> AdminUnit:
    """Return the unit with this id; raise AreaUnknown."""
    found = session.get(AdminUnit, area)
    if found is None:
        raise AreaUnknown(area=area)
    return found


def unit_on(session: Session, code: str, on: date) -> AdminUnit:
    """Return the unit that had this code on that day; raise AreaUnknown."""
    found = session.scalars(select(AdminUnit).where(AdminUnit.code == code, _valid(on))).one_or_none()
    if found is None:
        raise AreaUnknown(area=code, on=on)
    return found


def resolve(session: Session, code_or_area: str, on: date) -> AdminUnit:
    """Return the unit of an id (`80@20210101`) or a code (`80`) on that day; raise AreaUnknown or NotThen."""
    if "@" not in code_or_area:
        return unit_on(session, code_or_area, on)
    found = unit(session, code_or_area)
    if not found.valid_on(on):
        raise NotThen(area=found.id, on=on)
    return found


def communes(session: Session, province: str, on: date) -> list[AdminUnit]:
    """Return the communes that a province had on that day, in the order of the Vietnamese alphabet."""
    top = resolve(session, province, on)
    found = session.scalars(select(AdminUnit).where(_under(top, COMMUNE), _valid(on)))
    return sorted(found, key=lambda one: (sort_key(one.name), one.code))


def provinces(session: Session, on: date) -> list[AdminUnit]:
    """Return the provinces of that day, in the order of the Vietnamese alphabet of their names without the kind."""
    found = session.scalars(select(AdminUnit).where(AdminUnit.level == PROVINCE, _valid(on)))
    return sorted(
        found, key=lambda one: (sort_key(one.name.casefold().removeprefix(one.kind.split(" trung")[0])), one.code)
    )


def leaves(session: Session, province: str, period_end: datetime) -> list[str]:
    """Return the areas whose sum is the province in a period that ends just before this instant.

    They are the communes of the period's last day, districts without communes (islands until 2025), and last the
    leaf "not attributable".
    """
    on = last_day_before(period_end)
    top = resolve(session, province, on)
    query = select(AdminUnit).where(_under(top, COMMUNE, DISTRICT), _valid(on)).order_by(AdminUnit.id)
    rows = session.scalars(query).all()
    above = {code_of(row.parent_id) for row in rows if row.parent_id}
    return [row.id for row in rows if row.level == COMMUNE or row.code not in above] + [leaf_of(top.id)]


def current_unit(session: Session, captured_unit: str | None, *, on: date, chosen: str | None = None) -> CurrentUnit:
    """Return the unit in which a captured place lies on that day.

    A unit that was parted stays ambiguous until a person has chosen, even if its parts came together again.
    """
    if captured_unit is None and chosen is None:
        return CurrentUnit(None, Confidence.UNKNOWN)
    at = unit(session, chosen or captured_unit or "")
    found = _followed(at, on=on, unit_of=partial(unit, session), became=partial(successions, session))
    return CurrentUnit(found.unit, Confidence.CHOSEN) if chosen and found.unit else found


def current_units(session: Session, units: Collection[AdminUnit], *, on: date) -> dict[str, CurrentUnit]:
    """Return what `current_unit` says of many units, in one query; those that begin after that day are left out."""
    known, steps = {one.id: one for one in units}, defaultdict[str, list[UnitSuccession]](list)
    ended = [one.id for one in units if one.valid_to is not None and one.valid_to <= on]
    query = select(UnitSuccession).where(UnitSuccession.from_id.in_(ended)).order_by(UnitSuccession.to_id)
    for step in session.scalars(query):
        steps[step.from_id].append(step)

    def unit_of(area: str) -> AdminUnit:
        return known.get(area) or unit(session, area)

    def became(area: str) -> list[UnitSuccession]:
        return steps[area] if area in known else successions(session, area)

    found = dict[str, CurrentUnit]()
    for one in units:
        with suppress(NotThen):
            found[one.id] = _followed(one, on=on, unit_of=unit_of, became=became)
    return found


def _followed(
    at: AdminUnit, *, on: date, unit_of: Callable[[str], AdminUnit], became: Callable[[str], list[UnitSuccession]]
) -> CurrentUnit:
    """Follow a unit's successions to a day, as long as each leads to one unit."""
    moved = False
    while at.valid_to is not None and at.valid_to <= on:
        steps = became(at.id)
        if not steps:
            return CurrentUnit(None, Confidence.UNKNOWN)
        if steps[0].extent != "whole":
            return CurrentUnit(None, Confidence.AMBIGUOUS)
        at, moved = unit_of(steps[0].to_id), True
    if on < at.valid_from:
        raise NotThen(area=at.id, on=on)
    return CurrentUnit(at, Confidence.SUCCESSOR if moved else Confidence.EXACT)


def heirs(session: Session, areas: Collection[str], *, on: date) -> dict[str, str]:
    """Return what each of many units is on a day, by whole successions alone; what came apart has no heir."""
    found: dict[str, str] = {}
    now_at = {area: area for area in areas if not is_leaf(area)}
    while now_at:
        ended = set(session.scalars(
            select(AdminUnit.id).where(AdminUnit.id.in_(set(now_at.values())), AdminUnit.valid_to <= on)
        ))  # fmt: skip
        found |= {area: at for area, at in now_at.items() if at not in ended}
        whole = select(UnitSuccession.from_id, UnitSuccession.to_id).where(
            UnitSuccession.from_id.in_(ended), UnitSuccession.extent == "whole"
        )
        steps = dict(session.execute(whole).all())
        now_at = {area: steps[at] for area, at in now_at.items() if at in steps}
    return found


def candidates(session: Session, captured_unit: str, *, on: date) -> list[AdminUnit]:
    """Return every unit in which a captured place may lie on that day, by whole and part successions alike."""
    open_, seen, found = [captured_unit], set[str](), list[AdminUnit]()
    while open_:
        area = open_.pop()
        if area not in seen:
            seen.add(area)
            at = unit(session, area)
            if at.valid_on(on):
                found.append(at)
            else:
                open_ += [step.to_id for step in successions(session, area)]
    return sorted(found, key=lambda one: (sort_key(one.name), one.code))


def successions(session: Session, area: str) -> list[UnitSuccession]:
    """Return what became of a unit, in a steady order."""
    query = select(UnitSuccession).where(UnitSuccession.from_id == area).order_by(UnitSuccession.to_id)
    return list(session.scalars(query))


def lineage(session: Session, area: str) -> frozenset[str]:
    """Return the unit and everything that came into it: the reach of a grant, the ancestors of a province."""
    found, fresh = {area}, {area}
    while fresh:
        query = select(UnitSuccession.from_id).where(UnitSuccession.to_id.in_(fresh))
        fresh = set(session.scalars(query)) - found
        found |= fresh
    return frozenset(found)


def find(session: Session, text: str, *, on: date, province: str | None = None, limit: int = 20) -> list[Found]:
    """Return the units of any time that a person may mean by this text, those of that day before former ones.

    Commas go up: `Tân Hòa, Bến Lức`. `province` (an id, or a code on that day) limits the search to the province and
    all that came into it.
    """
    first, *above = [part for part in (part.strip() for part in text.split(",")) if part] or [""]
    meant = readings(first)
    if not meant:
        return []
    query = select(AdminUnit).where(or_(*(_means(key, kinds) for key, kinds in meant)))
    if province is not None:
        query = query.where(AdminUnit.province_id.in_(lineage(session, resolve(session, province, on).id)))
    exact = case((AdminUnit.name_key.in_([key for key, _ in meant]), 0), else_=1)
    rows = list(session.scalars(query.order_by(exact, AdminUnit.name_key, AdminUnit.id).limit(_ENOUGH)))
    ancestors = _Ancestors(session, rows)
    rows = [row for row in rows if all(_any_means(ancestors.of(row, on), part) for part in above)]
    toned = tidy(first).casefold()

    def rank(row: AdminUnit) -> tuple[object, ...]:
        other_name = row.name_key not in {key for key, _ in meant}
        other_tones = not tidy(row.name).casefold().endswith(toned) and toned != fold(first)
        return other_name, other_tones, not row.valid_on(on), _LEVELS.index(row.level), sort_key(row.name), row.id

    return [_found(row, ancestors.of(row, on)) for row in sorted(rows, key=rank)[:limit]]


def _found(row: AdminUnit, above: Iterable[AdminUnit]) -> Found:
    within = tuple(one.name for one in above)
    return Found(row.id, row.name, row.kind, row.level, within, row.valid_from, row.valid_to)


class _Ancestors:
    """The units above each of some units, as they were on a day or on the unit's last."""

    def __init__(self, session: Session, rows: Iterable[AdminUnit]) -> None:
        self._by_code: dict[str, list[AdminUnit]] = {}
        codes = {code_of(row.parent_id) for row in rows if row.parent_id}
        while codes - self._by_code.keys():
            fresh = codes - self._by_code.keys()
            self._by_code.update({code: [] for code in fresh})
            for above in session.scalars(select(AdminUnit).where(AdminUnit.code.in_(fresh))):
                self._by_code[above.code].append(above)
                codes |= {code_of(above.parent_id)} if above.parent_id else set()

    def of(self, row: AdminUnit, on: date) -> list[AdminUnit]:
        """Return them, the nearest first."""
        day = on
        if not row.valid_on(on):
            day = row.valid_to - _DAY if row.valid_to and row.valid_to <= on else row.valid_from
        found: list[AdminUnit] = []
        at = row
        while at.parent_id:
            at = next(above for above in self._by_code[code_of(at.parent_id)] if above.valid_on(day))
            found.append(at)
        return found


def _means(key: str, kinds: tuple[str, ...]) -> ColumnElement[bool]:
    by_name = AdminUnit.name_key.startswith(key, autoescape=True) if len(key) > 1 else AdminUnit.name_key == key
    aliased = AdminUnit.id.in_(select(UnitAlias.unit_id).where(UnitAlias.name_key == key))
    return or_(and_(by_name, AdminUnit.kind.in_(kinds)), aliased) if kinds else or_(by_name, aliased)


def _any_means(above: Iterable[AdminUnit], text: str) -> bool:
    meant = readings(text)
    return any(one.name_key == key and (not kinds or one.kind in kinds) for one in above for key, kinds in meant)


def _under(top: AdminUnit, *levels: str) -> ColumnElement[bool]:
    return and_(AdminUnit.province_id == top.id, AdminUnit.level.in_(levels))


def _valid(on: date) -> ColumnElement[bool]:
    return and_(AdminUnit.valid_from <= on, or_(AdminUnit.valid_to.is_(None), AdminUnit.valid_to > on))
