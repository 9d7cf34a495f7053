"""Homes over time, and what a reform does to them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from portal.acting import Acting
from portal.audit.models import AuditRow
from portal.places.actions import apply_reform, home_at, leaves, set_home
from portal.places.areas import starts_at
from portal.places.errors import AreaUnknown, HomeOutOfOrder, NotAHome, NotThen
from portal.places.models import PlacesHome
from tests.portal.places.conftest import NOW

WORKER = Acting.system("worker")
SPRING_2022 = datetime(2022, 4, 10, 2, 0, tzinfo=UTC)
DECEMBER_2024, JULY_2025 = starts_at(date(2024, 12, 1)), starts_at(date(2025, 7, 1))
WHOLE, PARTED, ENDED_TWICE, SPLIT = "27694@20210101", "28006@20210101", "27688@20210101", "28063@20210101"


def rows_of(session: Any, subject: str) -> list[tuple[str, datetime, datetime | None]]:
    query = select(PlacesHome).where(PlacesHome.subject_id == subject).order_by(PlacesHome.from_at)
    return [(home.area_id, home.from_at, home.to_at) for home in session.scalars(query)]


def counted(session: Any, end: datetime) -> Counter[str]:
    """The homes that a figure of a period ending at this instant finds."""
    found = session.scalars(
        select(PlacesHome.area_id).where(
            PlacesHome.from_at < end, (PlacesHome.to_at.is_(None)) | (PlacesHome.to_at >= end)
        )
    )
    return Counter(found)


def run_all(session: Any, **more: Any) -> list[Any]:
    done = []
    while (one := apply_reform(session, now=NOW, acting=WORKER, **more)) is not None:
        done.append(one)
    return done


def test_homes_leave_no_gap_and_no_overlap(loaded: Any) -> None:
    later = SPRING_2022 + timedelta(days=30)
    set_home(loaded, subject_id="hh_1", area_id=WHOLE, at=SPRING_2022)
    set_home(loaded, subject_id="hh_1", area_id=WHOLE, at=later)
    assert rows_of(loaded, "hh_1") == [(WHOLE, SPRING_2022, None)]
    set_home(loaded, subject_id="hh_1", area_id=PARTED, at=later)
    assert rows_of(loaded, "hh_1") == [(WHOLE, SPRING_2022, later), (PARTED, later, None)]
    set_home(loaded, subject_id="hh_1", area_id=SPLIT, at=later)
    assert rows_of(loaded, "hh_1") == [(WHOLE, SPRING_2022, later), (SPLIT, later, None)]

    before = home_at(loaded, "hh_1", later - timedelta(microseconds=1))
    after = home_at(loaded, "hh_1", later)
    assert before is not None
    assert after is not None
    assert (before.area_id, after.area_id) == (WHOLE, SPLIT)
    assert home_at(loaded, "hh_1", SPRING_2022 - timedelta(microseconds=1)) is None
    assert home_at(loaded, "hh_2", later) is None


def test_a_home_before_the_last_one_is_refused(loaded: Any) -> None:
    set_home(loaded, subject_id="hh_1", area_id=WHOLE, at=SPRING_2022)
    with pytest.raises(HomeOutOfOrder):
        set_home(loaded, subject_id="hh_1", area_id=PARTED, at=SPRING_2022 - timedelta(days=1))
    assert rows_of(loaded, "hh_1") == [(WHOLE, SPRING_2022, None)]


@pytest.mark.parametrize(
    ("area", "error"),
    [
        ("80@20210101", NotAHome),
        ("794@20210101", NotAHome),
        ("27694@20250701", NotThen),
        ("80@20250701_X", NotThen),
        ("794@20210101_X", AreaUnknown),
        ("99999@20210101", AreaUnknown),
        ("27694", AreaUnknown),
    ],
)
def test_nobody_lives_in_a_province_or_in_the_wrong_time(loaded: Any, area: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        set_home(loaded, subject_id="hh_1", area_id=area, at=SPRING_2022)
    assert rows_of(loaded, "hh_1") == []


def test_the_database_itself_refuses_a_second_open_home(loaded: Any) -> None:
    set_home(loaded, subject_id="hh_1", area_id=WHOLE, at=SPRING_2022)
    second = insert(PlacesHome).values(subject_id="hh_1", area_id=PARTED, from_at=NOW, to_at=None)
    with pytest.raises(IntegrityError), loaded.begin_nested():
        loaded.execute(second)


def test_a_reform_moves_whole_communes_and_keeps_the_rest_for_a_person(loaded: Any) -> None:
    for subject, area in (("hh_1", WHOLE), ("hh_2", PARTED), ("hh_3", ENDED_TWICE), ("hh_4", SPLIT)):
        set_home(loaded, subject_id=subject, area_id=area, at=SPRING_2022)
    asked: list[tuple[list[str], str, datetime]] = []
    done = run_all(loaded, parting=lambda _rows, who, former, at: asked.append((list(who), former, at)))

    assert rows_of(loaded, "hh_1") == [(WHOLE, SPRING_2022, JULY_2025), ("27694@20250701", JULY_2025, None)]
    assert rows_of(loaded, "hh_2") == [
        (PARTED, SPRING_2022, DECEMBER_2024),
        ("80@20210101_X", DECEMBER_2024, JULY_2025),
        ("80@20250701_X", JULY_2025, None),
    ]
    assert rows_of(loaded, "hh_3") == [
        (ENDED_TWICE, SPRING_2022, DECEMBER_2024),
        (WHOLE, DECEMBER_2024, JULY_2025),
        ("27694@20250701", JULY_2025, None),
    ]
    assert rows_of(loaded, "hh_4") == [(SPLIT, SPRING_2022, JULY_2025), ("80@20250701_X", JULY_2025, None)]
    assert sum(one.unattributed for one in done) == 2
    acts = loaded.scalars(select(AuditRow.object_id).where(AuditRow.act == "places.unit_ended")).all()
    assert sorted(acts) == sorted(one.area_id for one in done)
    assert asked == [(["hh_2"], PARTED, NOW), (["hh_4"], SPLIT, NOW)]  # once each: not again when the province ended


def test_the_total_of_the_province_is_the_same_on_both_sides(loaded: Any) -> None:
    then = leaves(loaded, "80", starts_at(date(2023, 11, 1)))[:-1]
    assert len(then) == 188
    for number, area in enumerate(then):
        set_home(loaded, subject_id=f"team_{number}", area_id=area, at=SPRING_2022)
    run_all(loaded)

    for end in (date(2023, 11, 1), date(2024, 12, 1), date(2025, 1, 1), date(2025, 7, 1), date(2025, 8, 1)):
        found = counted(loaded, starts_at(end))
        assert found.total() == 188
        assert found.keys() <= set(leaves(loaded, "80", starts_at(end)))
    assert set(counted(loaded, starts_at(date(2023, 11, 1)))) == set(then)
    # 11 splits, 2 communes on which the maps disagree, and Tân Hòa
    assert counted(loaded, starts_at(date(2025, 8, 1)))["80@20250701_X"] == 14


def test_a_reform_waits_for_its_midnight_and_is_done_once(loaded: Any) -> None:
    set_home(loaded, subject_id="hh_1", area_id=WHOLE, at=SPRING_2022)
    assert apply_reform(loaded, now=JULY_2025 - timedelta(microseconds=1), acting=WORKER) is None
    done = apply_reform(loaded, now=JULY_2025, acting=WORKER)
    assert done is not None
    assert (done.area_id, done.effective_at, done.moved, done.unattributed) == (WHOLE, JULY_2025, 1, 0)
    assert apply_reform(loaded, now=JULY_2025, acting=WORKER) is None


def test_the_counter_sees_each_subject_before_and_after_its_move(loaded: Any) -> None:
    for subject in ("hh_1", "hh_2"):
        set_home(loaded, subject_id=subject, area_id=ENDED_TWICE, at=SPRING_2022)
    seen: list[tuple[str, datetime, str, str]] = []

    def open_area(session: Any, subject: str) -> str:
        query = select(PlacesHome.area_id).where(PlacesHome.subject_id == subject, PlacesHome.to_at.is_(None))
        return str(session.scalars(query).one())

    @contextmanager
    def moving(session: Any, subjects: Sequence[str], at: datetime) -> Iterator[None]:
        before = [open_area(session, subject) for subject in subjects]
        yield
        after = [open_area(session, subject) for subject in subjects]
        seen.extend(zip(subjects, [at] * len(before), before, after, strict=True))

    run_all(loaded, moving=moving)
    assert seen == [
        ("hh_1", DECEMBER_2024, ENDED_TWICE, WHOLE),
        ("hh_2", DECEMBER_2024, ENDED_TWICE, WHOLE),
        ("hh_1", JULY_2025, WHOLE, "27694@20250701"),
        ("hh_2", JULY_2025, WHOLE, "27694@20250701"),
    ]
