"""Keep events: all of a document or none, each once, each with its entry in the log.

events = check_document(read_json(data))
with begin() as session: capture = capture_events(session, now=now, events=events, captor=captor)

capture job: received → accepted · received → refused
"""

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from traceability.canonical import Value, salted_hash
from traceability.days import utc_text
from traceability.epcis.checking import Event
from traceability.epcis.identity import event_bytes, event_id, without_error
from traceability.epcis.models import (
    ACCEPTED,
    RECEIVED,
    REFUSED,
    TraceCapture,
    TraceEvent,
    TraceEventParty,
    TraceEventThing,
)
from traceability.epcis.names import Party, Thing, parties_of, place_of, things_of
from traceability.epcis.query import StoredEvent
from traceability.epcis.times import read_time
from traceability.epcis.vocabulary import bare_word
from traceability.errors import (
    CaptureMove,
    CaptureUnknown,
    CorrectionOfNothing,
    EventIdConflict,
    EventUnknown,
    NotYourEvent,
)
from traceability.ids import new_id
from traceability.log import add_entries
from traceability.models import TraceCounter
from traceability.upserts import upsert

_MOVES = frozenset({(RECEIVED, ACCEPTED), (RECEIVED, REFUSED)})
_SALT_BYTES = 16
_LOCK = "events"


@dataclass(frozen=True, slots=True, kw_only=True)
class Captor:
    """Who tells of events, and alone may declare them errors."""

    name: str


@dataclass(frozen=True, slots=True)
class ReadyEvent:
    """A checked event with all that follows from it, made before the transaction that keeps it."""

    event: Event
    name: str
    declares: bool
    data: bytes
    columns: Mapping[str, Any]
    things: tuple[Thing, ...]
    parties: tuple[Party, ...]


@dataclass(frozen=True, slots=True)
class _Stated:
    data: bytes
    captured_by: str


@dataclass(frozen=True, slots=True)
class Capture:
    """A capture job as its caller sees it; `error` and `path` say why it was refused."""

    id: str
    captured_by: str
    state: str
    received_at: datetime
    ended_at: datetime | None
    events: int
    error: str | None
    path: str | None


def ready_event(event: Event) -> ReadyEvent:
    """Work out what follows from a checked event; pure."""
    columns = derived_columns(event)
    return ReadyEvent(
        event=event,
        name=str(columns["event_id"]),
        declares="errorDeclaration" in event,
        data=event_bytes(event, name=str(columns["event_id"])),
        columns=columns,
        things=tuple(sorted(things_of(event))),
        parties=tuple(sorted(parties_of(event))),
    )


def capture_events(session: Session, *, now: datetime, events: Sequence[Event | ReadyEvent], captor: Captor) -> Capture:
    """Keep checked events as one accepted job; what is known already, equal in all, is kept once.

    Raises EventIdConflict, CorrectionOfNothing, NotYourEvent; then nothing may be committed.
    """
    job = TraceCapture(id=new_id("cj"), captured_by=captor.name, state=RECEIVED, received_at=now)
    session.add(job)
    session.flush()
    record_events(session, now=now, events=events, captor=captor, capture=job.id)
    job.events = len(events)
    _end(job, ACCEPTED, now=now)
    session.flush()
    return _capture(job)


def refuse_capture(
    session: Session, *, now: datetime, captor: Captor, error: str, path: str = "", capture: str | None = None
) -> Capture:
    """Keep that a document was refused, and why, so that its sender can look it up."""
    job = None if capture is None else session.get(TraceCapture, capture)
    if job is None:
        job = TraceCapture(id=new_id("cj"), captured_by=captor.name, state=RECEIVED, received_at=now)
        session.add(job)
    job.error, job.path = error[:40], path[:200]
    _end(job, REFUSED, now=now)
    session.flush()
    return _capture(job)


def find_capture(session: Session, capture: str, *, captured_by: str) -> Capture:
    """Give one's own capture job; anybody else's is missing. Raises CaptureUnknown."""
    row = session.get(TraceCapture, capture)
    if row is None or row.captured_by != captured_by:
        raise CaptureUnknown(capture=capture[:40])
    return _capture(row)


def event_named(session: Session, name: str) -> StoredEvent:
    """Give an event that stands by its id; raises EventUnknown, also where it was declared an error."""
    rows = {row.declares_error: row for row in session.scalars(select(TraceEvent).where(TraceEvent.event_id == name))}
    row = rows.get(False)
    if row is None or True in rows:
        raise EventUnknown(event_id=name[:120])
    return StoredEvent(row.id, json.loads(row.data), row.recorded_at, row.captured_by)


