"""The list of sales without an invoice in a real Chromium: by keys alone, by thumb, on a phone and on a desk."""

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.db import db
from tests.browser.conftest import axe, no_sideways_scrolling, shot
from tests.engines import Engines
from tests.portal.cashier.test_going_back import with_duty
from tests.portal.cashier.test_in_chromium import serving
from tests.portal.receipts.test_sales import become, receipt_of, sold


def opened(chromium: Browser, url: str, cookie: str, width: int, language: str) -> Page:
    context = chromium.new_context(viewport={"width": width, "height": 800}, has_touch=width < 600)
    for name, value in (("session", cookie), ("lang", language)):
        context.add_cookies([{"name": name, "value": value, "url": url}])
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    return page


def looked_at(page: Page, name: str) -> None:
    """Hold the page to what every page owes, and keep a picture."""
    no_sideways_scrolling(page)
    assert axe(page) == []
    shot(page, f"sales-{name}-{page.viewport_size['width'] if page.viewport_size else 0}")


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_from_the_list_to_asking_for_an_invoice(
    chromium: Browser, engines: Engines, database_url: str, width: int
) -> None:
    with serving(engines, database_url, name="Cửa hàng Tân An", kind="other", prefix="CH") as running:
        with running.app.app_context():
            world, shop, client = running.world, running.school, running.app.test_client()
            first, refused, waits = (sold(client, world, shop, number) for number in (1, 2, 3))
            become(db.session, world, refused, "refused")
            become(db.session, world, waits, "requested")
            receipt_id, code = receipt_of(db.session, first).id, first.code
            accountant = with_duty(running.app, world, shop, "reconcile")
            cookie = accountant.get_cookie("session").value
            db.session.remove()
        page = opened(chromium, running.url, cookie, width, "vi")
        page.goto(f"{running.url}/cashier/sales")
        looked_at(page, "list")
        page.goto(f"{running.url}/cashier/sales?show=waiting")
        expect(page.locator("table.data tbody tr")).to_have_count(1)
        looked_at(page, "waiting")
        page.goto(f"{running.url}/cashier/sales?from=2026-05-02&to=2026-05-01")
        expect(page.locator(".error-summary")).to_be_focused()
        looked_at(page, "wrong")
        page.goto(f"{running.url}/cashier/sales?from=2020-05-01&to=2020-05-02")
        looked_at(page, "empty")
        page.goto(f"{running.url}/cashier/sales")
        link = page.get_by_role("link", name=code)
        if width < 600:
            link.tap()
        else:
            for _step in range(60):
                page.keyboard.press("Tab")
                if link.evaluate("one => one === document.activeElement"):
                    break
            page.keyboard.press("Enter")
        page.wait_for_url(f"**/receipts/{receipt_id}/invoice")
        page.context.close()
