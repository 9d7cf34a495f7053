"""EPCIS 2.0: what happened to goods, told by whoever did it, kept for ever, corrected but never changed.

    take    read_json → check_document → ready_event → capture_events (or record_events) · refuse_capture · find_capture
    ask     read_query → find_events → full_event or public_event → query_document
    tell    step_event · error_of · recall_event: the events of our own forms
    follow  journey · holders · told_of · event_named

What somebody else's `@context` says is never fetched, expanded or trusted: the literal keys are read.
"""

from traceability.epcis.capture import (
    Captor,
    Capture,
    ReadyEvent,
    capture_events,
    event_named,
    find_capture,
    ready_event,
    record_events,
    refuse_capture,
)
from traceability.epcis.checking import MOST_EVENTS, Event, check_document, check_event
from traceability.epcis.identity import event_bytes, event_id
from traceability.epcis.journeys import MOST_STEPS, Custody, Holder, JourneyStep, StepCode, holders, journey, told_of
from traceability.epcis.names import Party, Thing, canonical_name, parties_of, things_of
from traceability.epcis.public import full_event, public_event
from traceability.epcis.query import EventPage, EventQuery, Reader, StoredEvent, find_events, query_document, read_query
from traceability.epcis.reading import MOST_BYTES, read_json
from traceability.epcis.steps import NOT_PASSED, StepFacts, document_of, error_of, recall_event, step_event

__all__ = [
    "MOST_BYTES",
    "MOST_EVENTS",
    "MOST_STEPS",
    "NOT_PASSED",
    "Captor",
    "Capture",
    "Custody",
    "Event",
    "EventPage",
    "EventQuery",
    "Holder",
    "JourneyStep",
    "Party",
    "Reader",
    "ReadyEvent",
    "StepCode",
    "StepFacts",
    "StoredEvent",
    "Thing",
    "canonical_name",
    "capture_events",
    "check_document",
    "check_event",
    "document_of",
    "error_of",
    "event_bytes",
    "event_id",
    "event_named",
    "find_capture",
    "find_events",
    "full_event",
    "holders",
    "journey",
    "parties_of",
    "public_event",
    "query_document",
    "read_json",
    "read_query",
    "ready_event",
    "recall_event",
    "record_events",
    "refuse_capture",
    "step_event",
    "things_of",
    "told_of",
]
