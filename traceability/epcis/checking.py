"""Check an EPCIS 2.0 document, all or nothing, by its literal keys; the caller's `@context` is never looked into.

What an event must have stands in tables; what its fields have to do with each other, in `_RULES`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from traceability.epcis.times import read_offset
from traceability.epcis.values import (
    Check,
    anything,
    check_certification,
    check_destination,
    check_error,
    check_event_id,
    check_extensions,
    check_parent,
    check_persistent,
    check_place,
    check_quantity,
    check_sensor,
    check_source,
    check_time,
    check_transaction,
    check_uri,
    invalid,
    is_extension,
    list_of,
    word_or_uri,
)
from traceability.epcis.vocabulary import BIZ_STEPS, DISPOSITIONS
from traceability.errors import (
    DocumentTooLarge,
    ExtensionWithoutNamespace,
    FieldMissing,
    FieldNotAllowed,
    IlmdNotAllowed,
)

Event = Mapping[str, Any]
MOST_EVENTS = 500
_HEAD = frozenset({"@context", "type", "schemaVersion", "creationDate", "epcisBody"})
_DOCUMENT = _HEAD | {"id", "epcisHeader", "sender", "receiver", "instanceIdentifier"}
_URIS, _QUANTITIES = list_of(check_uri), list_of(check_quantity)


def _offset(value: Any, path: str) -> None:
    read_offset(value, path)


_COMMON: Mapping[str, Check] = {
    "type": anything,
    "@context": anything,
    "eventID": check_event_id,
    "eventTime": check_time,
    "eventTimeZoneOffset": _offset,
    "recordTime": check_time,
    "errorDeclaration": check_error,
    "certificationInfo": check_certification,
    "bizStep": word_or_uri(BIZ_STEPS),
    "disposition": word_or_uri(DISPOSITIONS),
    "persistentDisposition": check_persistent,
    "readPoint": check_place,
    "bizLocation": check_place,
    "bizTransactionList": list_of(check_transaction),
    "sourceList": list_of(check_source),
    "destinationList": list_of(check_destination),
    "sensorElementList": list_of(check_sensor),
}


def _action(value: Any, path: str) -> None:
    if value not in ("ADD", "OBSERVE", "DELETE"):
        raise invalid(path, value)


_INSTANCES: Mapping[str, Check] = {"action": _action, "epcList": _URIS, "quantityList": _QUANTITIES}
_CHILDREN: Mapping[str, Check] = {"action": _action, "childEPCs": _URIS, "childQuantityList": _QUANTITIES}
_FIELDS: Mapping[str, Mapping[str, Check]] = {
    "ObjectEvent": {**_COMMON, **_INSTANCES, "ilmd": check_extensions},
    "AggregationEvent": {**_COMMON, **_CHILDREN, "parentID": check_parent},
    "TransformationEvent": {
        **_COMMON,
        "inputEPCList": _URIS,
        "inputQuantityList": _QUANTITIES,
        "outputEPCList": _URIS,
        "outputQuantityList": _QUANTITIES,
        "transformationID": check_uri,
        "ilmd": check_extensions,
    },
    "TransactionEvent": {**_COMMON, **_INSTANCES, "parentID": check_uri},
    "AssociationEvent": {**_COMMON, **_CHILDREN, "parentID": check_uri},
}
EVENT_TYPES = frozenset(_FIELDS)
_KNOWN = {name for fields in _FIELDS.values() for name in fields}
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "ObjectEvent": ("action",),
    "AggregationEvent": ("action",),
    "TransformationEvent": (),
    "TransactionEvent": ("action", "bizTransactionList"),
    "AssociationEvent": ("action", "parentID"),
}


def check_document(document: Any) -> list[Event]:
    """Give the events of a document of which every one is in order; raises an EventRefused with its path."""
    _check_head(document)
    body = document["epcisBody"]
    if not isinstance(body, dict):
        raise invalid("epcisBody", body)
    if "eventList" not in body:
        raise FieldMissing(path="epcisBody.eventList")
    events = body["eventList"]
    if not isinstance(events, list) or not events:
        raise invalid("epcisBody.eventList", events)
    if len(events) > MOST_EVENTS:
        raise DocumentTooLarge(events=len(events), most=MOST_EVENTS, path="epcisBody.eventList")
    for number, event in enumerate(events):
        check_event(event, f"epcisBody.eventList[{number}]")
    return events


def _check_head(document: Any) -> None:
    if not isinstance(document, dict):
        raise invalid("", type(document).__name__)
    for name in sorted(_HEAD):
        if name not in document:
            raise FieldMissing(path=name)
    for name in document:
        if name not in _DOCUMENT and not is_extension(name):
            raise ExtensionWithoutNamespace(path=name)
    if document["type"] != "EPCISDocument":
        raise invalid("type", document["type"])
    version = document["schemaVersion"]
    if not isinstance(version, str) or version.split(".")[0] != "2":
        raise invalid("schemaVersion", version)
    check_time(document["creationDate"], "creationDate")


def check_event(event: Any, path: str) -> None:
    """Accept one event; raises an EventRefused with its path."""
    if not isinstance(event, dict):
        raise invalid(path, type(event).__name__)
    kind = event.get("type")
    if kind is None:
        raise FieldMissing(path=f"{path}.type")
    fields = _FIELDS.get(kind) if isinstance(kind, str) else None
    if fields is None:
        raise invalid(f"{path}.type", kind)
    for name in ("eventTime", "eventTimeZoneOffset", *_NEEDED[kind]):
        if name not in event:
            raise FieldMissing(path=f"{path}.{name}")
    for name, value in event.items():
        _check_field(fields, name, value, f"{path}.{name}")
    _RULES[kind](event, path)


def _check_field(fields: Mapping[str, Check], name: str, value: Any, path: str) -> None:
    check = fields.get(name)
    if check is not None:
        check(value, path)
    elif name == "ilmd":
        raise IlmdNotAllowed(path=path)
    elif name in _KNOWN:
        raise FieldNotAllowed(path=path)
    elif not is_extension(name):
        raise ExtensionWithoutNamespace(path=path)


def _object(event: Event, path: str) -> None:
    seen = bool(event.get("sensorElementList")) and "readPoint" in event
    if not (event.get("epcList") or event.get("quantityList") or seen):
        raise FieldMissing(path=f"{path}.epcList")
    if "ilmd" in event and event["action"] != "ADD":
        raise IlmdNotAllowed(path=f"{path}.ilmd")


def _aggregation(event: Event, path: str) -> None:
    if event["action"] != "DELETE" and not (event.get("childEPCs") or event.get("childQuantityList")):
        raise FieldMissing(path=f"{path}.childEPCs")
    if "parentID" not in event:
        raise FieldMissing(path=f"{path}.parentID")


def _transformation(event: Event, path: str) -> None:
    inputs = event.get("inputEPCList") or event.get("inputQuantityList")
    outputs = event.get("outputEPCList") or event.get("outputQuantityList")
    joined = "transformationID" in event
    if not inputs and not (joined and outputs):
        raise FieldMissing(path=f"{path}.inputQuantityList")
    if not outputs and not joined:
        raise FieldMissing(path=f"{path}.outputQuantityList")


def _transaction(event: Event, path: str) -> None:
    if not event["bizTransactionList"]:
        raise FieldMissing(path=f"{path}.bizTransactionList[0]")
    if event["action"] != "DELETE" and not (event.get("epcList") or event.get("quantityList")):
        raise FieldMissing(path=f"{path}.epcList")


def _association(event: Event, path: str) -> None:
    if event["action"] != "DELETE" and not (event.get("childEPCs") or event.get("childQuantityList")):
        raise FieldMissing(path=f"{path}.childEPCs")


_RULES: Mapping[str, Callable[[Event, str], None]] = {
    "ObjectEvent": _object,
    "AggregationEvent": _aggregation,
    "TransformationEvent": _transformation,
    "TransactionEvent": _transaction,
    "AssociationEvent": _association,
}
