"""Every page of the table of routes that a person can open is opened, at a phone's width and at a desk's.

People's errands lead to most of them; the links on each page lead to the rest. A page that nobody is led to is named
below with its reason, so a new page without a way to it turns this red.
"""

import re
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from PIL import Image
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect

from portal import create_app
from portal.routes import GUARDS
from tests.browser import people, test_path, test_paying, test_teams
from tests.browser.conftest import axe
from tests.engines import Engines
from tests.supervisor import Portal

WIDTHS = (360, 1280)
PHONES = ("0938 111 361", "0935 333 128", "0936 333 128", "0937 333 128")
MACHINES = (  # files, answers for programs, and doors that only lead on
    *("static", "bootstrap.static", "openapi.spec", "adoption_api.", "ngsi.", "epcis.", "v1.", "log.", "pay_hooks."),
    *("site.healthz", "site.readyz", "site.metrics", "site.language", "site.sandbox", "places.search"),
    *("catalogue.photo", "teams.slip_paper", "pay.receipt_paper", "scan.proof", "scan.resolver"),
    *("cashier.live_till", "pay.live_request", "pay.returned"),
)
NOT_LED_TO = {
    "desk.case_page": "opens when a partner's answer could not be placed",
    "lots.asked": "opens when a file about a lot was asked for",
    "onboarding.officer_claim": "opens when a household claimed a list's record",
    "recalls.recall": "opens when a lot was recalled",
    "registers.certificate": "opens when a certificate was recorded",
    "registers.paper": "opens when a certificate was recorded",
    "registers.safe_chain": "opens when a safe chain was recorded",
    "registers.safe_chain_file": "opens when a safe chain was recorded",
    "stamps.lot": "leads on to a new lot where the product has none",
    "stamps.print_file": "opens when more labels were asked for than fit one answer",
    "stamps.print_page": "opens when more labels were asked for than fit one answer",
    "onboarding.my_place": "opens when the owner's commune was parted",
    "onboarding.officer_place": "opens when a commune was parted",
    "onboarding.officer_roster": "opens when a list was sent",
    "onboarding.officer_roster_columns": "opens when a list was sent",
    "stamps.activate": "the second question of a lot, after its form",
    "teams.change_code": "the second question of a change of phone, after its form",
    "people.authenticator": "for those who have no second step yet; the demo's people have theirs",
    "people.authenticator_new": "for those who have no second step yet; the demo's people have theirs",
}


class Visitor:
    """Looks once at each page that it comes to, however it came there."""

    def __init__(self, portal: Portal, urls: MapAdapter) -> None:
        self.portal, self.urls = portal, urls
        self.seen: set[str] = set()
        self.faults: list[Any] = []

    def endpoint(self, address: str) -> str | None:
        """Return the endpoint of an address of ours that answers with a page, or None."""
        path = address.removeprefix(self.portal.url).split("?")[0].split("#")[0]
        if not path.startswith("/") or "format=" in address:
            return None
        try:
            found = str(self.urls.match(path, method="GET")[0])
        except (HTTPException, RequestRedirect):
            return None
        return None if found.startswith(MACHINES) else found

    def look(self, page: Page, *_: Any) -> None:
        """Hold the page that stands open to what every page owes, unless its like was seen."""
        name = self.endpoint(page.url)
        if name is None or name in self.seen:
            return
        self.seen.add(name)
        before = page.viewport_size
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                self.faults.append((name, width, "scrolls sideways"))
            self.faults += [(name, width, one) for one in axe(page)]
        if before:
            page.set_viewport_size(before)
        if page.locator("h1").count() != 1:
            self.faults.append((name, "has not one h1"))
        if not page.title().endswith("Chợ Số") and name != "adoption.television":
            self.faults.append((name, "title", page.title()))

    def press(self, page: Page) -> None:
        """Look, then press Continue."""
        self.look(page)
        people.Page.get_by_role(page, "button", name="Tiếp tục").click()

    def follow(self, page: Page, *starts: str) -> None:
        """Open these pages and all that their links lead to, each kind of page once."""
        due, wanted = deque(starts), set(starts)
        while due:
            address = due.popleft()
            name = self.endpoint(address)
            if name is None or (name in self.seen and address not in wanted):
                continue
            wanted.discard(address)
            answer = page.goto(self.portal.url + address.removeprefix(self.portal.url))
            if answer is None or answer.status >= 400:
                self.faults.append((name, address, answer and answer.status))
            self.look(page)
            due.extend(
                page.eval_on_selector_all("main a[href], nav a[href], footer a[href]", "all => all.map(a => a.href)")
            )


