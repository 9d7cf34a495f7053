"""The resolver's checklist: a set of links, one link of a kind, walking up, pages of product and lot, CORS."""

from typing import Any

import pytest
from sqlalchemy import func, select

from portal.stamps.resolver import link_asked
from tests.portal.onboarding.walking import soup
from tests.portal.stamps.making import GTIN, Stamps
from traceability.models import TraceStamp

VOCABULARY = "https://ref.gs1.org/voc/"
LINKSET = "application/linkset+json"
HOST = "http://localhost"
LOT = "L2026-114"
OTHER_GTIN = "00012345678905"


def links(client: Any, path: str, **more: Any) -> Any:
    """Return the one entry of a linkset."""
    answer = client.get(path, **more)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.content_type == LINKSET
    (entry,) = answer.get_json()["linkset"]
    return entry


@pytest.fixture
def batch(stamps: Stamps) -> int:
    number = stamps.issue(gtin=GTIN)
    stamps.activate(number, 0, 99)
    return number


def test_a_set_of_links_has_one_default_with_a_title_and_nothing_else(client: Any, stamps: Stamps, batch: int) -> None:
    serial = stamps.serial(batch, 0)
    paths = {
        f"/01/{GTIN}": f"{HOST}/01/{GTIN}",
        f"/01/{GTIN}/": f"{HOST}/01/{GTIN}",
        f"/01/{GTIN}/10/{LOT}": f"{HOST}/01/{GTIN}/10/{LOT}",
        f"/01/{GTIN}/21/{serial}": f"{HOST}/01/{GTIN}/21/{serial}",
        f"/01/{GTIN}/10/{LOT}/21/{serial}/": f"{HOST}/01/{GTIN}/21/{serial}",
        f"/s/{serial}": f"{HOST}/01/{GTIN}/21/{serial}",
        f"/S/{serial.lower()}/": f"{HOST}/01/{GTIN}/21/{serial}",
    }
    for path, anchor in paths.items():
        for entry in (
            links(client, f"{path}?linkType=linkset"),
            links(client, f"{path}?linkType=all"),
            links(client, path, headers={"Accept": LINKSET}),
            links(client, path, headers={"Accept": f"{LINKSET}, text/html;q=0.5"}),
        ):
            assert entry["anchor"] == anchor
            (default,) = entry[VOCABULARY + "defaultLink"]
            assert set(default) == {"href", "title"}
            assert default["href"] == anchor
            assert entry[VOCABULARY + "pip"][0]["href"] == f"{HOST}/01/{GTIN}"


def test_asking_for_links_is_no_scan_and_the_page_is_one(client: Any, stamps: Stamps, batch: int, session: Any) -> None:
    path = f"/01/{GTIN}/21/{stamps.serial(batch, 0)}"
    scanned = select(func.count()).select_from(TraceStamp)
    for asked in (f"{path}?linkType=linkset", f"{path}?linkType=gs1:pip"):
        client.get(asked)
    client.get(path, headers={"Accept": LINKSET})
    assert client.head(path).status_code == 200
    assert client.options(path).status_code == 200
    assert session.scalar(scanned) == 0
    page = client.get(path)
    assert page.mimetype == "text/html"
    assert page.headers["Link"] == f'<{HOST}{path}?linkType=linkset>; rel="linkset"; type="{LINKSET}"'
    session.expire_all()
    assert session.scalar(scanned) == 1
    assert client.get(f"{path}?linkType=gs1:defaultLink").mimetype == "text/html"


def test_a_stamp_without_a_gtin_has_links_too(client: Any, stamps: Stamps) -> None:
    serial = stamps.serial(stamps.issue(), 0)
    entry = links(client, f"/s/{serial}?linkType=linkset")
    assert entry["anchor"] == f"{HOST}/s/{serial}"
    assert VOCABULARY + "pip" not in entry
    assert client.get(f"/S/{serial}").headers["Link"].startswith(f"<{HOST}/s/{serial}?linkType=linkset>")


@pytest.mark.parametrize("written", ["gs1:pip", "https://ref.gs1.org/voc/pip", "https://gs1.org/voc/pip", "pip"])
def test_one_link_of_a_kind_by_redirect_with_the_rest_of_the_query(
    client: Any, stamps: Stamps, batch: int, written: str
) -> None:
    path = f"/01/{GTIN}/10/{LOT}/21/{stamps.serial(batch, 0)}"
    answer = client.get(path, query_string={"linkType": written, "17": "270131", "lang": "en"})
    assert answer.status_code == 307
    assert answer.headers["Location"] == f"{HOST}/01/{GTIN}?17=270131&lang=en"
    assert client.get(f"/01/{GTIN}?linkType={written}").headers["Location"] == f"{HOST}/01/{GTIN}"


