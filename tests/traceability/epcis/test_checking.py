"""A document is taken by its literal keys or refused with the code and the path of what is wrong."""

import json
from typing import Any

import pytest

from tests.traceability.epcis.making import document, harvest, sent
from traceability import epcis
from traceability.errors import EventRefused

AT = "epcisBody.eventList[0]"
SSCC = "https://id.gs1.org/00/189385050000000012"
PACK: dict[str, Any] = {
    "type": "AggregationEvent", "action": "ADD", "parentID": SSCC, "ilmd": None, "quantityList": None,
    "childQuantityList": [{"epcClass": "https://id.gs1.org/01/08938505974194/10/L1"}], "bizStep": "packing",
}  # fmt: skip
MADE: dict[str, Any] = {
    "type": "TransformationEvent", "action": None, "ilmd": None, "quantityList": None,
    "inputQuantityList": [{"epcClass": "urn:x:raw"}], "outputQuantityList": [{"epcClass": "urn:x:cut"}],
}  # fmt: skip

WRONG_EVENTS = [
    ({"type": None}, "field_missing", ".type"),
    ({"type": "object"}, "field_invalid", ".type"),
    ({"type": ["ObjectEvent"]}, "field_invalid", ".type"),
    ({"eventTime": None}, "field_missing", ".eventTime"),
    ({"eventTimeZoneOffset": None}, "field_missing", ".eventTimeZoneOffset"),
    ({"action": None}, "field_missing", ".action"),
    ({"action": "CHANGE"}, "field_invalid", ".action"),
    ({"eventTime": "2026-11-12T06:30:00"}, "time_without_offset", ".eventTime"),
    ({"eventTime": "2026-02-30T06:30:00Z"}, "field_invalid", ".eventTime"),
    ({"eventTime": "0001-01-01T00:00:00+14:00"}, "field_invalid", ".eventTime"),
    ({"eventTime": "yesterday"}, "field_invalid", ".eventTime"),
    ({"eventTime": 5}, "field_invalid", ".eventTime"),
    ({"eventTimeZoneOffset": "+15:00"}, "offset_invalid", ".eventTimeZoneOffset"),
    ({"eventTimeZoneOffset": "-14:01"}, "offset_invalid", ".eventTimeZoneOffset"),
    ({"eventTimeZoneOffset": "7"}, "offset_invalid", ".eventTimeZoneOffset"),
    ({"eventTime": "2026-11-12T06:30:00+15:00"}, "offset_invalid", ".eventTime"),
    ({"action": "OBSERVE"}, "ilmd_not_allowed", ".ilmd"),
    ({"ilmd": {"lotNumber": "L1"}}, "extension_without_namespace", ".ilmd.lotNumber"),
    ({"colour": "red"}, "extension_without_namespace", ".colour"),
    ({"@type": "ObjectEvent"}, "extension_without_namespace", ".@type"),
    ({"quantityList": None}, "field_missing", ".epcList"),
    ({"quantityList": []}, "field_missing", ".epcList"),
    ({"quantityList": {}}, "field_invalid", ".quantityList"),
    ({"quantityList": [{}]}, "field_missing", ".quantityList[0].epcClass"),
    ({"quantityList": [{"epcClass": "rau"}]}, "field_invalid", ".quantityList[0].epcClass"),
    ({"quantityList": [{"epcClass": "urn:x:a", "uom": "KGM"}]}, "field_missing", ".quantityList[0].quantity"),
    ({"quantityList": [{"epcClass": "urn:x:a", "quantity": -1}]}, "field_invalid", ".quantityList[0].quantity"),
    ({"quantityList": [{"epcClass": "urn:x:a", "quantity": True}]}, "field_invalid", ".quantityList[0].quantity"),
    ({"quantityList": [{"epcClass": "urn:x:a", "quantity": 1, "uom": "kg"}]}, "field_invalid", ".quantityList[0].uom"),
    ({"epcList": ["urn:x:a", "two words"]}, "field_invalid", ".epcList[1]"),
    ({"epcList": ["urn:x:ợ"]}, "field_invalid", ".epcList[0]"),
    ({"epcList": ["urn:x:%zz"]}, "field_invalid", ".epcList[0]"),
    ({"epcList": ["urn:x:a#b#c"]}, "field_invalid", ".epcList[0]"),
    ({"màu:đỏ": 1}, "extension_without_namespace", ".màu:đỏ"),
    ({"epcList": ["urn:x:" + "a" * 300]}, "field_invalid", ".epcList[0]"),
    ({"bizStep": "washing"}, "field_invalid", ".bizStep"),
    ({"disposition": "sold out"}, "field_invalid", ".disposition"),
    ({"eventID": "5"}, "field_invalid", ".eventID"),
    ({"eventID": "https://elsewhere.example/5"}, "field_invalid", ".eventID"),
    ({"parentID": SSCC}, "field_not_allowed", ".parentID"),
    ({"readPoint": "xã Tân Thạnh"}, "field_invalid", ".readPoint"),
    ({"sourceList": [{"source": "urn:x:a"}]}, "field_missing", ".sourceList[0].type"),
    ({"errorDeclaration": {}}, "field_missing", ".errorDeclaration.declarationTime"),
    ({"persistentDisposition": {}}, "field_missing", ".persistentDisposition.set"),
    ({"persistentDisposition": {"set": []}}, "field_invalid", ".persistentDisposition.set"),
    ({**PACK, "parentID": None}, "field_missing", ".parentID"),
    ({**PACK, "parentID": SSCC[:-1] + "9"}, "field_invalid", ".parentID"),
    ({**PACK, "parentID": "https://id.gs1.org/01/08938505974194"}, "field_invalid", ".parentID"),
    ({**PACK, "childQuantityList": []}, "field_missing", ".childEPCs"),
    ({**PACK, "ilmd": {"x:y": 1}}, "ilmd_not_allowed", ".ilmd"),
    ({**MADE, "action": "ADD"}, "field_not_allowed", ".action"),
    ({**MADE, "inputQuantityList": []}, "field_missing", ".inputQuantityList"),
    ({**MADE, "outputQuantityList": None}, "field_missing", ".outputQuantityList"),
    ({"type": "TransactionEvent", "ilmd": None}, "field_missing", ".bizTransactionList"),
    ({"type": "AssociationEvent", "ilmd": None, "quantityList": None}, "field_missing", ".parentID"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "code", "path"), WRONG_EVENTS)
