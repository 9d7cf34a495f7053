"""The desk: what needs a person stands on top, oldest first, and nothing of another officer's communes is there."""

import re
from pathlib import Path
from typing import Any

from sqlalchemy import event, select

import portal
from payments import cases as money
from portal.cases import open_case
from portal.db import db
from portal.onboarding.models import Organisation
from portal.places.models import PlacesHome
from tests.portal.desk.conftest import Scene
from tests.portal.onboarding.test_shop_pages import officer_client
from tests.portal.onboarding.walking import soup


def waiting(page: Any) -> dict[str, str]:
    """Return the cards of what needs a person: name and count, in the order of the page."""
    return {
        one.find("strong").get_text(strip=True): one.find("b").get_text(strip=True) for one in page.select(".queues a")
    }


def text(page: Any) -> str:
    return " ".join(page.find("main").get_text(" ").split())


def test_an_officer_lands_on_a_desk_where_nothing_waits(client: Any, app: Any, world: Any, commune: str) -> None:
    browser = officer_client(app, world, unit=commune)
    page = soup(browser.get("/officer"))
    assert "Nothing waits for you." in text(soup(browser.get("/officer?lang=en")))
    assert page.find("header").find("a", href="/officer") is not None  # where the role's own link leads
    assert page.find(attrs={"aria-current": "page"})["href"] == "/officer"


def test_what_has_waited_longest_is_on_top(client: Any, app: Any, world: Any, scene: Scene, commune: str) -> None:
    scene.flag(commune)
    world.clock.move(days=2)
    first = scene.registration(commune)
    world.clock.move(hours=5)
    scene.registration(commune)
    scene.session.commit()
    page = soup(officer_client(app, world, unit=commune).get("/officer?lang=en"))
    assert waiting(page) == {"Odd things in helping": "1", "Households waiting for approval": "2"}
    lines = [one.find("a")["href"] for one in page.find("ol", class_="longest").find_all("li")]
    assert lines[:2] == ["/officer/flags", f"/officer/sellers/{first.id}"]
    assert "2 days" in text(page)
    assert "5 hours" in text(page)


def test_another_communes_rows_are_on_no_page(
    client: Any, app: Any, world: Any, scene: Scene, commune: str, other: str
) -> None:
    mine, theirs = scene.everything(commune), scene.everything(other)
    scene.session.commit()
    browser = officer_client(app, world, unit=commune)
    page = soup(browser.get("/officer?lang=en"))
    assert set(waiting(page).values()) == {"1"}
    assert len(waiting(page)) == 4  # registrations, places, lists, odd things
    queries = select(Organisation.reference).join(PlacesHome, PlacesHome.subject_id == Organisation.id)
    foreign = set(scene.session.scalars(queries.where(PlacesHome.area_id == other)))
    assert len(foreign) == 3
    world.clock.move(days=31)
    browser = officer_client(app, world, unit=commune, phone="0912345679")
    for path in (
        "/officer", "/officer/sellers", "/officer/places", "/officer/rosters", "/officer/flags", "/officer/behind",
        "/officer/behind?show=no_team", "/officer/behind?show=quiet", "/officer/changes",
        "/officer/not-yet", "/officer/not-yet?waits=created",
    ):  # fmt: skip
        for address in (path, path + ("&" if "?" in path else "?") + "format=csv"):
            answer = browser.get(address)
            shown = answer.get_data(as_text=True)
            assert answer.status_code == 200
            assert not [one for one in (*foreign, other, theirs.id, "Mộc Hóa") if one in shown], address
    assert mine.reference in browser.get("/officer/sellers?format=csv").get_data(as_text=True)
    assert browser.get(f"/officer/not-yet?area={other}").status_code == 404


