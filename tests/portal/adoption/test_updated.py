"""What is new since an instant: exactly that, and of what is not new no row is read."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from portal.adoption.areas import Areas
from portal.adoption.models import AdoptObservation
from portal.adoption.query import Ground, read_query
from portal.adoption.reading import observe
from portal.adoption.updated import observe_updated
from tests.portal.adoption.conftest import APRIL, MAY_1, SPRING, Province

EVERYTHING = {
    "cut": ["*"],
    "level": ["commune"],
    "period": ["2022-02..2022-05", "2022-Q1", "2022-Q2", "2022"],
    "indicator": ["HH_ACCOUNT,ELIGIBLE_RATE,HH_ELIGIBLE,SAFE_CHAIN_EST,SELLER_ACTIVE,PAY_N"],
}


@pytest.fixture
def told(province: Province) -> Province:
    """Published in spring, closed in May, corrected later."""
    for number in range(23):
        province.account(province.seller(number % 3), "voso" if number % 3 else "postmart")
    province.publish(SPRING)
    province.publish(MAY_1)
    province.account(province.seller(1), at=APRIL)
    province.publish(MAY_1 + timedelta(days=2))
    return province


def read(told: Province) -> tuple[Areas, Any]:
    areas = Areas(told.session, "80")
    on = Ground(told.catalogue, areas, "80", MAY_1 + timedelta(days=3), "2022-04")
    top = {**EVERYTHING, "level": ["province"]}
    return areas, [*read_query(top, on).cells, *read_query(EVERYTHING, on).cells]


def test_it_finds_exactly_what_a_whole_reading_would(told: Province) -> None:
    areas, cells = read(told)
    whole = observe(told.session, told.catalogue, areas, cells)
    instants = sorted({one.as_of for one in whole if one.as_of is not None})
    assert len(instants) >= 3
    sizes = set()
    for after in (instants[0] - timedelta(seconds=1), *instants, *(at - timedelta(microseconds=1) for at in instants)):
        found = observe_updated(told.session, told.catalogue, areas, cells, after=after)
        assert found == [one for one in whole if one.as_of is not None and one.as_of > after]
        sizes.add(len(found))
    assert 0 in sizes
    assert len(sizes) >= 3


def test_what_is_not_new_is_not_read(told: Province) -> None:
    areas, cells = read(told)
    newest = max(told.session.scalars(select(AdoptObservation.as_of)))
    told.session.expunge_all()
    loaded: list[object] = []

    def note(row: Any, _context: object) -> None:
        loaded.append((row.indicator, row.cut, row.area_id))

    event.listen(AdoptObservation, "load", note)
    try:
        assert observe_updated(told.session, told.catalogue, areas, cells, after=newest) == []
        assert loaded == []
        late = observe_updated(told.session, told.catalogue, areas, cells, after=newest - timedelta(microseconds=1))
        codes = {code for code, _cut, _area in loaded}  # type: ignore[misc]
        assert {one.indicator.code for one in late} <= codes | {"ELIGIBLE_RATE"}
        assert "SELLER_ACTIVE" not in codes
    finally:
        event.remove(AdoptObservation, "load", note)
