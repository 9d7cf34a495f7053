"""The things that an event names, each under one name however it was spelled."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from traceability.epcis.checking import Event
from traceability.epcis.values import LONGEST_URI
from traceability.gs1 import gtin_check_digit

LONGEST_NAME = LONGEST_URI + 20  # a URN grows a little when it is written as a link
_CANONICAL = "https://id.gs1.org"
_LINK = re.compile(r"(https?)://([^/]+)(?:/[^?#]*?)?(/(?:01/\d{14}|00/\d{18}|414/\d{13})(?:/[^?#]*)?)(?:[?#].*)?", re.I)
_CLASS_URN = re.compile(r"urn:epc:(?:class:lgtin|id:sgtin|idpat:sgtin):(\d{6,12})\.(\d)(\d{0,6})\.(.+)")
_SSCC_URN = re.compile(r"urn:epc:id:sscc:(\d{6,12})\.(\d)(\d+)")
_SCHEME_AND_HOST = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://([^/?#]+)")

CLASS_ROLES = frozenset({"class", "child_class", "input_class", "output_class"})
# Role → the field that lists it: instances by themselves, classes inside quantity elements.
_INSTANCES = {"epc": "epcList", "child": "childEPCs", "input": "inputEPCList", "output": "outputEPCList"}
_CLASSES = {
    "class": "quantityList",
    "child_class": "childQuantityList",
    "input_class": "inputQuantityList",
    "output_class": "outputQuantityList",
}


@dataclass(frozen=True, slots=True, order=True)
class Thing:
    """What an event names, and as what: `epc`, `class`, `parent`, `child`, `input`, `output` …"""

    role: str
    name: str


@dataclass(frozen=True, slots=True, order=True)
class Party:
    """Who gave (`source`) or who gets (`destination`)."""

    side: str
    name: str


def canonical_name(uri: str) -> str:
    """Give the one name of a thing: GS1 keys under id.gs1.org whatever the host or syntax, else lower-case host."""
    link = _LINK.fullmatch(uri)
    if link is not None:
        return _CANONICAL + link[3].rstrip("/")
    urn = _CLASS_URN.fullmatch(uri)
    if urn is not None and len(urn[1]) + len(urn[3]) == 12:
        body = urn[2] + urn[1] + urn[3]
        key = "10" if ":lgtin:" in uri else "21"
        return f"{_CANONICAL}/01/{body}{gtin_check_digit(body)}" + ("" if urn[4] == "*" else f"/{key}/{urn[4]}")
    sscc = _SSCC_URN.fullmatch(uri)
    if sscc is not None and len(sscc[1]) + len(sscc[3]) == 16:
        body = sscc[2] + sscc[1] + sscc[3]
        return f"{_CANONICAL}/00/{body}{gtin_check_digit(body)}"
    return _SCHEME_AND_HOST.sub(lambda found: found[0].lower(), uri, count=1)


def things_of(event: Event) -> frozenset[Thing]:
    """Give all that an event names as its objects."""
    return frozenset(Thing(role, canonical_name(uri)) for role, uri in _things(event))


def _things(event: Event) -> Iterator[tuple[str, str]]:
    for role, field in _INSTANCES.items():
        yield from ((role, uri) for uri in event.get(field, ()))
    for role, field in _CLASSES.items():
        yield from ((role, element["epcClass"]) for element in event.get(field, ()))
    if "parentID" in event:
        yield "parent", event["parentID"]


def parties_of(event: Event) -> frozenset[Party]:
    """Give who gave and who gets; a place is no party."""
    found: set[Party] = set()
    for side, field in (("source", "sourceList"), ("destination", "destinationList")):
        listed: list[Any] = event.get(field, [])
        found |= {Party(side, canonical_name(item[side])) for item in listed if item["type"] != "location"}
    return frozenset(found)


def place_of(event: Event) -> str | None:
    """Give where the things are after the event, else where it was seen."""
    for field in ("bizLocation", "readPoint"):
        if field in event:
            return canonical_name(event[field]["id"])
    return None
