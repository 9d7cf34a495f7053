"""A list that does not say which commune it means asks; one answer settles all rows with the same words and hamlet."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from portal.counting import live_cells
from portal.onboarding import answers
from portal.onboarding.models import Organisation, PlaceQuestion
from portal.onboarding.question_list import question_page
from portal.places.actions import home_at
from portal.places.areas import day_of, leaf_of
from tests.portal.onboarding.making import officer
from tests.portal.rosters.conftest import HEADINGS, household
from tests.portal.rosters.test_importing import OCTOBER, agrees

LEAF = leaf_of("80@20210101")


def open_questions(session: Any) -> list[PlaceQuestion]:
    return list(session.scalars(select(PlaceQuestion).where(PlaceQuestion.state == "open").order_by(PlaceQuestion.id)))


def test_words_that_mean_several_communes_are_asked_once_for_a_hamlet(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, world: Any, clock: Any, app: Any
) -> None:
    rows = [household(n, commune="Tân Hòa", district="", hamlet=hamlet) for n, hamlet in ((1, "Ấp 3"), (2, "ấp 3"))]
    rows += [household(3, commune="Tân Hòa", district="", hamlet="Ấp 4"), household(4)]
    take(as_csv(HEADINGS, *rows))
    asked = open_questions(province)
    assert [(one.former_id, one.text, one.hamlet) for one in asked] == [
        (None, "Tân Hòa", "Ấp 3"), (None, "Tân Hòa", "ấp 3"), (None, "Tân Hòa", "Ấp 4"),
    ]  # fmt: skip
    acting = officer(province, world)
    assert [(line.text, line.count) for line in question_page(province, acting, page=1).lines] == [
        ("Tân Hòa", 2), ("Tân Hòa", 1),
    ]  # fmt: skip
    may_be = answers.options(province, asked[0], on=day_of(clock.now()))
    assert len(may_be) > 1
    assert {one.captured_id for one in may_be} == set(asked[0].captured or ())
    chosen = next(one for one in may_be if one.captured_id == "28006@20210101")
    settled = answers.settle(
        province, now=clock.now(), acting=acting, question_id=asked[0].id, answer=chosen.value, hamlet=True
    )
    assert settled == 2
    known = province.get(Organisation, asked[0].subject_id)
    province.refresh(known)
    assert (known.captured_unit_id, known.current_unit_id, known.confidence) == (*["28006@20210101"] * 2, "chosen")
    assert agrees(province, app)
    cells = live_cells(province, app.extensions["catalogue"].get("HH_ACCOUNT"), OCTOBER, cut="_T")
    assert cells == {LEAF: 1, "28006@20210101": 3}


def test_a_better_list_answers_too_and_a_worse_one_asks(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, clock: Any
) -> None:
    take(as_csv(HEADINGS, household(1, commune="Xã Không Có", district="")))
    (asked,) = open_questions(province)
    assert (asked.captured, asked.text) == (None, "Xã Không Có")
    clock.move(hours=1)
    take(as_csv(HEADINGS, household(1), name="better.csv"))
    assert open_questions(province) == []
    home = home_at(province, asked.subject_id, clock.now())
    assert home is not None
    assert home.area_id == "28006@20210101"
    province.refresh(asked)
    assert (asked.state, asked.text, asked.hamlet_key) == ("void", None, "")


def test_an_unknown_name_takes_any_commune_of_the_province(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, world: Any, clock: Any
) -> None:
    take(as_csv(HEADINGS, household(1, commune="Xã Không Có", district="")))
    (asked,) = open_questions(province)
    assert answers.options(province, asked, on=day_of(clock.now())) == []
    acting = officer(province, world)
    answers.settle(province, now=clock.now(), acting=acting, question_id=asked.id, answer="28003@20210101")
    known = province.get(Organisation, asked.subject_id)
    province.refresh(known)
    assert (known.current_unit_id, known.confidence, known.place_raw) == ("28003@20210101", "chosen", "Xã Không Có")
