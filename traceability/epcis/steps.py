"""Write the events of the chain farm → wash, cut → pack → ship → receive → retail, and what corrects or recalls.

Beside the chain: an inspection, with the certificates that it stands on; taking out of a parcel; destroying.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from traceability.epcis.checking import Event
from traceability.epcis.times import local_text, offset_text
from traceability.epcis.vocabulary import ERROR_REASONS

VIETNAM = timedelta(hours=7)


@dataclass(frozen=True, slots=True)
class Shape:
    """What an event of one kind of step is made of."""

    type: str
    action: str | None
    biz_step: str
    disposition: str


SHAPES: Mapping[str, Shape] = {
    "harvest": Shape("ObjectEvent", "ADD", "creating_class_instance", "active"),
    "process": Shape("TransformationEvent", None, "creating_class_instance", "active"),
    "pack": Shape("AggregationEvent", "ADD", "packing", "in_progress"),
    "inspect": Shape("ObjectEvent", "OBSERVE", "inspecting", "conformant"),
    "unpack": Shape("AggregationEvent", "DELETE", "unpacking", "in_progress"),
    "ship": Shape("ObjectEvent", "OBSERVE", "shipping", "in_transit"),
    "receive": Shape("ObjectEvent", "OBSERVE", "receiving", "in_progress"),
    "shelve": Shape("ObjectEvent", "OBSERVE", "stocking", "sellable_accessible"),
    "sell": Shape("ObjectEvent", "OBSERVE", "retail_selling", "retail_sold"),
    "destroy": Shape("ObjectEvent", "DELETE", "destroying", "destroyed"),
}
NOT_PASSED = "non_conformant"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFacts:
    """What was said of one step: `goods` is the name of the lot, `amount` and `unit` (UN/ECE) may be unknown.

    `passed` and `certificates` (URIs) are an inspection's.
    """

    event_id: str
    at: datetime
    goods: str
    place: str | None = None
    amount: float | None = None
    unit: str = "KGM"
    parcel: str | None = None
    source: str | None = None
    destination: str | None = None
    lot: Mapping[str, Any] | None = None
    passed: bool = True
    certificates: tuple[str, ...] = ()


def step_event(step: str, facts: StepFacts) -> Event:
    """Write the event of a step; `step` is a key of SHAPES."""
    shape = SHAPES[step]
    event = _begin(facts.event_id, facts.at, shape)
    goods = [_quantity(facts)]
    if shape.type == "TransformationEvent":
        event |= {"inputQuantityList": [{"epcClass": facts.goods}], "outputQuantityList": goods}
    elif shape.type == "AggregationEvent":
        event |= {"parentID": facts.parcel or facts.event_id, "childQuantityList": goods}
    else:
        event["quantityList"] = goods
    if facts.place is not None:
        event["readPoint"] = event["bizLocation"] = {"id": facts.place}
        if step == "ship":  # they leave: where they will be is not known yet
            del event["bizLocation"]
    for side, party in (("source", facts.source), ("destination", facts.destination)):
        if party is not None:
            event[f"{side}List"] = [{"type": "possessing_party", side: party}]
    if step == "harvest" and facts.lot:
        event["ilmd"] = dict(facts.lot)
    if step == "inspect":
        event |= _findings(facts)
    return event


def _findings(facts: StepFacts) -> dict[str, Any]:
    found: dict[str, Any] = {} if facts.passed else {"disposition": NOT_PASSED}
    return found | ({"certificationInfo": list(facts.certificates)} if facts.certificates else {})


def _begin(event_id: str, at: datetime, shape: Shape) -> dict[str, Any]:
    event: dict[str, Any] = {
        "type": shape.type,
        "eventID": event_id,
        "eventTime": local_text(at, VIETNAM),
        "eventTimeZoneOffset": offset_text(VIETNAM),
        "bizStep": shape.biz_step,
        "disposition": shape.disposition,
    }
    if shape.action is not None:
        event["action"] = shape.action
    return event


def _quantity(facts: StepFacts) -> dict[str, Any]:
    if facts.amount is None:
        return {"epcClass": facts.goods}
    return {"epcClass": facts.goods, "quantity": facts.amount, "uom": facts.unit}


def error_of(event: Event, *, now: datetime, reason: str) -> Event:
    """State an event again as an error; `reason` is a word of the vocabulary."""
    if reason not in ERROR_REASONS:
        raise ValueError(f"no such reason: {reason}")
    return {**event, "errorDeclaration": {"declarationTime": local_text(now, VIETNAM), "reason": reason}}


def recall_event(*, event_id: str, now: datetime, goods: str, lifted: bool = False) -> Event:
    """Write that a lot is recalled from now on, or no longer."""
    change = "unset" if lifted else "set"
    return {
        "type": "ObjectEvent",
        "eventID": event_id,
        "action": "OBSERVE",
        "eventTime": local_text(now, VIETNAM),
        "eventTimeZoneOffset": offset_text(VIETNAM),
        "quantityList": [{"epcClass": goods}],
        "persistentDisposition": {change: ["recalled"]},
    }


def document_of(events: list[Event], *, now: datetime, context: list[Any]) -> dict[str, Any]:
    """Put events into a document."""
    return {
        "@context": context,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": now.isoformat(timespec="milliseconds"),
        "epcisBody": {"eventList": events},
    }
