"""Distances of provinces, held against what every map of Vietnam says."""

import csv

import pytest

from portal.places.distances import distance_km, far_apart, positions
from portal.places.files import DATA

HANOI, DA_NANG, SAI_GON = "01@20250101", "48@20250701", "79@20250701"
TAY_NINH, DONG_THAP, CA_MAU = "80@20250701", "82@20250701", "96@20250701"


def test_each_province_of_today_has_a_middle_inside_the_country() -> None:
    with (DATA / "units.csv").open(encoding="utf-8", newline="") as lines:
        tops = [row for row in csv.DictReader(lines) if not row["parent"] and not row["valid_to"]]
    ids = {f"{row['code']}@{row['valid_from'].replace('-', '')}" for row in tops}
    assert positions().keys() == ids
    assert len(ids) == 34
    assert all(8.5 < at.latitude < 23.4 and 102 < at.longitude < 109.5 for at in positions().values())


@pytest.mark.parametrize(
    ("one", "other", "km", "far"),
    [(HANOI, SAI_GON, 1_115, True), (HANOI, DA_NANG, 650, True), (TAY_NINH, DONG_THAP, 36, False),
     (SAI_GON, CA_MAU, 260, False)],
)  # fmt: skip
def test_what_is_far(one: str, other: str, km: float, far: bool) -> None:
    known = positions()
    assert distance_km(known[one], known[other]) == pytest.approx(km, rel=0.05)
    assert (far_apart(one, other), far_apart(other, one)) == (far, far)


def test_what_is_unknown_is_never_far() -> None:
    assert not far_apart("80@20210101", HANOI)
    assert not far_apart(HANOI, "")
    assert distance_km(positions()[HANOI], positions()[HANOI]) == 0
