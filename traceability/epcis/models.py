"""The tables of events. Internal: an event may name people, so the public sees `public.py`'s form of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from traceability.epcis.names import LONGEST_NAME
from traceability.models import TraceBase
from traceability.types import BIG, UtcDateTime

RECEIVED, ACCEPTED, REFUSED = "received", "accepted", "refused"


class TraceCapture(TraceBase):
    """One capture job: a document that was sent, and what became of it. A refused one keeps why, not the document."""

    __tablename__ = "trace_captures"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    captured_by: Mapped[str] = mapped_column(String(80), index=True)
    state: Mapped[str] = mapped_column(String(10))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    events: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(40))
    path: Mapped[str | None] = mapped_column(String(200))


class TraceEvent(TraceBase):
    """One event as its canonical bytes; the other columns follow from them. Never changed, never deleted.

    An event and the declaration that it was an error share their `event_id`. The log holds SHA-256(salt ‖ data).
    """

    __tablename__ = "trace_events"
    __table_args__ = (Index("uq_trace_events_event_id_declares_error", "event_id", "declares_error", unique=True),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    event_id: Mapped[str] = mapped_column(String(120))
    declares_error: Mapped[bool]
    type: Mapped[str] = mapped_column(String(20))
    action: Mapped[str | None] = mapped_column(String(8))
    biz_step: Mapped[str | None] = mapped_column(String(LONGEST_NAME))
    place: Mapped[str | None] = mapped_column(String(LONGEST_NAME))
    event_time: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    captured_by: Mapped[str] = mapped_column(String(80), index=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    entry: Mapped[int] = mapped_column(ForeignKey("trace_entries.id"), unique=True)
    capture: Mapped[str | None] = mapped_column(ForeignKey("trace_captures.id"), index=True)


class TraceEventThing(TraceBase):
    """What an event names, under the one name of the thing."""

    __tablename__ = "trace_event_things"
    __table_args__ = (Index("ix_trace_event_things_name_event", "name", "event"),)

    event: Mapped[int] = mapped_column(ForeignKey("trace_events.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)


class TraceEventParty(TraceBase):
    """Who gave and who gets."""

    __tablename__ = "trace_event_parties"
    __table_args__ = (Index("ix_trace_event_parties_name_event", "name", "event"),)

    event: Mapped[int] = mapped_column(ForeignKey("trace_events.id"), primary_key=True)
    side: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
