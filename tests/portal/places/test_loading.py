"""Loading unit files: twice without change, no code with two meanings, nothing half done."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.audit.models import AuditRow
from portal.places.actions import Loaded, add_alias, find, load_units, unit, unit_on
from portal.places.errors import AreaUnknown, UnitFileInvalid, UnitsOverlap
from portal.places.files import SuccessionRow, UnitRow
from portal.places.models import AdminUnit, UnitAlias, UnitSuccession
from tests.portal.places.conftest import CLI, NOW, SUCCESSIONS, UNITS

PROVINCE = UnitRow("98", "Tỉnh Thử", "tỉnh", "", date(2021, 1, 1), None, "")
COMMUNE = UnitRow("99001", "Xã Thử", "xã", "98@20210101", date(2021, 1, 1), None, "")


def count(session: Any, model: Any) -> int:
    return int(session.scalar(select(func.count()).select_from(model)) or 0)


def test_the_whole_country_loads_twice_without_change(session: Any) -> None:
    first = load_units(session, now=NOW, acting=CLI)
    units, successions, audited = count(session, AdminUnit), count(session, UnitSuccession), count(session, AuditRow)
    second = load_units(session, now=NOW, acting=CLI)
    assert (first.units_added, first.successions_added) == (units, successions)
    assert units > 14_000
    assert successions > 10_000
    assert audited == 1
    assert second == Loaded(0, 0, 0, 0)
    assert (count(session, AdminUnit), count(session, UnitSuccession)) == (units, successions)
    assert count(session, AuditRow) == audited


def test_one_code_is_two_provinces(loaded: Any) -> None:
    assert unit_on(loaded, "80", date(2025, 6, 30)).name == "Tỉnh Long An"
    assert unit_on(loaded, "80", date(2025, 7, 1)).name == "Tỉnh Tây Ninh"
    assert unit(loaded, "80@20210101").id != unit(loaded, "80@20250701").id


@pytest.mark.parametrize(
    "other",
    [
        UnitRow("80", "Tỉnh Long An", "tỉnh", "", date(2025, 6, 30), date(2025, 7, 1), ""),
        UnitRow("80", "Tỉnh Tây Ninh", "tỉnh", "", date(2026, 1, 1), None, ""),
        UnitRow("80", "Tỉnh Long An", "tỉnh", "", date(2020, 1, 1), None, ""),
    ],
)
def test_an_overlap_of_one_code_is_refused(loaded: Any, other: UnitRow) -> None:
    before = count(loaded, AdminUnit)
    with pytest.raises(UnitsOverlap) as caught:
        load_units(loaded, now=NOW, acting=CLI, units=[PROVINCE, other], successions=())
    assert caught.value.fields["code"] == "80"
    assert count(loaded, AdminUnit) == before


def test_the_same_line_twice_is_an_overlap(session: Any) -> None:
    with pytest.raises(UnitsOverlap):
        load_units(session, now=NOW, acting=CLI, units=[PROVINCE, PROVINCE], successions=())


def test_a_reform_closes_a_unit_and_opens_the_next(session: Any) -> None:
    load_units(session, now=NOW, acting=CLI, units=[PROVINCE, COMMUNE], successions=())
    assert unit_on(session, "99001", date(2027, 1, 1)).name == "Xã Thử"
    ended = replace(COMMUNE, valid_to=date(2027, 1, 1))
    heir = replace(COMMUNE, name="Phường Thử", kind="phường", valid_from=date(2027, 1, 1), legal_doc="1/NQ")
    step = SuccessionRow(ended.id, heir.id, "whole", "1/NQ", "law")
    loaded = load_units(session, now=NOW, acting=CLI, units=[ended, heir], successions=[step])
    assert loaded == Loaded(units_added=1, units_changed=1, successions_added=1, successions_changed=0)
    assert unit_on(session, "99001", date(2027, 1, 1)).name == "Phường Thử"
    assert unit_on(session, "99001", date(2027, 1, 1)).province_id == PROVINCE.id


@pytest.mark.parametrize(
    "line",
    [
        replace(COMMUNE, parent="97@20210101"),
        replace(COMMUNE, parent=""),
        replace(PROVINCE, code="97", parent=PROVINCE.id),
    ],
)
def test_a_unit_needs_its_place_in_the_tree(session: Any, line: UnitRow) -> None:
    with pytest.raises(UnitFileInvalid) as caught:
        load_units(session, now=NOW, acting=CLI, units=[PROVINCE, line], successions=())
    assert caught.value.fields["row"] == line.id
    assert count(session, AdminUnit) == 0


def test_a_succession_needs_both_units(session: Any) -> None:
    step = SuccessionRow(COMMUNE.id, "99002@20270101", "whole", "", "law")
    with pytest.raises(UnitFileInvalid):
        load_units(session, now=NOW, acting=CLI, units=[PROVINCE, COMMUNE], successions=[step])
    assert count(session, AdminUnit) == 0


def test_an_alias_is_found_and_kept_once(loaded: Any) -> None:
    for _ in range(2):
        add_alias(loaded, unit_id="27694@20250701", text="Chợ Tân An", now=NOW, acting=CLI)
    assert count(loaded, UnitAlias) == 1
    assert [one.id for one in find(loaded, "chợ tân an", on=NOW.date())] == ["27694@20250701"]
    with pytest.raises(AreaUnknown):
        add_alias(loaded, unit_id="27694@20300101", text="Chợ", now=NOW, acting=CLI)


def test_the_rows_of_the_province_are_all_there(loaded: Any) -> None:
    assert count(loaded, AdminUnit) == len(UNITS)
    assert count(loaded, UnitSuccession) == len(SUCCESSIONS)
