"""The way of goods: through parcels, out of mixings, without what was taken back; and who has them now."""

import uuid
from typing import Any

import pytest

from tests.traceability.epcis.making import FARM, GTIN_LOT, harvest, sent
from tests.traceability.making import NOW, Made
from traceability import epcis
from traceability.epcis import Custody, StepCode

PARCEL = "https://id.gs1.org/00/189385050000000012"
RAW = "https://id.gs1.org/01/08938505974194/10/RAW"


def at(day: int, **changes: Any) -> dict[str, Any]:
    changes = {"ilmd": None, "action": "OBSERVE", **changes}
    return harvest(eventTime=f"2026-11-{day:02d}T06:30:00.000+07:00", **changes)


def packed(day: int, *, action: str = "ADD", goods: str = GTIN_LOT) -> dict[str, Any]:
    children = [{"epcClass": goods}]
    return at(
        day, type="AggregationEvent", action=action, quantityList=None, parentID=PARCEL, childQuantityList=children,
        bizStep="packing" if action == "ADD" else "unpacking",
    )  # fmt: skip


def parcel(day: int, step: str) -> dict[str, Any]:
    return at(day, quantityList=None, epcList=["urn:epc:id:sscc:8938505.10000000001", PARCEL], bizStep=step)


def mixed(day: int, *, of: str, into: str) -> dict[str, Any]:
    return at(
        day, type="TransformationEvent", action=None, quantityList=None, inputQuantityList=[{"epcClass": of}],
        outputQuantityList=[{"epcClass": into}],
    )  # fmt: skip


def way(session: Any, *events: dict[str, Any], of: str = GTIN_LOT) -> list[tuple[str, str]]:
    epcis.capture_events(session, now=NOW, events=sent(*events), captor=FARM)
    return [(step.day[-2:], step.code.value) for step in epcis.journey(session, [of])]


def test_a_lot_goes_on_in_its_parcel_from_packing_to_unpacking(made: Made, session: Any) -> None:
    found = way(
        session, parcel(2, "shipping"), harvest(eventTime="2026-11-01T06:30:00+07:00"), packed(3),
        parcel(4, "shipping"), parcel(5, "receiving"), at(6, bizStep="stocking"),
    )  # fmt: skip
    assert found == [
        ("01", "harvested"), ("03", "packed"), ("04", "shipped"), ("05", "received"), ("06", "on_sale")
    ]  # fmt: skip


def test_another_lots_parcel_is_not_followed(made: Made, session: Any) -> None:
    assert way(session, packed(3, goods=RAW), parcel(4, "shipping")) == []
    assert [step.code for step in epcis.journey(session, [RAW])] == [StepCode.PACKED, StepCode.SHIPPED]


def test_a_lot_has_the_way_of_what_it_was_made_from_until_then(made: Made, session: Any) -> None:
    raw = [{"epcClass": RAW}]
    found = way(
        session, at(1, action="ADD", quantityList=raw, bizStep="commissioning"), mixed(3, of=RAW, into=GTIN_LOT),
        at(4, bizStep="shipping"), at(5, quantityList=raw, bizStep="shipping"),
    )  # fmt: skip
    assert found == [("01", "harvested"), ("03", "processed"), ("04", "shipped")]


def test_a_circle_of_mixings_ends(made: Made, session: Any) -> None:
    assert way(session, mixed(1, of=RAW, into=GTIN_LOT), mixed(2, of=GTIN_LOT, into=RAW)) == [
        ("01", "processed"), ("02", "processed")
    ]  # fmt: skip


def test_what_was_taken_back_is_no_step(made: Made, session: Any) -> None:
    wrong = at(4, bizStep="shipping")
    assert way(session, harvest(), wrong) == [("04", "shipped"), ("12", "harvested")]
    error = dict(epcis.error_of(wrong, now=NOW, reason="did_not_occur"))
    assert way(session, error) == [("12", "harvested")]


def test_the_day_is_the_places_own(made: Made, session: Any) -> None:
    late = harvest(eventTime="2026-11-12T23:30:00+00:00", eventTimeZoneOffset="+07:00")
    assert way(session, late) == [("13", "harvested")]


def test_a_recall_is_a_step_and_its_end_is_none(made: Made, session: Any) -> None:
    told = [
        epcis.recall_event(event_id=uuid.uuid4().urn, now=NOW, goods=GTIN_LOT, lifted=lifted)
        for lifted in (False, True)
    ]
    assert way(session, *[dict(event) for event in told]) == [("22", "recalled"), ("22", "other")]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"bizStep": "https://ref.gs1.org/cbv/BizStep-inspecting"}, "inspected"),
        ({"bizStep": "urn:epcglobal:cbv:bizstep:retail_selling"}, "sold"),
        ({"bizStep": "destroying"}, "destroyed"),
        ({"bizStep": "storing"}, "other"),
        ({"bizStep": None}, "other"),
        ({"action": "ADD", "bizStep": "storing"}, "other"),
    ],
)
def test_what_a_step_is(made: Made, session: Any, event: dict[str, Any], code: str) -> None:
    assert way(session, at(3, **event)) == [("03", code)]


def passed(day: int, step: str, source: str, destination: str) -> dict[str, Any]:
    return at(
        day, bizStep=step, sourceList=[{"type": "possessing_party", "source": source}],
        destinationList=[{"type": "owning_party", "destination": destination}],
    )  # fmt: skip


def test_who_has_goods_now(made: Made, session: Any) -> None:
    way(
        session, harvest(eventTime="2026-11-01T06:30:00+07:00"), passed(2, "shipping", "urn:x:farm", "urn:x:shop"),
        passed(3, "shipping", "urn:x:farm", "urn:x:school"), passed(4, "receiving", "urn:x:farm", "urn:x:shop"),
    )  # fmt: skip
    known = {"urn:x:farm": "or_farm"}
    found = epcis.holders(epcis.journey(session, [GTIN_LOT]), known_as=lambda uri: known.get(uri, uri))
    assert {holder.party: (holder.custody, holder.since.day) for holder in found} == {
        "or_farm": (Custody.PASSED_ON, 2),
        "urn:x:shop": (Custody.HELD, 3),
        "urn:x:school": (Custody.ON_THE_WAY, 2),
    }


def test_who_told_of_what(made: Made, session: Any) -> None:
    way(session, harvest(), passed(13, "shipping", "urn:x:farm", "urn:x:shop"))
    names = [GTIN_LOT, "urn:x:nothing", *(f"urn:x:{number}" for number in range(1200))]
    everybody = frozenset({GTIN_LOT})
    for captor, parties, own in [
        ("or_farm", (), everybody), ("or_shop", ("urn:x:shop",), everybody), ("or_other", ("urn:x:farm",), frozenset())
    ]:  # fmt: skip
        assert epcis.told_of(session, names, captor=captor, parties=parties) == (own, everybody)
