"""The receipt: on the page, on paper, and for whoever checks it."""

import io
from typing import Any

import pypdfium2
import zxingcpp
from sqlalchemy import select

import payments
from payments.models import Receipt
from portal.db import begin
from portal.i18n import in_words
from tests.portal.pay.making import (
    School,
    asked,
    pay_by_transfer,
    soup,
    text,
)


def test_the_receipt_has_number_word_and_sum_and_the_public_page_confirms_it(
    payer: Any, world: Any, session: Any, school: School
) -> None:
    request = asked(world, school)
    pay_by_transfer(payer, world, school, memo=request.code, amount=450_000)
    receipt = session.scalars(select(Receipt)).one()
    page = soup(payer.get(f"/pay/requests/{request.id}"))
    assert page.h1.get_text() == "₫450,000 received"
    shown = text(payer.get(page.find("a", class_="btn")["href"]))
    for fact in (receipt.number_text, receipt.check_word, "₫450,000", in_words(450_000), "Trường Tiểu học Tân Thạnh"):
        assert fact in shown
    typed = f"number=+{receipt.number_text.lower()}&word={receipt.check_word[:3]}+{receipt.check_word[3:].lower()}"
    checked = payer.get(f"/receipts/check?{typed}")
    found = text(checked)
    assert "This receipt is valid" in found
    assert "₫450,000" in found
    assert "N.V.A." not in found
    with begin() as rows:
        payments.void_receipt(rows, receipt_id=receipt.id, reason="wrong", now=world.clock.now(), actor="x")
    assert "This receipt is void" in text(payer.get(f"/receipts/check?{typed}"))
    assert "This receipt is void" in text(payer.get(f"/receipts/{receipt.id}"))
    assert payer.get(f"/receipts/{receipt.id}/a6.pdf").status_code == 404


def test_a_receipt_that_is_none(payer: Any, world: Any, session: Any, school: School) -> None:
    request = asked(world, school)
    pay_by_transfer(payer, world, school, memo=request.code, amount=450_000)
    receipt = session.scalars(select(Receipt)).one()
    wrong = payer.get(f"/receipts/check?number={receipt.number_text}&word=AAAAAA")
    page = soup(wrong)
    assert wrong.status_code == 404
    assert page.find("input", {"name": "number"})["value"] == receipt.number_text
    assert page.title.get_text().startswith("Error: ")
    assert "450,000" not in page.get_text()
    empty = payer.get("/receipts/check?number=&word=")
    assert empty.status_code == 400
    links = [one["href"] for one in soup(empty).find(class_="error-summary").find_all("a")]
    assert links == ["#number", "#word"]


def test_the_receipt_on_paper_is_a6_and_its_code_decodes(payer: Any, world: Any, session: Any, school: School) -> None:
    request = asked(world, school)
    pay_by_transfer(payer, world, school, memo=request.code, amount=450_000)
    receipt = session.scalars(select(Receipt)).one()
    answer = payer.get(f"/receipts/{receipt.id}/a6.pdf")
    assert answer.mimetype == "application/pdf"
    paper = pypdfium2.PdfDocument(io.BytesIO(answer.get_data()))
    assert len(paper) == 1
    width, height = paper[0].get_size()
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (105, 148)
    printed = " ".join(paper[0].get_textpage().get_text_bounded().split())
    for fact in (receipt.number_text, receipt.check_word, "Trường Tiểu học Tân Thạnh", "bốn trăm năm mươi nghìn đồng"):
        assert fact in printed
    assert paper.get_metadata_value("Title") == f"Receipt {receipt.number_text}"
    picture = paper[0].render(scale=300 / 72).to_pil()
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [f"http://localhost/receipts/{receipt.id}"]
