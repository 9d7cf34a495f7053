"""What people do with the portal in a browser: each function is one person's errand through the real pages."""

import json
import re
import time
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import axe, no_sideways_scrolling, shot
from tests.supervisor import Portal, until


def visit(page: Page, portal: Portal, path: str) -> None:
    """Open a page of the portal."""
    page.goto(path if path.lower().startswith("http") else portal.url + path)


def look(page: Page, name: str, width: int) -> None:
    """Hold a page to what every page owes, and keep its picture."""
    shot(page, f"{name}-{width}")
    no_sideways_scrolling(page)
    assert axe(page) == [], name


def go_on(page: Page) -> None:
    """Press Continue."""
    page.get_by_role("button", name="Tiếp tục").click()


def outbox(portal: Portal) -> dict[str, Any]:
    """Return what the simulated telephones show."""
    request = urllib.request.Request(f"{portal.sandbox_url}/_sandbox/outbox", headers={"Accept": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def sms_code(portal: Portal, phone: str, *, after: int) -> str:
    """Wait for the newest code sent to a phone; `after` is how many it had before."""

    def newest() -> str | None:
        texts = [one["text"] for one in outbox(portal)["messages"] if one["to"] == phone]
        return re.findall(r"#(\d{6})", texts[0])[0] if len(texts) > after else None

    return str(until(newest, why="no code arrived"))


def sign_in_by_link(page: Page, portal: Portal, role: str) -> None:
    """Sign in one of the demo's people: one-time link, then the demo telephone's authenticator code."""
    keys = portal.flask("demo", "keys")
    person = next(one for one in keys["sign_ins"] if one["role"] == role)
    visit(page, portal, person["link"])
    page.get_by_role("button", name="Đăng nhập").click()
    for _ in range(4):
        if "/sign-in/second" not in page.url:
            return
        codes = [one for one in outbox(portal)["authenticators"] if person["phone"] in one["label"]]
        page.locator("input[name=code]").fill(codes[0]["code"])
        go_on(page)
        page.wait_for_load_state()
        if "/sign-in/second" in page.url:  # that step's code was used by the run before this one
            time.sleep(31 - time.time() % 30)
    raise AssertionError("the second factor was not taken")


def register_household(page: Page, portal: Portal, *, phone: str, name: str, width: int) -> str:
    """Register as a farmer, one question a page; return the reference."""
    e164 = "+84" + phone.replace(" ", "")[1:]
    before = sum(one["to"] == e164 for one in outbox(portal)["messages"])
    visit(page, portal, "/register")
    look(page, "register-phone", width)
    page.locator("input[name=phone]").fill("091 234")
    go_on(page)
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator("input[name=phone]")).to_have_value("091 234")
    assert page.title().startswith("Lỗi:")
    look(page, "register-phone-wrong", width)
    page.locator("input[name=phone]").fill(phone)
    go_on(page)
    page.locator("input[name=code]").fill(sms_code(portal, e164, after=before))
    go_on(page)
    page.locator("input[name=name]").fill(name)
    go_on(page)
    page.locator("button[name=later]").click()
    page.locator("input[name=place]").fill("An Lục Long")
    go_on(page)
    if page.locator("input[name=unit]").count():
        page.locator("input[name=unit]").first.check()
        look(page, "register-place", width)
        go_on(page)
    page.locator("textarea[name=grown]").fill("Thanh long, 2 tấn một vụ")
    go_on(page)
    page.locator("input[name=food_safety][value=commitment]").check()
    page.locator("input[name=payment][value=yes]").check()
    go_on(page)
    look(page, "register-consents", width)
    for group in page.locator("fieldset").all():
        group.locator("input[value=yes]").check()
    go_on(page)
    look(page, "register-check", width)
    page.get_by_role("button", name="Gửi đăng ký").click()
    expect(page).to_have_url(re.compile("/register/done"))
    look(page, "register-done", width)
    found = re.search(r"[0-9A-Z]{5}-[0-9A-Z]{5}", page.inner_text("main"))
    assert found
    return found[0]


def approve_household(page: Page, portal: Portal, *, reference: str, width: int) -> None:
    """Approve a household as the province's officer."""
    sign_in_by_link(page, portal, "province_officer")
    expect(page).to_have_url(re.compile("/officer$"))
    look(page, "officer-desk", width)
    for name in ("behind", "not-yet", "changes"):
        visit(page, portal, f"/officer/{name}")
        look(page, f"officer-{name}", width)
    visit(page, portal, "/officer/sellers")
    look(page, "officer-sellers", width)
    for number in range(page.locator("main table tbody tr").count()):
        page.locator("main table tbody tr").nth(number).locator("a").first.click()
        if reference in page.inner_text("main"):
            break
        visit(page, portal, "/officer/sellers")
    look(page, "officer-seller", width)
    page.get_by_role("button", name="Duyệt").click()
    expect(page.locator("main")).to_contain_text("Đã duyệt gian hàng")


def add_product(page: Page, portal: Portal, *, name: str, photo: Path, width: int) -> str:
    """Write down a product in three screens; return its id."""
    visit(page, portal, "/my/products/new")
    page.locator("input[name=name]").fill(name)
    page.locator("select[name=category]").select_option("VN-FRUIT-DRAGON")
    look(page, "product-what", width)
    go_on(page)
    page.locator("input[name=price]").fill("0")
    go_on(page)
    expect(page.locator(".error-summary")).to_be_visible()
    page.locator("input[name=price]").fill("35.000")
    page.locator("select[name=unit]").select_option("kg")
    look(page, "product-price", width)
    go_on(page)
    page.locator("input[name=photo]").set_input_files(str(photo))
    look(page, "product-photo", width)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/my/products/pd_\w+$"))
    if page.get_by_role("button", name="Bày bán").count():
        page.get_by_role("button", name="Bày bán").click()
    look(page, "product", width)
    return page.url.rsplit("/", 1)[1]


def publish(page: Page, portal: Portal, product: str, *, channel: str) -> None:
    """Send a product to a marketplace."""
    visit(page, portal, f"/my/products/{product}/channels")
    page.locator(f"form[action$='/channels/{channel}/publish'] button").click()


def channel_text(page: Page, portal: Portal, product: str, channel: str) -> str:
    """Return what the page says about one marketplace now."""
    visit(page, portal, f"/my/products/{product}/channels")
    return page.locator("section.card", has=page.locator(f"form[action$='/channels/{channel}/publish']")).inner_text()
