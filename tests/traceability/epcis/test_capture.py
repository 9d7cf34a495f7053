"""Events are kept once, all or none, corrected but never changed; fsck re-derives them."""

import hashlib
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from tests.traceability.epcis.making import CONTEXT, FARM, GTIN_LOT, document, harvest, sent
from tests.traceability.making import NOW, Made
from traceability import epcis
from traceability.canonical import canonical_json
from traceability.epcis.models import TraceEvent
from traceability.errors import CaptureMove, CaptureUnknown, EventRefused, EventUnknown
from traceability.models import TraceEntry

SHOP = epcis.Captor(name="or_shop")
UUID = uuid.UUID(int=7).urn


def captured(session: Any, *events: dict[str, Any], captor: epcis.Captor = FARM) -> epcis.Capture:
    return epcis.capture_events(session, now=NOW, events=sent(*events), captor=captor)


def kept(session: Any) -> int:
    return int(session.scalar(select(func.count()).select_from(TraceEvent)))


def asked(session: Any, *parameters: tuple[str, str], reader: epcis.Reader | None = None) -> list[str]:
    page = epcis.find_events(session, epcis.read_query(parameters), reader=reader)
    return [str(one.event["eventID"]) for one in page.events]


def declared(event: dict[str, Any], reason: str = "incorrect_data") -> dict[str, Any]:
    return dict(epcis.error_of(event, now=NOW, reason=reason))


def test_a_document_becomes_events_with_entries(made: Made, session: Any) -> None:
    job = captured(session, harvest(), harvest(eventID=UUID, eventTime="2026-11-13T06:30:00+07:00"))
    assert (job.state, job.events, job.captured_by) == ("accepted", 2, "or_farm")
    assert epcis.find_capture(session, job.id, captured_by="or_farm") == job
    with pytest.raises(CaptureUnknown):
        epcis.find_capture(session, job.id, captured_by="or_shop")
    entries = session.scalars(select(TraceEntry.data).where(TraceEntry.kind == "event_recorded")).all()
    assert len(entries) == 2
    for data in entries:
        assert set(json.loads(data)) == {"hash", "recorded_at", "type", "v"}
        assert canonical_json(json.loads(data)) == data
    assert made.fsck() == []


def test_the_log_holds_a_salted_hash(made: Made, session: Any) -> None:
    captured(session, harvest(), harvest(eventID=UUID))
    rows = session.execute(
        select(TraceEvent, TraceEntry.data).join(TraceEntry, TraceEntry.id == TraceEvent.entry)
    ).all()  # fmt: skip
    for row, data in rows:
        assert json.loads(data)["hash"] == "sha256:" + hashlib.sha256(row.salt + row.data).hexdigest()
    salts = {row.salt for row, _data in rows}
    assert {len(salt) for salt in salts} == {16}
    assert len(salts) == 2


def test_the_same_again_is_kept_once(made: Made, session: Any) -> None:
    captured(session, harvest(), harvest())
    captured(session, harvest(recordTime="2026-11-14T00:00:00Z"), harvest(eventID=UUID))
    captured(session, harvest(eventID=UUID), captor=SHOP)
    assert kept(session) == 2
    assert made.fsck() == []


def test_a_known_id_with_other_facts_is_refused(made: Made, session: Any) -> None:
    captured(session, harvest(eventID=UUID))
    with pytest.raises(EventRefused) as refused:
        captured(session, harvest(), harvest(eventID=UUID.upper().replace("URN:UUID", "urn:uuid"), bizStep="packing"))
    assert (refused.value.code, refused.value.fields["path"]) == ("event_id_conflict", "epcisBody.eventList[1].eventID")


def test_a_refusal_is_kept_with_its_reason(made: Made, session: Any) -> None:
    job = epcis.refuse_capture(session, now=NOW, captor=FARM, error="field_missing", path="type")
    assert epcis.find_capture(session, job.id, captured_by="or_farm").error == "field_missing"
    with pytest.raises(CaptureMove):
        epcis.refuse_capture(session, now=NOW, captor=FARM, error="field_missing", capture=job.id)


def test_a_correction_states_the_event_again(made: Made, session: Any) -> None:
    captured(session, harvest(), harvest(eventID=UUID, eventTime="2026-11-13T06:30:00+07:00"))
    assert len(asked(session)) == 2
    captured(session, declared(harvest()))
    captured(session, declared(harvest()))
    assert asked(session) == [UUID]
    assert len(asked(session, reader=epcis.Reader(name="or_farm"))) == 3
    with pytest.raises(EventUnknown):
        epcis.event_named(session, epcis.event_id(harvest()))
    assert epcis.event_named(session, UUID).captured_by == "or_farm"
    with pytest.raises(EventRefused, match="event_id_conflict"):
        captured(session, declared(harvest(), "did_not_occur"))
    assert made.fsck() == []


