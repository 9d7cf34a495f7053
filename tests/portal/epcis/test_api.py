"""Machines tell of events and ask for them: the bad-input table, keys and scopes, whose goods, who sees what."""

import io
import json
import uuid
from typing import Any

import pytest
from sqlalchemy import select, text
from werkzeug.test import create_environ

from portal.audit import AuditRow
from portal.epcis import api
from portal.people.actions import make_api_key
from portal.people.models import ApiKey, ApiKeySeller
from portal.places.models import AdminUnit
from portal.stamps.due import grow_log
from tests.portal.epcis.making import Machine
from tests.portal.onboarding.making import CLI
from tests.portal.stamps.making import GTIN, Stamps
from tests.traceability.epcis.making import document, harvest
from traceability import epcis
from traceability.epcis.models import TraceEvent
from traceability.errors import DocumentTooLarge

LOT = f"https://id.gs1.org/01/{GTIN}/10/L1"
UUID = uuid.UUID(int=9).urn
AT = "epcisBody.eventList[0]"


def test_a_document_is_taken_and_its_job_tells_how(partner: Machine, session: Any) -> None:
    answer = partner.post(document(harvest(), harvest(eventID=UUID)))
    assert answer.status_code == 202
    job = answer.headers["Location"]
    assert job == f"/epcis/capture/{answer.get_json()['captureID']}"
    told = partner.client.get(job, headers=partner.headers).get_json()
    assert (told["success"], told["running"], told["events"], told["errors"]) == (True, False, 2, [])
    assert told["captureErrorBehaviour"] == "rollback"
    acts = session.scalars(select(AuditRow.act).order_by(AuditRow.id.desc()).limit(1)).all()
    assert list(acts) == ["events.captured"]


