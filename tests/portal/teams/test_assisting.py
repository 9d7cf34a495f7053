"""A member registers a household on its behalf: own code, read-back, own commune; the owner sees it and undoes it."""

from typing import Any

import pytest
from sqlalchemy import select

from portal.audit import AuditRow, broken_rows
from portal.onboarding.models import Draft, Organisation, Person
from portal.people.models import Consent, Login
from portal.teams.due import STEPS
from portal.teams.models import Assisted, Flag
from tests.portal.onboarding.walking import ANSWERS, confirm_phone, soup, submit, walk
from tests.portal.teams.helping import (
    HOUSEHOLD,
    TYPED,
    begin,
    code_in,
    help_household,
    helper,
    main,
    newest_text,
    shop,
    type_all,
)
from tests.portal.teams.making import team


def test_a_household_is_registered_in_its_presence(
    client: Any, app: Any, world: Any, province: Any, commune: str
) -> None:
    nam = helper(app, world, province, commune)
    assert soup(nam.get("/team")).find(class_="empty") is not None
    read = type_all(nam, begin(nam, world, province))
    page = soup(nam.get(read))
    assert "Nguyễn Thị Hạnh" in page.find("main").get_text()
    assert "082085012346" not in page.find("main").get_text()
    assert all(not one.has_attr("checked") for one in page.find_all("input", type="radio"))
    half = {**ANSWERS["consents"]}
    half.pop("photo")
    unanswered = submit(nam, read, half)
    assert unanswered.status_code == 400  # silence is no answer
    world.clock.move(seconds=1)
    done = submit(nam, read, ANSWERS["consents"])
    again = nam.post(read, data={"csrf_token": nam.token("/team")})
    assert done.headers["Location"] == again.headers["Location"]
    made = province.scalars(select(Organisation)).one()
    owner = province.scalars(
        select(Login).where(Login.id == province.get_one(Person, made.head_person_id).login_id)
    ).one()
    member = province.scalars(select(AuditRow).where(AuditRow.act == "household.registered")).one()
    assert (made.state, made.assisted_by, made.current_unit_id, made.hamlet) == ("submitted", "team", commune, "Ấp 3")
    assert (member.role, member.subject, member.actor == made.registered_by) == ("team_member", made.id, True)
    assert member.actor != owner.id
    given = province.scalars(select(Consent)).all()
    assert {one.purpose for one in given} == {"service", "public_page", "photo", "share:postmart"}
    assert {one.asked_by for one in given} == {made.registered_by}
    text = newest_text(world, province)
    row = province.scalars(select(Assisted)).one()
    assert text.startswith("Nam ")
    assert f"/slip/{row.slip}" in text
    assert len(text) <= 134 + len(world.settings.public_url)  # two parts of an SMS with marks, whatever the address
    assert made.reference in main(nam.get(done.headers["Location"]))
    assert "N.T. Hạnh" in main(nam.get("/team"))
    assert broken_rows(province) == []


def test_the_volunteers_own_phone_is_refused(client: Any, app: Any, world: Any, province: Any, commune: str) -> None:
    nam = helper(app, world, province, commune)
    answer = submit(nam, "/team/households/new", {"phone": "+84 938 111 222"})
    assert answer.status_code == 400
    assert "Hãy dùng số riêng của hộ." in main(answer)
    assert province.scalars(select(Assisted)).all() == []


def test_without_the_households_code_nothing_happens(
    client: Any, app: Any, world: Any, province: Any, commune: str
) -> None:
    nam = helper(app, world, province, commune)
    path = submit(nam, "/team/households/new", {"phone": HOUSEHOLD}).headers["Location"]
    base = path.removesuffix("/code")
    for step in ("name", "read"):
        assert nam.get(f"{base}/{step}").headers["Location"] == path
        assert nam.post(f"{base}/{step}", data={"csrf_token": nam.token("/team")}).headers["Location"] == path
    for _ in range(5):
        assert submit(nam, path, {"code": "000000"}).status_code == 400
    assert "mã mới" in main(submit(nam, path, {"code": code_in(newest_text(world, province))}))  # locked
    assert province.scalars(select(Draft)).all() == []
    assert "đang chờ mã" in main(nam.get("/team"))


def test_a_household_that_says_no_leaves_nothing(
    client: Any, app: Any, world: Any, province: Any, commune: str
) -> None:
    nam = helper(app, world, province, commune)
    read = type_all(nam, begin(nam, world, province))
    refused = submit(nam, read, {**ANSWERS["consents"], "service": "no"})
    assert refused.status_code == 400  # without it there is no shop
    cancel = read.removesuffix("/read") + "/cancel"
    assert nam.post(cancel, data={"csrf_token": nam.token("/team")}).status_code == 302
    province.expire_all()
    assert province.scalars(select(Draft)).one().answers_sealed is None
    row = province.scalars(select(Assisted)).one()
    assert (row.state, row.phone_sealed) == ("cancelled", None)
    assert province.scalars(select(Organisation)).all() == []
    assert nam.get(read).status_code == 409


def test_a_session_left_alone_ends(client: Any, app: Any, world: Any, province: Any, commune: str) -> None:
    nam = helper(app, world, province, commune)
    path = begin(nam, world, province).headers["Location"]
    for minutes in (14, 14, 14, 14):  # each of them within the idle limits
        world.clock.move(minutes=minutes)
        nam.get("/team")
    assert nam.get(path).status_code == 409
    (step,) = STEPS
    assert step.run(world)
    assert not step.run(world)
    province.expire_all()
    assert province.scalars(select(Assisted)).one().state == "timed_out"
    assert "hết giờ" in main(nam.get("/team"))