def test_a_kind_that_is_not_offered_is_404_and_several_are_a_choice(client: Any, stamps: Stamps, batch: int) -> None:
    path = f"/01/{GTIN}/21/{stamps.serial(batch, 0)}"
    absent = client.get(f"{path}?linkType=gs1:recipeInfo", headers={"Accept": "application/json"})
    assert (absent.status_code, absent.get_json()["code"]) == (404, "link_type_absent")
    several = client.get(f"{path}?linkType=gs1:verificationService", headers={"Accept": "*/*"})
    assert several.status_code == 300
    page = client.get(f"{path}?linkType=gs1:verificationService", headers={"Accept": "text/html,text/plain"})
    assert page.status_code == 300
    assert len(soup(page).find("main").find_all("a")) == 2
    for_machines = client.get(f"{path}?linkType=gs1:verificationService", headers={"Accept": "application/json"})
    assert for_machines.status_code == 300
    (entry,) = for_machines.get_json()["linkset"]
    assert len(entry[VOCABULARY + "verificationService"]) == 2
    assert VOCABULARY + "defaultLink" not in entry
    for media, end in (("text/plain", "/proof"), ("text/html", "")):
        one = client.get(f"{path}?linkType=gs1:verificationService", headers={"Accept": media})
        assert one.status_code == 307
        assert one.headers["Location"] == f"{HOST}/s/{stamps.serial(batch, 0)}{end}"


def test_a_lot_s_events_are_asked_by_the_name_that_events_have(client: Any, stamps: Stamps, batch: int) -> None:
    entry = links(client, f"/01/{GTIN}/10/{LOT}?linkType=linkset")
    (events,) = entry[VOCABULARY + "epcis"]
    assert events["type"] == "application/ld+json"
    answer = client.get(events["href"].removeprefix(HOST))
    assert answer.status_code == 200


def test_what_is_unknown_walks_up_to_its_product(client: Any, stamps: Stamps, batch: int) -> None:
    for path in (f"/01/{GTIN}/10/NONE", f"/01/{GTIN}/21/NONE", f"/01/{GTIN}/10/{LOT}/21/NONE"):
        assert links(client, f"{path}?linkType=linkset")["anchor"] == f"{HOST}/01/{GTIN}"
        pip = client.get(f"{path}?linkType=gs1:pip")
        assert (pip.status_code, pip.headers["Location"]) == (307, f"{HOST}/01/{GTIN}")
    page = client.get(f"/01/{GTIN}/10/NONE")
    assert page.status_code == 200
    assert "Lô NONE chưa được ghi nhận ở đây" in page.get_data(as_text=True)
    stamp = client.get(f"/01/{GTIN}/21/NONE")
    assert stamp.status_code == 404
    assert soup(stamp).find("main").find("a", href=f"/01/{GTIN}").get_text() == "Bưởi da xanh"
    assert stamp.headers["Link"].startswith(f"<{HOST}/01/{GTIN}?linkType=linkset>")
    for path in (f"/01/{OTHER_GTIN}", f"/01/{OTHER_GTIN}?linkType=linkset", f"/01/{OTHER_GTIN}/10/L?linkType=gs1:pip"):
        gone = client.get(path, headers={"Accept": f"application/json, {LINKSET};q=0.1"})
        assert (gone.status_code, gone.get_json()["code"]) == (404, "gtin_unknown")


@pytest.mark.usefixtures("one_minute")
def test_trying_codes_by_asking_for_links_is_limited_too(client: Any, stamps: Stamps, batch: int) -> None:
    answers = [client.get(f"/01/{GTIN}/21/{n:020d}?linkType=linkset").status_code for n in range(40)]
    assert set(answers) == {200, 429}
    assert answers.index(429) == 30


def test_the_lot_s_page(client: Any, stamps: Stamps, batch: int) -> None:
    page = client.get(f"/01/{GTIN}/10/{LOT}")
    found = soup(page)
    assert found.h1.get_text() == f"Bưởi da xanh, lô {LOT}"
    text = found.find("main").get_text(" ", strip=True)
    for fact in ("Nguyễn Thị Hạnh", "xã Tân Thạnh, tỉnh Tây Ninh", "12/11/2026", "Quét tem"):
        assert fact in text
    assert len(page.get_data()) < 30_000
    assert "Set-Cookie" not in page.headers
    body = client.get(f"/01/{GTIN}/10/{LOT}", headers={"Accept": "application/json"}).get_json()
    assert body["lot"]["number"] == LOT
    assert body["product"]["gtin"] == GTIN
    assert body["recalls"] == []


def test_a_lot_number_with_a_slash_has_its_page(client: Any, stamps: Stamps, batch: int) -> None:
    stamps.lot(batch, "A/7+b")
    assert soup(client.get(f"/01/{GTIN}/10/A%2F7%2Bb")).h1.get_text() == "Bưởi da xanh, lô A/7+b"
    anchor = links(client, f"/01/{GTIN}/10/A%2F7+b?linkType=linkset")["anchor"]
    assert anchor == f"{HOST}/01/{GTIN}/10/A%2F7%2Bb"


