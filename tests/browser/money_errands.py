"""Errands of those who collect money and those who pay: till, class list, stalls, accounts, close of day."""

import re
from datetime import datetime, timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import qrcode
import requests
import stripe
from sqlalchemy import select

from payments import encode_vietqr
from payments.models import Payee, Transaction
from portal import create_app
from portal.config import Settings
from portal.db import begin
from portal.demo.cast import INSTITUTIONS
from tests.browser.scene import Scene
from tests.browser.visiting import Guest
from tests.payments.settlement.days import csv, row
from tests.portal.onboarding.walking import hidden, submit
from tests.portal.schools.lists import AN, BE, write_list
from tests.supervisor import until

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def school(scene: Scene, folder: Path) -> None:
    """Send a class list, import it, and look at the classes."""
    guest = scene.guest("cashier")
    rows = [AN, {**BE, "due_date": "30/11/2030"}, {**AN, "pupil_code": "HS03", "due_date": "30/11/2030"}]
    body = write_list(folder / "lop1.xlsx", rows).read_bytes()
    listing = guest.send("/classes/lists/new", {"period": "", "roster": ("lop1.xlsx", SHEET, body)})
    guest.get(listing)
    guest.send(f"{listing}/import", page=listing)
    guest.follow("/classes", listing, "/refunds")
    guest.close()


def payments(scene: Scene) -> None:
    """Ask for money at the till, pay it, find the receipt and ask for a part back; and open a payment link."""
    cashier, payer = scene.guest("cashier"), scene.guest()
    ask = {"amount": "450.000", "item": "Đồng phục thể dục", "payer": "lớp 1A N.V.A."}
    unpaid = _pay_link(cashier, cashier.send("/till", ask))  # stays so, to be weighed later
    payer.follow(f"{unpaid}/vietqr", unpaid)
    till = cashier.send("/till", ask)
    link = _pay_link(cashier, till)
    payer.get(link)
    payer.page.get_by_role("button", name="VNPay").click()
    payer.page.wait_for_url(re.compile(r":\d+/vnpay/pay"))
    payer.page.get_by_role("button", name=re.compile("^(Thanh toán|Trả|Pay)")).first.click()
    payer.page.wait_for_url(re.compile("/pay/"))
    receipt = until(
        lambda: re.search(r"/receipts/(?!check)[\w-]+", cashier.get(till).get_data(as_text=True)),
        why="the money did not come",
    )
    payer.follow(link, receipt[0], f"{receipt[0]}/invoice")
    buyer = {"name": "Hộ bà Bảy", "tax_code": "0100109106", "address": "Xã Tân Thạnh", "email": ""}
    payer.get(payer.send(f"{receipt[0]}/invoice", buyer))
    accountant = scene.guest("institution")
    accountant.get("/exceptions/of/" + till.rsplit("/", 1)[-1])
    accountant.close()
    cashier.get(cashier.send(f"{till}/refund", {"amount": "10.000", "why": "Em nghỉ một ngày"}))
    sdk = stripe.StripeClient(scene.keys["stripe_secret_key"], base_addresses={"api": scene.portal.url})
    price = {"currency": "vnd", "unit_amount": 120_000, "product_data": {"name": "Đồng phục thể dục"}}
    made = sdk.v1.payment_links.create({"line_items": [{"price": sdk.v1.prices.create(price).id, "quantity": 1}]})
    payer.follow(f"/pay/links/pl_{made.id.partition('_')[2]}")
    asked = {"key": "lop", "type": "text", "label": {"type": "custom", "custom": "Lớp"}}
    lines = [{"price": sdk.v1.prices.create(price).id, "quantity": 1}]
    shop = {"success_url": "https://shop.example/ok", "mode": "payment"}
    lines[0]["adjustable_quantity"] = {"enabled": True, "minimum": 1, "maximum": 5}
    session = sdk.v1.checkout.sessions.create({"line_items": lines, "custom_fields": [asked], **shop})
    payer.get(urlsplit(str(session.url)).path)
    cashier.follow("/till")
    cashier.close()
    payer.close()


def wallet(scene: Scene) -> None:
    """Open a stay at a hospital's desk; and choose the wallet whose code is its own."""
    cashier, payer = scene.guest("hospital_cashier"), scene.guest()
    cashier.get(cashier.send("/hospital/stays", {"code": "NV-0042", "name": "Nguyễn Thị Hoa"}, page="/hospital"))
    ask = {"amount": "85.000", "item": "Viện phí ngoại trú", "payer": "BN N.T.H."}
    link = _pay_link(cashier, cashier.send("/till", ask))
    payer.get(link)
    payer.get(payer.send(link, {"way": "viettel_qr"}))
    cashier.close()
    payer.close()


def _pay_link(cashier: Guest, till: str) -> str:
    return re.findall(r"/pay/requests/pr_\w+", cashier.get(till).get_data(as_text=True))[0]


