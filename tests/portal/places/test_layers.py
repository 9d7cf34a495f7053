"""Three layers of one place: the text as written, the unit of that day, today's unit; and the two maps between them."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from portal.onboarding.rosters.matching import PlaceMatcher
from portal.places.actions import Confidence, candidates, current_unit, current_units, find, load_units, unit, unit_on
from portal.places.areas import COMMUNE, LEVEL_OF_KIND
from portal.places.files import UnitRow, read_successions, read_units
from tests.portal.places.conftest import CLI, NOW

OCTOBER_2022, SPRING_2023, TODAY = date(2022, 10, 15), date(2023, 3, 1), date(2026, 11, 22)
LAST_DAY, REFORM = date(2025, 6, 30), date(2025, 7, 1)
BECAME_DONG_THAP = {"82@20210101", "87@20210101", "82@20250701"}
SUCCESSIONS = list(read_successions())
BY_ID = {row.id: row for row in read_units()}


def _units(provinces: set[str]) -> Iterator[UnitRow]:
    for row in BY_ID.values():
        top = row
        while top.parent:
            top = BY_ID[top.parent]
        if top.id in provinces:
            yield row


@pytest.fixture
def dong_thap(session: Any) -> Any:
    """The session, with the units of Tiền Giang and both Đồng Tháps."""
    units = list(_units(BECAME_DONG_THAP))
    ids = {row.id for row in units}
    steps = [step for step in SUCCESSIONS if step.from_id in ids]
    load_units(session, now=NOW, acting=CLI, units=units, successions=steps)
    return session


def matcher(session: Any, on: date, province: str, today: date = TODAY) -> PlaceMatcher:
    return PlaceMatcher(session, province=province, captured_on=on, today=today, within=None)


def test_the_two_maps_agree_split_or_disagree_on_every_commune_of_january() -> None:
    january = {row.id for row in BY_ID.values() if LEVEL_OF_KIND[row.kind] == COMMUNE and row.valid_to == REFORM}
    basis = {step.from_id: step.basis for step in SUCCESSIONS if step.from_id in january}
    counted = {word: list(basis.values()).count(word) for word in set(basis.values())}
    assert counted == {"agreed": 9_559, "split": 436, "disagreement": 39}
    assert len(january) - len(basis) == 17  # in neither map
    assert sum(counted[word] for word in ("agreed", "split")) == 9_995
    for step in SUCCESSIONS:
        if step.from_id in january:
            assert step.extent == ("whole" if step.basis == "agreed" else "part")


def test_many_units_are_followed_as_each_by_itself(dong_thap: Any) -> None:
    seen = set[Confidence]()
    for on in (OCTOBER_2022, LAST_DAY, REFORM):
        asked = [unit(dong_thap, row.id) for row in _units(BECAME_DONG_THAP) if LEVEL_OF_KIND[row.kind] == COMMUNE]
        found = current_units(dong_thap, asked, on=on)
        assert found == {one.id: current_unit(dong_thap, one.id, on=on) for one in asked if one.valid_from <= on}
        seen |= {one.confidence for one in found.values()}
    assert seen == {Confidence.EXACT, Confidence.SUCCESSOR, Confidence.AMBIGUOUS}


def test_every_commune_of_a_layer_leads_to_the_next_or_to_a_question(dong_thap: Any) -> None:
    for row in _units({"82@20210101"}):
        if LEVEL_OF_KIND[row.kind] != COMMUNE or not (row.valid_from <= OCTOBER_2022):
            continue
        for on in (date(2025, 1, 15), TODAY):
            today, sure = current_unit(dong_thap, row.id, on=on)
            may_be = {one.id for one in candidates(dong_thap, row.id, on=on)}
            assert may_be
            if today is None:
                assert sure is Confidence.AMBIGUOUS
                assert len(may_be) > 1
            else:
                assert may_be == {today.id}


@pytest.mark.parametrize("text", ["Tân Hòa, Bến Lức", "tan hoa, ben luc", "Xã Tân Hoà, H. Bến Lức, Long An"])
def test_what_was_written_what_it_was_and_what_it_is(loaded: Any, text: str) -> None:
    then = matcher(loaded, SPRING_2023, "80@20210101", today=SPRING_2023).match(text)
    assert (then.captured_unit_id, then.current_unit_id, then.confidence) == (*["28006@20210101"] * 2, "exact")
    now = matcher(loaded, SPRING_2023, "80@20250701").match(text)
    assert (now.captured_unit_id, now.current_unit_id, now.confidence) == ("28006@20210101", None, "ambiguous")
    assert now.home == "80@20250701_X"
    through = [one.id for one in candidates(loaded, "28006@20210101", on=date(2025, 1, 15))]
    assert [unit(loaded, one).name for one in through] == ["Xã An Thạnh", "Xã Lương Hòa", "Xã Tân Bửu"]
    today = {one.id for one in candidates(loaded, "28006@20210101", on=TODAY)}
    assert today == {one.id for former in through for one in candidates(loaded, former, on=TODAY)}


def test_phuong_1_without_its_district_is_one_of_three(dong_thap: Any) -> None:
    match = matcher(dong_thap, OCTOBER_2022, "82@20210101", today=OCTOBER_2022).match("Phường 1", "", "Tiền Giang")
    assert (match.captured_unit_id, match.confidence, match.home) == (None, "ambiguous", "82@20210101_X")
    above = {unit(dong_thap, str(unit(dong_thap, one).parent_id)).name for one in match.candidate_ids}
    assert above == {"Thành phố Mỹ Tho", "Thị xã Gò Công", "Thị xã Cai Lậy"}
    assert {name.split(", ")[1] for name in match.candidates} == above
    known = matcher(dong_thap, OCTOBER_2022, "82@20210101", today=OCTOBER_2022).match("P.1", "tx Gò Công")
    assert (known.captured_unit_id, known.confidence) == ("28303@20210101", "exact")


def test_one_code_is_two_provinces_and_a_city_is_a_ward(loaded: Any) -> None:
    assert unit_on(loaded, "80", date(2021, 1, 1)).id == "80@20210101"
    assert unit_on(loaded, "80", REFORM).id == "80@20250701"
    assert unit_on(loaded, "80", LAST_DAY).name == "Tỉnh Long An"
    found = {one.name: one for one in find(loaded, "tan an", on=TODAY, province="80")}
    ward, city = found["Phường Tân An"], found["Thành phố Tân An"]
    assert (ward.valid_from, ward.valid_to) == (REFORM, None)
    assert (city.valid_from, city.valid_to) == (date(2021, 1, 1), REFORM)
    assert find(loaded, "Long An", on=TODAY)[0].kind == "phường"  # today's Long An is a ward
