"""A stall's page in a real Chromium: what comes is put on top without a tap."""

from typing import Any

from playwright.sync_api import expect

from portal.db import begin, db
from portal.stalls import actions
from tests.portal.cashier.test_in_chromium import Running, opened, running  # noqa: F401  the fixture


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