def test_the_owner_goes_on_alone_where_the_volunteer_left(
    client: Any, app: Any, world: Any, province: Any, commune: str
) -> None:
    nam = helper(app, world, province, commune)
    answer = begin(nam, world, province)
    submit(nam, answer.headers["Location"], TYPED["name"])
    world.clock.move(hours=3)
    mine = confirm_phone(client, world, province, HOUSEHOLD)
    assert mine.headers["Location"].endswith("/register/id")  # the name is known
    walk(client, mine)
    submit(client, "/register/check", {})
    assert province.scalars(select(Organisation)).one().assisted_by == "self"


def test_the_second_volunteer_learns_who_and_when_and_no_more(
    client: Any, app: Any, world: Any, province: Any, commune: str, other: str
) -> None:
    nam = helper(app, world, province, commune)
    help_household(nam, world, province)
    tam = helper(app, world, province, commune, phone="0938 333 444")
    known = submit(tam, "/team/households/new", {"phone": HOUSEHOLD})
    assert known.status_code == 200
    said = main(known)
    assert "Nam" in said
    assert "Tổ của 0938 111 222" in said
    for hidden in ("Hạnh", "082085", "Ấp 3", "Thanh long"):
        assert hidden not in said
    far = helper(app, world, province, other, phone="0938 555 666")
    elsewhere = submit(far, "/team/households/new", {"phone": HOUSEHOLD})
    assert elsewhere.status_code == 400
    assert "Số này đã đăng ký ở xã khác" in main(elsewhere)
    assert "Nam" not in main(elsewhere)


def test_the_same_household_twice_is_refused_and_the_fourth_on_one_phone_flagged(
    client: Any, app: Any, world: Any, province: Any, commune: str
) -> None:
    nam = helper(app, world, province, commune)
    help_household(nam, world, province)
    later = {"id": {"id_number": "", "later": "1"}}
    read = type_all(nam, begin(nam, world, province, another="1"), {**TYPED, **later})
    twice = submit(nam, read, ANSWERS["consents"])
    assert twice.status_code == 400
    assert len(province.scalars(select(Organisation)).all()) == 1
    submit(nam, read.removesuffix("/read") + "/name", {"name": "Nguyễn Văn Hai"})
    assert submit(nam, read, ANSWERS["consents"]).status_code == 302
    for number in ("Ba", "Bốn"):
        assert province.scalars(select(Flag)).all() == []
        world.clock.move(minutes=11)  # at most three codes in ten minutes go to a phone
        nam.get("/team")
        help_household(nam, world, province, another="1", typed={"name": {"name": f"Nguyễn Văn {number}"}, **later})
    flag = province.scalars(select(Flag)).one()
    assert (flag.kind, flag.detail) == ("phone_shared", {"count": 4})
    heads = province.scalars(select(Organisation.head_person_id)).all()
    assert len(set(heads)) == 4


def test_forty_a_day_are_flagged_and_eighty_are_the_end(
    client: Any, app: Any, world: Any, province: Any, commune: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.teams import assisting, flags

    monkeypatch.setattr(flags, "REGISTRATIONS_A_DAY", 1)
    monkeypatch.setattr(assisting, "MOST_A_DAY", 2)
    later = {"id": {"id_number": "", "later": "1"}}
    nam = helper(app, world, province, commune)
    help_household(nam, world, province, "0966 496 171", typed=later)
    assert province.scalars(select(Flag)).all() == []
    help_household(nam, world, province, "0966 496 172", typed=later)
    assert [one.kind for one in province.scalars(select(Flag))] == ["many_registrations"]
    full = submit(nam, "/team/households/new", {"phone": "0966 496 173"})
    assert (full.status_code, "2 hộ" in main(full)) == (400, True)
    world.clock.move(days=1)
    assert (flags.MOST_A_DAY, 40) == (80, 40)


def test_a_mates_phone_is_flagged(client: Any, app: Any, world: Any, province: Any, commune: str) -> None:
    mine = team(province, world, commune)
    nam = helper(app, world, province, commune, of=mine)
    helper(app, world, province, commune, phone=HOUSEHOLD, of=mine)
    help_household(nam, world, province)
    assert [one.kind for one in province.scalars(select(Flag))] == ["team_mates_phone"]


def test_the_slip_says_no_more_than_it_needs(client: Any, app: Any, world: Any, province: Any, commune: str) -> None:
    row = help_household(helper(app, world, province, commune), world, province)
    stranger = app.test_client()
    page = stranger.get(f"/slip/{row.slip}")
    said = main(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert shop(province, row).reference in said
    assert "0966****71" in said
    for hidden in ("Hạnh", "0966496171", "082085", "Ấp 3", "Thanh long", "Tân Thạnh"):
        assert hidden not in page.get_data(as_text=True)
    paper = stranger.get(f"/slip/{row.slip}/paper")
    assert (paper.mimetype, paper.get_data()[:5]) == ("application/pdf", b"%PDF-")
    assert stranger.get("/slip/abc").status_code == 404
    assert stranger.get("/slip/abc/paper").status_code == 404