def _end(job: TraceCapture, state: str, *, now: datetime) -> None:
    if (job.state, state) not in _MOVES:
        raise CaptureMove(capture=job.id, state=job.state)
    job.state, job.ended_at = state, now


def _capture(row: TraceCapture) -> Capture:
    return Capture(
        row.id, row.captured_by, row.state, row.received_at, row.ended_at, row.events, row.error, row.path
    )  # fmt: skip


def record_events(
    session: Session, *, now: datetime, events: Sequence[Event | ReadyEvent], captor: Captor, capture: str | None = None
) -> list[str]:
    """Keep checked events with their entries; give their ids in order. Raises as `capture_events`."""
    ready = [one if isinstance(one, ReadyEvent) else ready_event(one) for one in events]
    _wait_for_others(session)
    known = _known(session, [one.name for one in ready])
    fresh: list[ReadyEvent] = []
    for number, one in enumerate(ready):
        path = f"epcisBody.eventList[{number}]"
        before = known.get((one.name, one.declares))
        if before is not None:
            if before.data != one.data:
                raise EventIdConflict(path=f"{path}.eventID", event_id=one.name)
            continue
        if one.declares:
            _check_correction(known.get((one.name, False)), one, captor, path=f"{path}.errorDeclaration")
        known[one.name, one.declares] = _Stated(one.data, captor.name)
        fresh.append(one)
    rows = [_row(one, now=now, captor=captor, capture=capture) for one in fresh]
    entries = add_entries(session, now=now, kind="event_recorded", facts=map(event_facts, rows))
    for row, entry in zip(rows, entries, strict=True):
        row.entry = entry
    session.add_all(rows)
    session.flush()
    _index(session, {row.id: one for row, one in zip(rows, fresh, strict=True)})
    return [one.name for one in ready]


def _wait_for_others(session: Session) -> None:
    # Two documents with the same event wait for each other here, so that the second sees what the first kept.
    statement = upsert(session.get_bind().dialect.name, TraceCounter).values(name=_LOCK, value=1)
    session.execute(
        statement.on_conflict_do_update(index_elements=[TraceCounter.name], set_={"value": TraceCounter.value + 1})
    )


def _known(session: Session, names: Collection[str]) -> dict[tuple[str, bool], _Stated]:
    columns = (TraceEvent.event_id, TraceEvent.declares_error, TraceEvent.data, TraceEvent.captured_by)
    rows = session.execute(select(*columns).where(TraceEvent.event_id.in_(set(names))))
    return {(name, declares): _Stated(data, captor) for name, declares, data, captor in rows}


def _check_correction(stated: _Stated | None, one: ReadyEvent, captor: Captor, *, path: str) -> None:
    if stated is None or stated.data != without_error(one.event):
        raise CorrectionOfNothing(path=path)
    if stated.captured_by != captor.name:
        raise NotYourEvent(path=path)


def _row(one: ReadyEvent, *, now: datetime, captor: Captor, capture: str | None) -> TraceEvent:
    return TraceEvent(
        **one.columns,
        recorded_at=now,
        captured_by=captor.name,
        data=one.data,
        salt=secrets.token_bytes(_SALT_BYTES),
        capture=capture,
    )


def derived_columns(event: Event) -> dict[str, object]:
    """Give the columns that follow from an event's own words."""
    step = event.get("bizStep")
    return {
        "event_id": event_id(event),
        "declares_error": "errorDeclaration" in event,
        "type": event["type"],
        "action": event.get("action"),
        "biz_step": None if step is None else bare_word("bizStep", step),
        "place": place_of(event),
        "event_time": read_time(event["eventTime"], "eventTime"),
    }


def event_facts(row: TraceEvent) -> Mapping[str, Value]:
    """Give an event's facts as the log states them: a salted hash, since an event may name people."""
    return {"hash": salted_hash(row.salt, row.data), "recorded_at": utc_text(row.recorded_at)}


def _index(session: Session, kept: Mapping[int, ReadyEvent]) -> None:
    things = [
        {"event": row, "role": thing.role, "name": thing.name} for row, one in kept.items() for thing in one.things
    ]
    parties = [
        {"event": row, "side": party.side, "name": party.name} for row, one in kept.items() for party in one.parties
    ]
    if things:
        session.execute(insert(TraceEventThing), things)
    if parties:
        session.execute(insert(TraceEventParty), parties)
