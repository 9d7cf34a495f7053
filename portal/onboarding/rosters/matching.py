"""Which commune does a roster mean: by names on the roster's day, then other names, then today; once per text.

What stays open never stops saving. A place is kept as written, with the unit it was found in and what became of that.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.places import actions as places
from portal.places.areas import COMMUNE, PROVINCE, code_of, leaf_of
from portal.places.lookup import Confidence
from portal.places.models import AdminUnit, UnitAlias
from portal.places.names import readings

MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Match:
    """What a text means: the unit on the roster's day, today's unit, how sure we are, and the home for counts.

    `candidates` names the first communes that it may be, `candidate_ids` are them all, where there are several;
    `reached` says whether it is within the officer's grant.
    """

    captured_unit_id: str | None
    current_unit_id: str | None
    confidence: str
    home: str
    candidates: tuple[str, ...] = ()
    reached: bool = True
    candidate_ids: tuple[str, ...] = ()


class PlaceMatcher:
    """Finds communes of one province and all that came into it, by the names that a roster writes."""

    def __init__(
        self, session: Session, *, province: str, captured_on: date, today: date, within: frozenset[str] | None
    ) -> None:
        self._session, self._captured_on, self._today = session, captured_on, today
        self._top = places.resolve(session, province, today).id
        self._within = within
        self._leaf = leaf_of(self._top)
        self._known: dict[tuple[str, str, str], Match] = {}
        self._load(places.lineage(session, self._top))

    def match(self, commune: str, district: str = "", province: str = "") -> Match:
        """Return what these texts mean."""
        key = (commune, district, province)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._match(*key)
        return found

    def _load(self, provinces: frozenset[str]) -> None:
        units = self._session.scalars(select(AdminUnit).where(AdminUnit.province_id.in_(provinces))).all()
        aliases: defaultdict[str, list[str]] = defaultdict(list)
        for alias in self._session.scalars(select(UnitAlias)):
            aliases[alias.unit_id].append(alias.name_key)
        self._by_code: defaultdict[str, list[AdminUnit]] = defaultdict(list)
        self._communes: defaultdict[str, list[AdminUnit]] = defaultdict(list)
        self._aliased: defaultdict[str, list[AdminUnit]] = defaultdict(list)
        self._provinces = [unit for unit in units if unit.level == PROVINCE]
        for unit in units:
            self._by_code[unit.code].append(unit)
            if unit.level == COMMUNE:
                self._communes[unit.name_key].append(unit)
                for alias_key in aliases.get(unit.id, ()):
                    self._aliased[alias_key].append(unit)
        communes = [unit for unit in units if unit.level == COMMUNE]
        self._today_of = places.current_units(self._session, communes, on=self._today)

    def _match(self, commune: str, district: str, province: str) -> Match:
        parts = [part.strip() for part in commune.split(",") if part.strip()]
        name, above = (parts[0] if parts else ""), [*parts[1:], district, province]
        for day, names in (
            (self._captured_on, self._communes), (self._captured_on, self._aliased), (self._today, self._communes)
        ):  # fmt: skip
            found = self._named(names, name, [one for one in above if one.strip()], day)
            if found:
                return self._match_of(found)
        return Match(None, None, str(Confidence.UNKNOWN), self._leaf, reached=self._within is None)

    def _named(
        self, names: defaultdict[str, list[AdminUnit]], name: str, above: list[str], day: date
    ) -> list[AdminUnit]:
        found: dict[str, AdminUnit] = {}
        for key, kinds in readings(name):
            for unit in names.get(key, ()):
                if unit.valid_on(day) and (not kinds or unit.kind in kinds):
                    found[unit.id] = unit
        return [unit for unit in found.values() if all(self._lies_in(unit, part, day) for part in above)]

    def _lies_in(self, unit: AdminUnit, text: str, day: date) -> bool:
        at: AdminUnit | None = unit
        meant = readings(text)
        while at is not None and at.parent_id is not None:
            at = next((one for one in self._by_code[code_of(at.parent_id)] if one.valid_on(day)), None)
            if at is not None and any(at.name_key == key and (not kinds or at.kind in kinds) for key, kinds in meant):
                return True
        return at is not None and at.level == PROVINCE and self._was_in(unit, meant)

    def _was_in(self, unit: AdminUnit, meant: list[tuple[str, tuple[str, ...]]]) -> bool:
        """Say whether a text names a province that came into the unit's: people go on writing the old one."""
        keys = {key for key, _ in meant}
        return any(one.name_key in keys and one.id != unit.province_id for one in self._provinces)

    def _match_of(self, found: list[AdminUnit]) -> Match:
        if len(found) > 1:
            several = sorted(found, key=lambda one: one.id)
            named = tuple(self._label(unit) for unit in several)[:MOST_NAMED]
            reached = self._within is None or any(unit.id in self._within for unit in found)
            return Match(
                None, None, str(Confidence.AMBIGUOUS), self._leaf, named, reached, tuple(one.id for one in several)
            )
        (unit,) = found
        reached = self._within is None or unit.id in self._within
        known = self._today_of.get(unit.id)
        current, confidence = known or places.current_unit(self._session, unit.id, on=self._today)
        home = current.id if current is not None else self._leaf
        return Match(unit.id, current.id if current else None, str(confidence), home, (), reached)

    def _label(self, unit: AdminUnit) -> str:
        above = self._by_code[code_of(unit.parent_id)] if unit.parent_id else []
        return f"{unit.name}, {above[0].name}" if above else unit.name
