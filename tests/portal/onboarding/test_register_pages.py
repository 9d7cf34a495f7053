"""Registering through the pages, without JavaScript: one question each, saved, resumed, read back, sent once."""

from typing import Any

import pytest
from sqlalchemy import func, select

from portal.audit import AuditRow, broken_rows
from portal.onboarding.models import Draft, Organisation, Person
from portal.people.models import Consent
from tests.pages import CheckedClient
from tests.portal.onboarding.walking import ANSWERS, confirm_phone, hidden, soup, submit, walk


def test_a_household_registers_in_nine_screens(client: Any, world: Any, province: Any) -> None:
    answer = walk(client, confirm_phone(client, world, province))
    assert answer.headers["Location"] == "/register/check"
    page = soup(client.get("/register/check"))
    read = page.find("main").get_text()
    for shown in ("Nguyễn Thị Hạnh", "0966****71", "0820******46", "1985", "Tân Thạnh", "Ấp 3", "Thanh long"):
        assert shown in read
    assert "082085012346" not in page.get_text()
    sent = submit(client, "/register/check", {})
    assert sent.headers["Location"] == "/register/done"
    done = soup(client.get("/register/done"))
    organisation = province.scalars(select(Organisation)).one()
    assert organisation.reference in done.find("main").get_text()
    assert organisation.state == "submitted"
    assert client.get("/my").status_code == 200
    assert organisation.reference in soup(client.get("/register/done")).get_text()
    given = set(province.scalars(select(Consent.purpose)))
    assert given == {"service", "public_page", "photo", "share:postmart"}
    actors = set(province.scalars(select(AuditRow.actor).where(AuditRow.act.like("household.%"))))
    assert actors == {province.scalars(select(Person.login_id)).one()}
    assert broken_rows(province) == []


def test_each_page_says_how_far_one_is(client: Any, world: Any, province: Any) -> None:
    assert soup(client.get("/register")).find(class_="step").get_text().startswith("1/9")
    confirm_phone(client, world, province)
    assert soup(client.get("/register/name")).find(class_="step").get_text().startswith("3/9")
    assert (
        soup(client.get("/register/name")).find("h1").get_text(strip=True)
        in soup(client.get("/register/name")).title.text
    )


def test_sent_twice_it_is_one_registration(client: Any, world: Any, province: Any) -> None:
    walk(client, confirm_phone(client, world, province))
    form = hidden(client, "/register/check")
    first = client.post("/register/check", data=form)
    second = client.post("/register/check", data=form)
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.headers["Location"] == second.headers["Location"] == "/register/done"
    assert province.scalar(select(func.count()).select_from(Organisation)) == 1


@pytest.mark.parametrize("step", list(ANSWERS))
def test_broken_off_at_any_step_it_goes_on_there_on_another_device(
    client: Any, world: Any, province: Any, app: Any, step: str
) -> None:
    answer = walk(client, confirm_phone(client, world, province), until=f"/register/{step}")
    assert answer.headers["Location"].endswith(f"/register/{step}")
    other = app.test_client()
    assert isinstance(other, CheckedClient)
    resumed = confirm_phone(other, world, province)
    assert resumed.headers["Location"].endswith(f"/register/{step}")
    assert walk(other, resumed).headers["Location"] == "/register/check"
    assert province.scalar(select(func.count()).select_from(Draft)) == 1


def test_whoever_signed_in_before_is_not_asked_for_the_phone_again(client: Any, world: Any, province: Any) -> None:
    from tests.portal.people.test_sign_in import sign_in_by_code

    assert sign_in_by_code(client, world, province, "0966496171").headers["Location"] == "/register"
    begun = submit(client, "/register", {})
    assert begun.headers["Location"] == "/register/name"
    assert walk(client, begun).headers["Location"] == "/register/check"


def test_a_known_phone_is_led_to_its_shop(client: Any, world: Any, province: Any, app: Any) -> None:
    walk(client, confirm_phone(client, world, province))
    submit(client, "/register/check", {})
    other = app.test_client()
    assert confirm_phone(other, world, province).headers["Location"] == "/my"
    assert other.get("/my").status_code == 200
    assert other.get("/register").headers["Location"] == "/my"
    assert province.scalar(select(func.count()).select_from(Organisation)) == 1


def test_an_answer_is_changed_from_the_check_page(client: Any, world: Any, province: Any) -> None:
    walk(client, confirm_phone(client, world, province))
    page = soup(client.get("/register/name"))
    assert page.find("input", {"name": "name"})["value"] == "Nguyễn Thị Hạnh"
    assert submit(client, "/register/name", {"name": "Nguyễn Thị Hoa"}).headers["Location"] == "/register/check"
    assert "Nguyễn Thị Hoa" in soup(client.get("/register/check")).get_text()


def test_the_id_number_may_come_later(client: Any, world: Any, province: Any) -> None:
    walk(client, confirm_phone(client, world, province), until="/register/id")
    assert submit(client, "/register/id", {"later": "1", "id_number": ""}).headers["Location"] == "/register/place"


