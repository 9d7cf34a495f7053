"""A school's cashier asks for 450,000 ₫; VNPay or VietQR pays; the till turns green; anybody confirms."""

import io
import re

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser import people
from tests.browser.people import look, visit
from tests.supervisor import Portal

GREEN_MS = 20_000


def ask(page: Page, portal: Portal, width: int) -> str:
    """Ask for 450,000 ₫ as the school's cashier; return the payer's address."""
    people.sign_in_by_link(page, portal, "cashier")
    visit(page, portal, "/till")
    look(page, "till", width)
    page.locator("input[name=amount]").fill("nhiều")
    page.locator("input[name=item]").fill("Học phí tháng 11")
    page.get_by_role("button", name="Tạo mã thu tiền").click()
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator("input[name=item]")).to_have_value("Học phí tháng 11")
    page.locator("input[name=amount]").fill("450.000")
    page.locator("input[name=payer]").fill("lớp 1A N.V.A.")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Đang chờ ngân hàng")
    box = page.locator(".qr svg, .qr-figure svg, figure svg").first.bounding_box()
    assert box
    assert box["width"] >= 240
    look(page, "till-waiting", width)
    found = re.search(r"/pay/requests/pr_\w+", page.content())
    assert found
    return found[0]


def payer_page(page: Page) -> Page:
    """Open a second browser: the payer's phone."""
    context = page.context.browser.new_context(viewport=page.viewport_size, locale="vi-VN")  # type: ignore[union-attr]
    context.set_default_timeout(20_000)
    return context.new_page()


def money_is_there(page: Page, portal: Portal, payer: Page, width: int, way: str) -> None:
    """The till turns green by itself; the receipt's number is confirmed on a public page; the books balance."""
    expect(page.locator("h1")).to_contain_text("Đã nhận 450.000", timeout=GREEN_MS)
    look(page, f"till-paid-{way}", width)
    page.get_by_role("link", name="In biên lai").click()
    text = page.inner_text("main")
    number = re.search(r"[A-Z]{2,4}-BL-\d{4}-\d{6}", text)
    word = re.search(r"\b[A-Z]{6}\b", text.replace(number[0], "") if number else text)
    assert number
    assert word
    people.shot(page, f"receipt-{way}-{width}")
    visit(payer, portal, "/receipts/check")
    payer.locator("input[name=number]").fill(number[0])
    payer.locator("input[name=word]").fill(word[0])
    payer.get_by_role("button", name="Kiểm tra").click()
    expect(payer.locator("main")).to_contain_text("450.000")
    people.shot(payer, f"receipt-check-{way}-{width}")
    assert portal.flask("invariants")["I1"]["breaches"] == []


def test_by_vnpay(page: Page, portal: Portal, width: int) -> None:
    link = ask(page, portal, width)
    payer = payer_page(page)
    visit(payer, portal, link)
    expect(payer.locator("main")).to_contain_text("Trường Tiểu học Tân Thạnh")
    people.no_sideways_scrolling(payer)
    assert people.axe(payer) == []
    people.shot(payer, f"pay-choose-{width}")
    payer.get_by_role("button", name="VNPay").click()
    payer.wait_for_url(re.compile(r":\d+/vnpay/pay"))
    people.shot(payer, f"sandbox-vnpay-{width}")
    payer.get_by_role("button", name=re.compile("^(Thanh toán|Trả|Pay)")).first.click()
    payer.wait_for_url(re.compile("/pay/"))
    people.shot(payer, f"pay-after-{width}")
    money_is_there(page, portal, payer, width, "vnpay")
    payer.context.close()


def test_by_vietqr(page: Page, portal: Portal, width: int) -> None:
    link = ask(page, portal, width)
    payer = payer_page(page)
    visit(payer, portal, link)
    payer.get_by_role("button", name="VietQR").click()
    expect(payer.locator("main")).to_contain_text("TRUONG TIEU HOC TAN THANH")
    people.shot(payer, f"pay-vietqr-{width}")
    payload = (payer.locator("details pre").text_content() or "").strip()
    assert payload.startswith("000201")
    for colours in ("none", "active"):  # a person's own dark colours must not take the code's ground away
        payer.emulate_media(forced_colors=colours, color_scheme="dark")
        drawn = Image.open(io.BytesIO(payer.locator(".qr").first.screenshot()))
        assert [one.text for one in zxingcpp.read_barcodes(drawn)] == [payload], colours
    payer.emulate_media(forced_colors="none", color_scheme="light")
    assert "Đã nhận" not in payer.inner_text("main")
    left_open = payer.context.new_page()
    visit(left_open, portal, payer.url)
    visit(payer, portal, f"{portal.sandbox_url}/bank/?payload={payload}")
    people.shot(payer, f"sandbox-bank-{width}")
    payer.get_by_role("button", name="Đọc mã").click()
    payer.get_by_role("button", name=re.compile("^Chuyển")).click()
    money_is_there(page, portal, payer, width, "vietqr")
    expect(left_open.get_by_role("status")).to_contain_text("Đã nhận 450.000")
    expect(left_open.locator(".qr")).to_be_hidden()  # a second scan would pay it a second time
    people.look(left_open, "pay-vietqr-told", width)
    payer.context.close()


@pytest.mark.parametrize("path", ["/sign-in", "/", "/dashboard", "/docs", "/receipts/check", "/nothing-here"])
def test_pages_for_everybody(page: Page, portal: Portal, width: int, path: str) -> None:
    visit(page, portal, path)
    look(page, "public" + path.replace("/", "-"), width)
