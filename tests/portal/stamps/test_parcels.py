"""Numbers of parcels and places: read strictly, known as far as events named them, recalls of the contents first."""

from typing import Any

import pytest

from portal.db import begin
from portal.stamps.uris import lot_uri
from tests.portal.onboarding.walking import soup
from tests.portal.stamps.making import GTIN, Stamps
from tests.portal.stamps.test_resolver import HOST, LINKSET, VOCABULARY, links
from traceability import epcis

SSCC, OTHER_SSCC, GLN = "389385059700000012", "389385059700000029", "8938505970004"
MACHINE = {"Accept": "application/json"}


def packed(stamps: Stamps, batch: int) -> str:
    """Let events tell that a lot was packed into a parcel and sent off; return the lot's id."""
    lot_id = stamps.activate(batch, 0, 9)
    own = lot_uri(HOST, lot_id=lot_id, number="L2026-114", gtin=GTIN)
    unit = f"https://id.gs1.org/00/{SSCC}"
    common = {"eventTimeZoneOffset": "+07:00"}
    quantity = [{"epcClass": own, "quantity": 10}]
    told: list[dict[str, Any]] = [
        {**common, "type": "AggregationEvent", "action": "ADD", "eventTime": "2026-11-20T08:00:00+07:00",
         "parentID": f"https://goods.example/00/{SSCC}", "childQuantityList": quantity, "bizStep": "packing"},
        {**common, "type": "ObjectEvent", "action": "OBSERVE", "eventTime": "2026-11-21T08:00:00+07:00",
         "epcList": [unit], "bizStep": "shipping", "readPoint": {"id": f"https://id.gs1.org/414/{GLN}"}},
    ]  # fmt: skip
    with begin() as session:
        epcis.record_events(session, now=stamps.world.clock.now(), captor=epcis.Captor(name="test"), events=told)
    return lot_id


@pytest.fixture
def lot_id(stamps: Stamps) -> str:
    return packed(stamps, stamps.issue(gtin=GTIN))


def test_a_parcel_s_steps_are_shown_and_linked(client: Any, lot_id: str) -> None:
    page = client.get(f"/00/{SSCC}")
    assert page.headers["Link"].startswith(f"<{HOST}/00/{SSCC}?linkType=linkset>")
    found = soup(page).find("main").get_text(" ", strip=True)
    for word in (f"Kiện hàng {SSCC}", "Đóng gói", "Gửi đi", "20/11/2026", "21/11/2026"):
        assert word in found
    assert "verdict" not in page.get_data(as_text=True).split("</style>")[1]
    body = client.get(f"/00/{SSCC}/", headers=MACHINE).get_json()
    assert [step["step"] for step in body["steps"]] == ["packed", "shipped"]
    for entry in (
        links(client, f"/00/{SSCC}?linkType=linkset"),
        links(client, f"/00/{SSCC}", headers={"Accept": LINKSET}),
    ):
        assert entry["anchor"] == entry[VOCABULARY + "defaultLink"][0]["href"] == f"{HOST}/00/{SSCC}"
    (events,) = entry[VOCABULARY + "epcis"]
    listed = client.get(events["href"].removeprefix(HOST)).get_json()["epcisBody"]["queryResults"]["resultsBody"]
    assert len(listed["eventList"]) == 2


def test_a_recall_of_what_is_inside_comes_first(client: Any, stamps: Stamps, lot_id: str) -> None:
    client.get(f"/00/{SSCC}")
    stamps.recall(lot_id)
    first = soup(client.get(f"/00/{SSCC}")).find("main").find(True)
    assert {"verdict", "red"} <= set(first["class"])
    assert "THU HỒI" in first.get_text()
    (recall,) = client.get(f"/00/{SSCC}", headers=MACHINE).get_json()["recalls"]
    assert recall["contact"] == "1022"
    assert VOCABULARY + "recallStatus" in links(client, f"/00/{SSCC}?linkType=linkset")


ANSWERS = (
    (f"/00/{OTHER_SSCC}", 404, "shipment_unknown"),
    (f"/00/{OTHER_SSCC}?linkType=linkset", 404, "shipment_unknown"),
    (f"/00/{SSCC}?linkType=gs1:pip", 404, "link_type_absent"),
    (f"/00/{SSCC[:-1]}", 400, "sscc_invalid"),
    (f"/00/{SSCC[:-1]}4", 400, "sscc_invalid"),
    (f"/00/{SSCC}/21/A", 400, "ai_order"),
    (f"/00/{SSCC}?00={SSCC}", 400, "ai_not_allowed_in_query"),
    (f"/414/{GLN}", 404, "place_unknown"),
    (f"/414/{GLN}/254/KHO-1", 404, "place_unknown"),
    (f"/414/{GLN[:-1]}", 400, "gln_invalid"),
    (f"/414/{GLN}/10/A", 400, "ai_order"),
    (f"/414/{GLN}?17=991301", 400, "date_invalid"),
)


def test_numbers_have_exact_answers(client: Any, lot_id: str) -> None:
    for path, status, code in ANSWERS:
        answer = client.get(path, headers=MACHINE)
        assert (answer.status_code, answer.get_json()["code"]) == (status, code), path
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        page = client.get(path)
        assert (page.status_code, page.mimetype) == (status, "text/html"), path
