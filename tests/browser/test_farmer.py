"""The farmer, on a phone: notes a harvest with one press, and tells its way, one question a page.

Ordering stamps, printing them and putting them on a lot is walked in test_path.py, on a phone too.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import go_on, look, sign_in_by_link, visit
from tests.supervisor import Portal

UNKNOWN = re.compile("^(Không biết|Người không có gian hàng ở đây)$")


@pytest.fixture
def width() -> int:
    return 360


def test_a_harvest_and_its_way(page: Page, portal: Portal, width: int) -> None:
    product = portal.flask("demo", "keys")["product"]
    sign_in_by_link(page, portal, "establishment")
    visit(page, portal, f"/my/lots/new/{product}")
    look(page, "farmer-lot-new", width)
    page.get_by_role("button", name="Hôm nay").click()
    page.get_by_role("button", name="Không in hạn dùng").click()
    page.get_by_role("button", name="Ghi thu hoạch").click()
    expect(page.locator("ol.timeline li")).to_have_count(1)
    look(page, "farmer-lot", width)
    tell(page, "Rửa, cắt", "118,5")
    tell(page, "Đóng gói", None)
    tell(page, "Gửi hàng đi", None, None)
    expect(page.locator("ol.timeline li")).to_have_count(4)
    page.get_by_text("Việc khác đã làm").click()
    look(page, "farmer-lot-sent", width)


def tell(page: Page, step: str, *answers: str | None) -> None:
    """Answer a step's questions: today, then what is given, or that it is not known; and note it."""
    page.get_by_role("link", name=step, exact=True).click()
    page.get_by_role("button", name="Hôm nay").click()
    for amount in answers:
        if amount is None:
            page.get_by_role("button", name=UNKNOWN).click()
        else:
            page.locator("input[name=amount]").fill(amount)
            go_on(page)
    page.get_by_role("button", name="Ghi bước này").click()
    expect(page.locator("main")).to_contain_text("Người mua thấy ngay")
