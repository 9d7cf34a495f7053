"""Two machines send the same documents at the same instant: each event is kept once, and nobody is refused."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa

import traceability as trace
from tests.traceability import racing
from tests.traceability.epcis.making import FARM, harvest, sent
from tests.traceability.making import NOW, ORIGIN
from traceability import epcis
from traceability.epcis.models import TraceEvent
from traceability.models import TraceEntry

SENDERS, DOCUMENTS = 4, 12


def test_the_same_documents_at_once(database_url: str) -> None:
    engine = racing.open_engine(database_url, pool_size=SENDERS)
    with racing.writing(engine) as session:
        trace.open_log(session, now=NOW, origin=ORIGIN)
    documents = [
        sent(harvest(eventID=uuid.UUID(int=number).urn), harvest(eventTime=f"2026-11-12T06:30:{number:02d}Z"))
        for number in range(DOCUMENTS)
    ]  # fmt: skip

    def send(_sender: int) -> int:
        kept = 0
        for events in documents:
            with racing.writing(engine) as session:
                kept += epcis.capture_events(session, now=NOW, events=events, captor=FARM).events
        return kept

    with ThreadPoolExecutor(SENDERS) as senders:
        assert list(senders.map(send, range(SENDERS))) == [2 * DOCUMENTS] * SENDERS
    with racing.writing(engine) as session:
        assert _count(session, TraceEvent) == _count(session, TraceEntry) == 2 * DOCUMENTS
    engine.dispose()


def _count(session: Any, table: Any) -> int:
    return int(session.scalar(sa.select(sa.func.count()).select_from(table)))
