"""The pages of the question about a place: the owner's one question, the officer's list and answer, foreign ones."""

from typing import Any

import pytest
from sqlalchemy import select

from portal.audit import AuditRow
from portal.onboarding.questions import Unsettled, ask
from portal.people import actions as people
from portal.places.actions import home_at, set_home
from tests.portal.onboarding.conftest import commune_named
from tests.portal.onboarding.making import CLI
from tests.portal.onboarding.test_place_questions import BEN_LUC, LUONG_HOA, ids_of, parted, shop
from tests.portal.onboarding.test_shop_pages import officer_client
from tests.portal.onboarding.walking import soup, submit

__all__ = ["parted"]


def owner_client(app: Any, session: Any, world: Any, owner: Any) -> Any:
    token = people.make_link(session, now=world.clock.now(), acting=CLI, login_id=owner.login_id or "")
    session.commit()
    browser = app.test_client()
    submit(browser, f"/sign-in/link/{token}", {})
    return browser


def test_the_owner_answers_one_question_with_one_press(
    client: Any, app: Any, province: Any, world: Any, clock: Any, parted: Any
) -> None:
    (first, owner), *_ = parted
    browser = owner_client(app, province, world, owner)
    home = soup(browser.get("/my"))
    assert home.find("a", href="/my/place") is not None
    page = soup(browser.get("/my/place"))
    assert len(page.find_all("h1")) == 1
    assert "Xã Tân Hòa, Huyện Bến Lức" in page.find("main").get_text()
    buttons = page.find("main").find_all("button", attrs={"name": "unit"})
    assert [(one["value"], one.get_text()) for one in buttons] == [
        (BEN_LUC, "Xã Bến Lức"), (LUONG_HOA, "Xã Lương Hòa"),
    ]  # fmt: skip
    for wrong in ({}, {"unit": "27694@20250701"}):
        answer = submit(browser, "/my/place", wrong)
        assert (answer.status_code, soup(answer).find(class_="error-summary") is not None) == (400, True)
    assert submit(browser, "/my/place", {"unit": LUONG_HOA}).headers["Location"] == "/my"
    shown = soup(browser.get("/my"))
    assert "Xã Lương Hòa, Tỉnh Tây Ninh" in shown.find("main").get_text()
    assert shown.find("a", href="/my/place") is None
    assert browser.get("/my/place").status_code == 404
    province.expire_all()
    assert (first.current_unit_id, first.confidence) == (LUONG_HOA, "chosen")
    assert len(ids_of(province)) == 3
    row = province.scalars(select(AuditRow).where(AuditRow.act == "place.settled")).one()
    assert (row.subject, row.actor) == (first.id, owner.login_id)


def test_an_officer_settles_a_hamlet_with_one_answer(
    client: Any, app: Any, province: Any, world: Any, clock: Any, parted: Any
) -> None:
    officer = officer_client(app, world, unit=LUONG_HOA)
    listed = soup(officer.get("/officer/places"))
    rows = listed.find("main").find("tbody").find_all("tr")
    assert [[row.find_all("td")[cell].get_text(strip=True).casefold() for cell in (0, 2)] for row in rows] == [
        ["ấp 3", "3"], ["ấp 4", "1"],
    ]  # fmt: skip
    link = rows[0].find("a")["href"]
    page = soup(officer.get(link))
    assert "Nguyễn Thị" not in page.get_text()  # initials only
    assert "ấp 3" in page.find("dl").get_text().casefold()
    assert "N.T. " in page.find("h1").get_text()
    assert len(page.find("main").find_all("li")) == 2
    for wrong in ({}, {"unit": LUONG_HOA}, {"whom": "one"}, {"unit": "x", "whom": "hamlet"}):
        answer = submit(officer, link, wrong)
        assert (answer.status_code, soup(answer).find(class_="error-summary") is not None) == (400, True)
    answer = submit(officer, link, {"unit": LUONG_HOA, "whom": "hamlet"})
    assert answer.headers["Location"] == "/officer/places"
    (left,) = soup(officer.get("/officer/places")).find("main").find("tbody").find_all("tr")
    assert officer.get(link).status_code == 409
    last = left.find("a")["href"]
    assert soup(officer.get(last)).find("main").find("input", {"name": "whom"}) is None
    submit(officer, last, {"unit": BEN_LUC})
    assert soup(officer.get("/officer/places")).find(class_="empty") is not None
    province.expire_all()
    found = [home_at(province, one.id, clock.now()).area_id for one, _ in parted]  # type: ignore[union-attr]
    assert found == [LUONG_HOA] * 3 + [BEN_LUC]


def test_anothers_question_is_missing(
    client: Any, app: Any, province: Any, world: Any, clock: Any, parted: Any
) -> None:
    question = ids_of(province)[parted[0][0].id].id
    foreign = officer_client(app, world, unit=commune_named(province, "Mộc Hóa"))
    assert soup(foreign.get("/officer/places")).find(class_="empty") is not None
    token = {"csrf_token": foreign.token("/my/sessions"), "unit": LUONG_HOA, "whom": "hamlet"}
    for path in (f"/officer/places/{question}", "/officer/places/pq_x"):
        assert foreign.get(path).status_code == 404
        assert foreign.post(path, data=token).status_code == 404
    owner = owner_client(app, province, world, parted[0][1])
    assert owner.get("/officer/places").status_code == 403
    assert owner.get(f"/officer/places/{question}").status_code == 403
    assert len(ids_of(province)) == 4


def test_a_place_nobody_knows_is_typed(client: Any, app: Any, province: Any, world: Any, clock: Any) -> None:
    clock.at = clock.at.replace(year=2026, month=11)
    made, _owner = shop(province, world, 0, unit=commune_named(province, "Tân Thạnh"))
    clock.move(hours=1)
    made.current_unit_id = None
    set_home(province, subject_id=made.id, area_id="80@20250701_X", at=clock.now())
    ask(province, [Unsettled(made.id, "seller", "Xã <b>Lạ</b>", "Ấp 1", None, ())], now=clock.now())
    province.commit()
    clock.move(hours=1)
    officer = officer_client(app, world, role="province_officer", unit=None)
    (link,) = [row.find("a") for row in soup(officer.get("/officer/places")).find("main").find("tbody").find_all("tr")]
    assert link.get_text().startswith("Xã <b>Lạ</b>")
    assert submit(officer, link["href"], {"place": ""}).status_code == 400
    nowhere = submit(officer, link["href"], {"place": "Nơi không có"})
    assert (nowhere.status_code, "Nơi không có" in nowhere.get_data(as_text=True)) == (400, True)
    which = submit(officer, link["href"], {"place": "Tân Hòa"})
    assert which.status_code == 400
    offered = [tag["value"] for tag in soup(which).find("main").find_all("input", {"name": "unit"})]
    assert len(offered) > 1
    answer = submit(officer, link["href"], {"place": "Tân Hòa", "asked": "Tân Hòa", "unit": offered[0]})
    assert answer.status_code == 302
    province.expire_all()
    assert made.current_unit_id == offered[0]


@pytest.mark.parametrize("page", ["0", "-1", "99", "x"])
def test_no_page_number_breaks_the_list(app: Any, province: Any, world: Any, page: str) -> None:
    officer = officer_client(app, world, role="province_officer", unit=None)
    assert officer.get(f"/officer/places?page={page}").status_code == 200
