"""Documents and events for tests."""

import json
from typing import Any

from traceability import epcis

GTIN_LOT = "https://id.gs1.org/01/08938505974194/10/L1"
FARM = epcis.Captor(name="or_farm")
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def harvest(**changes: Any) -> dict[str, Any]:
    """An event that begins a lot; a change to None leaves the field out."""
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "action": "ADD",
        "eventTime": "2026-11-12T06:30:00.000+07:00",
        "eventTimeZoneOffset": "+07:00",
        "bizStep": "creating_class_instance",
        "quantityList": [{"epcClass": GTIN_LOT, "quantity": 120.5, "uom": "KGM"}],
        "ilmd": {"cbvmda:lotNumber": "L1"},
    }
    return {name: value for name, value in {**event, **changes}.items() if value is not None}


def document(*events: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A document around events."""
    whole = {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-12T07:00:00Z",
        "epcisBody": {"eventList": list(events) or [harvest()]},
    }
    return {name: value for name, value in {**whole, **changes}.items() if value is not None}


def sent(*events: dict[str, Any], **changes: Any) -> list[Any]:
    """The checked events of a document that went over the wire."""
    return epcis.check_document(epcis.read_json(json.dumps(document(*events, **changes)).encode()))
