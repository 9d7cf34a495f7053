"""Figures for machines: formats, errors, revisions and tags."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from tests.portal.adoption.conftest import APRIL, LONG_AN, NOW, TAY_NINH, Province


@pytest.fixture
def filled(on_twenty_three_evenly: None, province: Province) -> Province:
    return province


def observations(client: Any, query: str, status: int = 200) -> Any:
    answer = client.get(f"/api/v1/observations?{query}")
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json() if status != 200 or answer.mimetype == "application/json" else answer


def test_a_figure_with_all_that_belongs_to_it(client: Any, filled: Province) -> None:
    found = observations(client, "indicator=HH_ACCOUNT&area=80&period=2022-04")
    [row] = found["observations"]
    assert (found["as_of"], found["next"]) == (row["as_of"], None)
    assert row == {
        "indicator": "HH_ACCOUNT", "cut": "_T", "area": LONG_AN, "area_name": "Tỉnh Long An", "period": "2022-04",
        "frequency": "M", "value": 23, "numerator": None, "denominator": None, "unit": "household",
        "status": "final", "revision": 1, "obs_status": "A", "conf_status": "F", "as_of": row["as_of"],
        "note": "", "deleted": False,
    }  # fmt: skip


def test_csv_holds_the_same_rows(client: Any, filled: Province) -> None:
    query = "indicator=HH_ACCOUNT,SAFE_CHAIN_EST&period=2022-03..2022-05&cut=*"
    rows = observations(client, query)["observations"]
    answer = client.get(f"/api/v1/observations?{query}", headers={"Accept": "text/csv"})
    text = answer.get_data().decode()
    assert answer.content_type == "text/csv; charset=utf-8"
    assert text.count("\r\n") == len(rows) + 1
    found = list(csv.DictReader(io.StringIO(text)))
    say = {None: "", True: "true", False: "false"}
    expected = [
        {
            name: str(say.get(value, value)) if value is None or isinstance(value, bool) else str(value)
            for name, value in row.items()
        }
        for row in rows
    ]
    assert found == expected
    assert client.get(f"/api/v1/observations?{query}&format=csv").get_data() == answer.get_data()


def test_a_stock_goes_on_and_a_period_takes_its_last_month(client: Any, filled: Province) -> None:
    rows = observations(client, "indicator=HH_ACCOUNT&area=80@20210101&period=2022-05,2022-Q2,2022-S1,2022,2021-12")
    assert [row["value"] for row in rows["observations"]] == [23, 23, 23, 23, None]
    assert rows["observations"][-1]["obs_status"] == "M"


def test_a_known_key_without_data_is_zero_or_missing(client: Any, filled: Province) -> None:
    for area in ("80", filled.communes[5], "80@20210101_X"):
        [row] = observations(client, f"indicator=SAFE_CHAIN_EST&area={area}&period=2026-11" if area == "80" else
                             f"indicator=SAFE_CHAIN_EST&area={area}&period=2022-04")["observations"]  # fmt: skip
        assert (row["value"], row["obs_status"]) == ((0, "P") if area == "80" else (None, "M"))
    [row] = observations(client, "indicator=SAFE_CHAIN_EST&area=27694@20250701&period=2026-11")["observations"]
    assert (row["value"], row["obs_status"], row["revision"]) == (0, "P", 0)


def test_communes_of_a_level(client: Any, filled: Province) -> None:
    rows = observations(client, "indicator=SAFE_CHAIN_EST&level=commune&period=2022-04")["observations"]
    assert len(rows) == len(filled.communes) + 1
    assert rows[-1]["area"] == f"{LONG_AN}_X"


ERRORS = {
    "period=2022-13": (400, "period_invalid"),
    "period=10/2022": (400, "period_invalid"),
    "period=2022-10-01": (400, "period_invalid"),
    "period=2022-Q1..2022-05": (400, "period_invalid"),
    "period=2022-05..2022-04": (400, "period_invalid"),
    "period=9999": (400, "period_invalid"),
    "period=2026-12": (404, "period_not_open"),
    "indicator=HH_ACOUNT": (404, "indicator_unknown"),
    "area=99": (404, "area_unknown"),
    "area=01": (404, "area_unknown"),
    "area=80@20250701&period=2022-04": (404, "area_unknown"),
    "indicator=HH_ACCOUNT&cut=channel@nope": (404, "cut_unknown"),
    "indicator=SAFE_CHAIN_EST&cut=channel@voso": (404, "cut_unknown"),
    "area=80&period=2025-01..2025-12": (400, "area_changed_owner"),
    "as_of=2022-11-02T02:00:00": (400, "as_of_invalid"),
    "as_of=2031-01-01T00:00:00Z": (400, "as_of_invalid"),
    "as_of=yesterday": (400, "as_of_invalid"),
    "updated_after=2022": (400, "as_of_invalid"),
    "page_size=0": (400, "page_size_invalid"),
    "page_size=5001": (400, "page_size_invalid"),
    "page_size=ten": (400, "page_size_invalid"),
    "cursor=-1": (400, "page_size_invalid"),
    "indicators=HH_ACCOUNT": (400, "parameter_unknown"),
    "level=village": (400, "parameter_unknown"),
    "format=xml": (406, "format_unknown"),
    "level=commune&cut=*&period=2022-01..2024-12": (400, "too_many_cells"),
}


@pytest.mark.parametrize("query", ERRORS)
def test_a_wrong_question_gets_a_typed_answer(client: Any, filled: Province, query: str) -> None:
    status, code = ERRORS[query]
    answer = client.get(f"/api/v1/observations?{query}")
    body = answer.get_json()
    assert (answer.status_code, body["code"], answer.mimetype) == (status, code, "application/problem+json")
    assert body["detail"]
    [problem] = body["fields"]
    assert problem["code"] == code
    assert set(problem) == {"field", "code", "sentence", "kind"}


def test_errors_name_what_would_do(client: Any, filled: Province) -> None:
    def detail(query: str) -> str:
        return str(client.get(f"/api/v1/observations?{query}").get_json()["detail"])

    assert "HH_ACCOUNT" in detail("indicator=HH_ACOUNT")
    assert "channel@voso" in detail("indicator=HH_ACCOUNT&cut=channel@nope")
    both = detail("area=80&period=2025-01..2025-12")
    assert LONG_AN in both
    assert TAY_NINH in both


def test_pictures_are_not_served_and_nothing_is_taken(client: Any, filled: Province) -> None:
    answer = client.get("/api/v1/observations", headers={"Accept": "image/png"})
    assert (answer.status_code, answer.get_json()["code"]) == (406, "format_unknown")
    assert client.post("/api/v1/observations").status_code == 405


def test_an_unchanged_answer_is_not_sent_again(client: Any, filled: Province) -> None:
    address = "/api/v1/observations?indicator=HH_ACCOUNT&area=80&period=2022-04"
    first = client.get(address)
    tag = first.headers["ETag"]
    assert tag.startswith('"sha256-')
    assert first.headers["Cache-Control"] == "public, max-age=30"
    assert "Set-Cookie" not in first.headers
    again = client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.get_data()) == (304, b"")
    filled.account(filled.seller(3), at=APRIL)
    filled.publish(NOW + timedelta(seconds=1))
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_the_answer_does_not_hang_on_a_cookie(client: Any, filled: Province) -> None:
    address = f"/api/v1/observations?indicator=HH_ACCOUNT&cut=channel@voso&period=2022-04&area={filled.communes[0]}"
    first = client.get(address).get_data()
    client.set_cookie("lang", "en")
    assert client.get(address).get_data() == first
    assert client.get(f"{address}&lang=en").get_data() != first


def test_as_of_and_updated_after(client: Any, filled: Province, clock: Any) -> None:
    query = "indicator=HH_ACCOUNT&area=80&period=2022-04"
    first = observations(client, query)["observations"][0]
    filled.account(filled.seller(3), at=APRIL)
    clock.move(hours=1)
    filled.publish(clock.now())
    [row] = observations(client, query)["observations"]
    assert (row["value"], row["revision"]) == (24, 2)
    [then] = observations(client, f"{query}&as_of={first['as_of']}")["observations"]
    assert then == first
    assert observations(client, f"{query}&updated_after={first['as_of']}")["observations"] == [row]
    assert observations(client, f"{query}&updated_after={row['as_of']}")["observations"] == []
    before = (NOW - timedelta(days=1)).isoformat().replace("+", "%2B")
    assert observations(client, f"{query}&as_of={before}")["observations"][0]["obs_status"] == "M"


def test_pages_hold_every_row_once(client: Any, filled: Province) -> None:
    query = "indicator=HH_ACCOUNT,SAFE_CHAIN_EST&period=2022-04..2022-12"
    whole = observations(client, query)["observations"]
    found, address = [], f"/api/v1/observations?{query}&page_size=7"
    while address:
        page = client.get(address).get_json()
        assert len(page["observations"]) <= 7
        found += page["observations"]
        address = page["next"]
    assert found == whole
    assert len(whole) == 18
    assert 'rel="next"' in client.get(f"/api/v1/observations?{query}&page_size=7&format=csv").headers["Link"]


def test_the_catalogue_says_how_each_figure_is_counted(client: Any, app: Any, province: Province) -> None:
    found = client.get("/api/v1/indicators").get_json()
    assert found["catalogue_version"] >= 1
    assert [one["code"] for one in found["indicators"]] == [one.code for one in app.extensions["catalogue"]]
    account = next(one for one in found["indicators"] if one["code"] == "HH_ACCOUNT")
    assert account["name"] == {"vi": "Hộ có tài khoản", "en": "Households with an account"}
    assert (account["kind"], account["time"], account["privacy"], account["unit"]) == ("C", "last", "P5", "household")
    channel, assisted = account["cuts"]
    assert (channel["dimension"], channel["additive"], channel["values"][:2]) == (
        "channel",
        False,
        ["postmart", "voso"],
    )
    assert (assisted["dimension"], assisted["additive"]) == ("assisted_by", True)
    assert "places_home" in account["recount_sql"]
