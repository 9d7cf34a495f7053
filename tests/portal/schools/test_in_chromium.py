"""A class list in real Chromium: sent, imported, letters, a parent pays, the class shows it, a new receipt."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.portal.cashier.test_in_chromium import Running, opened, running  # noqa: F401  a fixture
from tests.portal.schools.lists import AN, BE, write_list


@pytest.mark.browser
def test_from_the_class_list_to_a_receipt_printed_again(chromium: Browser, running: Running, tmp_path: Path) -> None:  # noqa: F811
    due = f"{running.world.clock.now() + timedelta(days=20):%d/%m/%Y}"
    rows = [{**AN, "due_date": due}, {**BE, "due_date": due}, {**BE, "pupil_code": "HS03", "amount": "x"}]
    page = opened(chromium, running)
    page.goto(f"{running.url}/classes/lists/new")
    page.locator("input[type=file]").set_input_files(str(write_list(tmp_path / "lop 1A.xlsx", rows)))
    page.get_by_role("button", name="Check the list").click()
    expect(page.locator("main")).to_contain_text("Rows that are not taken")
    page.get_by_role("button", name="Import the list").click()
    page.get_by_role("link", name="See the classes").click()
    page.get_by_role("link", name="1A").click()
    letters = str(page.get_by_role("link", name="Letters with codes").get_attribute("href"))
    assert page.request.get(running.url + letters).body().startswith(b"%PDF")
    row = page.locator("tr", has_text="HS01")
    code = row.locator("a").inner_text()
    expect(row).to_contain_text("not paid")
    parent = opened(chromium, running)
    parent.goto(running.url + str(row.locator("a").get_attribute("href")).replace("/till/", "/pay/requests/"))
    expect(parent.locator("main")).not_to_contain_text("Văn An")
    parent.get_by_role("button", name="VietQR").click()
    expect(parent.locator("h2", has_text="Waiting for the bank")).to_be_visible()
    running.bank_says(memo=code, amount=600_000, number=1, balance=600_000)
    page.reload()
    expect(page.locator("tr", has_text="HS01").get_by_text("paid", exact=True)).to_be_visible()
    expect(page.locator("tr", has_text="HS02")).to_contain_text("not paid")
    receipt_replaced(page, running)
    parent.context.close()
    page.context.close()


def receipt_replaced(page: Page, there: Running) -> None:
    """Print the receipt again, void it, and issue a new one with the next number."""
    page.goto(f"{there.url}/cashier/receipts")
    page.get_by_role("link", name="000001").click()
    where = page.url
    with page.expect_response("**/copies/2.pdf?size=a4", timeout=60_000) as answer:
        page.get_by_role("button", name="Print again, A4").click()
    assert answer.value.headers["content-type"] == "application/pdf"
    page.goto(where)
    page.get_by_text("Void this receipt").first.click()
    page.get_by_label("Why is this receipt void?").fill("Sai tên lớp")
    page.get_by_role("button", name="Void this receipt").click()
    expect(page.locator("main")).to_contain_text("Sai tên lớp")
    page.get_by_role("button", name="Issue a new receipt").click()
    expect(page.locator("h1")).to_contain_text("000002")
