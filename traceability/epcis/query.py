"""Ask for events by the parameters of EPCIS 2.0; one that we do not know is an error, not a wider answer."""

import base64
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased

from traceability.epcis.checking import EVENT_TYPES, Event
from traceability.epcis.models import TraceEvent, TraceEventParty, TraceEventThing
from traceability.epcis.names import CLASS_ROLES, canonical_name
from traceability.epcis.times import read_time
from traceability.epcis.vocabulary import bare_word
from traceability.errors import EventRefused, ParameterInvalid, ParameterUnknown

MOST_A_PAGE, USUAL_PAGE = 500, 30
_MOST_VALUES = 50
_INSTANCE_ROLES = ("epc", "parent", "child", "input", "output")
_MATCHES: Mapping[str, Collection[str]] = {
    "MATCH_epc": ("epc", "child"),
    "MATCH_anyEPC": _INSTANCE_ROLES,
    "MATCH_epcClass": ("class", "child_class"),
    "MATCH_anyEPCClass": sorted(CLASS_ROLES),
}
_Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class EventQuery:
    """What is asked: conditions that all hold, and the page."""

    conditions: tuple[_Condition, ...]
    per_page: int
    after: int


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it was captured."""

    number: int
    event: Event
    recorded_at: datetime
    captured_by: str


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events in the order of their recording, and the token of the next page, if there is one."""

    events: tuple[StoredEvent, ...]
    next_token: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads with a key: as captor, and the names by which others' events call it."""

    name: str
    parties: tuple[str, ...] = ()


def read_query(parameters: Iterable[tuple[str, str]]) -> EventQuery:
    """Read a query's parameters, repeated or with commas; raises ParameterUnknown, ParameterInvalid."""
    values: dict[str, list[str]] = {}
    for name, value in parameters:
        if name not in _READERS and name not in _PAGING:
            raise ParameterUnknown(path=name[:60], name=name[:60], known=", ".join(sorted({*_READERS, *_PAGING})))
        values.setdefault(name, []).extend(value.split(",") if name not in _PAGING else [value])
    for name, given in values.items():
        single = len(given) == 1 or name not in _SINGLE
        if not all(given) or "\0" in "".join(given) or len(given) > _MOST_VALUES or not single:
            raise ParameterInvalid(path=name, value=",".join(given)[:80])
    conditions = tuple(_READERS[name](name, given) for name, given in values.items() if name in _READERS)
    per_page = _number("perPage", values.get("perPage", [str(USUAL_PAGE)])[0])
    if not 1 <= per_page <= MOST_A_PAGE:
        raise ParameterInvalid(path="perPage", value=per_page)
    token = values.get("nextPageToken")
    return EventQuery(conditions, per_page, 0 if token is None else _open_token(token[0]))


def find_events(session: Session, query: EventQuery, *, reader: Reader | None) -> EventPage:
    """Give a page of events: without a reader all that stand, with one the own steps and one each way."""
    statement = (
        select(TraceEvent)
        .where(TraceEvent.id > query.after, *query.conditions, _standing() if reader is None else _seen_by(reader))
        .order_by(TraceEvent.id)
        .limit(query.per_page + 1)
    )
    rows = session.scalars(statement).all()
    shown = rows[: query.per_page]
    more = len(rows) > query.per_page
    found = tuple(StoredEvent(row.id, json.loads(row.data), row.recorded_at, row.captured_by) for row in shown)
    return EventPage(found, _token(shown[-1].id) if more else None)


def _standing() -> _Condition:
    return TraceEvent.declares_error.is_(False) & not_corrected()


def not_corrected() -> _Condition:
    """Give the condition that nobody declared an event an error."""
    declared = aliased(TraceEvent)
    return ~exists().where(declared.event_id == TraceEvent.event_id, declared.declares_error.is_(True))


def _seen_by(reader: Reader) -> _Condition:
    named = exists().where(TraceEventParty.event == TraceEvent.id, TraceEventParty.name.in_(reader.parties))
    return or_(TraceEvent.captured_by == reader.name, named)


def _types(name: str, values: list[str]) -> _Condition:
    if not set(values) <= EVENT_TYPES:
        raise ParameterInvalid(path=name, value=",".join(values)[:80])
    return TraceEvent.type.in_(values)


def _actions(name: str, values: list[str]) -> _Condition:
    if not set(values) <= {"ADD", "OBSERVE", "DELETE"}:
        raise ParameterInvalid(path=name, value=",".join(values)[:80])
    return TraceEvent.action.in_(values)


def _steps(_name: str, values: list[str]) -> _Condition:
    return TraceEvent.biz_step.in_([bare_word("bizStep", value) for value in values])


def _time(name: str, values: list[str]) -> _Condition:
    try:
        # A plus that was not encoded arrives as a space.
        moment = read_time(values[0].replace(" ", "+"), name)
    except EventRefused:
        raise ParameterInvalid(path=name, value=values[0][:80]) from None
    return TraceEvent.event_time >= moment if name.startswith("GE_") else TraceEvent.event_time < moment


def _things(name: str, values: list[str]) -> _Condition:
    names = {canonical_name(value) for value in values}
    return exists().where(
        TraceEventThing.event == TraceEvent.id,
        TraceEventThing.name.in_(names),
        TraceEventThing.role.in_(_MATCHES[name]),
    )


_READERS: Mapping[str, Callable[[str, list[str]], _Condition]] = {
    "eventType": _types,
    "EQ_action": _actions,
    "EQ_bizStep": _steps,
    "GE_eventTime": _time,
    "LT_eventTime": _time,
    **dict.fromkeys(_MATCHES, _things),
}
_PAGING = frozenset({"perPage", "nextPageToken"})
_SINGLE = frozenset({"GE_eventTime", "LT_eventTime", *_PAGING})


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ParameterInvalid(path=name, value=text[:80])
    return int(text)


def _token(number: int) -> str:
    return base64.urlsafe_b64encode(f"after:{number}".encode()).decode().rstrip("=")


def _open_token(token: str) -> int:
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode("ascii")
    except ValueError:
        raise ParameterInvalid(path="nextPageToken", value=token[:80]) from None
    start, _colon, number = text.partition(":")
    if start != "after":
        raise ParameterInvalid(path="nextPageToken", value=token[:80])
    return _number("nextPageToken", number)


def query_document(events: Iterable[Event], *, now: datetime, context: list[Any]) -> dict[str, Any]:
    """Write the answer to a query, under our own context."""
    return {
        "@context": context,
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": now.isoformat(timespec="milliseconds"),
        "epcisBody": {
            "queryResults": {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": list(events)}}
        },
    }  # fmt: skip
