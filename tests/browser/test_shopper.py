"""The shopper, on a phone: the verdict at one look, the PIN, where it was bought, and the proof checked by hand."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import look, visit
from tests.supervisor import ROOT, Portal

PIN_BATCH = 13
"""The demo's honey: its stamps have a PIN."""


@pytest.fixture
def width() -> int:
    return 360


def test_a_stamp_is_understood_and_checked(page: Page, portal: Portal, width: int, tmp_path: Path) -> None:
    listed = portal.flask("stamps", "codes", str(PIN_BATCH), "--from", "7", "--to", "7", "--pins")
    code, pin = listed["codes"][0], listed["pins"][0]
    visit(page, portal, code)
    said = page.locator("h1")
    expect(said).to_have_text("Mã tem này là mã thật.")
    box = said.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 300  # at one look, without scrolling
    look(page, "shopper-first", width)
    page.locator("input[name=pin]").fill("000000" if pin != "000000" else "111111")
    page.get_by_role("button", name="Kiểm tra mã PIN").click()
    expect(page.get_by_role("status")).to_contain_text("sai")
    page.locator("input[name=pin]").fill(pin)
    page.get_by_role("button", name="Kiểm tra mã PIN").click()
    expect(page.get_by_role("status")).to_contain_text("Mã PIN đúng")
    visit(page, portal, code)
    expect(said).to_contain_text("đã được quét 2 lần")  # a PIN is no scan
    page.get_by_role("link", name="Cho biết bạn mua ở đâu").click()
    page.get_by_role("button", name="Gửi").click()
    expect(page.locator(".error")).to_be_visible()
    look(page, "shopper-where-wrong", width)
    page.locator("select[name=province]").select_option(label="Thành phố Hà Nội")
    page.get_by_role("button", name="Gửi").click()
    expect(page.get_by_role("status").last).to_contain_text("Cảm ơn")
    expect(said).to_contain_text("đã được quét 2 lần")  # nor is an answer
    assert page.context.cookies() == []
    checks_by_hand(page, width, tmp_path)


def checks_by_hand(page: Page, width: int, folder: Path) -> None:
    """Save the proof and run the very command that the page shows, in an empty folder."""
    page.get_by_text("Tự kiểm tra mã này").click()
    look(page, "shopper-check", width)
    command = shlex.split(page.locator("details pre").inner_text())
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải bằng chứng").click()
    assert download.value.suggested_filename == command[4]
    proof = folder / command[4]
    download.value.save_as(proof)
    run = [sys.executable, *command[1:]]
    env = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    checked = subprocess.run(run, cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    text = proof.read_text("utf-8")
    at = text.index("nonce ") + 8
    proof.write_text(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :], "utf-8")
    assert subprocess.run(run, cwd=folder, env=env, capture_output=True, timeout=120).returncode in (1, 2)
