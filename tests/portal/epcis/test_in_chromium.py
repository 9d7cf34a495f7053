"""The pages of a lot as Chromium draws them, handed over straight from the app: nothing that axe can see is wrong."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Route

from tests.portal.epcis.walking import new_lot, press, tell
from tests.portal.look.test_in_chromium import HOST, LEAVING, RULES
from tests.portal.onboarding.walking import soup
from tests.portal.stamps.making import Stamps

pytestmark = pytest.mark.browser
TODAY = {"pick": "today"}
LONG = "L" + "W" * 19


def pages_of(seller: Any, stamps: Stamps) -> dict[str, str]:
    """Return pages with their answers, empty, filled and refused, the lot's number as long as it may be."""
    product = stamps.goods().id
    drawn = {"/empty": seller.get("/my/lots").get_data(as_text=True)}
    lot = new_lot(seller, product, LONG)
    tell(seller, lot, "process", TODAY, {"amount": "7,5"})
    wrong = soup(seller.get(lot)).select_one("details a")["href"]
    drawn["/refused-day"] = press(seller, f"{lot}/ship", {"day": "2030-01-01"}).get_data(as_text=True)
    drawn["/refused-to"] = press(seller, f"{lot}/ship?day=2026-11-21", {"to": "x"}).get_data(as_text=True)
    drawn["/refused-reason"] = press(seller, wrong).get_data(as_text=True)
    shown = [
        "/my/lots", f"/my/lots/new/{product}", f"/my/lots/new/{product}?harvest=-",
        f"/my/lots/new/{product}?harvest=-&expiry=-", lot, f"{lot}/ship", f"{lot}/ship?day=2026-11-21",
        f"{lot}/ship?day=2026-11-21&to=-", f"{lot}/ship?day=2026-11-21&to=-&amount=-",
        f"{lot}/inspect?day=2026-11-21", wrong, "/my/keys", lot.removeprefix("/my"),
    ]  # fmt: skip
    return drawn | {path: seller.get(path).get_data(as_text=True) for path in shown}


def parts_of(seller: Any, drawn: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Fetch the styles and pictures of pages before the browser asks: its calls come in another context."""
    found: dict[str, dict[str, Any]] = {}
    for html in drawn.values():
        for tag in BeautifulSoup(html, "html5lib").find_all(["link", "img", "script"]):
            address = tag.get("href") or tag.get("src") or ""
            if address.startswith("/") and address not in found:
                with seller.get(address) as got:
                    found[address] = {"status": got.status_code, "headers": dict(got.headers), "body": got.data}
    return found


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_that_axe_can_see_is_wrong(chromium: Browser, seller: Any, stamps: Stamps, width: int) -> None:
    drawn = pages_of(seller, stamps)
    assert len(drawn) == 17
    context = chromium.new_context(viewport={"width": width, "height": 780})

    parts = parts_of(seller, drawn)

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HOST)
        if path in drawn:
            route.fulfill(body=drawn[path], content_type="text/html; charset=utf-8")
        else:
            route.fulfill(**parts.get(path, {"status": 404, "body": ""}))

    context.route("**/*", answer)
    page = context.new_page()
    for path in drawn:
        page.goto(HOST + path)
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate(LEAVING) == [], path
    context.close()
