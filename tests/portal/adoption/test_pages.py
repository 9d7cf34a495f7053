"""The dashboard, the definitions and the officers' page: what is told, to whom, and what never is."""

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup

from tests.pages import parsed
from tests.portal.adoption.conftest import ACTING, APRIL, LONG_AN, NOW, Province


@pytest.fixture
def filled(on_twenty_three_and_one_nearly_alone: None, province: Province) -> Province:
    """482 and one more would do; here are 23 households in three communes, one of them nearly alone in hers."""
    return province


def _soup(client: Any, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return parsed(answer)


def test_the_dashboard_shows_the_figures_of_a_month(client: Any, filled: Province) -> None:
    page = _soup(client, "/dashboard?period=2022-04")
    assert page.h1.get_text(strip=True) == "Long An trên Chợ Số"
    row = next(row for row in page.find_all("tr") if row.find("a", string="Hộ có tài khoản"))
    assert row.find("td").get_text(strip=True) == "23"
    assert len(page.select(".tile")) == 5  # four that always stand, and households with an account
    assert "Tây Ninh" in _soup(client, "/dashboard").h1.get_text()


def test_the_dashboard_has_no_script_and_sets_no_cookie(client: Any, filled: Province) -> None:
    answer = client.get("/dashboard?period=2022-04")
    assert "<script" not in answer.get_data(as_text=True)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "public, max-age=30"
    assert len(answer.get_data()) < 150_000
    for drawing in re.findall(r"<svg viewBox=\"0 0 400.*?</svg>", answer.get_data(as_text=True), re.S):
        assert len(drawing.encode()) <= 12_000


def test_the_line_of_months_stands_in_a_table_too(client: Any, filled: Province) -> None:
    page = _soup(client, "/dashboard?period=2022-04&indicator=HH_ACCOUNT")
    figure = page.find("figure")
    assert "23" in [cell.get_text(strip=True) for cell in figure.find("table").find_all("td")]
    assert "23" in figure.find("svg").get_text()


def test_codes_that_changed_hands_share_no_line(client: Any, filled: Province) -> None:
    page = _soup(client, "/dashboard?period=2025-09&indicator=HH_ACCOUNT")
    months = [cell.get_text(strip=True) for cell in page.find("figure").find("tbody").find_all("th")]
    assert months == ["07/25", "08/25", "09/25"]


@pytest.mark.parametrize("path", ["?period=2022-13", "?period=10/2022", "?period=2031-01", "?area=99", "?indicator=HH"])
def test_a_wrong_address_is_answered_by_a_page(client: Any, filled: Province, path: str) -> None:
    answer = client.get(f"/dashboard{path}")
    assert answer.status_code in (400, 404)
    assert BeautifulSoup(answer.get_data(as_text=True), "html5lib").h1


def test_a_definition_says_what_who_and_from_where(client: Any, filled: Province) -> None:
    text = _soup(client, "/dashboard/indicators/HH_ACCOUNT?period=2022-04").get_text(" ", strip=True)
    for part in ("Hộ có tài khoản", "Đơn vị hộ", "channel_account", "Sở Nông nghiệp và Môi trường", "places_home"):
        assert part in text
    assert client.get("/dashboard/indicators/NOTHING").status_code == 404


def test_a_demo_says_so_and_opens_on_its_month(client: Any, filled: Province) -> None:
    from portal.adoption.shown import set_shown_period

    set_shown_period(filled.session, now=NOW, acting=ACTING, period="2022-04", label="demo")
    page = _soup(client, "/dashboard")
    assert page.h1.get_text(strip=True) == "Long An trên Chợ Số"
    assert "tháng 4 năm 2022" in page.find(class_="amber").get_text()
    assert not _soup(client, "/dashboard?period=2022-05").find(class_="amber")


def test_officers_see_every_commune_live_and_others_nothing(client: Any, app: Any, filled: Province) -> None:
    from tests.portal.adoption.signing import sign_in

    filled.account(filled.seller(0, at=APRIL), at=APRIL)  # pending, not rolled up
    filled.session.commit()
    assert client.get("/officer/figures").status_code == 302
    sign_in(app, client, role="province_officer", unit_id=LONG_AN)
    page = _soup(client, "/officer/figures?period=2022-04&indicator=HH_ACCOUNT")
    rows = {
        row.find("th").get_text(strip=True): [cell.get_text(strip=True) for cell in row.find_all("td")]
        for row in page.find("table").tbody.find_all("tr")
    }
    assert len(rows) == 3
    assert sorted(int(values[0]) for values in rows.values()) == [3, 10, 11]
    sign_in(app, client, role="household", unit_id=None)
    assert client.get("/officer/figures").status_code == 403


def test_a_commune_officer_sees_her_own(client: Any, app: Any, filled: Province) -> None:
    from tests.portal.adoption.signing import sign_in

    sign_in(app, client, role="commune_officer", unit_id=filled.communes[2])
    page = _soup(client, "/officer/figures?period=2022-04&indicator=HH_ACCOUNT")
    [row] = page.find("table").tbody.find_all("tr")
    assert row.find("td").get_text(strip=True) == "10"


def test_the_leading_communes_are_named_once_the_month_is_closed(client: Any, filled: Province) -> None:
    page = _soup(client, "/dashboard?period=2022-04&indicator=HH_ACCOUNT")
    assert [row.b.get_text() for row in page.select_one(".ranks").find_all("li")] == ["11"]
    assert "2 xã không hiện" in page.get_text()  # the one with 2 households, and a second that hides it
    page = _soup(client, "/dashboard?period=2022-04&indicator=MARKETPLACE_CONN")
    assert "Các xã:" not in page.get_text()


def test_the_screen_on_the_wall_leads_itself_on(client: Any, filled: Province) -> None:
    answer = client.get("/dashboard/tv?period=2022-04")
    assert answer.headers["Refresh"] == "30; url=/dashboard/tv?page=1&period=2022-04"
    assert len(_soup(client, "/dashboard/tv?period=2022-04").select("section")) == 4
    assert len(_soup(client, "/dashboard/tv?period=2022-04&page=1").select("section")) == 1
    assert "<script" not in answer.get_data(as_text=True)
    assert _soup(client, "/dashboard/tv?page=99").select("section")


def test_a_tile_may_open_on_a_month_of_its_own(client: Any, filled: Province) -> None:
    from portal.adoption.shown import set_shown_period

    set_shown_period(filled.session, now=NOW, acting=ACTING, period="2022-05", label="demo")
    set_shown_period(filled.session, now=NOW, acting=ACTING, period="2022-04", label="demo", indicators=("HH_ACCOUNT",))
    tile = next(one for one in _soup(client, "/dashboard").select(".tile") if "Hộ có tài khoản" in one.get_text())
    assert tile.find(class_="month").get_text() == "tháng 4 năm 2022"
    assert not _soup(client, "/dashboard?period=2022-05").find(class_="month")
