"""The payer's pages before the bank: whom and how much stand before the choice, and nothing begins twice."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import select

import payments
from payments.models import Receipt
from portal.acting import Acting
from tests.portal.pay.making import (
    HERE,
    School,
    asked,
    attempts,
    choose,
    h512,
    pay_by_transfer,
    soup,
    text,
)

BUDGET = 30_000


def test_whom_what_for_and_how_much_stand_before_the_choice(payer: Any, world: Any, school: School) -> None:
    request = asked(world, school)
    answer = payer.get(f"/pay/requests/{request.id}")
    page = soup(answer)
    assert page.h1.get_text() == "Trường Tiểu học Tân Thạnh"
    order = [
        page.find("h1"),
        page.find(class_="amount"),
        page.find(class_="words"),
        page.find("button", {"name": "way"}),
    ]
    places = [list(page.descendants).index(one) for one in order]
    assert places == sorted(places)
    assert page.find(class_="amount").get_text() == "₫450,000"
    assert page.find(class_="words").get_text() == "bốn trăm năm mươi nghìn đồng"
    assert "Học phí tháng 11 · lớp 1A N.V.A." in page.get_text()
    assert [button["value"] for button in page.find_all("button", {"name": "way"})] == ["vietqr", "vnpay"]


def test_a_payers_page_is_private_small_and_sets_no_cookie(
    payer: Any, world: Any, session: Any, school: School
) -> None:
    request = asked(world, school)
    choose(payer, request, "vietqr")
    paths = [f"/pay/requests/{request.id}", f"/pay/requests/{request.id}/vietqr"]
    pay_at = [payer.get(path) for path in paths]
    pay_by_transfer(payer, world, school, memo=request.code, amount=450_000)
    receipt = session.scalars(select(Receipt)).one()
    later = [payer.get(path) for path in (paths[0], f"/receipts/{receipt.id}", "/receipts/check")]
    for answer in pay_at + later:
        assert answer.status_code == 200
        assert len(answer.get_data()) < BUDGET, answer.request.path
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        page = soup(answer)
        assert page.find("meta", {"name": "robots"})["content"].startswith("noindex")
        assert page.find("link", rel="stylesheet") is None
    assert soup(pay_at[0]).find_all("script") == []


def test_vnpay_gets_what_its_document_asks_for(payer: Any, world: Any, session: Any, school: School) -> None:
    request = asked(world, school)
    answer = choose(payer, request, "vnpay")
    address = urlsplit(answer.location)
    assert f"{address.scheme}://{address.netloc}{address.path}" == world.settings.partner("VNPAY_URL")
    fields = dict(parse_qsl(address.query))
    assert fields.pop("vnp_SecureHash") == h512(
        world.settings.vnpay_secret, address.query.partition("&vnp_SecureHash")[0]
    )
    assert fields["vnp_Amount"] == "45000000"
    assert fields["vnp_OrderInfo"] == f"Thanh toan {request.code}"
    assert fields["vnp_ReturnUrl"] == "http://localhost/pay/return/vnpay"
    assert attempts(session) == [("vnpay", "pending")]


def test_the_choice_page_lets_its_form_lead_to_vnpay_only(payer: Any, world: Any, school: School) -> None:
    request = asked(world, school)
    policy = payer.get(f"/pay/requests/{request.id}").headers["Content-Security-Policy"]
    found = re.search(r"form-action ([^;]*)", policy)
    assert found
    assert found[1].split() == ["'self'", world.settings.sandbox_url]


def test_back_and_double_taps_begin_nothing_new(payer: Any, world: Any, session: Any, school: School) -> None:
    request = asked(world, school)
    first = choose(payer, request, "vnpay").location
    assert choose(payer, request, "vnpay").location == first
    assert choose(payer, request, "vietqr").location.endswith("/vietqr")
    assert choose(payer, request, "vietqr").location.endswith("/vietqr")
    assert attempts(session) == [("vnpay", "pending"), ("vietqr", "pending")]


def test_the_code_page_says_in_text_what_the_code_says(payer: Any, world: Any, school: School) -> None:
    request = asked(world, school)
    answer = payer.get(choose(payer, request, "vietqr").location)
    page = soup(answer)
    read = payments.read_vietqr(page.find("pre").get_text())
    assert (read.bin, read.account, read.amount_minor, read.purpose) == (
        "970436", "0011002233445", 450_000, request.code,
    )  # fmt: skip
    shown = text(answer)
    for fact in ("TRUONG TH TAN THANH", "Vietcombank", "0011002233445", "₫450,000", request.code):
        assert fact in shown
    assert page.find(class_="qr").find("svg")


def test_without_a_try_there_is_no_code_page(payer: Any, world: Any, school: School) -> None:
    request = asked(world, school)
    assert payer.get(f"/pay/requests/{request.id}/vietqr").location == f"/pay/requests/{request.id}"


def test_a_form_of_another_site_begins_nothing(payer: Any, world: Any, session: Any, school: School) -> None:
    request = asked(world, school)
    for headers in (
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {},
    ):
        assert choose(payer, request, "vnpay", headers=headers).status_code == 403, headers
    assert attempts(session) == []
    # What Chromium sends from a page with no-referrer, and what an older browser sends.
    assert (
        choose(payer, request, "vnpay", headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"}).status_code == 303
    )
    assert choose(payer, request, "vnpay", headers={"Origin": "http://localhost"}).status_code == 303


def test_bad_ways_and_ids(payer: Any, world: Any, session: Any, school: School) -> None:
    request = asked(world, school)
    assert choose(payer, request, "sepay").status_code == 404
    assert choose(payer, request, "").status_code == 404
    assert payer.get("/pay/requests/pr_nothing").status_code == 404
    assert payer.get("/pay/requests/pr_nothing/live").status_code == 404
    assert payer.post("/pay/requests/pr_nothing", headers=HERE).status_code == 404
    assert payer.get("/receipts/rc_nothing").status_code == 404
    assert payer.get("/receipts/rc_nothing/a6.pdf").status_code == 404
    assert attempts(session) == []


def test_a_system_without_an_organisation_sees_no_payee(session: Any, school: School) -> None:
    from portal.errors import NotFound
    from portal.pay.owners import own_payee

    with pytest.raises(NotFound):
        own_payee(session, Acting.system("x"), school.payee.id)
