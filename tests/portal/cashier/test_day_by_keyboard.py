"""A cashier's whole day in a real Chromium: by keys on a wide screen, by thumb on a phone, and without scripts."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.portal.cashier.test_in_chromium import Running, running  # noqa: F401  the fixture

WAIT_MS = 60_000
# What sound, vibration and screen are asked for; the two tones and each spoken part are sources that are started.
STUBS = """
window.said = {parts: 0, tones: 0, shakes: 0, awake: 0};
const [part, tone] = [AudioBufferSourceNode, OscillatorNode].map((kind) => [kind, kind.prototype.start]);
part[0].prototype.start = function (...all) { said.parts += 1; return part[1].apply(this, all); };
tone[0].prototype.start = function (...all) { said.tones += 1; return tone[1].apply(this, all); };
navigator.vibrate = () => { said.shakes += 1; return true; };
Object.defineProperty(navigator, "wakeLock", {value: {request: async () => { said.awake += 1; }}});
"""


def opened(chromium: Browser, running: Running, *, width: int, scripts: bool = True) -> Page:  # noqa: F811
    """Open the till in English, on a screen to touch where it is narrow; an error of the page fails the test."""
    phone = width < 600
    context = chromium.new_context(
        viewport={"width": width, "height": 780}, has_touch=phone, is_mobile=phone, java_script_enabled=scripts
    )
    for name, value in (("session", running.cookie), ("lang", "en")):
        context.add_cookies([{"name": name, "value": value, "url": running.url}])
    context.set_default_timeout(WAIT_MS)
    context.add_init_script(STUBS)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(f"{running.url}/till")
    return page


def code_of(page: Page) -> str:
    """Return the payment code on the page, whose QR code is large enough."""
    box = page.locator(".qr svg").first.bounding_box()
    assert box
    assert box["width"] >= 240
    return str(page.locator("dt", has_text="Payment code").locator("xpath=../dd/span").inner_text())


def press(page: Page, key: str) -> None:
    """Press a key of the till, once the page says that its keys work."""
    expect(page.locator("[data-keys]")).to_be_visible(timeout=WAIT_MS)
    page.keyboard.press(key)


@pytest.mark.browser
def test_the_day_by_keys_alone(chromium: Browser, running: Running) -> None:  # noqa: F811
    page = opened(chromium, running, width=1280)
    shift = page.get_by_role("button", name="Begin the shift")
    shift.focus()
    with page.expect_response(re.compile("voice/vi.wav")):
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="The shift goes on: sound is on")).to_be_visible(timeout=WAIT_MS)
    page.get_by_label("Amount in đồng").focus()
    for typed in ("450k", "Học phí tháng 11"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Waiting for the bank", timeout=WAIT_MS)
    code = code_of(page)
    press(page, "F8")
    expect(page.get_by_text("We are asking the bank again.")).to_be_visible(timeout=WAIT_MS)
    running.bank_says(memo=code, amount=450_000, number=1, balance=450_000)
    expect(page.locator("h1")).to_have_text("₫450,000 received", timeout=WAIT_MS)
    expect(page.locator("body.paid")).to_have_count(1, timeout=WAIT_MS)
    # "đã nhận bốn trăm năm mươi nghìn đồng": eight words, each from its clip, after two tones
    page.wait_for_function("said.parts === 8 && said.tones === 2 && said.shakes === 1 && said.awake > 0")
    press(page, "F9")
    expect(page.locator("h1")).to_have_text("Receipt", timeout=WAIT_MS)
    page.go_back()
    press(page, "F2")
    expect(page.locator("h1")).to_have_text("Ask for a payment", timeout=WAIT_MS)
    press(page, "F4")
    expect(page.get_by_label("Code, sum, words or last 4 digits")).to_be_focused(timeout=WAIT_MS)
    page.keyboard.type("450k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=code)).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("link", name=code).focus()
    page.keyboard.press("Enter")
    back = page.get_by_role("link", name="Give money back")
    back.focus()
    page.keyboard.press("Enter")
    page.get_by_label(re.compile("How much")).focus()
    page.keyboard.press("Control+A")
    for typed in ("50000", "paid twice"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.type("Vietcombank 001100, N.V.A.")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Refund ₫50,000", timeout=WAIT_MS)
    page.goto(f"{running.url}/till")
    press(page, "F10")
    expect(page.locator("h1")).to_contain_text("Close of day", timeout=WAIT_MS)
    page.get_by_role("button", name="Close the day").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The day is closed.")).to_be_visible(timeout=WAIT_MS)
    page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False])
def test_the_day_by_thumb_and_without_scripts(chromium: Browser, running: Running, scripts: bool) -> None:  # noqa: F811
    page = opened(chromium, running, width=360, scripts=scripts)
    if scripts:
        page.get_by_role("button", name="Begin the shift").tap()
    page.get_by_label("Amount in đồng").fill("25.000.000")
    page.get_by_label("What is it for?").fill("Học phí cả năm")
    page.get_by_role("button", name="Make the code").tap()
    page.get_by_role("button", name="Ask for it in 3 parts of at most ₫8,334,000").tap()
    expect(page.get_by_text("Here is the first.")).to_be_visible(timeout=WAIT_MS)
    code = code_of(page)
    ends = page.locator("dt", has_text="Pay until").locator("xpath=../dd").inner_text()
    page.get_by_role("button", name="More time to pay").tap()
    expect(page.locator("dt", has_text="Pay until").locator("xpath=../dd")).not_to_have_text(ends, timeout=WAIT_MS)
    running.bank_says(memo=code, amount=8_334_000, number=1, balance=8_334_000)
    if not scripts:
        page.get_by_role("button", name="Check again").tap()
    expect(page.locator("h1")).to_have_text("₫8,334,000 received", timeout=WAIT_MS)
    targets: list[Any] = page.locator("main .btn:visible").evaluate_all(
        "all => all.filter((one) => !one.matches('.small')).map((one) => one.getBoundingClientRect().height)"
    )
    assert min(targets) >= 48
    page.get_by_role("link", name="Next customer").tap()
    page.get_by_role("link", name="Close the day").tap()
    page.get_by_role("button", name="Close the day").tap()
    expect(page.get_by_text("The day is closed.")).to_be_visible(timeout=WAIT_MS)
    page.context.close()
