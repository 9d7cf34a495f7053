"""A payer on a slow phone: a link, a sum of her own, the code saved and read, a refusal, the money, the receipt."""

import json
import re
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import stripe
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.people import look, visit
from tests.browser.weighing import Load
from tests.supervisor import Portal

BYTES_A_SECOND, DELAY_MS = 50_000, 400
"""400 kbit/s and 400 ms: the line that the budgets are for."""
BUDGET, SCRIPT_BUDGET = 30 * 1024, 5 * 1024
LATE_S = 6
"""Seconds after which VNPay tells us how it ended: the payer is back before."""
SUM = {"currency": "vnd", "custom_unit_amount": {"enabled": True, "minimum": 10_000, "maximum": 2_000_000}}


@pytest.fixture
def width() -> int:
    return 360


@pytest.fixture
def page(page: Page) -> Page:
    """The phone, its line made slow."""
    line = {"offline": False, "latency": DELAY_MS, "downloadThroughput": BYTES_A_SECOND,
            "uploadThroughput": BYTES_A_SECOND}  # fmt: skip
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", line)
    return page


def link_to(portal: Portal) -> str:
    """Make a link where the payer types the sum; return its path."""
    key = portal.flask("demo", "keys")["stripe_secret_key"]
    sdk = stripe.StripeClient(key, base_addresses={"api": portal.url})
    price = sdk.v1.prices.create({**SUM, "product_data": {"name": "Quỹ khuyến học"}})  # type: ignore[typeddict-item]
    made = sdk.v1.payment_links.create({"line_items": [{"price": price.id, "quantity": 1}]})
    return f"/pay/links/pl_{made.id.partition('_')[2]}"


def tell_late(portal: Portal) -> None:
    """Have VNPay's next notice come late."""
    body = json.dumps({"do": "delay", "seconds": LATE_S}).encode()
    asked = urllib.request.Request(f"{portal.sandbox_url}/_control/vnpay", data=body)
    with urllib.request.urlopen(asked, timeout=10) as answer:
        assert json.load(answer) == {"ok": True}


def weighed(page: Page, act: Any) -> Load:
    """Do something; return what came over the line until the page is there."""
    load, wire = Load(), page.context.new_cdp_session(page)
    wire.on("Network.requestWillBeSent", lambda one: load.kinds.update({one["requestId"]: (str(one.get("type")), "")}))
    wire.on("Network.loadingFinished", lambda one: load.sizes.update({one["requestId"]: int(one["encodedDataLength"])}))
    wire.send("Network.enable")
    act()
    page.wait_for_load_state("load")
    wire.detach()
    return load


def chooses_the_sum(page: Page, portal: Portal, width: int) -> None:
    """Type a zero too many, see it, change it, and go on."""
    visit(page, portal, link_to(portal))
    look(page, "payer-link", width)
    page.locator("input[name=amount]").fill("750k")
    page.get_by_role("button", name="Tiếp tục thanh toán").click()
    expect(page.locator("h1")).to_have_text("Như vậy đúng chưa?")
    expect(page.locator("main")).to_contain_text("750.000")
    look(page, "payer-check", width)
    page.get_by_role("button", name="Thay đổi").click()
    expect(page.locator("input[name=amount]")).to_have_value("750k")
    page.locator("input[name=amount]").fill("75k")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("bảy mươi lăm nghìn đồng")
    page.get_by_role("button", name="Đúng rồi").click()
    expect(page.get_by_role("button", name="VietQR")).to_be_visible()
    look(page, "payer-choose", width)


