"""What an event is: its canonical bytes and the id that follows from them."""

import hashlib
import re
from typing import Any

from traceability.canonical import canonical_with_floats
from traceability.epcis.checking import Event
from traceability.errors import EntryNotCanonical, JsonInvalid

# Not part of what happened: when it was told, and how the teller's words were to be expanded.
_NOT_STATED = frozenset({"recordTime", "@context"})
_UUID = re.compile(r"urn:uuid:.*", re.I)


def event_id(event: Event) -> str:
    """Give the caller's UUID, else the hash name of the event's canonical bytes.

    A declaration of an error states the event again, so it has that event's id. A hash that came with an event is not
    its id: tools do not agree on how to compute it.
    """
    given = event.get("eventID")
    if isinstance(given, str) and _UUID.fullmatch(given):
        return given.lower()
    return (
        f"ni:///sha-256;{hashlib.sha256(_bytes(event, leave={'eventID', 'errorDeclaration'})).hexdigest()}?ver=CBV2.0"
    )


def event_bytes(event: Event, *, name: str | None = None) -> bytes:
    """Write the canonical bytes of an event with its id (`name`), as they are kept, hashed and compared."""
    return _bytes({**event, "eventID": name or event_id(event)}, leave=set())


def without_error(event: Event) -> bytes:
    """Write the canonical bytes of the event that a declaration is about."""
    return _bytes({**event, "eventID": event_id(event)}, leave={"errorDeclaration"})


def _bytes(event: Event, *, leave: set[str]) -> bytes:
    stated: dict[str, Any] = {
        name: value for name, value in event.items() if name not in _NOT_STATED and name not in leave
    }
    try:
        return canonical_with_floats(stated)
    except EntryNotCanonical:
        raise JsonInvalid(path="") from None
