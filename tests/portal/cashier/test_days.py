"""The close of day at the till: figures, closing once, the paper to sign, and nobody else's desk."""

from typing import Any

import pypdfium2
from sqlalchemy import select

from payments.day_tables import DayClose
from tests.portal.cashier.test_going_back import press, with_duty
from tests.portal.pay.making import School, asked, cashier_browser, open_school, pay_by_transfer, text


def test_a_cashier_closes_the_day_once_and_signs_the_list(
    app: Any, client: Any, session: Any, world: Any, school: School
) -> None:
    request = asked(world, school)
    pay_by_transfer(client, world, school, memo=request.code, amount=450_000, number=1, balance=450_000)
    pay_by_transfer(client, world, school, memo="khong ro", amount=70_000, number=2, balance=520_000)
    till = cashier_browser(app, world, school)
    page = text(till.get("/till/day"))
    for words in (request.code, "450,000", "70,000", "Today"):
        assert words in page, words
    today = "2026-11-22"
    sent = press(till, "/till/day", desk=school.desk.desk_ref, day=today)
    assert sent.status_code == 303
    row = session.scalars(select(DayClose)).one()
    assert (row.opening_minor, row.in_minor, row.out_minor, row.closing_minor) == (0, 450_000, 0, 450_000)
    assert sent.location == f"/till/days/{row.id}"
    again = press(till, "/till/day", desk=school.desk.desk_ref, day=today)
    assert "This day is closed already" in text(till.get(again.location))
    paper = till.get(f"{sent.location}?format=pdf")
    assert paper.content_type == "application/pdf"
    document = pypdfium2.PdfDocument(paper.data)
    width, height = document[0].get_size()
    assert (round(width), round(height)) == (595, 842)
    drawn = document[0].get_textpage().get_text_range()
    for words in (
        request.code,
        "450,000",
        "Học phí tháng 11",
        "Cashier (name, signature)",
        "In words: bốn trăm năm mươi nghìn đồng",
        "From 30 days on",
        "1 / 1",
    ):
        assert words in drawn, words
    manager = with_duty(app, world, school, "read")
    assert "450,000" in text(manager.get("/till/days"))
    assert manager.get(sent.location).status_code == 200
    other = open_school(world, name="Trường khác", number="0011002233446", prefix="KH", phone="0912345679")
    stranger = cashier_browser(app, world, other)
    assert stranger.get(sent.location).status_code == 404
    assert stranger.get(f"/till/day?desk={school.desk.desk_ref}").status_code == 404
    assert "No day is closed yet" in text(stranger.get("/till/days"))