def test_each_wrong_event_is_refused_with_its_path(change: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(EventRefused) as refused:
        sent(harvest(**change))
    assert (refused.value.code, refused.value.fields["path"]) == (code, AT + path)


WRONG_DOCUMENTS = [
    *(({name: None}, "field_missing", name) for name in ("@context", "type", "schemaVersion", "creationDate")),
    ({"epcisBody": None}, "field_missing", "epcisBody"),
    ({"epcisBody": {}}, "field_missing", "epcisBody.eventList"),
    ({"epcisBody": {"eventList": []}}, "field_invalid", "epcisBody.eventList"),
    ({"epcisBody": {"eventList": ["x"]}}, "field_invalid", AT),
    ({"type": "EPCISQueryDocument"}, "field_invalid", "type"),
    ({"schemaVersion": "1.2"}, "field_invalid", "schemaVersion"),
    ({"creationDate": "2026-11-12T07:00:00"}, "time_without_offset", "creationDate"),
    ({"events": []}, "extension_without_namespace", "events"),
]


@pytest.mark.parametrize(("change", "code", "path"), WRONG_DOCUMENTS)
def test_each_wrong_document_is_refused_with_its_path(change: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(EventRefused) as refused:
        sent(**change)
    assert (refused.value.code, refused.value.fields["path"]) == (code, path)


def test_the_last_event_wrong_refuses_all() -> None:
    with pytest.raises(EventRefused) as refused:
        sent(*[harvest()] * 9, harvest(eventTime="2026-11-12T06:30:00"))
    assert refused.value.fields["path"] == "epcisBody.eventList[9].eventTime"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"\xff", b'{"a": NaN}', b'{"a": 1e400}', b'{"a": 1, "a": 2}', b'{"a": "\\ud800"}',
        b"[" * 33 + b"]" * 33, b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(EventRefused) as refused:
        epcis.read_json(data)
    assert refused.value.code == "json_invalid"


def test_five_mebibytes_and_five_hundred_events_are_the_most() -> None:
    room = epcis.MOST_BYTES - len(b'""')
    assert epcis.read_json(b'"' + b"a" * room + b'"') == "a" * room
    with pytest.raises(EventRefused, match="document_too_large"):
        epcis.read_json(b'"' + b"a" * (room + 1) + b'"')
    assert len(sent(*[harvest()] * 500)) == 500
    with pytest.raises(EventRefused, match="document_too_large"):
        sent(*[harvest()] * 501)


RIGHT_EVENTS: list[dict[str, Any]] = [
    {}, PACK, MADE, {**PACK, "action": "DELETE", "childQuantityList": None},
    {**PACK, "parentID": "urn:uuid:6f2b1c1e-1f43-4b7e-9f0a-2d8d0c1f7a11"},
    {**PACK, "parentID": "urn:epc:id:sscc:893850597.10000000"},
    {**MADE, "outputQuantityList": None, "transformationID": "urn:x:t1"},
    {"action": "OBSERVE", "ilmd": None, "bizStep": "https://ref.gs1.org/cbv/BizStep-shipping"},
    {"quantityList": None, "ilmd": None, "action": "OBSERVE", "readPoint": {"id": "urn:x:gate"},
     "sensorElementList": [{"sensorReport": [{"type": "gs1:Temperature", "value": 4.5, "uom": "CEL"}]}]},
    {"type": "TransactionEvent", "ilmd": None,
     "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:po"}]},
    {"type": "AssociationEvent", "ilmd": None, "quantityList": None, "parentID": "urn:x:p",
     "childEPCs": ["urn:x:c"]},
    {"https://farm.example/ns#soil": {"ph": 6.5}, "farm:field": "3"},
    {"eventTime": "2026-11-12T06:30:00-09:30", "eventTimeZoneOffset": "-09:30"},
    {"eventTimeZoneOffset": "+14:00"},
    {"eventTime": "2026-11-12T06:30:00.123456789Z", "recordTime": "2026-11-12T06:30:00Z"},
    {"certificationInfo": ["https://lab.example/5", "urn:x:c"], "disposition": "active"},
    {"bizTransactionList": [{"bizTransaction": "urn:x:po:5"}, {"type": "po", "bizTransaction": "urn:x:po:6"}]},
    {"sourceList": [{"type": "possessing_party", "source": "urn:x:a"}],
     "destinationList": [{"type": "https://ref.gs1.org/cbv/SDT-owning_party", "destination": "urn:x:b"}]},
    {"errorDeclaration": {"declarationTime": "2026-11-13T00:00:00Z", "reason": "did_not_occur",
                          "correctiveEventIDs": ["urn:uuid:6f2b1c1e-1f43-4b7e-9f0a-2d8d0c1f7a11"]}},
    {"persistentDisposition": {"set": ["recalled"], "unset": ["available"]}},
    {"quantityList": [{"epcClass": "https://id.gs1.org/01/08938505974194/10/L%2F1", "quantity": 0.001, "uom": "XBX"}]},
    {"eventID": "ni:///sha-256;e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855?ver=CBV2.0"},
]  # fmt: skip


