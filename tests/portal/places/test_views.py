"""The search behind the place field, and the step that runs a reform."""

from datetime import date
from typing import Any

import pytest

from portal.places.actions import set_home
from portal.places.areas import starts_at
from portal.places.due import reform_step
from portal.places.models import PlacesHome
from tests.portal.places.test_homes import SPRING_2022


def test_a_form_finds_places_with_their_dates(loaded: Any, client: Any) -> None:
    answer = client.get("/places/search?q=tan%20an")
    assert answer.status_code == 200
    found = {place["name"]: place for place in answer.get_json()}
    assert found["Phường Tân An"] == {
        "id": "27712@20250701",
        "name": "Phường Tân An",
        "within": ["Tỉnh Tây Ninh"],
        "valid_from": "2025-07-01",
        "valid_to": None,
    }
    assert found["Thành phố Tân An"]["valid_to"] == "2025-07-01"


def test_a_search_goes_by_its_day_and_level(loaded: Any, client: Any) -> None:
    then = client.get("/places/search?q=tan%20an&on=2023-10-15").get_json()
    assert then[0]["name"] == "Thành phố Tân An"
    communes = client.get("/places/search?q=T%C3%A2n%20An&level=commune").get_json()
    assert "Thành phố Tân An" not in {one["name"] for one in communes}
    assert communes[0]["id"] == "27712@20250701"
    assert client.get("/places/search?q=tan%20an&level=nothing").get_json() == []


@pytest.mark.parametrize("day", ["", "2023-02-31", "15/10/2023", "9999-99-99", "2023-10-15T00:00"])
def test_what_is_no_day_is_refused(loaded: Any, client: Any, day: str) -> None:
    assert client.get("/places/search", query_string={"q": "tan an", "on": day}).status_code == 400


@pytest.mark.parametrize("day", ["0001-01-01", "1900-01-01"])
def test_before_the_province_is_known_it_is_missing(loaded: Any, client: Any, day: str) -> None:
    assert client.get("/places/search", query_string={"q": "tan an", "on": day}).status_code == 404


@pytest.mark.parametrize("query", ["", "?q=", "?q=%25", "?q=" + "x" * 5_000, "?other=1"])
def test_a_search_for_nothing_finds_nothing(loaded: Any, client: Any, query: str) -> None:
    answer = client.get(f"/places/search{query}")
    assert (answer.status_code, answer.get_json()) == (200, [])


def test_the_worker_runs_a_reform_to_its_end(loaded: Any, world: Any) -> None:
    set_home(loaded, subject_id="hh_1", area_id="27688@20210101", at=SPRING_2022)
    loaded.commit()
    step = reform_step()
    assert [step.run(world) for _ in range(2)] == [True, False]  # both units in one run
    home = loaded.query(PlacesHome).filter_by(subject_id="hh_1", to_at=None).one()
    assert (home.area_id, home.from_at) == ("27694@20250701", starts_at(date(2025, 7, 1)))
