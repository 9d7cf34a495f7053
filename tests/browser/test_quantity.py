"""A payer who says how many she takes before she chooses how to pay, on a phone and at a desk."""

import re
from urllib.parse import urlsplit

import stripe
from playwright.sync_api import Page, expect

from tests.browser.people import look, visit
from tests.supervisor import Portal


def session_of(portal: Portal) -> str:
    """Have the school's own system make a session; return the path of its page."""
    key = portal.flask("demo", "keys")["stripe_secret_key"]
    sdk = stripe.StripeClient(key, base_addresses={"api": portal.url})
    sold = (("Vé tham quan Làng nổi Tân Lập", 120_000, 1, 5), ("Áo đồng phục thể dục", 85_000, 0, 10))
    made = sdk.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "https://shop.example/ok",
            "line_items": [
                {
                    "price_data": {"currency": "vnd", "unit_amount": each, "product_data": {"name": name}},
                    "quantity": 1,
                    "adjustable_quantity": {"enabled": True, "minimum": least, "maximum": most},
                }
                for name, each, least, most in sold
            ],
        }
    )
    return urlsplit(str(made.url)).path


def test_a_payer_chooses_how_many(page: Page, portal: Portal, width: int) -> None:
    visit(page, portal, session_of(portal))
    expect(page.locator("main")).to_contain_text("205.000")
    look(page, "quantity-asked", width)
    tickets, shirts = page.get_by_label("Vé tham quan"), page.get_by_label("Áo đồng phục")
    tickets.fill("6")
    page.get_by_role("button", name="Tiếp tục thanh toán").click()
    expect(page.get_by_role("alert")).to_contain_text("từ 1 đến 5")
    expect(page.locator("main")).to_contain_text("205.000")
    look(page, "quantity-refused", width)
    tickets.fill("4")
    shirts.fill("0")
    page.keyboard.press("Enter")
    expect(page.locator("main .amount")).to_contain_text("480.000")
    expect(page.locator("main")).to_contain_text("4 × Vé tham quan")
    expect(page.locator("main")).not_to_contain_text("Áo đồng phục")
    look(page, "quantity-ways", width)
    page.get_by_role("link", name="Đổi số lượng").click()
    expect(tickets).to_have_value("4")
    tickets.fill("3")
    page.get_by_role("button", name="Tiếp tục thanh toán").click()
    page.get_by_role("button", name="VietQR").click()
    page.wait_for_url(re.compile("/vietqr$"))
    expect(page.locator("main")).to_contain_text("360.000")
    look(page, "quantity-code", width)
    page.go_back()
    page.go_back()
    page.reload()  # the page of how many leads on: a code asks for three
    page.wait_for_url(re.compile("/pay/requests/"))
    expect(page.get_by_role("link", name="Đổi số lượng")).to_have_count(0)
