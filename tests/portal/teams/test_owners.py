"""What a member did in a household's name is its owner's: she sees it, undoes it, and says yes to a new number."""

from typing import Any

from sqlalchemy import select

from portal.audit import AuditRow
from portal.onboarding.models import Draft, Person
from portal.onboarding.persons import person_name
from portal.people.models import Consent
from portal.teams.models import Assisted, Flag
from tests.portal.onboarding.making import household, registered
from tests.portal.onboarding.test_shop_pages import officer_client
from tests.portal.onboarding.walking import soup, submit
from tests.portal.teams.helping import HOUSEHOLD, NAM, code_in, help_household, helper, main, newest_text, shop


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
