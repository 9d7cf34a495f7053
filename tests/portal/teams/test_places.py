"""A team whose commune was parted is asked about with the households of its hamlet; one answer moves all, counted."""

from typing import Any

from portal.onboarding import answers
from portal.onboarding.question_list import question_page, same_hamlet, subject_names
from portal.places.actions import home_at
from portal.teams import actions, settling
from tests.portal.onboarding.making import CLI, TAN_HOA, officer
from tests.portal.onboarding.test_place_questions import LUONG_HOA, ids_of, reform, shop
from tests.portal.onboarding.walking import soup, submit
from tests.portal.teams.helping import helper
from tests.portal.teams.making import team
from tests.portal.teams.test_counts import live, mismatches


def test_one_answer_moves_the_hamlets_team_too(province: Any, world: Any, clock: Any, app: Any) -> None:
    clock.at = clock.at.replace(year=2023, month=5)
    mine, household = team(province, world, TAN_HOA, hamlet="Ấp 3"), shop(province, world, 0)[0]
    other = team(province, world, TAN_HOA, "Tổ xã")
    reform(province, clock)
    assert {one.kind for one in ids_of(province).values()} == {"team", "seller"}
    acting = officer(province, world)
    assert [one.count for one in question_page(province, acting, page=1).lines] == [2, 1]
    question = ids_of(province)[mine.id]
    named = subject_names(province, [one for _, one in same_hamlet(province, acting, question)[0]], world.field_keys)
    assert named[mine.id] == "Tổ 1"
    settled = answers.settle(
        province, now=clock.now(), acting=acting, question_id=question.id, answer=LUONG_HOA, hamlet=True
    )
    province.commit()
    assert settled == 2
    for subject in (mine, household):
        home = home_at(province, subject.id, clock.now())
        assert home is not None
        assert home.area_id == LUONG_HOA
    assert live(province, app, "2026-11", "ASSIST_TEAM") == {LUONG_HOA: 1, "80@20250701_X": 1}
    assert live(province, app, "2026-11", "COMMUNE_COVERED") == {"80@20250701": 1}
    assert mismatches(province, world, app) == []
    assert list(ids_of(province)) == [other.id]


def test_a_teams_own_page_or_its_end_closes_the_question(province: Any, world: Any, clock: Any) -> None:
    clock.at = clock.at.replace(year=2023, month=5)
    settled, ended = team(province, world, TAN_HOA, hamlet="Ấp 1"), team(province, world, TAN_HOA, "Tổ 2")
    reform(province, clock)
    assert set(ids_of(province)) == {settled.id, ended.id}
    clock.move(hours=1)
    settling.settle_team(province, now=clock.now(), acting=CLI, team_id=settled.id, unit_id=LUONG_HOA)
    actions.end_team(province, now=clock.now(), acting=CLI, team_id=ended.id)
    assert ids_of(province) == {}
    assert set(ids_of(province, "void")) == {settled.id, ended.id}


def test_a_member_settles_households_of_her_commune_and_no_team(
    client: Any, province: Any, world: Any, clock: Any, app: Any, other: str
) -> None:
    clock.at = clock.at.replace(year=2023, month=5)
    team_, household = team(province, world, TAN_HOA, hamlet="Ấp 3"), shop(province, world, 0)[0]
    reform(province, clock)
    questions = ids_of(province)
    nam, tam = helper(app, world, province, LUONG_HOA), helper(app, world, province, other, phone="0938 333 444")
    assert soup(nam.get("/team")).find("a", href="/officer/places") is not None
    assert soup(tam.get("/team")).find("a", href="/officer/places") is None
    page, of_team = (f"/officer/places/{questions[one.id].id}" for one in (household, team_))
    for browser, path in ((tam, page), (nam, of_team), (tam, of_team)):
        token = {"csrf_token": browser.token("/my/sessions"), "unit": LUONG_HOA, "whom": "hamlet"}
        assert browser.get(path).status_code == 404
        assert browser.post(path, data=token).status_code == 404
    assert soup(tam.get("/officer/places")).find(class_="empty") is not None
    assert submit(nam, page, {"unit": LUONG_HOA}).status_code == 302
    assert list(ids_of(province)) == [team_.id]
