"""A slip whose picture a relative can pay, and the hint about the payer's bank."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import payments
from payments.models import Payee, Request
from portal import paper
from portal.cashier.slips import asks_for_a_face, draw_slip
from portal.paper import HEIGHT_MM, MARGIN_MM, QR_MM
from portal.pay.standing import came_aloud
from tests.codes import codes_on, words_on
from tests.portal.pay.making import asked, cashier_browser, open_school, pay_by_transfer, text


def test_the_bank_checks_a_face_above_ten_million_since_its_day() -> None:
    day = datetime(2024, 7, 1, 5, tzinfo=UTC)
    told = [asks_for_a_face(amount, at=at) for amount, at in (
        (10_000_000, day), (10_000_001, day), (10_000_001, day - timedelta(days=1)),
    )]  # fmt: skip
    assert told == [False, True, False]


def test_a_relative_pays_from_a_picture_of_the_slip(
    app: Any, client: Any, world: Any, session: Any, tmp_path: Path
) -> None:
    hospital = open_school(world, name="Bệnh viện Cần Giuộc", kind="hospital")
    till, one = cashier_browser(app, world, hospital), asked(world, hospital, amount=12_000_000)
    assert one.expires_at == world.clock.now() + timedelta(minutes=30)
    assert "may check the face" in text(till.get(f"/till/{one.id}"))
    address = f"/till/{one.id}/slip.pdf"
    cut = [(MARGIN_MM, HEIGHT_MM - MARGIN_MM - QR_MM, QR_MM)]
    pdf = till.get(address).data
    read = payments.read_vietqr(codes_on(pdf, 0, cut, folder=tmp_path)[0])
    assert (read.account, read.amount_minor, read.purpose) == (hospital.payee.account, 12_000_000, one.code)
    assert "TRUONG TH TAN THANH" in words_on(pdf)
    pay_by_transfer(client, world, hospital, memo=read.purpose, amount=5_000_000)
    rest = payments.read_vietqr(codes_on(till.get(address).data, 0, cut, folder=tmp_path)[0])
    assert rest.amount_minor == 7_000_000
    pay_by_transfer(client, world, hospital, memo=read.purpose, amount=7_000_000, number=92705, balance=26_077_000)
    session.expire_all()
    assert session.query(Request).one().status == "paid" and till.get(address).status_code == 404
    other = open_school(world, name="Trường khác", number="99887766", prefix="KH", phone="0987654321")
    assert cashier_browser(app, world, other).get(address).status_code == 404


def test_no_name_is_so_long_that_it_runs_across_the_code(app: Any, tmp_path: Path) -> None:
    payee = Payee(name="Trường Trung học " * 11, holder_name="TRUONG TIEU HOC " * 6, bin="970436", account="1" * 19)
    asked_for = Request(
        code="HP00000013", amount_minor=9_999_999_999, allocated_minor=0, item="Học phí và tiền ăn bán trú " * 4,
        expires_at=datetime(2026, 11, 23, tzinfo=UTC),
    )  # fmt: skip
    cut = [(MARGIN_MM, HEIGHT_MM - MARGIN_MM - QR_MM, QR_MM)]
    with app.test_request_context():
        pdf = draw_slip(payee, asked_for)
        sheet = paper.a6("x")
        for _ in range(30):
            paper.line(sheet, "x", points=11)
        paper.code(sheet, "x", text="x")
    assert payments.read_vietqr(codes_on(pdf, 0, cut, folder=tmp_path)[0]).purpose == "HP00000013"
    assert sheet.page_no() == 2


def test_a_sum_beyond_words_is_not_said_aloud() -> None:
    assert came_aloud(10**12 - 1).startswith("đã nhận chín trăm chín mươi chín tỷ")
    assert came_aloud(10**12) == ""