@pytest.mark.parametrize("change", RIGHT_EVENTS)
def test_what_the_standard_allows_is_taken(change: dict[str, Any]) -> None:
    assert len(sent(harvest(**change))) == 1


@pytest.mark.parametrize(
    "context",
    [
        {"type": "https://evil.example/ReadBackwards", "ObjectEvent": "https://evil.example/Other"},
        "http://127.0.0.1:9/context.jsonld",
        ["https://evil.example/context.jsonld", {"action": {"@id": "x", "@value": "DELETE"}}],
    ],
)
def test_a_context_changes_nothing(context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def no_call(*_args: Any, **_more: Any) -> Any:
        raise AssertionError("the context was fetched")

    monkeypatch.setattr(socket, "socket", no_call)
    monkeypatch.setattr(socket, "create_connection", no_call)
    plain = sent(harvest())[0]
    told = sent(harvest(**{"@context": context}), **{"@context": context})[0]
    assert (epcis.event_id(told), epcis.event_bytes(told)) == (epcis.event_id(plain), epcis.event_bytes(plain))
    assert b"evil" not in epcis.event_bytes(told)


def test_reading_is_by_literal_key() -> None:
    renamed = {("kind" if name == "type" else name): value for name, value in harvest().items()}
    with pytest.raises(EventRefused, match="field_missing"):
        sent(renamed, **{"@context": {"kind": "@type"}})
    assert json.loads(json.dumps(document()))["type"] == "EPCISDocument"
