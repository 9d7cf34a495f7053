"""Sales without an invoice: which there are by the dated rules, what they sum to, whose they are, and what is next."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, literal, select

from payments.models import Invoice, Receipt, Request
from portal.cashier import actions as cashier
from portal.db import begin
from portal.i18n import ZONE
from portal.pay.models import InstitutionList
from portal.pay.proof_rows import must_have_invoice
from portal.pay.proofs import ADVANCE, INVOICE, PUBLIC_FEE, RULES, Rule, proof_of
from portal.receipts import invoicing, sales
from portal.receipts.sales import Days, Sum
from tests.portal.cashier.test_going_back import press, with_duty
from tests.portal.pay.making import School, open_school, pay_by_transfer, soup, text
from tests.portal.receipts.test_invoices import BUYER

PAGE = "/cashier/sales"
MONTH = Days(date(2026, 11, 1), date(2026, 11, 30))
ITEMS = (
    "Học phí tháng 11 · 1A N.V.A.", "Tiền ăn bán trú 11/2026", "TIỀN ĂN", "tien an", "Tiền  ăn–trưa", "Tiền anh",
    "Tiền\u00a0ăn", "Tiê\u0300n ăn", "Thuốc (viện phí)", "Tạm ứng tiền ăn", "Ðồng phục thể dục", "Đồng phục", "Thuốc",
    "thuốc’", "Phí vệ sinh", "Gạo ST25", "Ж thuốc", "thuốcЖ", "Bảo hiểm y tế", "Tiền\u2010điện", "",
)  # fmt: skip


@pytest.mark.parametrize("on", [date(2010, 12, 31), date(2022, 6, 30), date(2022, 7, 1), date(2026, 3, 1)])
def test_the_database_says_what_the_rules_say(app: Any, session: Any, on: date) -> None:
    at, since = datetime(on.year, on.month, on.day, 0, 1, tzinfo=ZONE), date(2022, 7, 1)
    more = (
        *RULES,
        Rule(valid_from=since, payee_type="school", item_kind="sale", least_minor=300_000, paper="receipt"),
    )
    every = tuple(Rule(valid_from=since, item_kind=kind, paper=INVOICE) for kind in (PUBLIC_FEE, ADVANCE))
    for payee_type in ("school", "hospital", "market", "other"):
        payee = f"py_{payee_type}"
        if payee_type != "other":
            told = {"payee": payee, "type": payee_type, "from_at": at - timedelta(hours=1), "to_at": None}
            session.execute(insert(InstitutionList), [told])
        for rules in (RULES, more, every):
            for item in ITEMS:
                for amount in (199_999, 200_000, 300_000):
                    must = must_have_invoice(
                        session, item=literal(item), payee_id=literal(payee), amount_minor=literal(amount),
                        paid_at=literal(at.astimezone(UTC), Request.paid_at.type), rules=rules,
                    )  # fmt: skip
                    proof = proof_of(item, payee_type=payee_type, amount_minor=amount, on=on, rules=rules)
                    assert bool(session.scalar(select(must))) is (proof.paper == INVOICE), (item, payee_type, amount)


@pytest.fixture
def shop(world: Any) -> School:
    return open_school(world, name="Cửa hàng Tân An", kind="other", prefix="CH")


def sold(client: Any, world: Any, shop: School, number: int, *, item: str = "Gạo ST25", amount: int = 450_000) -> Any:
    """Sell something and have it paid; return its request."""
    with begin() as rows:
        request = cashier.ask(
            rows, now=world.clock.now(), acting=shop.cashier, desk_ref=shop.desk.desk_ref, amount_minor=amount,
            item=item, payer=f"Đơn {number}", form_id=f"f{number}",
        )  # fmt: skip
    pay_by_transfer(client, world, shop, memo=request.code, amount=amount, number=number, balance=None)
    return request


def receipt_of(session: Any, request: Any) -> Any:
    return session.scalars(select(Receipt).where(Receipt.request_id == request.id, Receipt.status == "issued")).one()


def become(session: Any, world: Any, request: Any, status: str) -> Any:
    """Ask for the invoice of a sale, and let it be as this says; return it."""
    with begin() as rows:
        now, receipt = world.clock.now(), receipt_of(rows, request)
        row = invoicing.ask(rows, now=now, receipt_id=receipt.id, buyer=BUYER, keys=world.field_keys)
        rows.execute(
            Invoice.__table__.update().where(Invoice.id == row.id).values(
                status=status, number=f"N{row.seq}" if status != "requested" else None, next_try_at=None
            )
        )  # fmt: skip
    session.expire_all()
    return row


def codes(answer: Any) -> list[str]:
    page = soup(answer)
    return [str(one.get_text(strip=True)) for one in page.select("table.data tbody th")]


def test_which_sales_stand_on_the_list(client: Any, app: Any, world: Any, shop: School, session: Any) -> None:
    kept = {name: sold(client, world, shop, number) for number, name in enumerate(
        ("none", "requested", "refused", "cancelled", "issued"), 1
    )}  # fmt: skip
    for name in ("requested", "refused", "cancelled", "issued"):
        become(session, world, kept[name], name)
    fee = sold(client, world, shop, 6, item="Học phí tháng 11")
    world.clock.move(days=3)
    accountant = with_duty(app, world, shop, "reconcile")
    answer = accountant.get(PAGE)
    assert codes(answer) == [kept[name].code for name in ("none", "refused", "cancelled")]
    said = text(answer)
    assert "₫1,350,000" in said and "No invoice yet: 3" in said and "Waiting for the issuer: 1" in said
    assert fee.code not in said
    waiting = accountant.get(PAGE, query_string={"show": "waiting"})
    assert codes(waiting) == [kept["requested"].code] and "3 days" in text(waiting)
    acting = replace(shop.cashier, duties=frozenset({"reconcile"}))
    assert sales.sums(session, acting, MONTH) == (Sum(3, 1_350_000), Sum(1, 450_000))


def test_each_row_leads_to_its_next_step(client: Any, app: Any, world: Any, shop: School, session: Any) -> None:
    new, refused, void = (sold(client, world, shop, number) for number in (1, 2, 3))
    row = become(session, world, refused, "refused")
    accountant, lost = with_duty(app, world, shop, "reconcile"), receipt_of(session, void).id
    press(accountant, f"/cashier/receipts/{lost}/void", void_reason="Sai")
    links = [one["href"] for one in soup(accountant.get(PAGE)).select("table.data tbody th a")]
    wanted = [f"/receipts/{receipt_of(session, new).id}/invoice", f"/cashier/invoices/{row.id}",
              f"/cashier/receipts/{lost}"]  # fmt: skip
    assert links == wanted
    assert [accountant.get(one).status_code for one in links] == [200, 200, 200]
    assert "no receipt counts" in text(accountant.get(PAGE))
    press(accountant, f"/cashier/receipts/{lost}/new")
    assert soup(accountant.get(PAGE)).select("table.data tbody th a")[2]["href"].endswith("/invoice")


def test_an_invoice_of_a_receipt_that_was_corrected_still_counts(
    client: Any, app: Any, world: Any, shop: School, session: Any
) -> None:
    request = sold(client, world, shop, 1)
    become(session, world, request, "issued")
    accountant = with_duty(app, world, shop, "reconcile")
    corrected = {"item": "Gạo ST25, 10 kg", "reason": "Thiếu số kg"}
    press(accountant, f"/cashier/receipts/{receipt_of(session, request).id}/correction", **corrected)
    assert codes(accountant.get(PAGE)) == []
    assert "No sale of these days lacks an invoice" in text(accountant.get(PAGE))


def test_what_went_back_or_is_paid_in_part_is_no_sale(
    client: Any, app: Any, world: Any, shop: School, session: Any
) -> None:
    whole, some, part = (sold(client, world, shop, number) for number in (1, 2, 3))
    with begin() as rows:
        for one, back in ((whole, 450_000), (some, 50_000)):
            rows.get_one(Request, one.seq).refunded_minor = back
        rows.get_one(Request, part.seq).status = "open"
    accountant = with_duty(app, world, shop, "reconcile")
    assert codes(accountant.get(PAGE)) == [some.code]
    assert "₫400,000" in text(accountant.get(PAGE))


def test_the_days_are_those_of_vietnam(client: Any, app: Any, world: Any, shop: School, session: Any) -> None:
    world.clock.at = datetime(2026, 10, 31, 16, 59, tzinfo=UTC)  # 23:59 there
    october = sold(client, world, shop, 1)
    world.clock.at = datetime(2026, 10, 31, 17, 0, tzinfo=UTC)
    november = sold(client, world, shop, 2)
    accountant = with_duty(app, world, shop, "reconcile")
    assert codes(accountant.get(PAGE)) == [november.code]
    one_day = {"from": "2026-10-31", "to": "2026-10-31"}
    assert codes(accountant.get(PAGE, query_string=one_day)) == [october.code]


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-11-31", "2026-11-30", "Choose a day, such as 01/11/2026."),
        ("2026-11-01", "9999-12-31", "Choose a day, such as 01/11/2026."),
        ("2026-11-02", "2026-11-01", "The last day is before the first."),
        ("2025-11-01", "2026-11-02", "Choose at most 366 days."),
    ],
)
def test_a_bad_period_says_what_to_do(app: Any, world: Any, shop: School, first: str, last: str, said: str) -> None:
    accountant = with_duty(app, world, shop, "reconcile")
    for form in ("", "csv", "xlsx"):
        answer = accountant.get(PAGE, query_string={"from": first, "to": last, "format": form})
        assert (answer.status_code, said in text(answer)) == (400, True)
        assert soup(answer).find("table") is None


def test_nobody_sees_anothers_sales(client: Any, app: Any, world: Any, shop: School, session: Any) -> None:
    mine = sold(client, world, shop, 1)
    other = open_school(world, name="B", number="77", phone="0901100088", prefix="KH", kind="other")
    stranger = with_duty(app, world, other, "reconcile", phone="0901100099")
    assert codes(stranger.get(PAGE)) == [] and "No sale of these days lacks" in text(stranger.get(PAGE))
    assert mine.code not in stranger.get(PAGE, query_string={"format": "csv"}).get_data(as_text=True)
    assert with_duty(app, world, shop, "read", phone="0901100079").get(PAGE).status_code == 403
    assert client.get(PAGE).status_code == 302


def test_no_engine_reads_the_papers_of_all_payees(app: Any, world: Any, shop: School, session: Any) -> None:
    acting, connection = replace(shop.cashier, duties=frozenset({"reconcile"})), session.connection()
    asked: list[tuple[str, Any]] = []
    event.listen(connection, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    sales.sums(session, acting, MONTH)
    for waits in (False, True):
        sales.listed(session, acting, MONTH, waits=waits, total=1, asked=1)
    plans = [one for one in asked if "FROM pay_requests" in one[0]]
    assert len(plans) == 3
    sqlite = connection.dialect.name == "sqlite"
    if not sqlite:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # the tables are empty: reading all costs nothing
    for statement, values in plans:
        explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
        plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain + statement, values))
        assert "ix_pay_requests_payee_id_paid_at" in plan, plan
        for table in ("requests", "receipts", "invoices"):
            assert f"SCAN pay_{table}" not in plan and f"Seq Scan on pay_{table}" not in plan, plan


def test_pages_and_files_hold_all_of_them(
    client: Any, app: Any, world: Any, shop: School, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sales, "ROWS", 2)
    monkeypatch.setattr(sales, "_AT_ONCE", 2)
    found = [sold(client, world, shop, number, item="=1+1 gạo") for number in range(1, 6)]
    accountant = with_duty(app, world, shop, "reconcile")
    shown = [codes(accountant.get(PAGE, query_string={"page": number})) for number in (1, 2, 3)]
    assert shown == [[one.code for one in found[at : at + 2]] for at in (0, 2, 4)]
    file = accountant.get(PAGE, query_string={"format": "csv"})
    lines = file.get_data(as_text=True).removeprefix("\ufeff").splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == [one.code for one in found]
    assert all(line.split(",")[2].startswith("'=") and line.split(",")[3] == "450000" for line in lines[1:])
    assert file.headers["Cache-Control"] == "no-store"
    book = accountant.get(PAGE, query_string={"format": "xlsx"})
    assert book.status_code == 200 and book.data.startswith(b"PK")
