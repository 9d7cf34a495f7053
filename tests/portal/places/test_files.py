"""The checked-in unit files against the figures that are published about them."""

from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from portal.places.areas import COMMUNE, DISTRICT, LEVEL_OF_KIND, PROVINCE
from portal.places.errors import UnitFileInvalid
from portal.places.files import UnitRow, read_successions, read_units

UNITS = list(read_units())
BY_ID = {unit.id: unit for unit in UNITS}
SUCCESSIONS = list(read_successions())
OCTOBER_2022, JANUARY_2025, LAST_DAY, TODAY = date(2022, 10, 31), date(2025, 1, 15), date(2025, 6, 30), date(2025, 7, 1)


def valid(on: date) -> list[UnitRow]:
    return [unit for unit in UNITS if unit.valid_from <= on and (unit.valid_to is None or on < unit.valid_to)]


def province_of(unit: UnitRow) -> str:
    while unit.parent:
        unit = BY_ID[unit.parent]
    return unit.id


def per_province(on: date, level: str = COMMUNE) -> Counter[str]:
    return Counter(province_of(unit) for unit in valid(on) if LEVEL_OF_KIND[unit.kind] == level)


def test_the_country_before_and_after_the_reform() -> None:
    for on, expected in ((JANUARY_2025, (63, 696, 10_051)), (LAST_DAY, (63, 696, 10_051)), (TODAY, (34, 0, 3_321))):
        levels = Counter(LEVEL_OF_KIND[unit.kind] for unit in valid(on))
        assert (levels[PROVINCE], levels[DISTRICT], levels[COMMUNE]) == expected
    kinds = Counter(unit.kind for unit in valid(TODAY))
    assert (kinds["xã"], kinds["phường"], kinds["đặc khu"]) == (2_621, 687, 13)


def test_communes_of_january_2025() -> None:
    counted = per_province(JANUARY_2025)
    expected = {"80": 186, "72": 94, "82": 164, "87": 141, "89": 155, "91": 143}
    assert {code: counted[f"{code}@20210101"] for code in expected} == expected


def test_communes_of_2022_where_what_ended_in_2024_is_put_back() -> None:
    communes, districts = per_province(OCTOBER_2022), per_province(OCTOBER_2022, DISTRICT)
    assert (districts["80@20210101"], communes["80@20210101"]) == (15, 188)
    assert (districts["82@20210101"], communes["82@20210101"]) == (11, 172)
    assert communes["72@20210101"] == 94


def test_communes_of_today() -> None:
    expected = {"80": 96, "82": 102, "91": 102, "86": 124, "92": 103, "96": 64}
    counted = per_province(TODAY)
    names = {code: f"{code}@20250701" for code in expected}
    assert {code: counted[area] for code, area in names.items()} == expected
    kinds = Counter((unit.parent[:2], unit.kind) for unit in valid(TODAY) if unit.parent)
    assert (kinds["80", "xã"], kinds["80", "phường"]) == (82, 14)
    assert (kinds["82", "xã"], kinds["82", "phường"]) == (82, 20)
    assert (kinds["91", "xã"], kinds["91", "phường"], kinds["91", "đặc khu"]) == (85, 14, 3)


def test_a_code_means_two_provinces() -> None:
    assert (BY_ID["80@20210101"].name, BY_ID["80@20250701"].name) == ("Tỉnh Long An", "Tỉnh Tây Ninh")
    assert (BY_ID["82@20210101"].name, BY_ID["82@20250701"].name) == ("Tỉnh Tiền Giang", "Tỉnh Đồng Tháp")
    assert (BY_ID["91@20210101"].name, BY_ID["91@20250701"].name) == ("Tỉnh Kiên Giang", "Tỉnh An Giang")


def test_no_code_means_two_units_on_one_day() -> None:
    ordered = sorted(UNITS, key=lambda unit: (unit.code, unit.valid_from))
    assert len(BY_ID) == len(UNITS)
    for earlier, later in pairwise(ordered):
        if earlier.code == later.code:
            assert earlier.valid_to is not None
            assert earlier.valid_to <= later.valid_from


