"""Invoices on pages: asked for by the buyer of a sale, refused, corrected, numbered, changed; nobody else's data."""

from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import insert, select

from payments.issuer import IssuerSaid
from payments.models import Invoice, Receipt
from portal.audit import AuditRow, broken_rows
from portal.cashier import actions as cashier
from portal.config import Settings, SettingsError
from portal.db import begin
from portal.pay.proofs import INVOICE, RECEIPT, Proof, item_kind, proof_of
from portal.receipts.invoicing import issuer_step
from portal.receipts.tax_codes import TaxCodeWrong, read_tax_code
from portal.sandboxes.invoices import UNKNOWN_TAX_CODE, register_invoices
from tests.portal.cashier.test_going_back import press, with_duty
from tests.portal.pay.making import HERE, School, asked, open_school, pay_by_transfer, soup, text

BUYER = {"name": "Công ty TNHH Thanh Long", "tax_code": "0300588569", "address": "12 Trần Phú, Tân An", "email": ""}


class Told:
    """An issuer that answers what was prepared, and remembers what it was told."""

    name, simulated = "told", True

    def __init__(self, *answers: IssuerSaid) -> None:
        self.answers, self.orders = list(answers), list[Any]()

    def tell(self, order: Any, *, seconds: float) -> IssuerSaid:
        self.orders.append(order)
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("item", "payee_type", "amount", "on", "proof"),
    [
        ("Học phí tháng 11 · 1A N.V.A.", "school", 450_000, date(2026, 3, 1), Proof(RECEIPT, False)),
        ("Tiền ăn bán trú 11/2026", "school", 150_000, date(2026, 3, 1), Proof(INVOICE, True)),
        ("Tiền ăn bán trú 11/2021", "school", 199_999, date(2021, 11, 1), Proof(RECEIPT, True)),
        ("Tiền ăn bán trú 11/2021", "school", 200_000, date(2022, 6, 30), Proof(INVOICE, True)),
        ("Tiền ăn bán trú", "school", 1_000, date(2022, 7, 1), Proof(INVOICE, True)),
        ("Tạm ứng viện phí · BN-1", "hospital", 2_000_000, date(2026, 3, 1), Proof(RECEIPT, False)),
        ("Thuốc và vật tư · BN-1", "hospital", 90_000, date(2026, 3, 1), Proof(INVOICE, True)),
        ("Phí vệ sinh", "market", 60_000, date(2026, 3, 1), Proof(RECEIPT, False)),
        ("Đơn hàng 12", "other", 60_000, date(2026, 3, 1), Proof(INVOICE, True)),
    ],
)
def test_which_paper_a_payment_has(item: str, payee_type: str, amount: int, on: date, proof: Proof) -> None:
    assert proof_of(item, payee_type=payee_type, amount_minor=amount, on=on) == proof
    assert (item_kind(item, payee_type=payee_type) == "sale") is proof.invoice_on_demand


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("0300588569", "0300588569"), ("0300 588 569", "0300588569"), ("0300588569001", "0300588569-001"),
        ("0300588569-001", "0300588569-001"), ("080190012345", "080190012345"), ("0300588568", None),
        ("030058856", None),
        ("180190012345", None), ("03005885690", None), ("", None), ("03OO588569", None),
    ],
)  # fmt: skip
def test_tax_codes(typed: str, code: str | None) -> None:
    if code is None:
        with pytest.raises(TaxCodeWrong):
            read_tax_code(typed)
    else:
        assert read_tax_code(typed) == code


@pytest.fixture
def shop(world: Any) -> School:
    return open_school(world, name="Cửa hàng Tân An", kind="other", prefix="CH")


def bought(client: Any, world: Any, shop: School, session: Any) -> Receipt:
    with begin() as rows:
        request = cashier.ask(
            rows, now=world.clock.now(), acting=shop.cashier, desk_ref=shop.desk.desk_ref, amount_minor=450_000,
            item="Gạo ST25", payer="Đơn 12", form_id="f1",
        )  # fmt: skip
    pay_by_transfer(client, world, shop, memo=request.code, amount=450_000)
    return session.scalars(select(Receipt)).one()


def acts(session: Any) -> list[str]:
    found = select(AuditRow.act).where(AuditRow.act.like("invoice.%")).order_by(AuditRow.id)
    return list(session.scalars(found))


