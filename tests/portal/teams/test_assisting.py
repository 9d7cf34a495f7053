"""A member registers a household on its behalf: own code, read-back, own commune; the owner sees it and undoes it."""

from typing import Any

import pytest
from sqlalchemy import select

from portal.audit import AuditRow, broken_rows
from portal.onboarding.models import Draft, Organisation, Person
from portal.onboarding.persons import person_name
from portal.people.models import Consent, Login
from portal.teams.due import STEPS
from portal.teams.models import Assisted, Flag
from tests.portal.onboarding.making import household, registered
from tests.portal.onboarding.test_shop_pages import officer_client
from tests.portal.onboarding.walking import ANSWERS, confirm_phone, soup, submit, walk
from tests.portal.teams.helping import (
    HOUSEHOLD,
    NAM,
    TYPED,
    begin,
    code_in,
    help_household,
    helper,
    newest_text,
    shop,
    type_all,
)
from tests.portal.teams.making import team


def main(answer: Any) -> str:
    return str(soup(answer).find("main").get_text(" ", strip=True))


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


def test_the_owner_sees_it_and_undoes_it(client: Any, app: Any, world: Any, province: Any, commune: str) -> None:
    row = help_household(helper(app, world, province, commune), world, province)
    world.clock.move(minutes=11)
    submit(client, "/sign-in", {"phone": HOUSEHOLD})
    submit(client, "/sign-in/code", {"code": code_in(newest_text(world, province))})
    assert "Việc làm thay tôi" in main(client.get("/my"))
    listed = main(client.get("/my/helped"))
    assert "Trần Văn Nam" in listed
    assert "Thành viên tổ đã đăng ký hộ giúp bạn." in main(client.get("/my/trail"))
    undo = f"/my/helped/{row.id}/undo"
    assert submit(client, undo, {}).headers["Location"] == "/my/helped"
    province.expire_all()
    assert (shop(province, row).state, row.undone_at is not None) == ("closed", True)
    assert province.scalars(select(Consent).where(Consent.withdrawn_at.is_(None))).all() == []
    assert client.get(undo).status_code == 404
    assert [one.kind for one in province.scalars(select(Flag))] == ["undone"]
    act = province.scalars(select(AuditRow).where(AuditRow.act == "assisted.undone")).one()
    assert (act.role, act.subject) == ("household", row.organisation_id)
    officer = officer_client(app, world, unit=commune)
    odd = soup(officer.get("/officer/flags"))
    action = odd.find("main").find("form")["action"]
    assert submit(officer, action, {"note": ""}, page="/officer/flags").status_code == 400
    submit(officer, action, {"note": "Đã gọi, bà đổi ý."}, page="/officer/flags")
    assert soup(officer.get("/officer/flags")).find(class_="empty") is not None


def test_nobody_else_undoes_it(client: Any, app: Any, world: Any, province: Any, commune: str) -> None:
    row = help_household(helper(app, world, province, commune), world, province)
    registered(world, province, household("0966111222", unit=commune, id_number=None))
    province.commit()
    world.clock.move(minutes=11)
    submit(client, "/sign-in", {"phone": "0966111222"})
    submit(client, "/sign-in/code", {"code": code_in(newest_text(world, province))})
    assert client.get(f"/my/helped/{row.id}/undo").status_code == 404
    assert client.post(f"/my/helped/{row.id}/undo", data={"csrf_token": client.token("/my/helped")}).status_code == 404
    assert shop(province, row).state == "submitted"


def test_a_new_contact_number_wants_the_owners_fresh_code(
    client: Any, app: Any, world: Any, province: Any, commune: str
) -> None:
    nam = helper(app, world, province, commune)
    row = help_household(nam, world, province)
    page = f"/team/households/{row.id}/phone"
    head = province.get_one(Person, shop(province, row).head_person_id)
    before = head.phone_index
    world.clock.move(minutes=11)
    nam.get("/team")
    assert submit(nam, page, {"phone": NAM}).status_code == 400  # not his own
    code = submit(nam, page, {"phone": "0977 123 456"}).headers["Location"]
    for _ in range(4):
        assert submit(nam, code, {"code": "000000"}).status_code == 400
    world.clock.move(seconds=1)
    assert submit(nam, code, {"code": "000000"}).status_code == 403
    province.expire_all()
    assert head.phone_index == before
    assert "không có mã" in newest_text(world, province)
    refused = province.scalars(select(AuditRow).where(AuditRow.act == "assisted.refused")).one()
    assert refused.subject == row.organisation_id
    world.clock.move(seconds=1)
    code = submit(nam, page, {"phone": "0977 123 456"}).headers["Location"]
    text = newest_text(world, province)
    world.clock.move(seconds=1)
    assert submit(nam, code, {"code": code_in(text)}).headers["Location"] == "/team"
    province.expire_all()
    assert head.phone_index != before
    world.clock.move(minutes=11)
    submit(client, "/sign-in", {"phone": HOUSEHOLD})
    submit(client, "/sign-in/code", {"code": code_in(newest_text(world, province))})
    change = province.scalars(select(Assisted).where(Assisted.kind == "phone", Assisted.state == "done")).one()
    assert submit(client, f"/my/helped/{change.id}/undo", {}).status_code == 302
    province.expire_all()
    assert head.phone_index == before


