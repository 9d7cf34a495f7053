"""What changed, who falls behind, who is not there yet: figures and rows agree, a file holds what its page does."""

import csv
import io
from typing import Any

from portal.sheets import cell_text
from portal.teams.models import Assisted
from tests.portal.desk.conftest import Scene
from tests.portal.onboarding.making import officer
from tests.portal.onboarding.test_shop_pages import officer_client
from tests.portal.onboarding.walking import soup
from tests.portal.teams.making import joined, new_member


def rows(answer: Any) -> list[list[str]]:
    """Return the cells of a page's one table."""
    table = soup(answer).find("main").find("table")
    body = table.find("tbody").find_all("tr") if table else []
    return [[" ".join(cell.get_text(" ").split()) for cell in row.find_all(["th", "td"])] for row in body]


def file_rows(answer: Any) -> list[list[str]]:
    """Return the rows of a file, without its heading."""
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))[1:]


def test_communes_are_ranked_by_households_with_nothing_on_sale(
    client: Any, app: Any, world: Any, scene: Scene, commune: str, other: str
) -> None:
    for unit, stages in ((commune, ["created", "listed"]), (other, ["created", "eligible", "first_sale"])):
        for stage in stages:
            scene.household(unit, until=stage)
    scene.household(other, until=None)
    scene.session.commit()
    browser = officer_client(app, world, role="province_officer", unit=None)
    shown = rows(browser.get("/officer/behind?lang=en"))
    assert [row[1:5] for row in shown] == [["3", "1", "2", "33 %"], ["2", "1", "1", "50 %"]]
    assert "Mộc Hóa" in shown[0][0]
    kept = file_rows(browser.get("/officer/behind?lang=en&format=csv"))
    assert [[*row[:4], f"{row[4]} %", row[5]] for row in kept] == shown
    links = soup(browser.get("/officer/behind")).find("table").find_all("a")
    assert [len(rows(browser.get(link["href"]))) for link in links] == [2, 1]  # the figure is the number of its rows
    hers = officer_client(app, world, unit=commune, phone="0912345679")
    assert [row[1:4] for row in rows(hers.get("/officer/behind"))] == [["2", "1", "1"]]


def test_households_stand_at_the_first_stage_they_lack(
    client: Any, app: Any, world: Any, scene: Scene, commune: str
) -> None:
    late = scene.household(commune, until="approved")
    world.clock.move(days=3)
    begun, done = scene.household(commune, until="created"), scene.household(commune, until="listed")
    none = scene.household(commune, until=None)
    scene.session.commit()
    browser = officer_client(app, world, unit=commune)
    shown = rows(browser.get("/officer/not-yet?lang=en"))
    assert [row[0] for row in shown] == [late.reference, begun.reference]
    assert [row[2] for row in shown] == ["Being eligible", "An officer's approval"]
    assert shown[0][3] == "3 days"
    kept = file_rows(browser.get("/officer/not-yet?lang=en&format=csv"))
    assert [row[:3] for row in kept] == [row[:3] for row in shown]
    for stage, expected in (
        ("created", none), ("approved", begun), ("eligible", late), ("first_sale", done),
    ):  # fmt: skip
        assert [row[0] for row in rows(browser.get(f"/officer/not-yet?waits={stage}"))] == [expected.reference]
    assert soup(browser.get("/officer/not-yet?waits=phone_confirmed")).find(class_="empty") is not None
    assert browser.get("/officer/not-yet?waits=nothing").status_code == 404
    beyond = browser.get("/officer/not-yet?waits=created&page=9")
    assert (beyond.status_code, beyond.headers["Location"]) == (302, "/officer/not-yet?waits=created")


def test_a_team_that_registered_nobody_for_a_month_is_quiet(
    client: Any, app: Any, world: Any, scene: Scene, commune: str, other: str
) -> None:
    busy, old, _never = (scene.team(commune, name) for name in ("Tổ bận", "Tổ cũ", "Tổ chưa"))
    for place, (team_id, days) in enumerate(((old, 0), (busy, 20))):
        member = joined(scene.session, world, new_member(team_id))[0]
        world.clock.move(days=days)
        now = world.clock.now()
        scene.session.add(
            Assisted(
                kind="register", state="done", member_id=member.id, team_id=team_id, unit_id=commune,
                login_id=officer(scene.session, world, unit=commune).login_id, phone_index=str(place),
                opened_at=now, seen_at=now, ended_at=now,
            )
        )  # fmt: skip
    world.clock.move(days=11)
    scene.team(commune, "Tổ mới")
    scene.session.commit()
    browser = officer_client(app, world, unit=commune, phone="0912345670")
    shown = rows(browser.get("/officer/behind?show=quiet&lang=en"))
    assert [(row[0], row[2]) for row in shown] == [("Tổ chưa", "None so far"), ("Tổ cũ", "22/11/2026")]
    assert [row[0] for row in file_rows(browser.get("/officer/behind?show=quiet&format=csv"))] == ["Tổ chưa", "Tổ cũ"]
    assert rows(browser.get("/officer/behind?show=no_team")) == []
    hers = officer_client(app, world, unit=other, phone="0912345679")
    assert [row[5] for row in rows(hers.get("/officer/behind?show=no_team"))] == ["0"]
    assert browser.get("/officer/behind?show=else").status_code == 404


def test_changes_are_told_without_a_name(
    client: Any, app: Any, world: Any, scene: Scene, commune: str, other: str
) -> None:
    made, made_too, _theirs = (scene.registration(unit) for unit in (commune, commune, other))
    scene.session.commit()
    browser = officer_client(app, world, unit=commune, phone="0912345679")
    page = browser.get("/officer?lang=en").get_data(as_text=True)
    assert "A registration was sent for approval." in page
    assert "Hạnh" not in page
    listed = rows(browser.get("/officer/changes?act=household.submitted&lang=en"))
    assert sorted(row[2] for row in listed) == sorted([made.reference, made_too.reference])
    assert {row[1] for row in listed} == {"the household"}
    kept = file_rows(browser.get("/officer/changes?act=household.submitted&lang=en&format=csv"))
    assert [row[4] for row in kept] == [row[2] for row in listed]
    assert "Hạnh" not in browser.get("/officer/changes").get_data(as_text=True)
    assert browser.get("/officer/changes?act=person.signed_in").status_code == 404


def test_a_cell_that_looks_like_a_formula_is_made_harmless() -> None:
    assert [cell_text(one) for one in ("=1+1", "+84", "-2", "@a", "\ta", "\n=1", "＝1+1", "chanh", -2, None)] == [
        "'=1+1", "'+84", "'-2", "'@a", "'\ta", "'\n=1", "'＝1+1", "chanh", "-2", "",
    ]  # fmt: skip