def saves_the_code(page: Page, width: int, folder: Path) -> None:
    """Save the picture of the code by its link, and read it with another library than drew it."""
    load = weighed(page, lambda: page.get_by_role("button", name="VietQR").click())
    assert 0 < load.bytes_of() <= BUDGET
    assert 0 < load.bytes_of("Script") <= SCRIPT_BUDGET
    expect(page.get_by_role("link", name="Lưu hình")).to_be_visible()
    look(page, "payer-vietqr", width)
    payload = (page.locator("details pre").text_content() or "").strip()
    with page.expect_download() as download:
        page.get_by_role("link", name="Lưu hình").click()
    assert re.fullmatch(r"vietqr-[A-Z]{2,4}\d+\.png", download.value.suggested_filename)
    saved = folder / "saved.png"
    download.value.save_as(saved)
    assert saved.stat().st_size <= BUDGET
    assert [one.text for one in zxingcpp.read_barcodes(Image.open(saved))] == [payload]
    # Nobody paid: asking says so, and goes on waiting.
    page.get_by_role("link", name="Tôi đã trả").or_(page.get_by_role("button", name="Tôi đã trả")).click()
    page.wait_for_load_state()
    assert "Đã nhận" not in page.inner_text("main")


def at_vnpay(page: Page, answer: str) -> None:
    """Choose VNPay and press a button there."""
    page.get_by_role("button", name="VNPay").click()
    page.wait_for_url(re.compile(r":\d+/vnpay/pay"))
    page.get_by_role("button", name=answer, exact=True).click()
    page.wait_for_url(re.compile("/pay/requests/"))


def receipt_is_checked(page: Page, portal: Portal, width: int) -> None:
    """Open the receipt, and check its number and word on the page for everybody."""
    page.get_by_role("link", name="Xem biên lai").click()
    expect(page.locator("h1")).to_have_text("Biên lai")
    page.wait_for_load_state()  # on a slow phone the heading is there before the rest
    text = page.inner_text("main")
    look(page, "payer-receipt", width)
    number = re.search(r"[A-Z]{2,4}-BL-\d{4}-\d{6}", text)
    assert number
    word = re.search(r"\b[A-Z]{6}\b", text.replace(number[0], ""))
    assert word
    page.get_by_role("link", name="Kiểm tra biên lai").click()
    page.locator("input[name=number]").fill(number[0])
    page.locator("input[name=word]").fill(word[0])
    page.get_by_role("button", name="Kiểm tra").click()
    expect(page.locator("main")).to_contain_text("75.000")
    look(page, "payer-receipt-checked", width)
    assert portal.flask("invariants")["I1"]["breaches"] == []


def test_a_payer_on_a_slow_phone(page: Page, portal: Portal, width: int, tmp_path: Path) -> None:
    chooses_the_sum(page, portal, width)
    here = page.url
    saves_the_code(page, width, tmp_path)
    visit(page, portal, here)
    tell_late(portal)
    at_vnpay(page, "Ngân hàng từ chối")
    told = page.get_by_role("status")
    expect(told).to_contain_text("Đang chờ ngân hàng")
    page.evaluate("window.same = true")
    expect(told).to_contain_text("Ngân hàng từ chối lần trả này")  # without a tap
    expect(told).to_contain_text("Lần này chưa trả đồng nào")
    assert page.evaluate("window.same")  # nor a reload
    expect(page.locator("main .btn:visible")).to_have_text(["Chọn lại cách trả"])
    look(page, "payer-refused", width)
    page.get_by_role("link", name="Chọn lại cách trả").click()
    expect(page.locator("main")).to_contain_text("Lần trước chưa trả được")
    look(page, "payer-declined", width)
    tell_late(portal)
    at_vnpay(page, "Trả tiền")
    assert "Đã nhận" not in page.inner_text("main")  # the bank has not told us: her own browser proves nothing
    expect(page.get_by_role("status")).to_be_visible()
    look(page, "payer-waits", width)
    expect(page.get_by_role("status")).to_contain_text("Đã nhận 75.000")  # without a tap
    expect(page.locator("main .btn:visible")).to_have_count(0)  # nothing that would pay it once more
    look(page, "payer-told", width)
    page.get_by_role("status").get_by_role("link").click()
    expect(page.get_by_role("link", name="Xem biên lai")).to_be_visible()
    look(page, "payer-paid", width)
    receipt_is_checked(page, portal, width)
