"""The way that goods went, and who has them now, from the events that stand (corrected ones left out).

A lot's way is told by the events that name it, by those of the parcels that it was packed in, and by those of the
lots that it was made from.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from traceability.epcis.checking import Event
from traceability.epcis.models import TraceEvent, TraceEventParty, TraceEventThing
from traceability.epcis.names import parties_of, things_of
from traceability.epcis.query import not_corrected
from traceability.epcis.times import read_offset

MOST_STEPS = 200
_DEPTH = 4
_PIECE = 500
_BEGINNINGS = ("commissioning", "creating_class_instance")
_PACKED, _MADE = frozenset({"child", "child_class"}), frozenset({"output", "output_class"})


class StepCode(StrEnum):
    """What a step is to a reader."""

    HARVESTED = "harvested"
    PROCESSED = "processed"
    PACKED = "packed"
    UNPACKED = "unpacked"
    INSPECTED = "inspected"
    SHIPPED = "shipped"
    RECEIVED = "received"
    ON_SALE = "on_sale"
    SOLD = "sold"
    DESTROYED = "destroyed"
    RECALLED = "recalled"
    OTHER = "other"


_CODES: Mapping[str, StepCode] = {
    "packing": StepCode.PACKED,
    "repackaging": StepCode.PACKED,
    "unpacking": StepCode.UNPACKED,
    "inspecting": StepCode.INSPECTED,
    "shipping": StepCode.SHIPPED,
    "departing": StepCode.SHIPPED,
    "receiving": StepCode.RECEIVED,
    "accepting": StepCode.RECEIVED,
    "arriving": StepCode.RECEIVED,
    "stocking": StepCode.ON_SALE,
    "retail_selling": StepCode.SOLD,
    "destroying": StepCode.DESTROYED,
    "decommissioning": StepCode.DESTROYED,
}


@dataclass(frozen=True, slots=True)
class JourneyStep:
    """One step of goods; `place` is the name of where, `captured_by` who told of it."""

    code: StepCode
    number: int
    event_id: str
    at: datetime
    day: str
    place: str | None
    captured_by: str
    event: Event


class Custody(StrEnum):
    """How a party stands to goods."""

    HELD = "held"
    ON_THE_WAY = "on_the_way"
    PASSED_ON = "passed_on"


@dataclass(frozen=True, slots=True)
class Holder:
    """A party that has, awaits or had goods, since when."""

    party: str
    custody: Custody
    since: datetime


def step_code(event: Event, biz_step: str | None) -> StepCode:
    """Say what an event is to a reader."""
    if "recalled" in event.get("persistentDisposition", {}).get("set", ()):
        return StepCode.RECALLED
    if event["type"] == "TransformationEvent":
        return StepCode.PROCESSED
    if event["type"] == "ObjectEvent" and event.get("action") == "ADD" and biz_step in _BEGINNINGS:
        return StepCode.HARVESTED
    return _CODES.get(biz_step or "", StepCode.OTHER)


def journey(session: Session, names: Collection[str], *, whole: bool = False) -> tuple[JourneyStep, ...]:
    """Give the steps of goods known under these names, oldest first: one statement, and one for each packing.

    The first MOST_STEPS of those that stand; all that were ever told, and their corrections, where it is to be `whole`.
    """
    found: dict[int, TraceEvent] = {}
    asked: set[str] = set()
    wanted: dict[str, tuple[datetime | None, datetime | None]] = dict.fromkeys(names, (None, None))
    for _depth in range(_DEPTH):
        wanted = {name: window for name, window in wanted.items() if name not in asked}
        if not wanted or (len(found) >= MOST_STEPS and not whole):
            break
        asked |= wanted.keys()
        rows = _naming(session, wanted.keys(), whole=whole)
        following: dict[str, tuple[datetime | None, datetime | None]] = {}
        for row, role, name in rows:
            since, until = wanted[name]
            if (since is not None and row.event_time < since) or (until is not None and row.event_time > until):
                continue
            found[row.id] = row
            following |= _beyond(row, role)
        wanted = following
    ordered = sorted(found.values(), key=lambda row: (row.event_time, row.id))
    return tuple(_step(row) for row in (ordered if whole else ordered[:MOST_STEPS]))


def _naming(session: Session, names: Collection[str], *, whole: bool) -> list[tuple[TraceEvent, str, str]]:
    listed, found = sorted(names), list[tuple[TraceEvent, str, str]]()
    for start in range(0, len(listed), _PIECE):
        statement = (
            select(TraceEvent, TraceEventThing.role, TraceEventThing.name)
            .join(TraceEventThing, TraceEventThing.event == TraceEvent.id)
            .where(TraceEventThing.name.in_(listed[start : start + _PIECE]))
            .order_by(TraceEvent.event_time, TraceEvent.id)
        )
        if not whole:
            statement = statement.where(TraceEvent.declares_error.is_(False), not_corrected()).limit(MOST_STEPS)
        found += [(row, role, name) for row, role, name in session.execute(statement)]
    return found


def _beyond(row: TraceEvent, role: str) -> dict[str, tuple[datetime | None, datetime | None]]:
    """Give what a step leads to: the parcel from then on, or until it was taken out; what goods were made from."""
    event = json.loads(row.data)
    if role in _PACKED and row.action in ("ADD", "DELETE") and "parentID" in event:
        window = (row.event_time, None) if row.action == "ADD" else (None, row.event_time)
        return {name: window for one, name in _named(event) if one == "parent"}
    if role in _MADE:
        return {name: (None, row.event_time) for one, name in _named(event) if one in ("input", "input_class")}
    return {}


def _named(event: Event) -> set[tuple[str, str]]:
    return {(thing.role, thing.name) for thing in things_of(event)}


def _step(row: TraceEvent) -> JourneyStep:
    event = json.loads(row.data)
    local = row.event_time + read_offset(event["eventTimeZoneOffset"], "")
    return JourneyStep(
        code=step_code(event, row.biz_step),
        number=row.id,
        event_id=row.event_id,
        at=row.event_time,
        day=local.date().isoformat(),
        place=row.place,
        captured_by=row.captured_by,
        event=event,
    )


def holders(steps: Collection[JourneyStep], *, known_as: Callable[[str], str]) -> tuple[Holder, ...]:
    """Say who has goods after these steps: the first captor, and each party that they were sent to.

    `known_as` gives the captor's name of a party in an event. Who sent some of a lot may still have the rest: then it
    has `passed_on`, and is named all the same, for a recall asks everybody.
    """
    standing: dict[str, tuple[Custody, datetime]] = {}
    for step in steps:
        parties: dict[str, set[str]] = defaultdict(set)
        for told in parties_of(step.event):
            parties[told.side].add(known_as(told.name))
        if step.code is StepCode.SHIPPED and parties["destination"]:
            standing |= dict.fromkeys(parties["source"] or {step.captured_by}, (Custody.PASSED_ON, step.at))
            standing |= dict.fromkeys(parties["destination"], (Custody.ON_THE_WAY, step.at))
        elif step.code is StepCode.RECEIVED:
            standing |= dict.fromkeys(parties["destination"] or {step.captured_by}, (Custody.HELD, step.at))
        elif step.code in (StepCode.HARVESTED, StepCode.PROCESSED, StepCode.PACKED):
            standing.setdefault(step.captured_by, (Custody.HELD, step.at))
    return tuple(Holder(party, custody, since) for party, (custody, since) in standing.items())


def told_of(
    session: Session, names: Collection[str], *, captor: str, parties: Collection[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Give which of these things a captor told of before or was sent, and which anybody told of."""
    own: set[str] = set()
    told: set[str] = set()
    listed = sorted(names)
    for start in range(0, len(listed), _PIECE):
        named = TraceEventThing.name.in_(listed[start : start + _PIECE])
        of = select(TraceEventThing.name).join(TraceEvent, TraceEvent.id == TraceEventThing.event).where(named)
        sent = exists().where(
            TraceEventParty.event == TraceEvent.id,
            TraceEventParty.side == "destination",
            TraceEventParty.name.in_(parties),
        )
        told |= set(session.scalars(of.distinct()))
        own |= set(session.scalars(of.where(or_(TraceEvent.captured_by == captor, sent)).distinct()))
    return frozenset(own), frozenset(told)