def test_a_line_tells_nothing_that_a_person_wrote(client: Any, app: Any, world: Any, scene: Scene) -> None:
    """What a list says of a place may name people: it stands on the question's own page."""
    made = scene.unclear("nhà ông Sáu Đậu, sau chợ")
    scene.session.commit()
    browser = officer_client(app, world, role="province_officer", unit=None)
    page = soup(browser.get("/officer?lang=en"))
    (line,) = [one for one in page.find("ol", class_="longest").find_all("a") if "/places/" in one["href"]]
    assert line.get_text(strip=True) == f"Which commune is meant: {made.reference}"
    assert "ông Sáu" not in page.get_text()
    assert "ông Sáu" in browser.get(line["href"]).get_data(as_text=True)


def test_alarms_and_money_are_for_the_province(client: Any, app: Any, world: Any, scene: Scene, commune: str) -> None:
    now = world.clock.now()
    open_case(scene.session, now=now, kind="ledger.stopped", subject="notary", reason="gone")
    open_case(scene.session, now=now, kind="channel.event", subject="voso:1", reason="not_json")
    open_case(scene.session, now=now, kind="channel.dead_letter", subject="ob_1", reason="tries")
    open_case(scene.session, now=now, kind="new.thing", subject="x", reason="unheard of")
    money.open_case(scene.session, kind=money.UNMATCHED, subject_id="tx_1", payee_id=None, reason="no code", now=now)
    scene.roster(None, source="so")
    scene.session.commit()
    names = {
        "Lists waiting to be imported", "Questions about marketplaces", "Alarms of log and ledger",
        "Questions about money", "Other open cases",
    }  # fmt: skip
    browser = officer_client(app, world, role="province_officer", unit=None)
    page = soup(browser.get("/officer?lang=en"))
    assert set(waiting(page)) == names
    assert set(waiting(page).values()) == {"1"}  # the dead letter is a message, not a question
    for kind, said in (("ledger", "notary"), ("channels", "voso:1"), ("money", "tx_1"), ("others", "new.thing")):
        shown = browser.get(f"/officer/cases?kind={kind}")
        assert said in shown.get_data(as_text=True)
        here = soup(shown).find(attrs={"aria-current": "page"})["href"]
        assert here == f"/officer/cases?kind={kind}"
        assert said in browser.get(f"/officer/cases?kind={kind}&format=csv").get_data(as_text=True)
    assert browser.get("/officer/cases?kind=registrations").status_code == 404
    hers = officer_client(app, world, unit=commune, phone="0912345679")
    assert waiting(soup(hers.get("/officer"))) == {}
    assert hers.get("/officer/cases?kind=money").status_code == 403


def test_the_cost_of_the_pages_does_not_grow(client: Any, app: Any, world: Any, scene: Scene, commune: str) -> None:
    paths = ("/officer", "/officer/changes", "/officer/behind", "/officer/behind?show=quiet", "/officer/not-yet")
    scene.everything(commune)
    scene.household(commune, until="created")
    scene.session.commit()
    world.clock.move(days=31)
    browser = officer_client(app, world, unit=commune)
    few = [statements(browser, path) for path in paths]
    for number in range(6):
        scene.registration(commune)
        scene.household(commune, until="eligible")
        scene.parted(commune)
        scene.team(commune, f"Tổ {number}")
        scene.roster(commune, source=f"so {number}")
    scene.session.commit()
    assert [statements(browser, path) for path in paths] == few


def statements(browser: Any, path: str) -> int:
    """Return how many SELECTs a page takes."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append(statement)

    db.session.expunge_all()  # what a page before has read would spare this one its own reading
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert browser.get(path).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert seen
    return len(seen)


def test_every_kind_of_case_has_words(app: Any) -> None:
    sources = [path.read_text("utf-8") for path in Path(portal.__file__).parent.rglob("*.py")]
    kinds = {kind for text in sources for kind in re.findall(r'kind="([a-z]+\.[a-z_]+)"', text)}
    assert len(kinds) > 8
    assert sorted({*kinds, *money.KINDS} - set(app.extensions["case_words"])) == []
