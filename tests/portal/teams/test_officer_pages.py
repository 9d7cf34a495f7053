"""The officer's pages of teams: found, add and invite, take out, end; another commune's are missing."""

from typing import Any

from sqlalchemy import select

from portal.audit import AuditRow
from portal.people.models import Login, RoleGrant, SmsMessage
from portal.teams.models import Team, TeamMember
from tests.portal.onboarding.test_shop_pages import officer_client
from tests.portal.onboarding.walking import soup, submit
from tests.portal.teams.making import joined, new_member, team


def newest_sms(session: Any, world: Any) -> str:
    """Return the text of the message that was queued last."""
    row = session.scalars(select(SmsMessage).order_by(SmsMessage.created_at.desc(), SmsMessage.id)).first()
    return str(world.field_keys.open(row.body_sealed, place=f"sms_messages.body.{row.id}"))


def test_an_officer_founds_a_team_and_invites_its_leader(
    client: Any, app: Any, world: Any, province: Any, commune: str
) -> None:
    browser = officer_client(app, world, unit=commune)
    assert soup(browser.get("/officer/teams")).find(class_="empty") is not None
    wrong = submit(browser, "/officer/teams/new", {"name": "", "place": "Nơi không có", "hamlet": ""})
    assert (wrong.status_code, "Nơi không có" in wrong.get_data(as_text=True)) == (400, True)
    unknown = submit(browser, "/officer/teams/new", {"name": "Tổ ấp 3", "place": "Mộc Hóa", "hamlet": ""})
    assert unknown.status_code == 400  # it is not hers
    made = submit(browser, "/officer/teams/new", {"name": "Tổ ấp 3", "place": "Tân Thạnh", "hamlet": "Ấp 3"})
    assert made.status_code == 302
    row = province.scalars(select(Team)).one()
    assert (row.unit_id, row.name, row.hamlet) == (commune, "Tổ ấp 3", "Ấp 3")
    again = submit(browser, "/officer/teams/new", {"name": "tổ ấp 3", "place": "Tân Thạnh", "hamlet": "ấp 3"})
    assert again.status_code == 400
    page = made.headers["Location"]
    member = {"name": "Trần Văn Nam", "phone": "0938 111 222", "role": "leader"}
    bad = submit(browser, page + "/members", {**member, "phone": "091"}, page=page)
    assert (bad.status_code, "Trần Văn Nam" in bad.get_data(as_text=True)) == (400, True)
    world.clock.move(minutes=1)
    assert submit(browser, page + "/members", member, page=page).status_code == 302
    assert "/sign-in" in newest_sms(province, world)
    shown = soup(browser.get(page)).find("main").get_text()
    assert "Trần Văn Nam" in shown
    assert "0938111222" not in shown.replace(" ", "")
    grant = province.scalars(select(RoleGrant).where(RoleGrant.role == "team_member")).one()
    assert (grant.unit_id, grant.to_at) == (commune, None)
    twice = submit(browser, page + "/members", member, page=page)
    assert twice.status_code == 400
    assert len(soup(browser.get("/officer/teams?q=ap 3")).find("main").find_all("tbody")) == 1
    assert soup(browser.get("/officer/teams?q=khac")).find(class_="empty") is not None


