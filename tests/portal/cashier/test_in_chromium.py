"""The live till in a real Chromium: green without a tap, red when nothing is heard, plain where scripts are off."""

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from portal import create_app
from portal.db import db
from tests.browser.conftest import axe, no_sideways_scrolling, shot
from tests.engines import Engines
from tests.portal.pay.making import School, cashier_browser, open_school, sepay_notice
from tests.postgres import free_port

CUT_MS = 12_000


@dataclass
class Running:
    """A portal in threads of this process over a database of its own."""

    url: str
    app: Any
    world: Any
    school: School
    cookie: str

    def bank_says(self, *, memo: str, amount: int, number: int, balance: int) -> None:
        """Send a notice of the bank over the wire."""
        body, headers = sepay_notice(self.world, self.school, memo=memo, amount=amount, number=number, balance=balance)
        request = urllib.request.Request(f"{self.url}/hooks/sepay", data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200


@pytest.fixture
def running(engines: Engines, database_url: str) -> Iterator[Running]:
    with serving(engines, database_url) as there:
        yield there


@contextmanager
def serving(engines: Engines, database_url: str, **institution: str) -> Iterator[Running]:
    """Serve a portal with one institution and its cashier."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app = create_app(engines.settings(database_url, PUBLIC_URL=url))
    world = app.extensions["world"]
    with app.app_context():
        school = open_school(world, **institution)
        cookie = cashier_browser(app, world, school).get_cookie("session").value
        db.session.remove()
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield Running(url, app, world, school, cookie)
    server.shutdown()
    thread.join(10)
    server.server_close()
    with app.app_context():
        db.engine.dispose()


def opened(chromium: Browser, running: Running, *, scripts: bool = True) -> Page:
    """Open a page as the cashier, in English; a message of the console fails the test."""
    context = chromium.new_context(viewport={"width": 360, "height": 780}, java_script_enabled=scripts)
    for name, value in (("session", running.cookie), ("lang", "en")):
        context.add_cookies([{"name": name, "value": value, "url": running.url}])
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    return page


def ask(page: Page, running: Running) -> str:
    """Ask for 450,000 by typing, Enter and nothing else; return the payment code."""
    page.goto(f"{running.url}/till")
    page.get_by_label("Amount in đồng").fill("450k")
    page.get_by_label("What is it for?").fill("Học phí tháng 11")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Waiting for the bank")
    box = page.locator(".qr svg").first.bounding_box()
    assert box
    assert box["width"] >= 240
    return str(page.locator("dt", has_text="Payment code").locator("xpath=../dd/span").inner_text())


@pytest.mark.browser
def test_the_till_turns_green_without_a_tap_and_red_when_it_hears_nothing(chromium: Browser, running: Running) -> None:
    page = opened(chromium, running)
    code = ask(page, running)
    page.route("**/cashier/live*", lambda route: route.abort())
    expect(page.locator("h1")).to_have_text("Not confirmed: don't hand over the goods", timeout=CUT_MS)
    expect(page.locator("body.unsure")).to_have_count(1)
    page.unroute("**/cashier/live*")
    expect(page.locator("h1")).to_have_text("Waiting for the bank", timeout=CUT_MS)
    expect(page.locator("body.unsure")).to_have_count(0)
    running.bank_says(memo=code, amount=450_000, number=1, balance=1_450_000)
    expect(page.locator("h1")).to_have_text("₫450,000 received", timeout=CUT_MS)
    expect(page.locator("body.paid")).to_have_count(1)
    expect(page.get_by_role("button", name="Cancel this request")).to_have_count(0)
    expect(page.locator(".qr").first).to_be_hidden()
    page.get_by_role("link", name="Print the receipt").click()
    expect(page.locator("h1")).to_have_text("Receipt")
    expect(page.locator(".amount")).to_have_text("₫450,000")
    page.context.close()


@pytest.mark.browser
def test_without_scripts_checking_again_shows_the_payment(chromium: Browser, running: Running) -> None:
    page = opened(chromium, running, scripts=False)
    code = ask(page, running)
    running.bank_says(memo=code, amount=200_000, number=1, balance=1_200_000)
    page.get_by_role("button", name="Check again").click()
    expect(page.locator("h1")).to_have_text("Paid too little by ₫250,000")
    page.get_by_role("button", name="Show a code for what is still due").click()
    running.bank_says(memo=code, amount=250_000, number=2, balance=1_450_000)
    page.get_by_role("button", name="Check again").click()
    expect(page.locator("h1")).to_have_text("₫450,000 received")
    page.context.close()


@pytest.mark.browser
def test_a_payer_chooses_and_sees_it_arrive(chromium: Browser, running: Running) -> None:
    """The whole form goes through Chromium's own Origin and policy, which no test client has."""
    till = opened(chromium, running)
    code = ask(till, running)
    till.get_by_text("Send the customer a link").click()
    link = till.locator("p", has_text="/pay/requests/").inner_text()
    page = opened(chromium, running)
    arrived: list[str] = []
    page.route("http://127.0.0.1:8001/**", lambda route: (arrived.append(route.request.url), route.fulfill(body="ok")))
    page.goto(link)
    expect(page.locator("h1")).to_have_text(running.school.payee.name)
    page.get_by_role("button", name="VNPay").click()
    page.wait_for_url("http://127.0.0.1:8001/**")
    assert "vnp_Amount=45000000" in arrived[0]
    page.go_back()
    page.goto(f"{link}?choose=1")
    page.get_by_role("button", name="VietQR").click()
    expect(page.locator("h2", has_text="Waiting for the bank")).to_be_visible()
    running.bank_says(memo=code, amount=450_000, number=1, balance=1_450_000)
    expect(page.locator("[data-says]")).to_have_text("₫450,000 received", timeout=CUT_MS)
    page.get_by_role("link", name="See what the bank said").click()
    expect(page.locator("h1")).to_have_text("₫450,000 received")
    expect(till.locator("h1")).to_have_text("₫450,000 received", timeout=CUT_MS)
    page.context.close()
    till.context.close()


@pytest.mark.browser
def test_money_for_a_canceled_request_leads_to_it_and_too_much_to_who_gives_it_back(
    chromium: Browser, running: Running
) -> None:
    page = opened(chromium, running)
    code = ask(page, running)
    page.get_by_text("Cancel this request").first.click()
    page.get_by_label("Why").fill("nghỉ học")
    page.get_by_role("button", name="Cancel this request").click()
    expect(page.locator("h1")).to_have_text("This request was cancelled")
    running.bank_says(memo=code, amount=450_000, number=1, balance=1_450_000)
    page.goto(f"{running.url}/exceptions")
    expect(page.locator("main")).to_contain_text(f"It came for {code}, which was cancelled.")
    looked_at(page, "exceptions-canceled")
    page.get_by_role("link", name=code).click()
    expect(page.locator("h1")).to_have_text("This request was cancelled")
    code = ask(page, running)
    running.bank_says(memo=code, amount=500_000, number=2, balance=1_950_000)
    page.goto(page.url.replace("/till/", "/pay/requests/"))
    expect(page.locator("main")).to_contain_text("You paid too much: see below.")
    looked_at(page, "payer-paid-too-much")
    page.context.close()


def looked_at(page: Page, name: str) -> None:
    """Hold a page at a phone's width to what every page owes, and keep its picture."""
    no_sideways_scrolling(page)
    assert axe(page) == []
    shot(page, f"{name}-360")
