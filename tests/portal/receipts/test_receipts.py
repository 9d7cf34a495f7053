"""Receipts found again, printed again, void and corrected: every act told, none of others', none by who only reads."""

import io
from typing import Any

import pypdfium2
from sqlalchemy import select

from payments.models import Receipt
from portal.audit import AuditRow, broken_rows
from portal.i18n import in_words
from tests.codes import words_on
from tests.portal.cashier.test_going_back import paid, press, with_duty
from tests.portal.pay.making import School, open_school, soup, text


def receipt_of(session: Any) -> Receipt:
    return session.scalars(select(Receipt).where(Receipt.status == "issued")).one()


def acts(session: Any) -> list[str]:
    found = session.scalars(select(AuditRow.act).where(AuditRow.act.startswith("receipt.")).order_by(AuditRow.id))
    return list(found)


def test_found_again_by_number_code_or_day(till: Any, client: Any, world: Any, school: School, session: Any) -> None:
    assert "No receipt yet" in text(till.get("/cashier/receipts"))
    request = paid(client, world, school)
    row = receipt_of(session)
    today = world.clock.now().astimezone().date()
    for query, found in (
        ("", True), (f"q={row.number_text[:9].lower()}", True), (f"q={request.code}", True), ("q=ZZ", False),
        ("q=%25", True), ("day=2020-01-01", False), (f"day={today}&q={request.code}", True), ("day=x", True),
    ):  # fmt: skip
        page = text(till.get(f"/cashier/receipts?{query}"))
        assert (row.number_text in page, "No receipt is found" in page) == (found, not found), query


def test_a_print_from_the_desk_says_which_copy_it_is(
    till: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    paid(client, world, school)
    row = receipt_of(session)
    for copy, size, millimetres in ((2, "a6", (105, 148)), (3, "a4", (210, 297))):
        led = press(till, f"/cashier/receipts/{row.id}/copies", size=size)
        assert led.status_code == 303
        pdf = till.get(led.location).data
        width, height = pypdfium2.PdfDocument(io.BytesIO(pdf))[0].get_size()
        assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == millimetres
        for fact in (f"Copy {copy}", row.number_text, row.check_word, in_words(450_000)):
            assert fact in words_on(pdf), fact
    assert till.get(f"/cashier/receipts/{row.id}/copies/4.pdf").status_code == 404
    assert till.get(f"/cashier/receipts/{row.id}/copies/1.pdf").status_code == 404
    assert "Copy" not in words_on(client.get(f"/receipts/{row.id}/a4.pdf").data)
    assert acts(session) == ["receipt.issued", "receipt.printed_again", "receipt.printed_again"]


def test_void_with_a_reason_then_a_new_one(till: Any, client: Any, world: Any, school: School, session: Any) -> None:
    paid(client, world, school)
    row = receipt_of(session)
    where = f"/cashier/receipts/{row.id}"
    empty = press(till, f"{where}/void", void_reason=" ")
    assert (empty.status_code, soup(empty).title.get_text().startswith("Error: ")) == (400, True)
    assert press(till, f"{where}/void", void_reason="Ghi nhầm người").status_code == 303
    page = text(till.get(where))
    assert "Ghi nhầm người" in page and "Issue a new receipt" in page and "Print again" not in page
    assert till.get(f"{where}/copies/1.pdf").status_code == 404
    assert press(till, f"{where}/void", void_reason="x").status_code == 409
    again = press(till, f"{where}/new")
    assert press(till, f"{where}/new").location == again.location
    session.expire_all()
    numbers = session.execute(select(Receipt.number, Receipt.status).order_by(Receipt.number)).all()
    assert [tuple(one) for one in numbers] == [(1, "voided"), (2, "issued")]
    assert acts(session) == ["receipt.issued", "receipt.voided", "receipt.issued"]
    assert broken_rows(session) == []


def test_a_corrected_one_and_what_the_public_reads(
    till: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    paid(client, world, school)
    row = receipt_of(session)
    where = f"/cashier/receipts/{row.id}"
    assert press(till, f"{where}/correction", item="", reason="sai").status_code == 400
    led = press(till, f"{where}/correction", item="Học phí tháng 12", reason="Sai tháng")
    assert led.status_code == 303
    assert row.number_text in text(till.get(led.location))
    session.expire_all()
    new = receipt_of(session)
    assert (new.number, new.item, new.replaces_id) == (2, "Học phí tháng 12", row.id)
    client.set_cookie("lang", "en")
    for page in (
        client.get(f"/receipts/check?number={row.number_text}&word={row.check_word}"), client.get(f"/receipts/{row.id}")
    ):  # fmt: skip
        assert "This receipt was replaced by another" in text(page) and new.number_text in text(page)
    assert press(till, f"{where}/correction", item="x", reason="y").status_code == 400
    assert acts(session)[1:] == ["receipt.replaced", "receipt.issued"]


def test_who_only_reads_changes_nothing_and_nobody_reaches_anothers(
    till: Any, app: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    paid(client, world, school)
    row = receipt_of(session)
    reader = with_duty(app, world, school, "read", "approve")
    assert row.number_text in text(reader.get(f"/cashier/receipts/{row.id}"))
    accountant = with_duty(app, world, school, "reconcile", phone="0901100078")
    assert "Void this receipt" in text(accountant.get(f"/cashier/receipts/{row.id}"))
    other = open_school(world, name="Trường khác", number="9999999999", phone="0901100088", prefix="KH")
    stranger = with_duty(app, world, other, "reconcile", phone="0901100099")
    assert row.number_text not in text(stranger.get("/cashier/receipts"))
    assert stranger.get(f"/cashier/receipts/{row.id}").status_code == 404
    for path, typed in (
        ("void", {"void_reason": "x"}), ("copies", {}), ("correction", {"item": "x", "reason": "y"}), ("new", {})
    ):  # fmt: skip
        address = f"/cashier/receipts/{row.id}/{path}"
        assert (press(reader, address, **typed).status_code, press(stranger, address, **typed).status_code) == (
            403,
            404,
        )
    session.expire_all()
    assert (row.status, row.copies) == ("issued", 1)