@pytest.mark.parametrize(
    "change", [{"eventTime": "2026-11-12T06:31:00+07:00"}, {"quantityList": [{"epcClass": GTIN_LOT}]}]
)
def test_what_was_never_stated_cannot_be_corrected(made: Made, session: Any, change: dict[str, Any]) -> None:
    captured(session, harvest(eventID=UUID))
    with pytest.raises(EventRefused, match="correction_of_nothing"):
        captured(session, declared(harvest(eventID=UUID, **change)))


def test_only_who_told_of_an_event_takes_it_back(made: Made, session: Any) -> None:
    captured(session, harvest())
    with pytest.raises(EventRefused, match="not_your_event"):
        captured(session, declared(harvest()), captor=SHOP)
    captured(session, declared(harvest()))
    assert asked(session) == []


def test_queries_hold_all_their_conditions(made: Made, session: Any) -> None:
    to_shop = [{"type": "owning_party", "destination": "https://x.example/sellers/or_shop"}]
    ship = harvest(
        action="OBSERVE", ilmd=None, bizStep="shipping", eventTime="2026-11-14T06:30:00+07:00", destinationList=to_shop
    )  # fmt: skip
    pack = {
        "type": "AggregationEvent", "action": "ADD", "parentID": "https://id.gs1.org/00/189385050000000012",
        "childQuantityList": [{"epcClass": "urn:epc:class:lgtin:893850597.0419.L1"}], "bizStep": "packing",
        "eventTime": "2026-11-13T06:30:00+07:00", "eventTimeZoneOffset": "+07:00",
    }  # fmt: skip
    captured(session, harvest(), pack, ship)
    first, second, third = asked(session)
    assert asked(session, ("eventType", "ObjectEvent")) == [first, third]
    assert asked(session, ("eventType", "ObjectEvent,AggregationEvent"), ("EQ_action", "ADD")) == [first, second]
    assert asked(session, ("EQ_bizStep", "urn:epcglobal:cbv:bizstep:shipping")) == [third]
    assert asked(session, ("GE_eventTime", "2026-11-13T06:30:00+07:00")) == [second, third]
    assert asked(session, ("GE_eventTime", "2026-11-12T23:30:00Z"), ("LT_eventTime", "2026-11-13T23:30:00.000Z")) == [
        second
    ]
    assert asked(session, ("MATCH_epcClass", GTIN_LOT)) == [first, second, third]
    assert asked(session, ("MATCH_anyEPC", "urn:epc:id:sscc:8938505.10000000001")) == []
    assert asked(session, ("MATCH_anyEPC", "https://elsewhere.example/00/189385050000000012")) == [second]
    assert asked(session, ("EQ_bizStep", "packing"), ("EQ_bizStep", "shipping")) == [second, third]
    shop = epcis.Reader(name="or_shop", parties=("https://x.example/sellers/or_shop",))
    assert asked(session, reader=shop) == [third]
    assert asked(session, reader=epcis.Reader(name="or_stranger")) == []


def test_pages_follow_each_other_without_loss(made: Made, session: Any) -> None:
    captured(session, *[harvest(eventTime=f"2026-11-12T06:30:{second:02d}+07:00") for second in range(7)])
    seen, token = [], None
    for _page in range(4):
        parameters = [("perPage", "2"), *([("nextPageToken", token)] if token else [])]
        page = epcis.find_events(session, epcis.read_query(parameters), reader=None)
        seen += [one.number for one in page.events]
        token = page.next_token
    assert token is None
    assert len(seen) == len(set(seen)) == 7
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("parameter", "code"),
    [
        (("colour", "red"), "parameter_unknown"),
        (("EQ_eventtime", "x"), "parameter_unknown"),
        (("eventType", "Object"), "parameter_invalid"),
        (("EQ_action", "add"), "parameter_invalid"),
        (("GE_eventTime", "2026-11-13"), "parameter_invalid"),
        (("LT_eventTime", "2026-11-13T06:30:00"), "parameter_invalid"),
        (("perPage", "0"), "parameter_invalid"),
        (("perPage", "501"), "parameter_invalid"),
        (("perPage", "ten"), "parameter_invalid"),
        (("nextPageToken", "zz"), "parameter_invalid"),
        (("nextPageToken", "%"), "parameter_invalid"),
        (("EQ_bizStep", ""), "parameter_invalid"),
        (("MATCH_anyEPC", ",".join(["urn:x:a"] * 51)), "parameter_invalid"),
    ],
)
def test_a_wrong_parameter_is_refused(parameter: tuple[str, str], code: str) -> None:
    with pytest.raises(EventRefused) as refused:
        epcis.read_query([parameter])
    assert (refused.value.code, refused.value.fields["path"]) == (code, parameter[0])