@pytest.fixture
def visitor(portal: Portal, engines: Engines, engine_name: str, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    """A visitor who comes along on every errand."""
    urls = create_app(engines.settings(engines.fresh(engine_name))).url_map.bind("127.0.0.1")
    made = Visitor(portal, urls)
    for module in (people, test_path, test_teams):
        monkeypatch.setattr(module, "go_on", made.press)
    for module in (people, test_path, test_paying, test_teams):
        monkeypatch.setattr(module, "look", made.look)
    return made


def fresh(chromium: Browser) -> Page:
    """Return somebody else's browser."""
    return test_teams.fresh(chromium, WIDTHS[0])[1]


def officers_and_sellers(visitor: Visitor, chromium: Browser, photo: Path) -> None:
    """Follow the strangers, the officer, the household and the admin."""
    portal, stranger, officer, owner = visitor.portal, fresh(chromium), fresh(chromium), fresh(chromium)
    visitor.follow(
        stranger, "/", "/s/", "/s/ABC", "/sign-in", "/register", "/docs", "/docs/components", "/dashboard/tv"
    )
    reference = people.register_household(owner, portal, phone=PHONES[0], name="Nguyễn Thị Mười", width=0)
    people.approve_household(officer, portal, reference=reference, width=0)
    visitor.follow(officer, "/officer", "/officer/rosters/new")
    product = people.add_product(owner, portal, name="Mít nhà Mười", photo=photo, width=0)
    code = test_path.order_stamps(owner, portal, product, 0)
    visitor.follow(owner, "/my", f"/my/products/{product}", "/my/stamps", "/my/roles")
    visitor.follow(stranger, re.sub(r"^HTTP://[^/]+", "", code), f"/products/{product}")


def teams_and_owners(visitor: Visitor, chromium: Browser) -> None:
    """Follow a team's member, and the owner who was helped."""
    portal, officer, member, owner = visitor.portal, fresh(chromium), fresh(chromium), fresh(chromium)
    test_teams.found_team(officer, portal, name="Tổ đi hết các trang", member=PHONES[1], width=0)
    test_teams.sign_in(member, portal, PHONES[1], to="/team")
    test_teams.help_household(member, portal, member=PHONES[1], phone=PHONES[2], width=0)
    visitor.follow(member, member.url, "/team", "/officer/places")
    test_teams.owner_undoes(owner, portal, phone=PHONES[2], width=0)


def cashiers_and_payers(visitor: Visitor, chromium: Browser) -> None:
    """Follow a payment from the till to the receipt."""
    portal, cashier, payer = visitor.portal, fresh(chromium), fresh(chromium)
    link = test_paying.ask(cashier, portal, 0)
    visitor.follow(cashier, cashier.url)
    visitor.follow(payer, link)
    payer.goto(portal.url + link)
    payer.get_by_role("button", name="VNPay").click()
    payer.wait_for_url(re.compile(r":\d+/vnpay/pay"))
    payer.get_by_role("button", name=re.compile("^(Thanh toán|Trả|Pay)")).first.click()
    payer.wait_for_url(re.compile("/pay/"))
    cashier.goto(cashier.url)
    cashier.locator(".paid a[data-link]").wait_for(timeout=60_000)
    visitor.follow(payer, str(cashier.locator("a[data-link]").get_attribute("href")))
    payer.goto(portal.url + link + "/vietqr")
    visitor.look(payer)


def test_every_page_that_a_person_can_open(visitor: Visitor, chromium: Browser, tmp_path: Path) -> None:
    photo = tmp_path / "mit.jpg"
    Image.effect_mandelbrot((900, 700), (-2, -1.5, 1, 1.5), 60).convert("RGB").save(photo, "JPEG")
    officers_and_sellers(visitor, chromium, photo)
    teams_and_owners(visitor, chromium)
    cashiers_and_payers(visitor, chromium)
    pages = {name for name, methods in GUARDS.items() if "GET" in methods and not name.startswith(MACHINES)}
    assert visitor.faults == []
    assert pages - visitor.seen - set(NOT_LED_TO) == set()
    assert set(NOT_LED_TO) <= pages
