"""The officer sees a copied code, recalls its lot, closes the recall with a second person; shoppers see it first."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import look, sign_in_by_link, visit
from tests.supervisor import Portal

BATCH = 1
"""The demo's first batch, of the cooperative in Tầm Vu: all of its stamps are on one lot."""


@pytest.fixture
def width() -> int:
    return 1280


def test_copied_goods_are_seen_recalled_and_cancelled_by_two(page: Page, portal: Portal, width: int) -> None:
    browser = page.context.browser
    assert browser is not None
    phone = browser.new_context(viewport={"width": 360, "height": 780}, java_script_enabled=False, locale="vi-VN")
    second = browser.new_context(viewport={"width": 1280, "height": 900}, locale="vi-VN")
    shopper, colleague = phone.new_page(), second.new_page()
    (code,) = portal.flask("stamps", "codes", str(BATCH), "--from", "11", "--to", "11")["codes"]
    serial = code.rsplit("/", 1)[1]
    for _time in range(3):
        visit(shopper, portal, code)
    expect(shopper.locator("h1")).to_contain_text("có dấu hiệu bị sao chép")

    sign_in_by_link(page, portal, "province_officer")
    visit(page, portal, "/officer/watch?show=often")
    expect(page.locator("main")).to_contain_text(" ".join(serial[at : at + 5] for at in range(0, 20, 5)))
    look(page, "watch-often", width)
    visit(page, portal, f"/officer/recalls/new?code={serial}")
    page.get_by_role("link", name=re.compile("^Thu hồi lô")).click()
    page.locator("textarea[name=instruction]").fill("Trả lại nơi bán để được hoàn tiền.")
    page.get_by_role("button", name="Thu hồi ngay").click()
    page.wait_for_url(re.compile(r"/officer/recalls/rc_\w+$"))
    look(page, "recall-open", width)
    visit(shopper, portal, code)
    expect(shopper.locator("h1")).to_contain_text("THU HỒI từ")

    page.locator("input[name=note]").fill("Đã gom đủ hàng")
    page.get_by_role("button", name="Đã thu đủ hàng: hủy các tem").click()
    expect(page.locator("main")).to_contain_text("người thứ hai")
    visit(shopper, portal, code)
    expect(shopper.locator("h1")).to_contain_text("THU HỒI từ")  # until the second person agrees
    sign_in_by_link(colleague, portal, "commune_officer")
    visit(colleague, portal, "/officer/void-requests")
    look(colleague, "second-person", width)
    colleague.get_by_role("button", name="Đồng ý: hủy").first.click()
    colleague.wait_for_load_state()
    visit(shopper, portal, code)
    expect(shopper.locator("h1")).to_contain_text("đã bị hủy")
    phone.close()
    second.close()
