"""Errands done without a mouse: the Tab key finds, Enter and the space bar press, and the focus is always seen."""

import re
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.visiting import Guest, code_to, next_stop, texts_to
from tests.supervisor import until

STOPS = 120
AT = "wanted => document.activeElement.matches(wanted)"
SAYS = "() => (document.activeElement.innerText || '').trim()"


def reach(page: Page, wanted: str) -> None:
    """Press Tab until the element that a selector names has the focus; each stop on the way is seen."""
    page.wait_for_load_state()
    for _stop in range(STOPS):
        if page.evaluate(AT, wanted):
            return
        _tab(page)
    raise AssertionError(f"{wanted} is not reached on {page.url}")


def press(page: Page, words: str) -> None:
    """Press Tab until a link or a button with these words has the focus, then Enter."""
    page.wait_for_load_state()
    for _stop in range(STOPS):
        if words in page.evaluate(SAYS) and page.evaluate(AT, "a, button"):
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
        _tab(page)
    raise AssertionError(f"nothing says {words} on {page.url}")


def fill(page: Page, wanted: str, text: str, *, send: bool = True) -> None:
    """Reach a field, type, and send its form with Enter."""
    reach(page, wanted)
    page.keyboard.type(text)
    if send:
        with page.expect_navigation():
            page.keyboard.press("Enter")


def choose(page: Page, *wanted: str) -> None:
    """Reach each choice and take it with the space bar."""
    for one in wanted:
        reach(page, one)
        page.keyboard.press("Space")


def _tab(page: Page) -> None:
    at = next_stop(page)
    assert at is None or (at[2] and at[3]), f"the focus is not seen: {at}"


def farmer_registers(guest: Guest, *, phone: str) -> None:
    """Register a household, one question a page."""
    page, before = guest.page, len(texts_to(guest.portal, phone))
    page.goto(f"{guest.portal.url}/register")
    fill(page, "[name=phone]", phone)
    fill(page, "[name=code]", code_to(guest.portal, phone, after=before))
    fill(page, "[name=name]", "Trần Thị Bảy")
    press(page, "Để sau tôi thêm")
    fill(page, "[name=place]", "An Lục Long")
    if page.locator("[name=unit]").count():
        choose(page, "[name=unit]")
        press(page, "Tiếp tục")
    fill(page, "[name=grown]", "Mít, 1 tấn một vụ", send=False)
    press(page, "Tiếp tục")
    choose(page, "[name=food_safety]", "[name=payment]")
    press(page, "Tiếp tục")
    names = page.locator("fieldset").evaluate_all("all => all.map(one => one.querySelector('input').name)")
    choose(page, *(f"[name='{name}']" for name in names))
    press(page, "Tiếp tục")
    press(page, "Gửi đăng ký")
    assert page.url.endswith("/register/done")


def farmer_lists(guest: Guest, *, photo: Path) -> None:
    """Put a product on the shop's list: what it is, its price, its picture."""
    page = guest.page
    page.goto(f"{guest.portal.url}/my/products/new")
    fill(page, "[name=name]", "Mít nhà Bảy", send=False)
    reach(page, "[name=category]")
    page.keyboard.press("ArrowDown")
    press(page, "Tiếp tục")
    fill(page, "[name=price]", "25.000", send=False)
    press(page, "Tiếp tục")
    reach(page, "[name=photo]")
    page.locator("[name=photo]").set_input_files(str(photo))  # the window of the system is no page
    press(page, "Lưu hình")
    assert "Mít nhà Bảy" in page.inner_text("main")


def signs_in_again(guest: Guest, *, phone: str) -> None:
    """Sign out, and in again with a code."""
    page, before = guest.page, len(texts_to(guest.portal, phone))
    press(page, "Đăng xuất")
    page.goto(f"{guest.portal.url}/sign-in")
    fill(page, "[name=phone]", phone)
    fill(page, "[name=code]", code_to(guest.portal, phone, after=before))
    assert page.url.endswith("/my")


def cashier_asks(guest: Guest) -> str:
    """Ask for a payment; return the payer's address."""
    page = guest.page
    page.goto(f"{guest.portal.url}/till")
    fill(page, "[name=amount]", "450k", send=False)
    fill(page, "[name=item]", "Học phí tháng 11", send=False)
    fill(page, "[name=payer]", "lớp 1A N.V.A.")
    found = re.search(r"/pay/requests/pr_\w+", page.content())
    assert found
    return found[0]


def payer_chooses(guest: Guest, link: str) -> None:
    """Choose VietQR, look at the code, and ask whether the money has come."""
    page = guest.page
    page.goto(guest.portal.url + link)
    press(page, "VietQR")
    reach(page, "summary")
    press(page, "Tôi đã trả")
    assert "Đã nhận" not in page.inner_text("main")


def payer_pays(guest: Guest, link: str) -> None:
    """Choose VNPay and pay at its stand-in."""
    page = guest.page
    page.goto(guest.portal.url + link)
    press(page, "VNPay")
    page.get_by_role("button", name=re.compile("^(Thanh toán|Trả|Pay)")).first.click()  # a page of theirs
    page.wait_for_url(re.compile("/pay/"))


def cashier_collects(guest: Guest) -> None:
    """Ask whether the money has come until it has."""
    page = guest.page

    def came() -> bool:
        if "Đã nhận" not in page.inner_text("h1"):
            press(page, "Kiểm tra lại")
        return "Đã nhận" in page.inner_text("h1")

    until(came, why="the money did not come")
    press(page, "Khách tiếp theo")


def cashier_imports(guest: Guest, listing: Path) -> None:
    """Send a class list, look at what it would do, and import it."""
    page = guest.page
    page.goto(f"{guest.portal.url}/classes/lists/new")
    reach(page, "[name=roster]")
    page.locator("[name=roster]").set_input_files(str(listing))
    press(page, "Kiểm tra danh sách")
    press(page, "Nhập danh sách")
    assert page.url.startswith(f"{guest.portal.url}/classes/")


def cashier_closes(guest: Guest) -> None:
    """Close the desk's day."""
    page = guest.page
    page.goto(f"{guest.portal.url}/till/day")
    press(page, "Chốt ngày")
    assert "/till/days/" in page.url