def test_a_lot_number_with_a_slash_before_a_serial_is_a_scan(client: Any, stamps: Stamps, batch: int) -> None:
    stamps.lot(batch, "A/10/21")
    assert soup(client.get(f"/01/{GTIN}/10/A%2F10%2F21/")).h1.get_text() == "Bưởi da xanh, lô A/10/21"
    for lot in ("A%2F7", "NONE%2F21", f"{LOT}%2F1"):  # the lot is what is said, not who it is
        answer = client.get(f"/01/{GTIN}/10/{lot}/21/{stamps.serial(batch, 5)}", headers={"Accept": "application/json"})
        assert (answer.status_code, answer.get_json()["code"]) == (200, stamps.serial(batch, 5))
    for wrong, code in (
        (f"{GTIN}/10/L/7/X", "ai_unknown"),
        (f"{GTIN}/10/L/99/X", "ai_order"),
        (f"{OTHER_GTIN}/10/L/7/X", "ai_unknown"),
        (f"{GTIN}/10/A/7/21/{'9' * 21}", "ai_unknown"),
        (f"{GTIN}/21/S/10/L", "ai_order"),
    ):
        refused = client.get(f"/01/{wrong}", headers={"Accept": "application/json"})
        assert (refused.status_code, refused.get_json()["code"]) == (400, code), wrong


def test_product_and_lot_are_answered_from_their_tag_until_a_recall(client: Any, stamps: Stamps, batch: int) -> None:
    lot_id = stamps.lot(batch)
    for path in (f"/01/{GTIN}", f"/01/{GTIN}/10/{LOT}"):
        first = client.get(path)
        assert first.headers["Cache-Control"] == "no-cache"
        assert "'sha256-" in first.headers["Content-Security-Policy"]
        assert "nonce" not in first.get_data(as_text=True)
        tag = {"If-None-Match": first.headers["ETag"]}
        assert client.get(path, headers=tag).status_code == 304
    stamps.recall(lot_id)
    for path in (f"/01/{GTIN}", f"/01/{GTIN}/10/{LOT}"):
        recalled = client.get(path, headers=tag)
        assert recalled.status_code == 200
        first_thing = soup(recalled).find("main").find(True)
        assert {"verdict", "red"} <= set(first_thing["class"])
        assert "THU HỒI" in first_thing.get_text()
        assert "Trả lại nơi bán" in first_thing.get_text()
        assert "1022" in first_thing.get_text()
        (status,) = links(client, f"{path}?linkType=linkset")[VOCABULARY + "recallStatus"]
        assert "22/11/2026" in status["title"]
    stamp = links(client, f"/s/{stamps.serial(batch, 0)}?linkType=linkset")
    assert VOCABULARY + "recallStatus" in stamp


def test_any_page_may_read_and_only_read(client: Any, stamps: Stamps, batch: int) -> None:
    serial = stamps.serial(batch, 0)
    for path in (f"/01/{GTIN}/21/{serial}", f"/s/{serial}", f"/01/{GTIN}", "/01/123", f"/s/{serial}/proof"):
        answer = client.get(path)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Methods" not in answer.headers
        asked = client.options(path, headers={"Origin": "https://elsewhere.example"})
        assert asked.status_code == 200
        assert asked.headers["Access-Control-Allow-Origin"] == "*"
        assert asked.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
        assert "Access-Control-Allow-Credentials" not in asked.headers


def test_the_resolver_describes_itself(client: Any) -> None:
    about = client.get("/.well-known/gs1resolver")
    assert about.mimetype == "application/json"
    assert about.get_json()["resolverRoot"] == HOST
    assert about.get_json()["supportedPrimaryKeys"] == ["00", "01", "414"]
    assert about.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", None),
        ("*/*", None),
        ("application/json", None),
        (LINKSET, "linkset"),
        (f"text/html, {LINKSET};q=0.5", None),
    ],
)
def test_a_browser_is_never_given_links_unasked(app: Any, accept: str, kind: str | None) -> None:
    with app.test_request_context(f"/01/{GTIN}", headers={"Accept": accept}):
        assert link_asked() == kind


def test_the_number_alone_is_asked_for(client: Any) -> None:
    answer = client.get("/01/", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "gtin_length")


def test_every_printed_address_is_upper_case_and_resolves(client: Any, stamps: Stamps, batch: int) -> None:
    plain = stamps.plain_goods_batch()
    signs = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")  # what a code's alphanumeric mode holds
    for number in (batch, plain):
        for code in stamps.codes(number, 0, 4):
            assert set(code.url) <= signs
            path = code.url.removeprefix("HTTP://LOCALHOST")
            seen = client.get(path, headers={"Accept": "application/json"})
            assert seen.status_code == 200
            assert seen.get_json()["code"] == code.serial
            for other in (f"/S/{code.serial}", f"/s/{code.serial}", f"/s/{code.serial.lower()}"):
                again = client.get(other, headers={"Accept": "application/json"}).get_json()
                assert (again["code"], again["product"]) == (code.serial, seen.get_json()["product"])
