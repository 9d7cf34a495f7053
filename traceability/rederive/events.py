"""Events: bytes → columns → salted hash → entry, and every entry of an event left its row."""

import json
from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Session

from traceability.epcis.capture import derived_columns, event_facts
from traceability.epcis.identity import event_bytes
from traceability.epcis.models import TraceEvent, TraceEventParty, TraceEventThing
from traceability.epcis.names import parties_of, things_of
from traceability.errors import TraceabilityError
from traceability.log import entry_bytes
from traceability.models import TraceEntry
from traceability.rederive.difference import Difference

_PAGE = 500
_Named = dict[int, set[tuple[str, str]]]


def check_events(session: Session) -> Iterator[Difference]:
    """Compare each event's bytes with its columns, its index and its entry."""
    kept: set[int] = set()
    after = 0
    while True:
        rows = session.execute(
            select(TraceEvent, TraceEntry.kind, TraceEntry.data)
            .outerjoin(TraceEntry, TraceEntry.id == TraceEvent.entry)
            .where(TraceEvent.id > after)
            .order_by(TraceEvent.id)
            .limit(_PAGE)
        ).all()
        if not rows:
            break
        first, after = rows[0][0].id, rows[-1][0].id
        things = _named(session, TraceEventThing, "role", first, after)
        parties = _named(session, TraceEventParty, "side", first, after)
        for row, kind, entry in rows:
            kept.add(row.entry)
            yield from _check_event(row, things[row.id], parties[row.id])
            if kind != "event_recorded" or entry != entry_bytes("event_recorded", event_facts(row)):
                yield Difference("event", row.event_id, "differs from its entry", row=row.id)
    for stated in session.scalars(select(TraceEntry.id).where(TraceEntry.kind == "event_recorded")):
        if stated not in kept:
            yield Difference("entry", str(stated), "states an event that is not there", row=stated)


def _named(session: Session, table: type[DeclarativeBase], second: str, first: int, last: int) -> _Named:
    column = table.__table__.c
    found: _Named = defaultdict(set)
    for event, role, name in session.execute(
        select(column.event, column[second], column.name).where(column.event.between(first, last))
    ):
        found[event].add((role, name))
    return found


def _check_event(row: TraceEvent, things: set[tuple[str, str]], parties: set[tuple[str, str]]) -> Iterator[Difference]:
    try:
        event = json.loads(row.data)
        canonical = event_bytes(event) == row.data
        columns = derived_columns(event)
        named = {(thing.role, thing.name) for thing in things_of(event)}
        told = {(party.side, party.name) for party in parties_of(event)}
    except (ValueError, TypeError, KeyError, AttributeError, TraceabilityError):
        yield Difference("event", row.event_id, "is not readable", row=row.id)
        return
    if not canonical:
        yield Difference("event", row.event_id, "is not canonical, or its id is another's", row=row.id)
    if any(getattr(row, name) != value for name, value in columns.items()):
        yield Difference("event", row.event_id, "columns differ from its bytes", row=row.id)
    if (named, told) != (things, parties):
        yield Difference("event", row.event_id, "what it names is indexed otherwise", row=row.id)
