"""A reform moves what it can and asks about the rest; one answer settles a record, or all of its hamlet."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from portal.acting import Acting
from portal.audit import AuditRow
from portal.counting import counting, counting_many, live_cells
from portal.counting.periods import month_of, parse_period
from portal.errors import NotFound
from portal.onboarding import answers, consents, questions
from portal.onboarding.errors import AnswerRefused, QuestionClosed
from portal.onboarding.models import Organisation, PlaceQuestion
from portal.onboarding.places import derive_again, put
from portal.onboarding.question_list import open_records, question_page, same_hamlet
from portal.onboarding.stages import reach_stage
from portal.onboarding.trail import done_in_name_of
from portal.places.actions import apply_reform, home_at
from portal.places.areas import day_of
from tests.portal.onboarding.conftest import commune_named
from tests.portal.onboarding.making import CLI, TAN_HOA, household, officer, registered
from tests.portal.onboarding.test_counts import recount

BEN_LUC, LUONG_HOA = "27991@20250701", "28003@20250701"
LEAF = "80@20250701_X"


def shop(
    province: Any, world: Any, number: int, hamlet: str | None = "Ấp 3", *, unit: str = TAN_HOA
) -> tuple[Organisation, Acting]:
    name, phone = f"Nguyễn Thị {'ABCDEFGH'[number]}", f"09664961{number:02d}"
    answers_ = household(phone, unit=unit, hamlet=hamlet, name=name, id_number=None)
    made, owner = registered(world, province, answers_)
    with counting(province, made.id, effective_at=world.clock.now()):
        reach_stage(province, organisation=made, stage="created", at=world.clock.now())
    return made, owner


def reform(session: Any, clock: Any) -> None:
    """Let the reforms of 2024 and 2025 happen as due work does, at a day in November 2026."""
    clock.at = clock.at.replace(year=2026, month=11)

    def moving(rows: Any, subjects: Any, at: Any) -> Any:
        return counting_many(rows, subjects, effective_at=at, until=clock.now())

    while apply_reform(session, now=clock.now(), acting=CLI, moving=moving, parting=questions.ask_parted):
        pass
    while derive_again(session, now=clock.now(), acting=CLI):
        pass
    session.commit()


@pytest.fixture
def parted(province: Any, world: Any, clock: Any) -> Any:
    """Three shops of Ấp 3 and one of Ấp 4, captured in 2023 in what was parted since; and the first one's owner."""
    clock.at = clock.at.replace(year=2023, month=5)
    made = [shop(province, world, 0), shop(province, world, 1, "ấp  3"), shop(province, world, 2)]
    made.append(shop(province, world, 3, "Ấp 4"))
    province.commit()
    reform(province, clock)
    return made


def ids_of(session: Any, state: str = "open") -> dict[str, PlaceQuestion]:
    rows = session.scalars(select(PlaceQuestion).where(PlaceQuestion.state == state))
    return {row.subject_id: row for row in rows}


def settled_by(
    acting: Acting, session: Any, clock: Any, question: PlaceQuestion, answer: str, *, hamlet: bool = False
) -> int:
    """Answer, and say how many records that settled."""
    return answers.settle(
        session, now=clock.now(), acting=acting, question_id=question.id, answer=answer, hamlet=hamlet
    )


def homes(session: Any, made: Any, clock: Any) -> list[str]:
    return [home.area_id for shop_, _ in made if (home := home_at(session, shop_.id, clock.now())) is not None]


def live(session: Any, app: Any, clock: Any, code: str = "HH_FUNNEL") -> dict[str, int]:
    indicator = app.extensions["catalogue"].get(code)
    period = parse_period(month_of(clock.now()))
    cells = {area: value for area, value in live_cells(session, indicator, period, cut="_T").items() if value}
    counted = recount(session, app, code, "_T", start=period.start, end=period.end)
    assert cells == {area: value for (area, _cut), value in counted.items()}
    return cells


def test_a_record_captured_in_what_was_parted_asks_one_question(province: Any, parted: Any, clock: Any) -> None:
    (first, _owner) = parted[0]
    province.refresh(first)
    assert (first.captured_unit_id, first.current_unit_id, first.confidence) == (TAN_HOA, None, "ambiguous")
    found = ids_of(province)
    assert set(found) == {shop_.id for shop_, _ in parted}
    assert {one.former_id for one in found.values()} == {TAN_HOA}
    reform(province, clock)
    assert {one.id for one in ids_of(province).values()} == {one.id for one in found.values()}
    may_be = answers.options(province, found[first.id], on=day_of(clock.now()))
    assert [(one.unit_id, one.name) for one in may_be] == [(BEN_LUC, "Xã Bến Lức"), (LUONG_HOA, "Xã Lương Hòa")]