def test_a_public_fee_has_no_invoice(client: Any, world: Any, session: Any) -> None:
    school = open_school(world)
    request = asked(world, school)
    pay_by_transfer(client, world, school, memo=request.code, amount=450_000)
    receipt = session.scalars(select(Receipt)).one()
    assert "/invoice" not in client.get(f"/receipts/{receipt.id}").get_data(as_text=True)
    address = f"/receipts/{receipt.id}/invoice"
    assert client.get(address).status_code == client.post(address, data=BUYER, headers=HERE).status_code == 404
    assert session.scalars(select(Invoice)).all() == []


def test_from_the_buyers_asking_to_the_issuers_number(
    client: Any, app: Any, world: Any, shop: School, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Told(IssuerSaid(refusal="Không tìm thấy mã số thuế này"), IssuerSaid(number="C26TAA-1"), IssuerSaid())
    world = replace(world, issuer=issuer)
    monkeypatch.setitem(app.extensions, "world", world)
    client.set_cookie("lang", "en")
    receipt = bought(client, world, shop, session)
    address = f"/receipts/{receipt.id}/invoice"
    assert address in client.get(f"/receipts/{receipt.id}").get_data(as_text=True)
    wrong = client.post(address, data=BUYER | {"tax_code": "0300588568"}, headers=HERE)
    assert (wrong.status_code, "This is no tax code" in text(wrong)) == (400, True)
    assert client.post(address, data=BUYER, headers={"Origin": "https://evil.test"}).status_code == 403
    assert client.post(address, data=BUYER, headers=HERE).status_code == 303
    page = text(client.get(address))
    assert "The invoice is asked for" in page and "Thanh Long" not in page
    assert client.post(address, data=BUYER, headers=HERE).status_code == 409
    row = session.scalars(select(Invoice)).one()
    assert BUYER["tax_code"] not in row.sealed_buyer
    assert issuer_step(world) and not issuer_step(world)
    assert "The issuer refused it" in text(client.get(address))
    accountant = with_duty(app, world, shop, "reconcile")
    where = f"/cashier/invoices/{row.id}"
    assert "₫450,000" in text(accountant.get("/cashier/invoices"))
    assert "Không tìm thấy mã số thuế này" in text(accountant.get(where)) and BUYER["name"] in text(
        accountant.get(where)
    )
    assert press(accountant, f"{where}/buyer", **(BUYER | {"tax_code": "1"})).status_code == 400
    assert press(accountant, f"{where}/buyer", **(BUYER | {"name": "Công ty A"})).status_code == 303
    assert issuer_step(world)
    assert "The invoice is issued: C26TAA-1" in text(client.get(address))
    assert [one.buyer["name"] for one in issuer.orders] == [BUYER["name"], "Công ty A"]
    assert press(accountant, f"{where}/number", number="N9").status_code == 400
    assert press(accountant, f"{where}/change", change="cancelled", reason="Trả hàng").status_code == 303
    assert issuer_step(world)
    session.expire_all()
    assert (row.status, row.number) == ("cancelled", "C26TAA-1")
    assert acts(session) == [
        "invoice.asked", "invoice.refused", "invoice.corrected", "invoice.issued", "invoice.change_asked",
        "invoice.changed",
    ]  # fmt: skip
    assert broken_rows(session) == []


def test_the_page_says_so_where_the_receipt_counts_no_more(
    client: Any, app: Any, world: Any, shop: School, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Told(IssuerSaid(number="C26TAA-1"))
    monkeypatch.setitem(app.extensions, "world", replace(world, issuer=issuer))
    bought(client, world, shop, session)
    accountant, newest = with_duty(app, world, shop, "reconcile"), select(Receipt).order_by(Receipt.number.desc())
    for said, told in (
        (True, "Have this invoice cancelled or replaced"),
        (False, "This receipt counts no more, so no invoice is given for it"),
    ):
        receipt = session.scalars(newest.limit(1)).one()
        client.post(f"/receipts/{receipt.id}/invoice", data=BUYER, headers=HERE)
        assert not said or issuer_step(replace(world, issuer=issuer))
        row = session.scalars(select(Invoice).where(Invoice.receipt_id == receipt.id)).one()
        assert press(accountant, f"/cashier/receipts/{receipt.id}/void", void_reason="Sai").status_code == 303
        assert told in text(accountant.get(f"/cashier/invoices/{row.id}"))
        press(accountant, f"/cashier/receipts/{receipt.id}/new")


def test_without_an_issuer_a_person_enters_the_number(
    client: Any, app: Any, world: Any, shop: School, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = replace(world, issuer=None)
    monkeypatch.setitem(app.extensions, "world", world)
    receipt = bought(client, world, shop, session)
    client.post(f"/receipts/{receipt.id}/invoice", data=BUYER, headers=HERE)
    assert not issuer_step(world)
    row = session.scalars(select(Invoice)).one()
    where = f"/cashier/invoices/{row.id}"
    accountant, reader = (
        with_duty(app, world, shop, "reconcile"),
        with_duty(app, world, shop, "read", phone="0901100079"),
    )
    assert "No issuer is connected" in text(accountant.get(where))
    assert press(accountant, f"{where}/number", number="có dấu").status_code == 400
    assert press(accountant, f"{where}/number", number="C26TAA-00000012").status_code == 303
    session.expire_all()
    assert (row.status, row.number) == ("issued", "C26TAA-00000012")
    assert reader.get(where).status_code == 403
    other = open_school(world, name="B", number="77", phone="0901100088", prefix="KH")
    stranger = with_duty(app, world, other, "reconcile", phone="0901100099")
    assert stranger.get(where).status_code == press(stranger, f"{where}/number", number="N1").status_code == 404
    assert soup(stranger.get("/cashier/invoices")).find("table") is None


def test_the_list_of_invoices_is_walked_by_state_and_by_page(
    client: Any, app: Any, world: Any, shop: School, session: Any
) -> None:
    receipt = bought(client, world, shop, session)
    client.post(f"/receipts/{receipt.id}/invoice", data=BUYER, headers=HERE)
    first = session.scalars(select(Invoice)).one()
    kept = {
        name: getattr(first, name)
        for name in (
            "payee_id",
            "receipt_id",
            "amount_minor",
            "currency",
            "sealed_buyer",
            "status_at",
            "asked_at",
            "tries",
            "lease_no",
        )
    }
    session.execute(
        insert(Invoice),
        [
            {**kept, "id": f"iv_{number}", "item": f"Khoản {number}", "of_id": first.id, "number": f"C-{number}",
             "status": "cancelled" if number < 60 else "issued"}
            for number in range(120)
        ],
    )  # fmt: skip
    session.commit()
    accountant = with_duty(app, world, shop, "reconcile")
    page = accountant.get("/cashier/invoices")
    for words in ("All: 121", "asked for: 1", "cancelled: 60", "issued: 60", "Page 1 of 3", "Khoản 119"):
        assert words in text(page), words
    assert "Khoản 69" not in text(page)
    assert "Khoản 69" in text(accountant.get("/cashier/invoices?page=2"))
    ended = accountant.get("/cashier/invoices?state=cancelled&page=2")
    assert [one.get_text() for one in soup(ended).select("tbody td:nth-of-type(1)")] == [
        f"Khoản {number}" for number in range(9, -1, -1)
    ]
    assert "No invoice is in this state" in text(accountant.get("/cashier/invoices?state=refused"))
    assert accountant.get("/cashier/invoices?state=none").status_code == 404
    for state, count in (("", 121), ("&state=issued", 60)):
        file = accountant.get(f"/cashier/invoices?format=csv{state}").get_data(as_text=True)
        assert (file.count("\r\n"), BUYER["name"] in file) == (count + 1, False)
        book = CalamineWorkbook.from_filelike(BytesIO(accountant.get(f"/cashier/invoices?format=xlsx{state}").data))
        assert len(book.get_sheet_by_index(0).to_python()) == count + 1
    other = open_school(world, name="B", number="77", phone="0901100088", prefix="KH")
    stranger = with_duty(app, world, other, "reconcile", phone="0901100099")
    assert stranger.get("/cashier/invoices?format=csv").get_data(as_text=True).count("\r\n") == 1


def test_the_stand_in_answers_the_same_twice_and_never_starts_in_production() -> None:
    from flask import Flask

    app = Flask("stand-in")
    register_invoices(app)
    issuer, order = app.test_client(), {"id": "iv_1", "buyer": {"tax_code": "0300588569"}}
    first = issuer.post("/invoices", json=order)
    assert (first.status_code, issuer.post("/invoices", json=order).json) == (200, first.json)
    assert issuer.post("/invoices", json=order | {"buyer": {"tax_code": UNKNOWN_TAX_CODE}}).status_code == 422
    assert issuer.post("/invoices", json=order | {"change": "cancelled"}).json == {"number": None}
    assert issuer.post("/invoices", json=[]).status_code == 400
    assert read_tax_code(UNKNOWN_TAX_CODE) == UNKNOWN_TAX_CODE
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"PORTAL_ENV": "production", "INVOICE_URL": "https://issuer.test"})
    assert "INVOICE_URL is given, but the issuer of invoices is a simulation" in str(caught.value)
