"""The canonical bytes of events: RFC 8785's numbers and order, and the id that follows from them."""

import hashlib
import json
import uuid

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tests.traceability.epcis.making import harvest
from traceability import epcis
from traceability.canonical import canonical_with_floats, ecmascript_number
from traceability.errors import EntryNotCanonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1.0, "1"), (1e-05, "0.00001"), (1e16, "10000000000000000"), (1e-7, "1e-7"), (1e21, "1e+21"), (-0.0, "0"),
        (120.5, "120.5"), (-1.5e300, "-1.5e+300"), (5e-324, "5e-324"), (2**60, "1152921504606847000"), (0.1, "0.1"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_ecmascript_does(number: float, written: str) -> None:
    assert ecmascript_number(number) == written


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**400])
def test_what_is_no_finite_number_has_no_form(number: float) -> None:
    with pytest.raises(EntryNotCanonical):
        ecmascript_number(number)


@given(JSON)
def test_bytes_are_those_of_another_implementation(value: object) -> None:
    assert canonical_with_floats(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_survives(number: float) -> None:
    assert float(ecmascript_number(number)) == number
    assert ecmascript_number(number) == rfc8785.dumps(number).decode()


@given(JSON)
def test_reading_what_was_written_changes_nothing(value: object) -> None:
    data = canonical_with_floats(value)  # type: ignore[arg-type]
    assert canonical_with_floats(epcis.read_json(data)) == data


def test_an_event_without_id_is_named_by_its_bytes() -> None:
    event = harvest(recordTime="2026-11-12T08:00:00Z")
    stated = {name: value for name, value in event.items() if name != "recordTime"}
    assert epcis.event_id(event) == f"ni:///sha-256;{hashlib.sha256(rfc8785.dumps(stated)).hexdigest()}?ver=CBV2.0"
    assert epcis.event_id(json.loads(json.dumps(event, sort_keys=True))) == epcis.event_id(event)
    assert epcis.event_id({**event, "eventID": "ni:///sha-256;00?ver=CBV2.0"}) == epcis.event_id(event)
    assert epcis.event_id({**event, "action": "OBSERVE"}) != epcis.event_id(event)


def test_the_callers_uuid_is_the_id_however_it_is_written() -> None:
    name = uuid.UUID(int=5).urn
    assert epcis.event_id(harvest(eventID=name.upper().replace("URN:UUID", "urn:uuid"))) == name
    assert json.loads(epcis.event_bytes(harvest(eventID=name)))["eventID"] == name


def test_a_declaration_of_an_error_has_the_events_id() -> None:
    declared = harvest(errorDeclaration={"declarationTime": "2026-11-13T00:00:00Z", "reason": "did_not_occur"})
    assert epcis.event_id(declared) == epcis.event_id(harvest())
    assert epcis.event_bytes(declared) != epcis.event_bytes(harvest())


@pytest.mark.parametrize(
    ("spelled", "name"),
    [
        ("urn:epc:class:lgtin:893850597.0419.L1", "https://id.gs1.org/01/08938505974194/10/L1"),
        ("HTTPS://STAMPS.EXAMPLE/01/08938505974194/10/L1", "https://id.gs1.org/01/08938505974194/10/L1"),
        ("https://x.example/some/stem/01/08938505974194/10/L1?17=270101", "https://id.gs1.org/01/08938505974194/10/L1"),
        ("urn:epc:id:sscc:893850597.10000000", "https://id.gs1.org/00/189385059700000001"),
        ("HTTPS://Chợ.example/S/ABC", "https://chợ.example/S/ABC"),
        ("urn:uuid:6F2B1C1E-1F43-4B7E-9F0A-2D8D0C1F7A11", "urn:uuid:6F2B1C1E-1F43-4B7E-9F0A-2D8D0C1F7A11"),
    ],
)
def test_a_thing_has_one_name(spelled: str, name: str) -> None:
    assert epcis.canonical_name(spelled) == name
