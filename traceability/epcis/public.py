"""What everybody may see of an event: the step, the place by commune, the day, and which goods. No party, no amount.

`place` gives the name of the commune for the name of a place, None for one that says nothing in public.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta, timezone
from typing import Any

from traceability.epcis.checking import Event
from traceability.epcis.names import place_of
from traceability.epcis.query import StoredEvent
from traceability.epcis.times import read_offset, read_time

_SHOWN = ("type", "action", "bizStep", "disposition", "persistentDisposition", "parentID")
_INSTANCES = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_CLASSES = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
_STEPS = ("ObjectEvent", "AggregationEvent", "TransformationEvent")


def full_event(stored: StoredEvent) -> Mapping[str, Any]:
    """Give an event as it was captured, with when it was."""
    return {**stored.event, "recordTime": stored.recorded_at.isoformat(timespec="milliseconds")}


def public_event(event: Event, *, place: Callable[[str], str | None]) -> Mapping[str, Any] | None:
    """Give the public form of an event; None for what is no step of goods (papers, sensors, containers)."""
    listed = {name: event[name] for name in _INSTANCES if event.get(name)}
    listed |= {name: [{"epcClass": one["epcClass"]} for one in event[name]] for name in _CLASSES if event.get(name)}
    if event["type"] not in _STEPS or not (listed or "parentID" in event):
        return None
    shown = {name: event[name] for name in _SHOWN if name in event} | listed
    # A hash of the whole event would let anybody test guesses about what is hidden; a random id tells nothing.
    if str(event.get("eventID", "")).startswith("urn:uuid:"):
        shown["eventID"] = event["eventID"]
    if event["type"] == "TransformationEvent" and "transformationID" in event:
        shown["transformationID"] = event["transformationID"]
    offset = read_offset(event["eventTimeZoneOffset"], "")
    shown["eventTime"] = _day_begins(read_time(event["eventTime"], ""), offset).isoformat(timespec="milliseconds")
    shown["eventTimeZoneOffset"] = event["eventTimeZoneOffset"]
    at = place_of(event)
    commune = None if at is None else place(at)
    if commune is not None:
        shown["bizLocation"] = {"id": commune}
    return shown


def _day_begins(moment: datetime, offset: timedelta) -> datetime:
    zone = timezone(offset)
    return datetime.combine(moment.astimezone(zone).date(), time.min, zone)
