"""The accountant's day in a real Chromium: a gateway's file, a difference, the bank's statement, the close, books."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from python_calamine import CalamineWorkbook

from payments.days import COMPACT, business_date, to_local
from portal.db import begin, db
from tests.browser.conftest import axe, no_sideways_scrolling, shot
from tests.payments.scene import ask, hear, ipn, try_vnpay, vnpay
from tests.payments.settlement.days import csv, row
from tests.payments.settlement.test_statements import lines_of, written
from tests.portal.cashier.test_accounts_pages import browser_of, duty
from tests.portal.cashier.test_in_chromium import Running, running  # noqa: F401  the fixture

Opened = Callable[[str], Page]


def a_day(running: Running, folder: Path) -> tuple[Path, Path, str]:  # noqa: F811
    """Have two payments come by VNPay; return its file with a wrong sum, a bank statement, and a code still unpaid."""
    with running.app.app_context():
        now, payee = running.world.clock.now(), running.school.payee
        day = business_date(now).isoformat()
        with begin() as session:
            for number, amount in ((14000001, 450_000), (14000002, 600_000)):
                attempt = try_vnpay(session, ask(session, payee, amount, now=now), key=f"k{number}", now=now)
                told = {"vnp_TransactionNo": str(number), "vnp_PayDate": to_local(now, COMPACT)}
                hear(session, vnpay(), ipn(attempt, **told), now=now)
            waits, by_code, in_part = (
                ask(session, payee, amount, now=now).code for amount in (70_000, 150_000, 80_000)
            )
        rows = [row(14000001, 450_000, business_date=day), row(14000002, 590_000, business_date=day)]
        lines = [
            ("FT01", f"{by_code} chuyen tien", 150_000), ("FT02", "nop tien hoc cho con", 70_000),
            ("FT03", f"{in_part} nop truoc", 30_000),
        ]  # fmt: skip
        statement = written(folder, lines_of(lines, account=payee.account, day=day))
        db.session.remove()
    return csv(folder, rows, day=day), statement, waits


def looked_at(page: Page, name: str) -> None:
    """Hold a page to what every page owes, on a phone and on a desk."""
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        no_sideways_scrolling(page)
        assert axe(page) == []
        shot(page, f"accountant-{name}-{width}")


@pytest.fixture
def opened(chromium: Browser, running: Running) -> Opened:  # noqa: F811
    """Return how a page is opened for the holder of a session; a fault in it fails the test."""

    def open_for(cookie: str) -> Page:
        context = chromium.new_context(viewport={"width": 360, "height": 780}, accept_downloads=True)
        for name, value in (("session", cookie), ("lang", "en")):
            context.add_cookies([{"name": name, "value": value, "url": running.url}])
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        return page

    return open_for


@pytest.mark.browser
def test_the_accountants_day_from_the_file_to_the_books(
    opened: Opened, running: Running, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    file, statement, waits = a_day(running, tmp_path)
    with running.app.app_context():
        school, people = running.school, []
        people.append(browser_of(running.app, running.world, "0912000001", "province_officer"))
        people.append(duty(running.app, running.world, school, "0912000002", "reconcile", "approve"))
        cookies = [one.get_cookie("session").value for one in people]
        db.session.remove()
    officer, page = (opened(cookie) for cookie in cookies)
    officer.goto(f"{running.url}/accounts")
    officer.get_by_label("Whose file is it?").select_option("vnpay")
    officer.get_by_label("The file, CSV or XLSX").set_input_files(file)
    officer.get_by_role("button", name="Read it in").click()
    expect(officer.locator("h1")).to_contain_text("File of VNPay")
    looked_at(officer, "file")

    page.goto(f"{running.url}/accounts")
    looked_at(page, "overview")
    page.get_by_role("link", name="Amount differs").click()
    expect(page.locator("main")).to_contain_text("₫590,000")
    looked_at(page, "difference")
    page.get_by_label("Why is it settled?").fill("VNPay, thư ngày 23/3")
    page.get_by_role("button", name="It is settled").click()
    expect(page.locator("main")).to_contain_text("Nothing else waits for you here.")

    page.get_by_role("link", name="Back to the list").click()
    page.get_by_label("The statement, CSV or XLSX").set_input_files(statement)
    page.get_by_role("button", name="Read the statement in").click()
    expect(page.locator("h1")).to_contain_text("Statement of account")
    expect(page.locator("main")).to_contain_text("New: they pay what their code says")
    looked_at(page, "statement")
    page.get_by_role("link", name="nop tien hoc cho con").click()
    page.get_by_label("Payment code").fill(waits)
    page.get_by_role("button", name="Give it to this request").click()
    expect(page.locator("main")).to_contain_text(f"Given to payment {waits}")
    expect(page.locator("main")).to_contain_text("Nothing else waits for you here.")
    looked_at(page, "worked")

    looks_at_what_is_odd(page, running)
    closes_the_day(opened(running.cookie), running)
    page.goto(f"{running.url}/accounts")
    page.get_by_role("link", name="Balances and day book of the days that you choose").click()
    page.get_by_role("link", name="This month").click()
    looked_at(page, "books")
    with page.expect_download() as came:
        page.get_by_role("link", name="Save as XLSX").click()
    came.value.save_as(tmp_path / "books.xlsx")
    day_book = CalamineWorkbook.from_path(str(tmp_path / "books.xlsx")).get_sheet_by_index(0).to_python()
    total: list[Any] = day_book[-1][-2:]
    # The payments, their fees, what the bank's lines brought, and the sum that waited once and was given on.
    assert total == [450_000 + 600_000 + 2 * 2_200 + 150_000 + 30_000 + 2 * 70_000] * 2


def looks_at_what_is_odd(page: Page, running: Running) -> None:  # noqa: F811
    """Take from the list what was paid in part: it is known, and the payer pays the rest."""
    page.goto(f"{running.url}/exceptions")
    expect(page.locator("main")).to_contain_text("To look at: 1")
    looked_at(page, "odd")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="I have looked at these").click()
    expect(page.locator("main")).to_contain_text("Nothing is out of the ordinary")
    page.get_by_role("link", name="Looked at: 1").click()
    expect(page.locator("main")).to_contain_text("Paid too little")
    looked_at(page, "odd-looked-at")


def closes_the_day(page: Page, running: Running) -> None:  # noqa: F811
    """Close the desk's day as its cashier."""
    page.goto(f"{running.url}/till/day")
    page.get_by_role("button", name="Close the day").click()
    expect(page.locator("main")).to_contain_text("The day is closed.")
    looked_at(page, "day")
