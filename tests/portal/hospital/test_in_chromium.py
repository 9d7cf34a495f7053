"""A stay in real Chromium: advance, slip, the bank's word, charges, discharge, and the rest agreed to by another."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.db import db
from tests.engines import Engines
from tests.portal.cashier.test_going_back import with_duty
from tests.portal.cashier.test_in_chromium import CUT_MS, Running, opened, serving

ACCOUNT = "VCB 0071000123456 TRAN THI BE"


@pytest.fixture
def hospital(engines: Engines, database_url: str) -> Iterator[Running]:
    with serving(engines, database_url, name="Bệnh viện Cần Giuộc", kind="hospital", prefix="BV") as running:
        yield running


def second_person(chromium: Browser, running: Running) -> Page:
    """Open a page as who approves refunds."""
    with running.app.app_context():
        cookie = with_duty(running.app, running.world, running.school, "approve").get_cookie("session").value
        db.session.remove()
    return opened(chromium, Running(running.url, running.app, running.world, running.school, cookie))


@pytest.mark.browser
def test_from_the_desk_to_the_return(chromium: Browser, hospital: Running) -> None:
    page = opened(chromium, hospital)
    page.goto(f"{hospital.url}/hospital")
    page.get_by_label("Code of the stay", exact=True).fill("bn-0412")
    page.get_by_label("Patient's name").fill("Trần Thị Bé")
    page.get_by_role("button", name="Open a stay").click()
    expect(page.locator("h1")).to_have_text("Stay BN-0412")
    stay = page.url
    page.get_by_label("Advance in đồng").fill("2.000.000")
    page.get_by_role("button", name="Make the code").click()
    expect(page.locator("h1")).to_have_text("Waiting for the bank")
    code = str(page.locator("dt", has_text="Payment code").locator("xpath=../dd/span").inner_text())
    slip = str(page.get_by_role("link", name="Print a slip").get_attribute("href"))
    assert page.request.get(hospital.url + slip).body().startswith(b"%PDF")
    hospital.bank_says(memo=code, amount=2_000_000, number=1, balance=2_000_000)
    expect(page.locator("h1")).to_have_text("₫2,000,000 received", timeout=CUT_MS)
    page.goto(stay)
    page.get_by_label("Charge in đồng").fill("1.200.000")
    page.get_by_label("Reduction or exemption in đồng").fill("200k")
    page.get_by_label("Why is it reduced?").fill("Bảo hiểm y tế 80%")
    page.get_by_role("button", name="Write the charge down").click()
    expect(page.locator("table", has_text="Charges")).to_contain_text("Bảo hiểm y tế 80%")
    page.get_by_role("button", name="Discharge the patient").click()
    expect(page.locator("dl.facts")).to_contain_text("₫1,000,000")
    page.get_by_label("Bank, account number and holder").fill(ACCOUNT)
    page.get_by_role("button", name="Keep this account").click()
    expect(page.get_by_role("button", name="Give ₫1,000,000 back")).to_have_count(0)
    other = second_person(chromium, hospital)
    other.goto(stay)
    expect(other.locator("main")).to_contain_text(ACCOUNT)
    other.get_by_role("button", name="The account is right").click()
    page.reload()
    page.get_by_role("button", name="Give ₫1,000,000 back").click()
    expect(page.locator("main")).to_contain_text("You asked for this. Somebody else must agree.")
    agreed_and_transferred(other, page.url)
    page.goto(stay)
    expect(page.locator("main")).to_contain_text("Has gone back")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.context.close()
    other.context.close()


def agreed_and_transferred(page: Page, refund: str) -> None:
    """Agree to a refund, transfer it, note the bank's reference."""
    page.goto(refund)
    page.get_by_role("button", name="Agree to the refund").click()
    expect(page.locator("main")).to_contain_text(ACCOUNT)
    page.get_by_label("The bank's reference of the transfer").fill("FT26332")
    page.get_by_role("button", name="It has been transferred").click()
    expect(page.locator("main")).to_contain_text("Has gone back")