def test_an_owner_with_a_shared_phone_chooses_the_household(
    client: Any, app: Any, world: Any, province: Any, commune: str
) -> None:
    nam = helper(app, world, province, commune)
    first = help_household(nam, world, province)
    world.clock.move(minutes=11)
    nam.get("/team")
    typed = {"name": {"name": "Nguyễn Văn Hai"}, "id": {"id_number": "", "later": "1"}}
    second = help_household(nam, world, province, another="1", typed=typed)
    world.clock.move(minutes=11)
    submit(client, "/sign-in", {"phone": HOUSEHOLD})
    submit(client, "/sign-in/code", {"code": code_in(newest_text(world, province))})
    page = soup(client.get("/my/roles"))
    assert "N.T. Hạnh, Ấp 3" in page.find("main").get_text()
    assert "N.V. Hai, Ấp 3" in page.find("main").get_text()
    seen = set()
    for _ in range(2):
        seen |= {one.id for one in (first, second) if client.get(f"/my/helped/{one.id}/undo").status_code == 200}
        other = soup(client.get("/my/roles")).find("main").find("form")["action"]
        assert submit(client, other, {}, page="/my/roles").headers["Location"] == "/my"
    assert seen == {first.id, second.id}
    assert client.post("/my/roles/gr_none", data={"csrf_token": client.token("/my/roles")}).status_code == 404


def test_another_household_of_a_phone_never_ends_up_in_the_correction_of_the_first(
    client: Any, app: Any, world: Any, province: Any, commune: str
) -> None:
    nam = helper(app, world, province, commune)
    first = shop(province, help_household(nam, world, province))
    officer = officer_client(app, world, unit=commune)
    page = f"/officer/sellers/{first.id}"
    submit(officer, page + "/return", {"note": "Bà ghi rõ tên xã."}, page=page)
    world.clock.move(minutes=11)
    nam.get("/team")
    submit(client, "/sign-in", {"phone": HOUSEHOLD})
    submit(client, "/sign-in/code", {"code": code_in(newest_text(world, province))})
    assert submit(client, "/my/correct", {}, page="/my").headers["Location"] == "/register/check"
    world.clock.move(minutes=11)
    nam.get("/team")
    typed = {"name": {"name": "Nguyễn Văn Hai"}, "id": {"id_number": "", "later": "1"}}
    second = shop(province, help_household(nam, world, province, another="1", typed=typed))
    province.expire_all()
    assert second.id != first.id
    assert (first.state, second.state) == ("returned", "submitted")
    assert submit(client, "/my/correct", {}, page="/my").headers["Location"] == "/register/check"
    assert submit(client, "/register/check", {}).headers["Location"] == "/register/done"
    province.expire_all()
    heads = [person_name(province.get_one(Person, one.head_person_id), world.field_keys) for one in (first, second)]
    assert (first.state, heads) == ("submitted", ["Nguyễn Thị Hạnh", "Nguyễn Văn Hai"])


def test_the_code_for_a_new_number_begins_no_registration(
    client: Any, app: Any, world: Any, province: Any, commune: str
) -> None:
    nam = helper(app, world, province, commune)
    row = help_household(nam, world, province)
    world.clock.move(minutes=11)
    nam.get("/team")
    page = f"/team/households/{row.id}/phone"
    change = submit(nam, page, {"phone": "0977 123 456"}).headers["Location"].split("/")[3]
    code = code_in(newest_text(world, province))
    answer = nam.post(f"/team/households/{change}/code", data={"code": code, "csrf_token": nam.token(page)})
    assert answer.status_code == 404
    province.expire_all()
    assert province.get_one(Assisted, change).state == "opened"
    assert province.scalars(select(Draft.state)).all() == ["sent"]