BAD = [
    (b"not json", 400, "json_invalid", None),
    (document(harvest(action=None)), 400, "field_missing", "epcisBody.eventList[0].action"),
    (document(harvest(eventTime="2026-11-12T06:30")), 400, "field_invalid", "epcisBody.eventList[0].eventTime"),
    (document(harvest(eventTime="2026-11-12T06:30:00")), 400, "time_without_offset", f"{AT}.eventTime"),
    (
        document(harvest(eventTimeZoneOffset="+15:00")), 400, "offset_invalid",
        "epcisBody.eventList[0].eventTimeZoneOffset",
    ),
    (document(harvest(action="OBSERVE")), 400, "ilmd_not_allowed", "epcisBody.eventList[0].ilmd"),
    (document(harvest(mau="do")), 400, "extension_without_namespace", "epcisBody.eventList[0].mau"),
    (b" " * (5 * 1024 * 1024 + 1), 413, "document_too_large", None),
    (document(*[harvest()] * 501), 413, "document_too_large", "epcisBody.eventList"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status", "code", "path"), BAD)
def test_each_bad_document_has_its_exact_answer(
    partner: Machine, session: Any, body: Any, status: int, code: str, path: str | None
) -> None:
    answer = partner.post(body)
    said = answer.get_json()
    assert (answer.status_code, said["code"]) == (status, code)
    assert answer.mimetype == "application/problem+json"
    assert [problem["field"] for problem in said["fields"]] == ([path] if path else [])
    assert status == 413 or path is None or path in said["detail"]
    job = partner.client.get(answer.headers["Location"], headers=partner.headers).get_json()
    assert (job["success"], job["errors"][0]["code"]) == (False, code)
    assert partner.ask() == []


def test_a_known_id_is_taken_once_and_never_with_other_facts(partner: Machine) -> None:
    partner.tell(harvest(eventID=UUID))
    partner.tell(harvest(eventID=UUID))
    assert len(partner.ask()) == 1
    answer = partner.post(document(harvest(), harvest(eventID=UUID, disposition="damaged")))
    assert (answer.status_code, answer.get_json()["code"]) == (409, "event_id_conflict")
    assert len(partner.ask()) == 1


def test_a_context_changes_nothing_and_causes_no_request(partner: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    import http.server
    import threading

    asked: list[str] = []

    class Door(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

    server = http.server.HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/context.jsonld"
    remapped = {"type": "https://evil.example/kind", "ObjectEvent": "https://evil.example/Other"}
    answer = partner.post(document(harvest(**{"@context": [url, remapped]}), **{"@context": [url, remapped]}))
    assert answer.status_code == 202
    shown = partner.client.get("/epcis/events").get_json()
    server.shutdown()
    thread.join(60)
    server.server_close()
    assert asked == []
    assert [event["type"] for event in shown["epcisBody"]["queryResults"]["resultsBody"]["eventList"]] == [
        "ObjectEvent"
    ]
    assert "evil" not in json.dumps(shown)
    assert url not in json.dumps(shown)


def test_a_document_without_a_length_is_cut_off(app: Any) -> None:
    environ = create_environ("/epcis/capture", method="POST", content_type="application/json")
    body = io.BytesIO(b" " * (epcis.MOST_BYTES + 1000))
    environ |= {"wsgi.input_terminated": True, "wsgi.input": body}
    environ.pop("CONTENT_LENGTH", None)
    with app.request_context(environ):
        data = api._body()
    assert body.tell() == len(data) == epcis.MOST_BYTES + 1
    with pytest.raises(DocumentTooLarge):
        epcis.read_json(data)


def test_keys_and_scopes(client: Any, session: Any, world: Any, partner: Machine) -> None:
    body = document(harvest())
    assert Machine(client, None).post(body).status_code == 401
    assert Machine(client, "ck_wrong").post(body).status_code == 401
    reads = make_api_key(session, now=world.clock.now(), acting=CLI, name="reads", scopes=["epcis:read"])
    tells = make_api_key(session, now=world.clock.now(), acting=CLI, name="tells", scopes=["epcis:capture"])
    session.commit()
    assert Machine(client, reads).post(body).status_code == 403
    assert Machine(client, tells).post(body).status_code == 202
    assert client.get("/epcis/events", headers=Machine(client, tells).headers).status_code == 403
    assert client.get("/epcis/events", headers={"Authorization": "Bearer x"}).status_code == 401
    job = partner.tell(harvest(quantityList=[{"epcClass": "urn:x:own:1"}])).headers["Location"]
    assert client.get(job).status_code == 401
    assert client.get(job, headers=Machine(client, tells).headers).status_code == 404
    world.clock.move(days=366)
    assert partner.post(body).status_code == 401


def test_kinds_of_content_and_of_error_behaviour(partner: Machine) -> None:
    assert partner.post(document(harvest()), kind="application/json").status_code == 202
    assert partner.post(document(harvest()), kind="application/xml").status_code == 415
    odd = partner.post(document(harvest()), **{"GS1-Capture-Error-Behaviour": "proceed"})
    assert (odd.status_code, odd.get_json()["code"]) == (400, "error_behaviour_unknown")
    assert partner.client.get("/epcis/capture").status_code == 405


def test_nobody_tells_of_anothers_goods(
    stamps: Stamps, machine: Machine, stranger: Machine, partner: Machine, shop: Any
) -> None:
    batch = stamps.issue(10, gtin=GTIN)
    names = [
        LOT,
        f"urn:epc:id:sgtin:893850597.0419.{stamps.serial(batch, 1)}",
        f"http://localhost/s/{stamps.serial(batch, 2)}",
        f"HTTP://LOCALHOST/S/{stamps.serial(batch, 3)}",
        f"http://localhost/lots/{stamps.lot(batch)}",
    ]
    for name in names:
        event = harvest(quantityList=None, ilmd=None, action="OBSERVE", epcList=[name])
        refused = stranger.post(document(harvest(quantityList=[{"epcClass": "urn:x:own"}]), event))
        assert (refused.status_code, refused.get_json()["code"]) == (403, "goods_not_yours")
        assert refused.get_json()["fields"][0]["field"] == "epcisBody.eventList[1]"
        machine.tell(event)
    assert stranger.ask() == []
    sent = [{"type": "owning_party", "destination": f"http://localhost/sellers/or_{'0' * 26}"}]
    machine.tell(harvest(bizStep="shipping", action="OBSERVE", ilmd=None, destinationList=sent))
    stranger.tell(harvest(bizStep="receiving", action="OBSERVE", ilmd=None))
    assert [event["bizStep"] for event in stranger.ask()] == ["shipping", "receiving"]


def test_a_partner_tells_of_the_goods_of_sellers_it_is_given_and_of_no_others(
    stamps: Stamps, machine: Machine, partner: Machine, session: Any
) -> None:
    stamps.issue(10, gtin=GTIN)
    event = harvest(eventID=UUID)
    machine.tell(event)
    inspected = harvest(bizStep="inspecting", action="OBSERVE", ilmd=None)
    wrong = {**event, "errorDeclaration": {"declarationTime": "2026-11-22T03:00:00Z", "reason": "incorrect_data"}}
    for refused in (partner.post(document(inspected)), partner.post(document(wrong))):
        assert (refused.status_code, refused.get_json()["code"]) == (403, "goods_not_yours")
    key_hash = session.scalars(select(ApiKey.key_hash).where(ApiKey.name == "test None")).one()
    session.add(ApiKeySeller(key_hash=key_hash, organisation_id=stamps.acting.organisation_id))
    session.commit()
    partner.tell(inspected)
    not_its_own = partner.post(document(wrong))
    assert (not_its_own.status_code, not_its_own.get_json()["code"]) == (403, "not_your_event")
    told_by = set(session.scalars(select(TraceEvent.captured_by)))
    assert told_by == {str(stamps.acting.organisation_id), "system:key:test None"}  # who it was stays in the record


def test_a_parcel_is_whose_who_told_of_it_first(stranger: Machine, machine: Machine) -> None:
    parcel = harvest(
        type="AggregationEvent", ilmd=None, quantityList=None, bizStep="packing", childEPCs=["urn:x:crate:1"],
        parentID="https://id.gs1.org/00/189385050000000012",
    )  # fmt: skip
    machine.tell(parcel)
    refused = stranger.post(document({**parcel, "eventTime": "2026-11-13T06:30:00+07:00"}))
    assert (refused.status_code, refused.get_json()["code"]) == (403, "goods_not_yours")
    machine.tell({**parcel, "action": "DELETE", "bizStep": "unpacking"})


def test_strangers_see_step_commune_and_day(partner: Machine, session: Any, client: Any) -> None:
    unit = session.scalars(select(AdminUnit.id).where(AdminUnit.level == "commune").limit(1)).one_or_none() or "8@1"
    place = {"id": f"http://localhost/places/{unit}"}
    private = {"id": "https://farm.example/ba-tu"}
    partner.tell(
        harvest(eventID=UUID, bizLocation=place, sourceList=[{"type": "owning_party", "source": "urn:x:ba-tu"}]),
        harvest(bizLocation=private, **{"farm:worker": "0901234567"}),
    )
    answer = client.get("/epcis/events")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.mimetype == "application/ld+json"
    first, second = answer.get_json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert first == {
        "type": "ObjectEvent", "action": "ADD", "bizStep": "creating_class_instance", "eventID": UUID,
        "eventTime": "2026-11-12T00:00:00.000+07:00", "eventTimeZoneOffset": "+07:00", "bizLocation": place,
        "quantityList": [{"epcClass": LOT}],
    }  # fmt: skip
    assert "bizLocation" not in second
    for secret in ("ba-tu", "0901234567", "120.5"):
        assert secret not in answer.get_data(as_text=True)
    mine = partner.ask()
    assert mine[1]["farm:worker"] == "0901234567"
    assert mine[1]["recordTime"].startswith("2026-11-22T03:00:00")
    private_answer = client.get("/epcis/events", headers=partner.headers)
    assert "Access-Control-Allow-Origin" not in private_answer.headers
    assert private_answer.headers["Cache-Control"] == "no-store"


def test_pages_by_the_link_header(partner: Machine, client: Any) -> None:
    partner.tell(*[harvest(eventTime=f"2026-11-12T06:30:0{second}+07:00") for second in range(5)])
    seen, at = [], "/epcis/events?eventType=ObjectEvent&perPage=2"
    while at:
        answer = client.get(at)
        seen.append(len(answer.get_json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]))
        link = answer.headers.get("Link", "")
        assert not link or link.endswith('; rel="next"')
        at = link[1:].partition(">")[0]
    assert seen == [2, 2, 1]


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [("?colour=red", "parameter_unknown", "colour"), ("?GE_eventTime=today", "parameter_invalid", "GE_eventTime"),
     ("?EQ_bizStep=a%00b", "parameter_invalid", "EQ_bizStep"), ("?%00=1", "parameter_unknown", "\x00")],
)  # fmt: skip
def test_a_wrong_parameter_is_400(client: Any, query: str, code: str, field: str) -> None:
    answer = client.get("/epcis/events" + query)
    assert (answer.status_code, answer.get_json()["code"]) == (400, code)
    assert answer.get_json()["fields"][0]["field"] == field


def test_no_name_or_phone_reaches_the_log(partner: Machine, world: Any, session: Any) -> None:
    partner.tell(harvest(**{"farm:worker": "Nguyễn Thị Tư 0901234567"}))
    assert grow_log(world)
    for table, column in (("trace_entries", "data"), ("trace_log_tiles", "hashes")):
        for data in session.scalars(text(f"SELECT {column} FROM {table}")):
            assert b"0901234567" not in bytes(data)
            assert "Tư".encode() not in bytes(data)
