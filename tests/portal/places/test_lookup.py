"""What a code, a name and an old unit mean on a day."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from portal.places.actions import (
    Confidence,
    candidates,
    communes,
    current_unit,
    find,
    leaves,
    lineage,
    resolve,
    unit_on,
)
from portal.places.areas import day_of, starts_at
from portal.places.errors import AreaUnknown, NotThen

OCTOBER_2023, TODAY = date(2023, 10, 15), date(2026, 11, 22)


def test_days_are_vietnamese_days() -> None:
    assert starts_at(date(2025, 7, 1)) == datetime(2025, 6, 30, 17, tzinfo=UTC)
    assert day_of(datetime(2025, 6, 30, 16, 59, 59, tzinfo=UTC)) == date(2025, 6, 30)
    assert day_of(datetime(2025, 6, 30, 17, tzinfo=UTC)) == date(2025, 7, 1)
    with pytest.raises(ValueError, match="time zone"):
        day_of(datetime(2025, 6, 30))  # noqa: DTZ001  what is refused


def test_communes_of_a_province_on_a_day(loaded: Any) -> None:
    assert len(communes(loaded, "80", OCTOBER_2023)) == 188
    assert len(communes(loaded, "80@20210101", date(2025, 1, 15))) == 186
    assert len(communes(loaded, "72", OCTOBER_2023)) == 94
    today = communes(loaded, "80", TODAY)
    assert len(today) == 96
    assert [one.kind for one in today].count("phường") == 14
    assert today[0].name == "Phường An Tịnh"


def test_a_code_or_unit_that_was_not_there_is_refused(loaded: Any) -> None:
    with pytest.raises(AreaUnknown):
        unit_on(loaded, "72", TODAY)
    with pytest.raises(AreaUnknown):
        resolve(loaded, "80@20300101", TODAY)
    with pytest.raises(NotThen):
        resolve(loaded, "80@20210101", TODAY)


def test_the_leaves_of_a_period_are_those_of_its_last_day(loaded: Any) -> None:
    june, july = starts_at(date(2025, 7, 1)), starts_at(date(2025, 8, 1))
    before, after = leaves(loaded, "80", june), leaves(loaded, "80", july)
    assert (len(before), before[-1]) == (187, "80@20210101_X")
    assert (len(after), after[-1]) == (97, "80@20250701_X")
    assert not set(before) & set(after)
    assert len(leaves(loaded, "80@20210101", starts_at(date(2023, 11, 1)))) == 189
    with pytest.raises(NotThen):
        leaves(loaded, "80@20210101", july)


@pytest.mark.parametrize(
    ("captured", "on", "unit_id", "confidence"),
    [
        ("27694@20210101", OCTOBER_2023, "27694@20210101", Confidence.EXACT),
        ("27694@20210101", TODAY, "27694@20250701", Confidence.SUCCESSOR),
        ("27688@20210101", date(2024, 12, 1), "27694@20210101", Confidence.SUCCESSOR),
        ("27688@20210101", TODAY, "27694@20250701", Confidence.SUCCESSOR),
        ("28006@20210101", OCTOBER_2023, "28006@20210101", Confidence.EXACT),
        ("28006@20210101", TODAY, None, Confidence.AMBIGUOUS),
        ("27691@20210101", TODAY, None, Confidence.AMBIGUOUS),
        ("80@20210101", TODAY, "80@20250701", Confidence.SUCCESSOR),
        ("794@20210101", TODAY, None, Confidence.UNKNOWN),
        (None, TODAY, None, Confidence.UNKNOWN),
    ],
)
def test_where_a_captured_place_lies_now(
    loaded: Any, captured: str | None, on: date, unit_id: str | None, confidence: Confidence
) -> None:
    unit, sure = current_unit(loaded, captured, on=on)
    assert (unit.id if unit else None, sure) == (unit_id, confidence)


def test_a_persons_choice_follows_its_own_successors(loaded: Any) -> None:
    unit, sure = current_unit(loaded, "28006@20210101", on=TODAY, chosen="28012@20210101")
    assert unit is not None
    assert (unit.id, sure) == ("27991@20250701", Confidence.CHOSEN)
    with pytest.raises(NotThen):
        current_unit(loaded, "28006@20210101", on=OCTOBER_2023, chosen="27991@20250701")


def test_a_parted_commune_offers_its_candidates(loaded: Any) -> None:
    then = candidates(loaded, "28006@20210101", on=date(2024, 12, 1))
    assert [one.name for one in then] == ["Xã An Thạnh", "Xã Lương Hòa", "Xã Tân Bửu"]
    assert [one.name for one in candidates(loaded, "28006@20210101", on=TODAY)] == ["Xã Bến Lức", "Xã Lương Hòa"]


def test_a_province_is_the_heir_of_two(loaded: Any) -> None:
    assert lineage(loaded, "80@20250701") == {"80@20250701", "80@20210101", "72@20210101"}
    assert {"27688@20210101", "27694@20210101"} <= lineage(loaded, "27694@20250701")


def test_tan_an_is_a_ward_today_and_was_a_city(loaded: Any) -> None:
    found = find(loaded, "tan an", on=TODAY, province="80")
    by_name = {one.name: one for one in found}
    ward, city = by_name["Phường Tân An"], by_name["Thành phố Tân An"]
    assert found[0] == ward
    assert (ward.valid_from, ward.valid_to, ward.within) == (date(2025, 7, 1), None, ("Tỉnh Tây Ninh",))
    assert (city.valid_from, city.valid_to, city.within) == (date(2021, 1, 1), date(2025, 7, 1), ("Tỉnh Long An",))
    assert find(loaded, "Tân An", on=OCTOBER_2023)[0].id == city.id
    assert [one.name for one in find(loaded, "tp tân an", on=TODAY)] == ["Thành phố Tân An"]


def test_commas_go_up(loaded: Any) -> None:
    found = find(loaded, "Tân Hoà, Bến Lức, Long An", on=OCTOBER_2023)
    assert [(one.id, one.within) for one in found] == [("28006@20210101", ("Huyện Bến Lức", "Tỉnh Long An"))]
    assert find(loaded, "Tân Hòa, Bến Lức, Tiền Giang", on=OCTOBER_2023) == []
    assert {one.id for one in find(loaded, "p.4, tan an", on=TODAY)} == {"27691@20210101"}
    assert {one.id for one in find(loaded, "Phường 04, Tây Ninh, Tây Ninh", on=TODAY)} == {"25462@20210101"}


@pytest.mark.parametrize("text", ["", " ", ",", "%", "_", "không có nơi này", "'; DROP TABLE admin_unit; --"])
def test_a_text_that_is_no_name_finds_nothing(loaded: Any, text: str) -> None:
    assert find(loaded, text, on=TODAY) == []


def test_a_search_stays_in_its_province_and_within_its_limit(loaded: Any) -> None:
    assert len(find(loaded, "tan", on=TODAY, province="80", limit=7)) == 7
    assert {one.within[-1] for one in find(loaded, "tan", on=OCTOBER_2023, province="72")} == {"Tỉnh Tây Ninh"}
