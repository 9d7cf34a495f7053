"""A market in a real Chromium: a stall's money comes without a tap; a manager's day from a new stall to a case."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import qrcode
from PIL import Image
from playwright.sync_api import Browser, Page, expect

import payments
from payments.gateways.sandbox import make_app
from portal.db import begin, db
from portal.stalls import actions, boards
from portal.stalls.pictures import codes_in_picture
from tests.browser.conftest import axe, no_sideways_scrolling, shot
from tests.engines import Engines
from tests.payments.loopback import serving as at_a_port
from tests.portal.cashier.test_accounts_pages import browser_of
from tests.portal.cashier.test_in_chromium import Running, opened, running, serving  # noqa: F401  a fixture

DOTS_A_MM = 4


@pytest.mark.browser
def test_a_stall_sees_its_money_come(chromium: Any, running: Running) -> None:  # noqa: F811
    with running.app.app_context():
        with begin() as session:
            now, payee = running.world.clock.now(), running.school.payee
            stall = actions.open_stall(
                session, now=now, acting=running.school.cashier, payee_id=payee.id, number="12", sells="Rau"
            )
        db.session.remove()
    page = opened(chromium, running)
    page.add_init_script("window.said = []; document.addEventListener('money', (event) => said.push(event.detail))")
    page.goto(f"{running.url}/stalls/{stall.id}")
    page.get_by_role("button", name="Switch the sound on").click()
    expect(page.get_by_role("button", name="The sound is on")).to_be_visible()
    running.bank_says(memo=f"CT {stall.code}", amount=60_000, number=1, balance=60_000)
    log = page.get_by_role("log")
    expect(log.get_by_text("₫60,000 received")).to_be_visible(timeout=60_000)
    running.bank_says(memo=stall.code, amount=45_500, number=2, balance=105_500)
    expect(log.get_by_role("listitem").first).to_contain_text("₫45,500 received", timeout=60_000)
    expect(log.get_by_role("listitem")).to_have_count(2)
    assert page.evaluate("said") == ["đã nhận sáu mươi nghìn đồng", "đã nhận bốn mươi lăm nghìn năm trăm đồng"]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.fixture
def market(engines: Engines, database_url: str) -> Iterator[Running]:
    """A market, and the session of its manager."""
    with serving(engines, database_url, name="Chợ Tầm Vu", kind="market", prefix="TV") as there:
        with there.app.app_context():
            manager = browser_of(
                there.app, there.world, "0912000002", "market_manager", organisation_id=there.school.organisation.id,
                duties=["reconcile", "read"],
            )  # fmt: skip
            cookie = manager.get_cookie("session").value
            db.session.remove()
        yield replace(there, cookie=cookie)


@pytest.fixture
def bank(market: Running, tmp_path: Path) -> Iterator[str]:
    """The address of the simulated bank, whose notices go to this portal."""
    settings = market.world.settings
    keys = {
        "vnpay": {"tmn_code": settings.vnpay_tmn_code, "secret": settings.vnpay_secret},
        "sepay": {"secret": settings.sepay_secret, "token": settings.sepay_token},
    }
    simulated = make_app(state_path=tmp_path / "bank.sqlite", portal_url=market.url, keys=keys)
    with at_a_port(simulated) as address:
        yield address
    simulated.close()


def in_vietnamese(chromium: Browser, there: Running) -> Page:
    page = opened(chromium, there)
    page.context.add_cookies([{"name": "lang", "value": "vi", "url": there.url}])
    return page


def looked_at(page: Page, name: str) -> None:
    """Hold a page to what every page owes, on a phone and on a desk."""
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        no_sideways_scrolling(page)
        assert axe(page) == []
        shot(page, f"market-{name}-{width}")


def photo_of(board: bytes, *, pasted: str | None = None) -> dict[str, Any]:
    """Return a picture of a printed board as a file to send, with another code pasted over its own."""
    with pypdfium2.PdfDocument(board) as pdf:
        picture = pdf[0].render(scale=DOTS_A_MM * 25.4 / 72).to_pil().convert("RGB")
    if pasted is not None:
        sticker = qrcode.make(pasted).get_image().convert("RGB").resize((int(boards.CODE_MM * DOTS_A_MM),) * 2)
        picture.paste(sticker, (int(boards.CODE_X_MM * DOTS_A_MM), int(boards.CODE_Y_MM * DOTS_A_MM)))
    out = io.BytesIO()
    picture.resize((picture.width * 3 // 4, picture.height * 3 // 4), Image.Resampling.BILINEAR).save(out, "JPEG")
    return {"name": "bang.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def check_code(page: Page, photo: dict[str, Any], says: str) -> None:
    """Send a picture of the board on the page that asks for one."""
    page.locator("input[type=file]").set_input_files(files=[photo])  # type: ignore[list-item]
    page.get_by_role("button", name="Kiểm tra mã").click()
    expect(page.get_by_role("status").last).to_contain_text(says)  # after that of the flashes


def pay_by_scanning(payer: Page, bank: str, code: str, amount: str) -> None:
    """Scan a board with the simulated bank's page, type the sum and transfer."""
    payer.goto(f"{bank}/bank/")
    payer.get_by_label("Nội dung mã VietQR").fill(code)
    payer.get_by_role("button", name="Đọc mã").click()
    payer.get_by_label("Số tiền (đồng)").fill(amount)
    payer.get_by_role("button", name="Chuyển tiền").click()
    expect(payer.locator("h1")).to_have_text("Đã chuyển tiền")


