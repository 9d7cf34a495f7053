"""The path, by people through real pages: register, approve, list, publish, stamp, scan, and see it counted."""

import json
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import people
from tests.browser.people import go_on, look, visit
from tests.sheets import page_codes
from tests.supervisor import ROOT, Portal, until

PHONES = iter(f"0932 {number:03d} 7{number:02d}" for number in range(10, 99))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    from PIL import Image

    path = tmp_path / "thanh-long.jpg"
    Image.effect_mandelbrot((900, 700), (-2, -1.5, 1, 1.5), 60).convert("RGB").save(path, "JPEG")
    return path


def figure(portal: Portal, indicator: str) -> int:
    """Return a figure of this month as the public interface shows it."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    month = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).strftime("%Y-%m")
    query = urllib.parse.urlencode({"indicator": indicator, "area": "80", "period": month})
    with urllib.request.urlopen(f"{portal.url}/api/v1/observations?{query}", timeout=10) as answer:
        row = json.load(answer)["observations"][0]
    return int(row["value"] or 0)


def test_the_path(page: Page, portal: Portal, width: int, photo: Path, tmp_path: Path) -> None:
    before = {code: figure(portal, code) for code in ("SELLER_ACTIVE", "PRODUCT_LISTED", "QR_STAMP", "HH_ACCOUNT")}
    seconds_browser = page.context.browser.new_context(viewport=page.viewport_size, locale="vi-VN")  # type: ignore[union-attr]
    seconds_browser.set_default_timeout(20_000)
    officer = seconds_browser.new_page()

    # 1 A household, and the officer who approves it.
    reference = people.register_household(page, portal, phone=next(PHONES), name="Lê Thị Mận", width=width)
    visit(page, portal, "/my")
    look(page, "my-waiting", width)
    people.approve_household(officer, portal, reference=reference, width=width)
    visit(page, portal, "/my")
    expect(page.locator("main")).to_contain_text("Gian hàng đã được duyệt")
    look(page, "my-approved", width)
    visit(page, portal, "/my/trail")
    look(page, "my-trail", width)

    # 2 It lists a product; one marketplace shows it, another refuses it and says why.
    product = people.add_product(page, portal, name=f"Thanh long nhà Mận {width}", photo=photo, width=width)
    people.publish(page, portal, product, channel="postmart")
    until(lambda: "Đang bán trên Postmart" in people.channel_text(page, portal, product, "postmart"), seconds=40)
    look(page, "channels-live", width)
    visit(page, portal, f"/my/products/{product}/what")
    page.locator("textarea[name=description]").fill("Không phải hàng giả")
    go_on(page)
    people.publish(page, portal, product, channel="voso")
    until(lambda: "Voso từ chối" in people.channel_text(page, portal, product, "voso"), seconds=40)
    look(page, "channels-refused", width)
    visit(page, portal, f"/products/{product}")
    look(page, "product-public", width)

    # 3 It orders stamps, prints some, puts some on a lot; a shopper scans.
    code_url = order_stamps(page, portal, product, width, tmp_path)
    shopper_scans(page, portal, code_url, width, tmp_path)

    # 5 All of it is counted.
    grown = {"SELLER_ACTIVE": 1, "PRODUCT_LISTED": 1, "QR_STAMP": 120, "HH_ACCOUNT": 1}
    for code, d in grown.items():
        until(lambda code=code, d=d: figure(portal, code) == before[code] + d, seconds=240, why=f"{code} stays")
    visit(page, portal, "/dashboard")
    look(page, "dashboard", width)
    visit(officer, portal, "/officer/figures")
    look(officer, "officer-figures", width)
    seconds_browser.close()
    assert portal.flask("adoption", "recount")["mismatches"] == []


def order_stamps(page: Page, portal: Portal, product: str, width: int, folder: Path) -> str:
    """Order 120 stamps, print two sheets' worth, put the first 60 on a lot; return one code's address."""
    visit(page, portal, f"/my/stamps/order/{product}")
    page.locator("input[name=count]").fill("không")
    go_on(page)
    expect(page.locator(".error-summary")).to_be_visible()
    page.locator("input[name=count]").fill("120")
    go_on(page)
    look(page, "stamps-check", width)
    page.get_by_role("button", name="Đặt các tem này").click()
    page.wait_for_url(re.compile(r"/my/stamps/orders/"))
    look(page, "stamps-done", width)
    batch = re.search(r"/my/stamps/(\d+)/print", page.content())
    assert batch
    visit(page, portal, f"/my/stamps/{batch[1]}/print")
    page.locator("input[name=first]").fill("1")
    page.locator("input[name=last]").fill("40")
    with page.expect_download() as download:
        page.get_by_role("button", name="Lấy tem dạng PDF").click()
    sheet = Path(download.value.path())
    assert sheet.read_bytes()[:5] == b"%PDF-"
    visit(page, portal, f"/my/stamps/{batch[1]}/lot/new")
    look(page, "lot-new", width)
    page.get_by_role("button", name="Hôm nay").click()
    page.get_by_role("button", name="Không in hạn dùng").click()
    look(page, "lot-check", width)
    page.get_by_role("button", name="Ghi thu hoạch").click()
    page.locator("input[name=first]").fill("1")
    page.locator("input[name=last]").fill("60")
    page.get_by_role("button", name="Đúng, tem ở lô này").click()
    visit(page, portal, f"/my/stamps/{batch[1]}")
    look(page, "stamps-batch", width)
    codes = page_codes(sheet, 0, sheet="a4-40", folder=folder)
    assert len(codes) == 40
    return codes[0]


def shopper_scans(page: Page, portal: Portal, code_url: str, width: int, folder: Path) -> None:
    """Scan a code as a stranger without scripts; change a character; check the proof on a laptop."""
    context = page.context.browser.new_context(viewport=page.viewport_size, java_script_enabled=False, locale="vi-VN")  # type: ignore[union-attr]
    shopper = context.new_page()
    sent: list[Any] = []
    shopper.on("request", lambda request: sent.append(request.url))
    assert code_url.startswith("HTTP://127.0.0.1:")
    visit(shopper, portal, code_url)
    expect(shopper.locator("h1")).to_have_text("Mã tem này là mã thật.")
    assert [one for one in sent if "/photos/" not in one and not one.startswith("data:")] == [sent[0]]
    assert context.cookies() == []
    no_scripts = shopper.locator("script").count()
    assert no_scripts == 0
    shot_name = f"scan-genuine-{width}"
    people.shot(shopper, shot_name)
    shopper.reload()
    expect(shopper.locator("h1")).to_contain_text("đã được quét 2 lần")
    forged = code_url[:-1] + ("0" if code_url[-1] != "0" else "1")
    visit(shopper, portal, forged)
    expect(shopper.locator("h1")).to_have_text("Hệ thống không phát hành mã này.")
    people.shot(shopper, f"scan-forged-{width}")
    context.close()
    offline_check(portal, code_url.rsplit("/", 1)[1], folder)


def offline_check(portal: Portal, serial: str, folder: Path) -> None:
    """Check the bundle with neither database nor portal importable; one changed character is refused."""

    def fetch() -> bytes | None:
        try:
            with urllib.request.urlopen(f"{portal.url}/s/{serial}/proof", timeout=10) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError:  # 404: not published yet
            return None

    bundle = folder / "proof.txt"
    bundle.write_bytes(until(fetch, seconds=30, why="the proof was not published"))
    with urllib.request.urlopen(f"{portal.url}/log/key", timeout=10) as answer:
        key = answer.read().decode().splitlines()[0]
    bare = folder / "bare"
    bare.mkdir()
    for name in ("sqlalchemy", "flask"):
        (bare / f"{name}.py").write_text("raise ImportError('not on this laptop')\n", "utf-8")
    command = [sys.executable, "-m", "traceability", "verify", str(bundle), "--log-key", key]
    env = {"PYTHONPATH": f"{bare}:{ROOT}", "PATH": "/usr/bin:/bin"}
    assert subprocess.run(command, env=env, capture_output=True, timeout=60).returncode == 0
    text = bundle.read_text("utf-8")
    place = text.index("nonce ") + 8
    bundle.write_text(text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :], "utf-8")
    assert subprocess.run(command, env=env, capture_output=True, timeout=60).returncode in (1, 2)