def test_who_leaves_may_help_no_longer(client: Any, app: Any, world: Any, province: Any, commune: str) -> None:
    browser = officer_client(app, world, unit=commune)
    mine = team(province, world, commune)
    members = joined(province, world, new_member(mine.id, "leader"), new_member(mine.id))
    province.commit()
    page = f"/officer/teams/{mine.id}"
    world.clock.move(minutes=1)
    for one in members:
        assert submit(browser, f"{page}/members/{one.id}/invite", {}, page=page).status_code == 302
    assert len(province.scalars(select(RoleGrant).where(RoleGrant.role == "team_member")).all()) == 2
    submit(browser, f"{page}/members/{members[0].id}/end", {}, page=page)
    province.expire_all()
    ended = province.scalars(
        select(RoleGrant).where(RoleGrant.role == "team_member", RoleGrant.to_at.is_not(None))
    ).all()
    assert len(ended) == 1
    assert (members[0].to_at is not None, members[1].to_at) == (True, None)
    submit(browser, f"{page}/members/{members[0].id}/end", {}, page=page)  # pressed twice: said, nothing else
    submit(browser, f"{page}/end", {}, page=page)
    province.expire_all()
    assert (mine.to_at is not None, members[1].to_at) == (True, mine.to_at)
    acts = list(province.scalars(select(AuditRow.act).where(AuditRow.role == "commune_officer").order_by(AuditRow.id)))
    assert acts.count("team.invited") == 2
    assert acts.count("team.left") == 2
    assert acts.count("role.ended") == 2
    assert acts[-1] == "team.ended"
    assert province.scalars(select(Login)).first() is not None


def test_another_communes_team_is_missing(
    client: Any, app: Any, world: Any, province: Any, commune: str, other: str
) -> None:
    browser = officer_client(app, world, unit=commune)
    mine, theirs = team(province, world, commune), team(province, world, other)
    (member,) = joined(province, world, new_member(theirs.id))
    province.commit()
    token = {
        "csrf_token": browser.token("/officer/teams"),
        "name": "Lê Văn Tám",
        "phone": "0938 222 333",
        "role": "member",
    }
    page = f"/officer/teams/{theirs.id}"
    assert browser.get(page).status_code == 404
    for path in (
        f"{page}/members",
        f"{page}/end",
        f"{page}/members/{member.id}/end",
        f"{page}/members/{member.id}/invite",
    ):
        assert browser.post(path, data=token).status_code == 404
    mixed = f"/officer/teams/{mine.id}/members/{member.id}/end"
    assert browser.post(mixed, data=token).status_code == 404
    province.expire_all()
    assert (member.to_at, theirs.to_at) == (None, None)
    assert len(province.scalars(select(TeamMember)).all()) == 1


def test_a_team_whose_commune_was_parted_is_settled_by_a_person(
    client: Any, app: Any, world: Any, province: Any, commune: str, clock: Any
) -> None:
    """28006 became parts of three communes in 2024: its members wait for an officer, its total never moved."""
    from portal.counting import counting_many
    from portal.places.actions import apply_reform
    from tests.portal.onboarding.making import CLI, TAN_HOA
    from tests.portal.teams.helping import helper
    from tests.portal.teams.test_counts import live, mismatches

    clock.at = clock.at.replace(year=2023)
    parted = team(province, world, TAN_HOA)
    clock.at = clock.at.replace(year=2026)
    moving = lambda session, subjects, at: counting_many(session, subjects, effective_at=at)  # noqa: E731
    while apply_reform(province, now=clock.now(), acting=CLI, moving=moving):
        pass
    nam = helper(app, world, province, commune, of=parted)
    assert nam.get("/team/households/new").status_code == 409
    assert "Chưa rõ" in nam.get("/team").get_data(as_text=True)
    browser = officer_client(app, world, role="province_officer", unit=None)
    page = f"/officer/teams/{parted.id}"
    offered = [one["value"] for one in soup(browser.get(page)).find_all("input", {"name": "unit"})]
    assert len(offered) >= 2
    assert submit(browser, page + "/commune", {"unit": commune}, page=page).status_code == 404
    submit(browser, page + "/commune", {}, page=page)
    assert nam.get("/team/households/new").status_code == 409
    submit(browser, page + "/commune", {"unit": offered[0]}, page=page)
    assert nam.get("/team/households/new").status_code == 200
    assert soup(browser.get(page)).find("input", {"name": "unit"}) is None
    assert live(province, app, "2026-11", "ASSIST_TEAM") == {offered[0]: 1}
    assert live(province, app, "2026-11", "COMMUNE_COVERED") == {"80@20250701": 1}
    assert mismatches(province, world, app) == []
