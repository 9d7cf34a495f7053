"""What the privacy rule hides is in no answer of any format, by no address."""

import csv
import io
import json
from typing import Any

import pytest

from portal.adoption.models import AdoptObservation
from portal.adoption.privacy import is_dominated, is_small
from portal.counting import TOTAL
from tests.portal.adoption.conftest import LONG_AN, TAY_NINH, Province
from tests.portal.adoption.grounds import HIDDEN, ODD

SAID = "61.987.433"  # `ODD`, as pages say it


@pytest.fixture
def filled(on_odd_counts: None, province: Province) -> Province:
    """Give every commune and cut of every indicator under a rule a count that can be searched for."""
    return province


def test_no_row_of_the_public_has_a_commune_or_a_cut(filled: Province) -> None:
    hidden = {one.code for one in filled.catalogue if one.privacy in HIDDEN}
    rows = filled.session.query(AdoptObservation).filter(AdoptObservation.indicator.in_(hidden)).all()
    assert len(rows) > 500
    assert {(row.cut, row.area_id) for row in rows} == {(TOTAL, LONG_AN), (TOTAL, TAY_NINH)}


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_no_answer_to_a_machine_tells_one(client: Any, filled: Province, kind: str) -> None:
    codes = [one.code for one in filled.catalogue if one.privacy in HIDDEN]
    for code in codes:
        query = f"indicator={code}&cut=*&level=commune&period=2022-04,2022-Q2,2022&page_size=5000&format={kind}"
        text = client.get(f"/api/v1/observations?{query}").get_data(as_text=True)
        assert f"{LONG_AN}_X" in text
        assert str(ODD) not in text
        rows = json.loads(text)["observations"] if kind == "json" else list(csv.DictReader(io.StringIO(text)))
        assert len(rows) > 500
        assert {row["value"] for row in rows} == {None if kind == "json" else ""}


def test_hidden_cells_look_all_the_same_whether_they_hold_anything_or_not(client: Any, filled: Province) -> None:
    query = "indicator=HH_ACCOUNT&cut=channel@voso,channel@postmart&level=commune&period=2022-04"
    rows = client.get(f"/api/v1/observations?{query}").get_json()["observations"]
    marks = {(row["obs_status"], row["conf_status"], row["revision"], row["as_of"], row["note"]) for row in rows}
    assert len(rows) > 300
    assert len(marks) == 1


def test_no_page_tells_one(client: Any, filled: Province) -> None:
    addresses = [f"/dashboard?period=2022-04&area={area}" for area in ("80", *filled.communes[:12])]
    addresses += [
        f"/dashboard/indicators/{one.code}?period=2022-04&area={filled.communes[0]}"
        for one in filled.catalogue
        if one.kind != "R"
    ]
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200
        assert SAID not in answer.get_data(as_text=True)
        assert str(ODD) not in answer.get_data(as_text=True)


def test_metrics_tell_the_province_only(client: Any, filled: Province) -> None:
    text = client.get("/metrics").get_data(as_text=True)
    assert f'portal_adoption_value{{indicator="LISTING",province="{TAY_NINH}"}}' in text
    assert "portal_adoption_pending_rows 0.0" in text
    assert f" {ODD}.0" not in text
    assert filled.communes[0] not in text


def test_an_officer_sees_what_the_public_does_not(client: Any, app: Any, filled: Province) -> None:
    from tests.portal.adoption.signing import sign_in

    sign_in(app, client, role="province_officer", unit_id=LONG_AN)
    page = client.get("/officer/figures?period=2022-04&indicator=HH_ACCOUNT").get_data(as_text=True)
    assert SAID in page


@pytest.mark.parametrize(("value", "small"), [(0, False), (1, True), (4, True), (5, False), (-1, False)])
def test_one_to_four_persons_are_few(app: Any, value: int, small: bool) -> None:
    catalogue = app.extensions["catalogue"]
    assert is_small(catalogue.get("HH_ACCOUNT"), value) is small
    assert not is_small(catalogue.get("SAFE_CHAIN_EST"), value)
    assert not is_small(catalogue.get("QR_STAMP"), value)


@pytest.mark.parametrize(
    ("shares", "dominated"),
    [
        ([], True),
        ([100], True),
        ([25] * 4, True),
        ([20] * 5, False),
        ([80, 5, 5, 5, 5], False),
        ([81, 5, 5, 5, 5], True),
    ],
)
def test_five_share_and_none_has_more_than_eighty_percent(shares: list[int], dominated: bool) -> None:
    assert is_dominated(shares) is dominated
