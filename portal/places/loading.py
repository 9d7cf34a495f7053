"""Loads the unit files: twice without change, and never so that one code means two units on one day."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.db import Base
from portal.places.areas import LEVEL_OF_KIND, PROVINCE
from portal.places.errors import UnitFileInvalid, UnitsOverlap
from portal.places.files import SuccessionRow, UnitRow, read_successions, read_units
from portal.places.indicators import count_communes
from portal.places.lookup import unit
from portal.places.models import AdminUnit, UnitAlias, UnitSuccession
from portal.places.names import place_key, readings

_COLUMNS = tuple(column.name for column in AdminUnit.__table__.columns)
_SUCCESSION_COLUMNS = tuple(column.name for column in UnitSuccession.__table__.columns)


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many units and successions a load added or changed; those it found as they are don't count."""

    units_added: int
    units_changed: int
    successions_added: int
    successions_changed: int


def load_units(
    session: Session,
    *,
    now: datetime,
    acting: Acting,
    units: Iterable[UnitRow] | None = None,
    successions: Iterable[SuccessionRow] | None = None,
) -> Loaded:
    """Add and correct units and successions, by default all of our own files.

    Raises UnitsOverlap and UnitFileInvalid before anything is written. What a file leaves out stays as it is.
    """
    wanted = {values["id"]: values for values in _unit_values(session, list(read_units() if units is None else units))}
    known = {row["id"]: row for row in _stored(session, AdminUnit, _COLUMNS)}
    _refuse_overlap((known | wanted).values())
    given = read_successions() if successions is None else successions
    links = {(s.from_id, s.to_id): dict(zip(_SUCCESSION_COLUMNS, astuple(s), strict=True)) for s in given}
    missing = {unit_id for link in links for unit_id in link} - known.keys() - wanted.keys()
    if missing:
        raise UnitFileInvalid(row=min(missing))
    stored = {(row["from_id"], row["to_id"]): row for row in _stored(session, UnitSuccession, _SUCCESSION_COLUMNS)}

    units_added, units_changed = _upsert(session, AdminUnit, known, wanted)
    links_added, links_changed = _upsert(session, UnitSuccession, stored, links)
    loaded = Loaded(units_added, units_changed, links_added, links_changed)
    count_communes(session, before=known.values(), after=(known | wanted).values())
    if any((units_added, units_changed, links_added, links_changed)):
        record(session, now=now, acting=acting, act="places.units_loaded", object_id=f"{len(wanted)} units")
    return loaded


def add_alias(session: Session, *, unit_id: str, text: str, now: datetime, acting: Acting) -> None:
    """Let searches find a unit by another name, too; the same name again is nothing new."""
    unit(session, unit_id)
    meant = readings(text)
    if meant and session.get(UnitAlias, (unit_id, meant[0][0])) is None:
        session.add(UnitAlias(unit_id=unit_id, name_key=meant[0][0]))
        record(session, now=now, acting=acting, act="places.alias_added", object_id=unit_id)


def _unit_values(session: Session, units: Iterable[UnitRow]) -> Iterator[dict[str, Any]]:
    """Yield the columns of each unit; the province is found by climbing the parents, in the file or in the database."""
    rows = list(units)
    parents = {row.id: row.parent for row in rows}
    if len(parents) != len(rows):
        raise UnitsOverlap(code=next(a.code for a, b in pairwise(sorted(rows, key=lambda r: r.id)) if a.id == b.id))
    missing = {parent for parent in parents.values() if parent and parent not in parents}
    climbed = _provinces(session) if missing else {}
    for row in rows:
        top = row.id
        while parents.get(top):
            top = parents[top]
        province_id = top if top in parents else climbed.get(top)
        level = LEVEL_OF_KIND[row.kind]
        if province_id is None or (level == PROVINCE) == bool(row.parent):
            raise UnitFileInvalid(row=row.id)
        yield {
            "id": row.id,
            "code": row.code,
            "name": row.name,
            "kind": row.kind,
            "level": level,
            "parent_id": row.parent or None,
            "province_id": province_id,
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
            "legal_doc": row.legal_doc,
            "name_key": place_key(row.name, row.kind),
        }


def _provinces(session: Session) -> dict[str, str]:
    return {row.id: row.province_id for row in session.execute(select(AdminUnit.id, AdminUnit.province_id))}


def _refuse_overlap(rows: Iterable[Mapping[str, Any]]) -> None:
    ordered = sorted(rows, key=lambda row: (row["code"], row["valid_from"]))
    for earlier, later in pairwise(ordered):
        ends = earlier["valid_to"]
        if earlier["code"] == later["code"] and (ends is None or ends > later["valid_from"]):
            raise UnitsOverlap(code=earlier["code"])


def _stored(session: Session, model: type[Base], columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for row in session.execute(select(*(getattr(model, column) for column in columns))):
        yield dict(zip(columns, row, strict=True))


def _upsert(
    session: Session, model: type[Base], known: Mapping[Any, dict[str, Any]], wanted: Mapping[Any, dict[str, Any]]
) -> tuple[int, int]:
    """Insert what is not known, update what differs; return how many of each."""
    added = [values for key, values in wanted.items() if key not in known]
    changed = [values for key, values in wanted.items() if key in known and known[key] != values]
    if added:
        session.execute(insert(model), added)
    if changed:
        session.execute(update(model), changed)  # by primary key, in bulk
        for row in session.identity_map.values():
            if isinstance(row, model):
                session.expire(row)  # what was read before the correction is read again
    return len(added), len(changed)