def test_one_answer_settles_the_rows_of_its_hamlet(
    province: Any, world: Any, parted: Any, clock: Any, app: Any
) -> None:
    first = parted[0][0]
    assert live(province, app, clock) == {LEAF: 4}
    acting = officer(province, world)
    clock.move(hours=1)
    question = ids_of(province)[first.id]
    settled = settled_by(acting, province, clock, question, LUONG_HOA, hamlet=True)
    province.commit()
    assert settled == 3
    assert live(province, app, clock) == {LEAF: 1, LUONG_HOA: 3}
    assert homes(province, parted, clock) == [LUONG_HOA] * 3 + [LEAF]
    for shop_, _owner in parted[:3]:
        province.refresh(shop_)
        assert (shop_.captured_unit_id, shop_.current_unit_id, shop_.confidence) == (TAN_HOA, LUONG_HOA, "chosen")
    closed = ids_of(province, "settled")
    assert {(one.unit_id, one.answered_by, one.hamlet, one.hamlet_key) for one in closed.values()} == {
        (LUONG_HOA, acting.actor, None, "")
    }
    told = province.scalars(select(AuditRow.subject).where(AuditRow.act == "place.settled")).all()
    assert sorted(told) == sorted(shop_.id for shop_, _ in parted[:3])
    assert "officer" in [one.by for one in done_in_name_of(province, first)]
    with pytest.raises(QuestionClosed):
        settled_by(acting, province, clock, question, BEN_LUC)


def test_an_owner_answers_for_the_own_shop_alone(province: Any, parted: Any, clock: Any, app: Any) -> None:
    (first, owner), (second, neighbour) = parted[0], parted[1]
    asked = ids_of(province)
    with pytest.raises(NotFound):
        settled_by(neighbour, province, clock, asked[first.id], LUONG_HOA)
    assert settled_by(owner, province, clock, asked[first.id], LUONG_HOA, hamlet=True) == 1
    province.commit()
    assert second.id in ids_of(province)
    assert live(province, app, clock) == {LEAF: 3, LUONG_HOA: 1}


@pytest.mark.parametrize("answer", ["", "80@20250701", TAN_HOA, "27694@20250701", "28003", LUONG_HOA + ">" + BEN_LUC])
def test_only_what_it_may_have_become_is_an_answer(
    province: Any, parted: Any, clock: Any, world: Any, answer: str
) -> None:
    question = ids_of(province)[parted[0][0].id]
    with pytest.raises(AnswerRefused):
        answers.settle(
            province, now=clock.now(), acting=officer(province, world), question_id=question.id, answer=answer
        )
    assert len(ids_of(province)) == 4


def test_an_officer_reaches_what_came_into_the_own_commune(province: Any, parted: Any, clock: Any, world: Any) -> None:
    question = ids_of(province)[parted[0][0].id]
    own = officer(province, world, role="commune_officer", unit=LUONG_HOA)
    foreign = replace(own, unit_id=commune_named(province, "Mộc Hóa"))
    assert [((one.hamlet or "").casefold(), one.count) for one in question_page(province, own, page=1).lines] == [
        ("ấp 3", 3), ("ấp 4", 1),
    ]  # fmt: skip
    assert open_records(province, foreign) == 0
    with pytest.raises(NotFound):
        answers.settle(
            province, now=clock.now(), acting=foreign, question_id=question.id, answer=LUONG_HOA, hamlet=True
        )
    assert len(same_hamlet(province, own, question)[0]) == 3
    assert settled_by(own, province, clock, question, BEN_LUC) == 1


def test_without_a_hamlet_each_record_is_asked_by_itself(province: Any, world: Any, clock: Any) -> None:
    clock.at = clock.at.replace(year=2023, month=5)
    made = [shop(province, world, 0, None), shop(province, world, 1, "")]
    province.commit()
    reform(province, clock)
    question = ids_of(province)[made[0][0].id]
    acting = officer(province, world)
    done = answers.settle(
        province, now=clock.now(), acting=acting, question_id=question.id, answer=BEN_LUC, hamlet=True
    )
    assert (done, list(ids_of(province))) == (1, [made[1][0].id])


def test_a_question_falls_away_with_the_shop_or_with_a_known_place(province: Any, parted: Any, clock: Any) -> None:
    (first, owner), (second, _), *_rest = parted
    consents.withdraw(province, now=clock.now(), acting=owner, organisation=first, purpose="service")
    put(province, second, now=clock.now(), raw="Bến Lức", unit_id=BEN_LUC, confidence="exact", hamlet=None)
    province.commit()
    assert set(ids_of(province, "void")) == {first.id, second.id}
    assert first.id not in ids_of(province)


def test_a_closed_shop_is_not_asked(province: Any, world: Any, clock: Any) -> None:
    clock.at = clock.at.replace(year=2023, month=5)
    closed, owner = shop(province, world, 0)
    consents.withdraw(province, now=clock.now(), acting=owner, organisation=closed, purpose="service")
    reform(province, clock)
    assert ids_of(province) == {}