def test_every_unit_had_the_one_above_it_on_its_first_day() -> None:
    for unit in UNITS:
        if LEVEL_OF_KIND[unit.kind] == PROVINCE:
            assert not unit.parent
            continue
        above = BY_ID[unit.parent]
        assert above.valid_from <= unit.valid_from
        assert above.valid_to is None or unit.valid_from < above.valid_to
        assert LEVEL_OF_KIND[above.kind] == (DISTRICT if unit.parent.index("@") == 3 else PROVINCE)


def test_successions_join_the_day_one_ends_to_a_unit_that_is_there() -> None:
    assert len({(step.from_id, step.to_id) for step in SUCCESSIONS}) == len(SUCCESSIONS)
    for step in SUCCESSIONS:
        ended, heir = BY_ID[step.from_id], BY_ID[step.to_id]
        assert ended.valid_to is not None
        assert heir.valid_from <= ended.valid_to
        assert heir.valid_to is None or ended.valid_to < heir.valid_to
    heirs = Counter(step.from_id for step in SUCCESSIONS if step.extent == "whole")
    mixed = {step.from_id for step in SUCCESSIONS if step.extent == "part"} & heirs.keys()
    assert set(heirs.values()) == {1}
    assert not mixed


def test_a_commune_stays_within_what_its_province_became() -> None:
    became = {step.from_id: step.to_id for step in SUCCESSIONS if step.from_id[2] == "@"}
    for step in SUCCESSIONS:
        before, after = province_of(BY_ID[step.from_id]), province_of(BY_ID[step.to_id])
        assert after in (before, became.get(before))


def test_splits_and_disagreements_wait_for_a_person() -> None:
    splits: dict[str, set[str]] = {}
    disagreements: dict[str, set[str]] = {}
    for step in SUCCESSIONS:
        kept = {"split": splits, "disagreement": disagreements}.get(step.basis)
        if kept is not None:
            assert step.extent == "part"
            kept.setdefault(province_of(BY_ID[step.from_id]), set()).add(step.from_id)
    counted = {code: len(splits.get(f"{code}@20210101", ())) for code in ("80", "72", "82", "87", "89", "91")}
    assert counted == {"80": 11, "72": 10, "82": 0, "87": 3, "89": 3, "91": 0}
    assert {"27691@20210101"} <= disagreements["80@20210101"]
    assert {"28252@20210101"} <= disagreements["82@20210101"]


def test_what_ended_in_2024() -> None:
    steps = {(step.from_id, step.to_id): step.extent for step in SUCCESSIONS}
    assert steps["27688@20210101", "27694@20210101"] == "whole"
    parts = {to for (since, to), extent in steps.items() if since == "28006@20210101" and extent == "part"}
    assert parts == {"28003@20210101", "28009@20210101", "28012@20210101"}
    assert steps["28303@20210101", "28300@20240501"] == "whole"
    assert BY_ID["28300@20210101"].name == "Phường 4"
    assert BY_ID["28300@20240501"].name == "Phường 1"
    assert BY_ID["28309@20240501"].parent == "816@20240501"


@pytest.mark.parametrize(
    "line",
    [
        "80,Tỉnh Long An,tỉnh,,2021-13-01,,",
        "80,Tỉnh Long An,tỉnh,,2021-01-01,2021-01-01,",
        "80,Tỉnh Long An,bang,,2021-01-01,,",
        ",Tỉnh Long An,tỉnh,,2021-01-01,,",
        "80,Tỉnh Long An",
        "80,Tỉnh Long An,tỉnh,,2021-01-01,,,more",
    ],
)
def test_a_line_without_sense_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "units.csv"
    path.write_text(f"code,name,kind,parent,valid_from,valid_to,legal_doc\n{line}\n", encoding="utf-8")
    with pytest.raises(UnitFileInvalid) as caught:
        list(read_units(path))
    assert caught.value.fields["row"] == "units.csv:2"