@pytest.mark.parametrize(
    ("step", "data", "says", "kept"),
    [
        ("name", {"name": "Trần 2"}, "name", "Trần 2"),
        ("id", {"id_number": "12345678"}, "id_number", "12345678"),
        ("id", {"id_number": ""}, "id_number", None),
        ("place", {"place": "Không Có Xã Này", "hamlet": "Ấp 9"}, "place", "Ấp 9"),
        ("place", {"place": ""}, "place", None),
        ("grown", {"grown": ""}, "grown", None),
        ("grown", {"grown": "x" * 301}, "grown", "x" * 301),
        ("selling", {"food_safety": "commitment"}, "payment", None),
        ("selling", {"food_safety": "all", "payment": "yes"}, "food_safety", None),
        ("consents", {"service": "yes"}, "public_page", None),
    ],
)
def test_a_wrong_answer_is_told_at_its_question_and_kept(
    client: Any, world: Any, province: Any, step: str, data: dict[str, str], says: str, kept: str | None
) -> None:
    walk(client, confirm_phone(client, world, province), until=f"/register/{step}")
    before = province.scalar(select(func.count()).select_from(AuditRow))
    answer = submit(client, f"/register/{step}", data)
    page = soup(answer)
    assert answer.status_code == 400
    assert page.title.text.startswith("Lỗi:")
    link = page.find(class_="error-summary").find("a")["href"]
    assert link.startswith(f"#{says}")
    assert page.find(id=link[1:]) is not None
    if kept:
        assert kept in answer.get_data(as_text=True)
    assert province.scalar(select(func.count()).select_from(AuditRow)) == before


def test_an_old_name_leads_to_the_communes_of_today(client: Any, world: Any, province: Any) -> None:
    walk(client, confirm_phone(client, world, province), until="/register/place")
    asked = submit(client, "/register/place", {"place": "Tân Hòa, Bến Lức", "hamlet": ""})
    assert asked.headers["Location"] == "/register/place?choose=1"
    page = soup(client.get(asked.headers["Location"]))
    choices = page.find_all("input", {"name": "unit"})
    assert len(choices) > 1
    assert page.find("input", {"name": "place"})["value"] == "Tân Hòa, Bến Lức"
    nothing = submit(client, "/register/place", {"place": "Tân Hòa, Bến Lức"}, page=asked.headers["Location"])
    assert nothing.status_code == 400
    chosen = {"place": "Tân Hòa, Bến Lức", "unit": choices[0]["value"]}
    saved = submit(client, "/register/place", chosen, page=asked.headers["Location"])
    assert saved.headers["Location"] == "/register/grown"


def test_a_unit_that_was_not_offered_is_not_taken(client: Any, world: Any, province: Any) -> None:
    walk(client, confirm_phone(client, world, province), until="/register/place")
    submit(client, "/register/place", {"place": "Tân Hòa, Bến Lức"})
    data = {"place": "Tân Hòa, Bến Lức", "unit": "80@20250701"}
    assert submit(client, "/register/place", data, page="/register/place?choose=1").status_code == 400


def test_a_known_id_number_is_refused_without_saying_whose(client: Any, world: Any, province: Any, app: Any) -> None:
    walk(client, confirm_phone(client, world, province))
    submit(client, "/register/check", {})
    other = app.test_client()
    walk(other, confirm_phone(other, world, province, "0912 000 001"), until="/register/id")
    answer = submit(other, "/register/id", ANSWERS["id"])
    assert answer.status_code == 400
    assert "Hạnh" not in answer.get_data(as_text=True)


def test_a_wrong_code_begins_nothing(client: Any, world: Any, province: Any) -> None:
    submit(client, "/register", {"phone": "0966496171"})
    answer = submit(client, "/register/code", {"code": "12345"})
    assert answer.status_code == 400
    assert province.scalar(select(func.count()).select_from(Draft)) == 0


def test_signs_that_nobody_sees_are_dropped(client: Any, world: Any, province: Any) -> None:
    walk(client, confirm_phone(client, world, province), until="/register/place")
    asked = submit(client, "/register/place", {"place": "Tân Thạnh\x00", "hamlet": "Ấp\x07 3"}).headers["Location"]
    chosen = {"unit": soup(client.get(asked)).find("input", {"name": "unit"})["value"]}
    submit(client, "/register/place", {"place": "Tân Thạnh\x00", "hamlet": "Ấp\x07 3", **chosen}, page=asked)
    submit(client, "/register/grown", {"grown": "Thanh\x00 long"})
    submit(client, "/register/selling", ANSWERS["selling"])
    submit(client, "/register/consents", ANSWERS["consents"])
    assert submit(client, "/register/check", {}).headers["Location"] == "/register/done"
    made = province.scalars(select(Organisation)).one()
    assert (made.place_raw, made.hamlet, made.grown) == ("Tân Thạnh", "Ấp 3", "Thanh long")


def test_strangers_reach_no_step(client: Any, province: Any) -> None:
    for path in ("/register/name", "/register/check", "/register/done", "/my", "/my/consents", "/my/trail"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/sign-in")
    assert client.get("/register/code").headers["Location"] == "/register"


def test_a_step_without_a_draft_is_gone(client: Any, world: Any, province: Any) -> None:
    from tests.portal.people.test_sign_in import sign_in_by_code

    sign_in_by_code(client, world, province, "0966496171")
    assert client.get("/register/name").status_code == 404


def test_the_pages_stay_small(client: Any, world: Any, province: Any) -> None:
    confirm_phone(client, world, province)
    for step in ANSWERS:
        assert len(client.get(f"/register/{step}").get_data()) < 30_000