@pytest.mark.browser
def test_a_managers_day_from_a_new_stall_to_a_pasted_board(chromium: Browser, market: Running, bank: str) -> None:
    page = in_vietnamese(chromium, market)
    page.goto(f"{market.url}/stalls")
    page.get_by_label("Sạp số mấy?").fill("12")
    page.get_by_label("Sạp bán gì?").fill("Rau củ")
    expect(page.get_by_role("radio")).to_be_checked()  # the market's only account, to be read
    looked_at(page, "new")
    page.get_by_role("button", name="Mở sạp").click()
    expect(page.locator("main")).to_contain_text("Hôm nay chưa kiểm tra: 12")
    page.get_by_role("link", name="12", exact=True).click()
    board = page.request.get(
        market.url + str(page.get_by_role("link", name="In bảng mã (PDF)").get_attribute("href"))
    ).body()
    code = codes_in_picture(photo_of(board)["buffer"])[0]

    page.add_init_script("window.said = []; document.addEventListener('money', (event) => said.push(event.detail))")
    page.reload()
    page.get_by_role("button", name="Bật tiếng báo").click()
    payer = in_vietnamese(chromium, market)
    pay_by_scanning(payer, bank, code, "60.000")
    expect(page.get_by_role("log")).to_contain_text("Đã nhận 60.000 đồng", timeout=15_000)
    assert page.evaluate("said") == ["đã nhận sáu mươi nghìn đồng"]
    expect(page.locator("dl")).to_contain_text("60.000 ₫")
    looked_at(page, "board")

    page.get_by_role("link", name="Kiểm tra mã").click()
    check_code(page, photo_of(board), "đúng mã của sạp")
    looked_at(page, "own")
    theirs = payments.encode_vietqr(bank_bin="970418", account="99887766", amount_minor=None, purpose="X1")
    check_code(page, photo_of(board, pasted=theirs), "tài khoản người khác! Gỡ miếng dán ngay")
    page.goto(f"{market.url}/stalls")
    waits = page.locator("table", has_text="Việc cần bạn")
    expect(waits).to_contain_text("Bảng hiện mã của người khác")
    looked_at(page, "waits")
    waits.get_by_role("link", name="Từng bước").click()
    expect(page.locator("main")).to_contain_text("7766")
    looked_at(page, "case")
    page.get_by_role("link", name="Kiểm tra mã").click()
    check_code(page, photo_of(board), "đúng mã của sạp")
    page.goto(f"{market.url}/stalls")
    waits.get_by_role("link", name="Từng bước").click()
    page.get_by_label("Đã làm gì?").fill("Gỡ miếng dán, treo bảng mới")
    looked_at(page, "right")
    page.get_by_role("button", name="Đóng việc này").click()
    expect(page.locator("main")).to_contain_text("Đã đóng việc của sạp 12.")
    expect(waits).to_have_count(0)
    payer.context.close()
    page.context.close()
