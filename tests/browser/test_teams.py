"""A team in a browser: an officer founds it, its member registers a household, whose owner sees it and undoes it."""

import re
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import people
from tests.browser.people import go_on, look, outbox, visit
from tests.supervisor import Portal, until

PHONES = {360: ("0935 111 361", "0936 111 361", "0937 111 361"), 1280: ("0935 222 128", "0936 222 128", "0937 222 128")}
SECONDS = 60_000


def messages(portal: Portal, phone: str) -> list[str]:
    """Return the messages that a phone got, newest first."""
    e164 = "+84" + phone.replace(" ", "")[1:]
    return [one["text"] for one in outbox(portal)["messages"] if one["to"] == e164]


def code_for(portal: Portal, phone: str, *, after: int) -> str:
    """Wait for a newer message with a code, and read it out."""

    def newest() -> str | None:
        texts = messages(portal, phone)
        found = re.search(r"(?<!\d)(\d{6})(?!\d)", texts[0]) if len(texts) > after else None
        return found[1] if found else None

    return str(until(newest, seconds=60, why=f"no code came to {phone}"))


def sign_in(page: Page, portal: Portal, phone: str, *, to: str) -> None:
    """Sign in with a phone and its code."""
    before = len(messages(portal, phone))
    visit(page, portal, "/sign-in")
    page.locator("input[name=phone]").fill(phone)
    go_on(page)
    page.locator("input[name=code]").fill(code_for(portal, phone, after=before))
    go_on(page)
    page.wait_for_url(re.compile(f"{to}$"))


def fresh(chromium: Browser, width: int) -> tuple[BrowserContext, Page]:
    """Return another person's browser of the same width."""
    context = chromium.new_context(viewport={"width": width, "height": 800}, locale="vi-VN")
    context.set_default_timeout(SECONDS)
    return context, context.new_page()


def found_team(page: Page, portal: Portal, *, name: str, member: str, width: int) -> None:
    """Found a team as the province's officer, and invite its member."""
    people.sign_in_by_link(page, portal, "province_officer")
    visit(page, portal, "/officer/teams")
    look(page, "officer-teams-before", width)
    page.get_by_role("link", name="Lập tổ mới").first.click()
    page.get_by_role("button", name="Lập tổ").click()
    expect(page.locator(".error-summary")).to_be_visible()
    look(page, "officer-team-new-wrong", width)
    page.locator("input[name=name]").fill(name)
    page.locator("input[name=place]").fill("An Lục Long")
    page.locator("input[name=hamlet]").fill("Ấp Cầu Đôi")
    page.get_by_role("button", name="Lập tổ").click()
    page.wait_for_load_state()
    if page.locator("input[name=unit]").count():
        page.locator("input[name=unit]").first.check()
        page.get_by_role("button", name="Lập tổ").click()
    page.wait_for_url(re.compile(r"/officer/teams/te_\w+$"))
    page.locator("input[name=name]").fill("Trần Văn Nam")
    page.locator("input[name=phone]").fill(member)
    page.locator("input[name=role][value=leader]").check()
    page.get_by_role("button", name="Thêm và mời").click()
    expect(page.locator("main table")).to_contain_text("Trần Văn Nam")
    look(page, "officer-team", width)
    visit(page, portal, "/officer/teams")
    look(page, "officer-teams", width)


def help_household(page: Page, portal: Portal, *, member: str, phone: str, width: int) -> None:
    """Register a household in its presence, as a member who stands in its yard."""
    page.get_by_role("link", name="Hộ tiếp theo").click()
    page.locator("input[name=phone]").fill(member)
    go_on(page)
    expect(page.locator(".error-summary")).to_contain_text("Hãy dùng số riêng của hộ.")
    look(page, "team-own-phone", width)
    before = len(messages(portal, phone))
    page.locator("input[name=phone]").fill(phone)
    go_on(page)
    look(page, "team-code", width)
    page.locator("input[name=code]").fill(code_for(portal, phone, after=before))
    go_on(page)
    look(page, "team-name", width)
    page.locator("input[name=name]").fill("Lê Thị Mận")
    go_on(page)
    page.locator("button[name=later]").click()
    look(page, "team-hamlet", width)
    page.locator("input[name=hamlet]").fill("Ấp Cầu Đôi")
    go_on(page)
    page.locator("textarea[name=grown]").fill("Thanh long, 2 tấn một vụ")
    go_on(page)
    page.locator("input[name=food_safety][value=commitment]").check()
    page.locator("input[name=payment][value=yes]").check()
    go_on(page)
    look(page, "team-read", width)
    for group in page.locator("fieldset").all():
        group.locator("input[value=yes]").check()
    page.get_by_role("button", name="Đã đọc hết: gửi đăng ký").click()
    page.wait_for_url(re.compile(r"/team/households/as_\w+$"))
    look(page, "team-done", width)


def owner_undoes(page: Page, portal: Portal, *, phone: str, width: int) -> None:
    """See what was done in one's name, starting from the message, and take it back."""
    text = str(until(lambda: next((t for t in messages(portal, phone) if "/slip/" in t), None), seconds=60))
    address = re.search(r"http\S+", text)
    assert address
    visit(page, portal, address[0])
    expect(page.locator("main")).not_to_contain_text("Mận")
    look(page, "slip", width)
    sign_in(page, portal, phone, to="/my")
    expect(page.locator("main")).to_contain_text("Việc làm thay tôi")
    look(page, "my-helped-panel", width)
    visit(page, portal, "/my/helped")
    expect(page.locator("main")).to_contain_text("Trần Văn Nam")
    look(page, "my-helped", width)
    page.get_by_role("link", name="Bỏ việc này").click()
    look(page, "my-undo", width)
    page.get_by_role("button", name="Bỏ và đóng gian hàng").click()
    expect(page.locator("main")).to_contain_text("đã bỏ")
    visit(page, portal, "/my")
    expect(page.locator("main")).to_contain_text("Gian hàng đã đóng")


def test_a_helper_and_an_owner(page: Page, portal: Portal, width: int, chromium: Browser, context: Any) -> None:
    context.set_default_timeout(SECONDS)
    member, household, _spare = PHONES[width]
    name = f"Tổ công nghệ số {width}"
    officers, officer = fresh(chromium, width)
    helpers, helper = fresh(chromium, width)
    found_team(officer, portal, name=name, member=member, width=width)
    sign_in(helper, portal, member, to="/team")
    look(helper, "team-empty", width)
    help_household(helper, portal, member=member, phone=household, width=width)
    visit(helper, portal, "/team")
    expect(helper.locator("main")).to_contain_text("L.T. Mận")
    look(helper, "team", width)
    visit(helper, portal, "/team/funnel")
    look(helper, "team-funnel", width)
    visit(helper, portal, "/team/calls")
    look(helper, "team-calls", width)
    owner_undoes(page, portal, phone=household, width=width)
    visit(officer, portal, "/officer/flags")
    expect(officer.locator("main")).to_contain_text("Chủ hộ đã bỏ đăng ký làm thay.")
    look(officer, "officer-flags", width)
    helpers.close()
    officers.close()