def test_the_public_form_names_nobody_and_no_amount(made: Made, session: Any) -> None:
    told = harvest(
        eventID=UUID, eventTime="2026-11-12T23:30:00Z",
        bizLocation={"id": "https://farm.example/field/3"}, readPoint={"id": "https://farm.example/gate"},
        sourceList=[{"type": "owning_party", "source": "https://people.example/ba-tu"}],
        **{"farm:worker": "Bà Tư, 0901234567"},
    )  # fmt: skip
    captured(session, told, harvest(eventTime="2026-11-20T01:00:00+07:00"))
    page = epcis.find_events(session, epcis.read_query([]), reader=None)
    shown = [epcis.public_event(one.event, place=lambda _uri: "https://x.example/places/1") for one in page.events]
    assert shown[0] == {
        "type": "ObjectEvent", "action": "ADD", "eventID": UUID, "bizStep": "creating_class_instance",
        "eventTime": "2026-11-13T00:00:00.000+07:00", "eventTimeZoneOffset": "+07:00",
        "quantityList": [{"epcClass": GTIN_LOT}], "bizLocation": {"id": "https://x.example/places/1"},
    }  # fmt: skip
    assert shown[1] is not None
    assert "eventID" not in shown[1]
    hidden = epcis.public_event(page.events[0].event, place=lambda _uri: None)
    assert hidden is not None
    assert "bizLocation" not in hidden
    answer = epcis.query_document([one for one in shown if one], now=NOW, context=[CONTEXT])
    for secret in ("Tư", "0901", "120.5", "field/3", "gate"):
        assert secret not in json.dumps(answer, ensure_ascii=False)
    papers = harvest(type="TransactionEvent", ilmd=None, bizTransactionList=[{"bizTransaction": "urn:x:po:5"}])
    assert epcis.public_event(sent(papers)[0], place=lambda _uri: None) is None


FALSIFIED = [
    ("UPDATE trace_events SET biz_step = 'shipping'", "event columns differ from its bytes"),
    ("UPDATE trace_events SET event_id = 'urn:uuid:0' WHERE id = (SELECT min(id) FROM trace_events)", "event columns"),
    ("UPDATE trace_events SET event_time = '2020-01-01 00:00:00'", "event columns differ from its bytes"),
    ("UPDATE trace_events SET recorded_at = '2020-01-01 00:00:00'", "event differs from its entry"),
    ("UPDATE trace_event_things SET name = 'urn:x:other'", "event what it names is indexed otherwise"),
    ("DELETE FROM trace_event_things", "event what it names is indexed otherwise"),
    ("DELETE FROM trace_event_parties", "event what it names is indexed otherwise"),
    ("UPDATE trace_entries SET kind = 'key_rotated' WHERE kind = 'event_recorded'", "event differs from its entry"),
]


@pytest.fixture
def whole(made: Made, session: Any) -> Made:
    gone = [{"type": "owning_party", "destination": "https://x.example/sellers/or_shop"}]
    captured(session, harvest(), harvest(eventID=UUID, destinationList=gone), declared(harvest()))
    made.publish()
    assert made.fsck() == []
    return made


@pytest.mark.parametrize(("statement", "found"), FALSIFIED)
def test_each_falsified_row_is_named(whole: Made, session: Any, statement: str, found: str) -> None:
    assert session.execute(text(statement)).rowcount > 0
    differences = whole.fsck()
    assert any(item.startswith(found) for item in differences), differences


def test_a_changed_removed_or_invented_event_is_named(whole: Made, session: Any) -> None:
    row = session.scalars(select(TraceEvent).where(TraceEvent.event_id == UUID)).one()
    good = row.data
    for data, found in [
        (good.replace(b"120.5", b"999.5"), []),
        (good.replace(b"120.5", b"120.50"), ["event is not canonical, or its id is another's"]),
        (good[:-1], ["event is not readable"]),
        (b"[1]", ["event is not readable"]),
    ]:
        row.data = data
        session.flush()
        assert whole.fsck() == [*found, "event differs from its entry"]
        row = session.scalars(select(TraceEvent).where(TraceEvent.event_id == UUID)).one()
    row.data = good
    session.flush()
    assert whole.fsck() == []
    for table in ("trace_event_things", "trace_event_parties"):
        session.execute(text(f"DELETE FROM {table} WHERE event = :row"), {"row": row.id})
    session.execute(text("DELETE FROM trace_events WHERE id = :row"), {"row": row.id})
    assert whole.fsck() == ["entry states an event that is not there"]


def test_five_hundred_events_are_one_capture(made: Made, session: Any) -> None:
    start = NOW - timedelta(days=1)
    events = [harvest(eventTime=(start + timedelta(seconds=number)).isoformat()) for number in range(500)]
    assert captured(session, *events).events == 500
    assert made.fsck() == []
    assert document(*events)["type"] == "EPCISDocument"