def odd_money(scene: Scene) -> None:
    """Send the school money that says for nothing; the accountant looks at it."""
    paid = {"account": INSTITUTIONS[0].account, "amount": "70000", "memo": "hoc phi"}
    requests.post(f"{scene.portal.sandbox_url}/bank/pay", data=paid, timeout=60).raise_for_status()
    guest = scene.guest("institution")

    def told() -> re.Match[str] | None:
        return re.search(r"/exceptions/su_\w+", guest.get("/exceptions").get_data(as_text=True))

    guest.follow(until(told, why="the money did not come")[0])
    guest.close()


def software(scene: Scene) -> None:
    """Make a key and an address for an institution's own software, and look at its receipts and invoices."""
    guest = scene.guest("institution")
    guest.follow("/systems")
    payee = re.findall(r"/systems/py_\w+", guest.get("/systems").get_data(as_text=True) + guest.page.url)[0]
    for path, typed in (("keys", {"name": "Phần mềm kế toán"}), ("addresses", {"url": "https://93.184.216.34/tin"})):
        guest.post(f"{payee}/{path}", data={**hidden(guest, payee), "kinds": "ends", **typed})
    guest.follow(payee, "/cashier/receipts", "/cashier/invoices", "/exceptions")
    guest.close()


def settlement(scene: Scene, folder: Path) -> None:
    """Read in a gateway's file whose sums differ from the books, and propose what puts one right."""
    with create_app(Settings.from_env(scene.portal.env)).app_context(), begin() as session:
        one = session.scalars(select(Transaction).where(Transaction.provider == "vnpay")).first()
        assert one is not None, "nothing was paid at VNPay"
        told, day = row(one.provider_txn_id, one.amount_minor - 10_000), f"{one.business_date}"
    rows = [{**each, "txn_time": f"{day} 09:00:00", "settle_time": _morrow(day)} for each in (told, row(99, 70_000))]
    for each in rows:
        each["business_date"] = day
    officer = scene.guest("province_officer")
    sent = {"provider": "vnpay", "file": ("vnpay.csv", "text/csv", csv(folder, rows, day=day).read_bytes())}
    file = officer.send("/accounts/files", sent, page="/accounts")
    officer.follow(file)
    officer.close()
    guest = scene.guest("institution")
    guest.get("/accounts")
    differs = re.findall(r"/accounts/differences/\w+", guest.get("/accounts").get_data(as_text=True))[0]
    guest.get(differs)
    typed = {"debit": "chargeback_hold", "credit": "provider:vnpay", "amount": "10000", "reason": "Thư của VNPay"}
    guest.get(guest.send(f"{differs}/correct", typed, page=differs))
    _statement(scene, guest)
    guest.close()


def _statement(scene: Scene, guest: Guest) -> None:
    """Have the accountant read in what the simulated bank gives for today, with a credit that nobody told."""
    asked = re.findall(r'href="(http[^"]+/_settlement/bank[^"]+)"', guest.get("/accounts").get_data(as_text=True))[0]
    given = requests.get(unescape(asked), timeout=60)
    given.raise_for_status()
    with create_app(Settings.from_env(scene.portal.env)).app_context(), begin() as session:
        account = INSTITUTIONS[0].account
        payee = session.scalars(select(Payee.id).where(Payee.account == account)).one()
    sent = {"account": payee, "statement": ("saoke.csv", "text/csv", given.content)}
    guest.get(guest.send("/accounts/statements", sent, page="/accounts"))


def _morrow(day: str) -> str:
    return f"{datetime.fromisoformat(day) + timedelta(days=1):%Y-%m-%d} 00:00:00"


def closing(scene: Scene) -> None:
    """Close the day of a desk, and look at the list of closed days."""
    guest = scene.guest("cashier")
    guest.get(guest.send("/till/day"))
    guest.follow("/till/day", "/till/days")
    guest.close()


def market(scene: Scene) -> None:
    """Open a stall as the market's manager, look at its code, and stand before its board as a customer."""
    guest = scene.guest("market_manager")
    page = guest.get("/stalls").get_data(as_text=True)
    account = re.findall(r'name="account"[^>]* value="(\w+)"', page)[0]
    guest.send("/stalls", {"number": "12", "sells": "Rau củ", "account": account})
    stall = re.findall(r'href="(/stalls/\w+)/check"', guest.get("/stalls").get_data(as_text=True))[0]
    guest.follow("/stalls", stall, f"{stall}/check", "/stalls/board")
    genuine = re.findall(r"/b/\w+", guest.get(f"{stall}/check").get_data(as_text=True))
    guest.get(genuine[0] if genuine else "/b/" + stall.rsplit("/", 1)[-1])
    pasted = BytesIO()  # another's code hangs on the board
    qrcode.make(encode_vietqr(bank_bin="970418", account="99887766", amount_minor=None, purpose="X")).save(pasted)
    submit(guest, f"{stall}/check", {"picture": ("board.png", "image/png", pasted.getvalue())})
    guest.get(re.findall(r"/stalls/cases/\w+", guest.get("/stalls").get_data(as_text=True))[0])
    guest.close()
