"""Keep events: all of a document or none, each once, each with its entry in the log.

events = check_document(read_json(data))
with begin() as session: capture = capture_events(session, now=now, events=events, captor=captor)

capture job: received → accepted · received → refused
"""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

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
from traceability.epcis.names import parties_of, place_of, things_of
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
from traceability.log import add_entry
from traceability.models import TraceCounter
from traceability.upserts import upsert

_MOVES = frozenset({(RECEIVED, ACCEPTED), (RECEIVED, REFUSED)})
_SALT_BYTES = 16
_LOCK = "events"


@dataclass(frozen=True, slots=True, kw_only=True)
class Captor:
    """Who tells of events; a `trusted` one may also declare errors of what others told."""

    name: str
    trusted: bool = False


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


def capture_events(session: Session, *, now: datetime, events: Sequence[Event], captor: Captor) -> Capture:
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
    session: Session, *, now: datetime, events: Sequence[Event], captor: Captor, capture: str | None = None
) -> list[str]:
    """Keep checked events with their entries; give their ids in order. Raises as `capture_events`."""
    _wait_for_others(session)
    ids = [event_id(event) for event in events]
    known = _known(session, ids)
    for number, (event, name) in enumerate(zip(events, ids, strict=True)):
        path = f"epcisBody.eventList[{number}]"
        data, declares = event_bytes(event), "errorDeclaration" in event
        before = known.get((name, declares))
        if before is not None:
            if before.data != data:
                raise EventIdConflict(path=f"{path}.eventID", event_id=name)
            continue
        if declares:
            _check_correction(known.get((name, False)), event, captor, path=f"{path}.errorDeclaration")
        row = _row(event, data, now=now, captor=captor, capture=capture)
        row.entry = add_entry(session, now=now, kind="event_recorded", facts=event_facts(row)).id
        session.add(row)
        session.flush()
        _index(session, row.id, event)
        known[name, declares] = row
    return ids


def _wait_for_others(session: Session) -> None:
    # Two documents with the same event wait for each other here, so that the second sees what the first kept.
    statement = upsert(session.get_bind().dialect.name, TraceCounter).values(name=_LOCK, value=1)
    session.execute(
        statement.on_conflict_do_update(index_elements=[TraceCounter.name], set_={"value": TraceCounter.value + 1})
    )


def _known(session: Session, ids: Iterable[str]) -> dict[tuple[str, bool], TraceEvent]:
    rows = session.scalars(
        select(TraceEvent).where(TraceEvent.event_id.in_(set(ids))).execution_options(populate_existing=True)
    )
    return {(row.event_id, row.declares_error): row for row in rows}


def _check_correction(stated: TraceEvent | None, event: Event, captor: Captor, *, path: str) -> None:
    if stated is None or stated.data != without_error(event):
        raise CorrectionOfNothing(path=path)
    if stated.captured_by != captor.name and not captor.trusted:
        raise NotYourEvent(path=path)


def _row(event: Event, data: bytes, *, now: datetime, captor: Captor, capture: str | None) -> TraceEvent:
    return TraceEvent(
        **derived_columns(event),
        recorded_at=now,
        captured_by=captor.name,
        data=data,
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


def _index(session: Session, row: int, event: Event) -> None:
    things = [{"event": row, "role": thing.role, "name": thing.name} for thing in sorted(things_of(event))]
    parties = [{"event": row, "side": party.side, "name": party.name} for party in sorted(parties_of(event))]
    if things:
        session.execute(insert(TraceEventThing), things)
    if parties:
        session.execute(insert(TraceEventParty), parties)
