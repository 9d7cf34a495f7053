"""The payer's pages: whom and how much before the choice, "paid" only after the bank, nothing twice."""

import io
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pypdfium2
import pytest
import zxingcpp
from sqlalchemy import func, select

import payments
from payments.models import Attempt, Movement, Receipt, Request, StoredNotice
from portal.acting import Acting
from portal.cashier import actions
from portal.db import begin
from portal.i18n import in_words
from portal.worker import work
from tests.portal.pay.making import (
    HERE,
    School,
    asked,
    choose,
    h512,
    pay_by_transfer,
    sent_to_vnpay,
    soup,
    vnpay_query,
)

BUDGET = 30_000


def text(answer: Any) -> str:
    return " ".join(soup(answer).get_text(" ").split())


def attempts(session: Any) -> list[tuple[str, str]]:
    session.expire_all()
    return [(one.gateway, one.status) for one in session.scalars(select(Attempt).order_by(Attempt.seq))]


def events(answer: Any) -> list[dict[str, Any]]:
    assert answer.mimetype == "text/event-stream"
    body = answer.get_data(as_text=True)
    assert body.startswith("retry: 1000\n\n")
    return [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: ")]


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


def test_another_way_is_offered_while_the_bank_is_silent(payer: Any, world: Any, school: School) -> None:
    request = asked(world, school)
    going_on = choose(payer, request, "vnpay").location
    page = soup(payer.get(f"/pay/requests/{request.id}"))
    assert page.h1.get_text() == "Waiting for the bank"
    assert page.find(string=re.compile("received")) is None
    assert page.find("a", href=going_on)
    other = payer.get(f"/pay/requests/{request.id}?choose=1")
    assert "Choose again only if you did not pay there" in text(other)


def test_a_refused_try_can_be_repeated_with_a_new_reference(
    payer: Any, world: Any, session: Any, school: School
) -> None:
    request = asked(world, school)
    order = sent_to_vnpay(payer, request)
    refused = vnpay_query(world, order, vnp_ResponseCode="51", vnp_TransactionStatus="02", vnp_TransactionNo="0")
    assert payer.get(f"/hooks/vnpay?{refused}").json["RspCode"] == "00"
    assert "The last try was not paid" in text(payer.get(f"/pay/requests/{request.id}"))
    again = sent_to_vnpay(payer, request)
    assert again["vnp_TxnRef"] != order["vnp_TxnRef"]
    assert attempts(session) == [("vnpay", "failed"), ("vnpay", "pending")]


@pytest.mark.parametrize("spoilt", [False, True])
def test_the_return_of_the_browser_changes_nothing(
    payer: Any, world: Any, session: Any, school: School, spoilt: bool
) -> None:
    request = asked(world, school)
    query = vnpay_query(world, sent_to_vnpay(payer, request), **({"vnp_TmnCode": "OTHER001"} if spoilt else {}))
    answer = payer.get(f"/pay/return/vnpay?{query}&fbclid=x")
    if spoilt:
        assert "We are checking with VNPay" in text(answer)
        assert request.id not in answer.get_data(as_text=True)
    else:
        assert answer.location == f"/pay/requests/{request.id}"
        assert soup(payer.get(answer.location)).h1.get_text() == "Waiting for the bank"
    session.expire_all()
    assert session.get_one(Request, request.seq).status == "open"
    assert attempts(session) == [("vnpay", "pending")]
    assert session.scalar(select(func.count()).select_from(StoredNotice)) == 0
    payer.get(f"/hooks/vnpay?{vnpay_query(world, {**_order(session), 'vnp_OrderInfo': 'x'})}")
    payer.get(f"/pay/return/vnpay?{query}")
    assert session.scalar(select(func.count()).select_from(Movement)) == 1


def _order(session: Any) -> dict[str, str]:
    attempt = session.scalars(select(Attempt)).one()
    return {"vnp_TxnRef": attempt.merchant_ref, "vnp_Amount": "45000000", "vnp_TmnCode": "DEMOV210"}


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


def test_a_part_payment_shows_both_sums_and_asks_for_the_rest(
    payer: Any, world: Any, session: Any, school: School
) -> None:
    request = asked(world, school)
    choose(payer, request, "vietqr")
    pay_by_transfer(payer, world, school, memo=request.code, amount=200_000)
    shown = text(payer.get(f"/pay/requests/{request.id}"))
    assert "Paid too little by ₫250,000" in shown
    assert "Asked: ₫450,000. Came: ₫200,000." in shown
    assert choose(payer, request, "vietqr", due=450_000).status_code == 409
    answer = payer.get(choose(payer, request, "vietqr", due=250_000).location)
    assert payments.read_vietqr(soup(answer).find("pre").get_text()).amount_minor == 250_000
    assert attempts(session) == [("vietqr", "succeeded"), ("vietqr", "pending")]


def test_an_expired_or_canceled_link_takes_nothing(
    payer: Any, world: Any, clock: Any, app: Any, session: Any, school: School
) -> None:
    first, second = asked(world, school), asked(world, school, form_id="form2")
    seq = first.seq
    with begin() as rows:
        actions.cancel(rows, now=world.clock.now(), acting=school.cashier, request_id=second.id, reason="twice")
    assert soup(payer.get(f"/pay/requests/{second.id}")).h1.get_text() == "This request was canceled"
    clock.move(days=8)
    assert soup(payer.get(f"/pay/requests/{first.id}")).h1.get_text() == "This link has expired"
    for request in (first, second):
        assert choose(payer, request, "vnpay", due=450_000).location == f"/pay/requests/{request.id}"
    assert attempts(session) == []
    work(app, once=True)
    session.expire_all()
    assert session.get_one(Request, seq).status == "expired"


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


def test_the_stream_tells_once_and_then_says_that_it_is_over(
    payer: Any, world: Any, session: Any, school: School
) -> None:
    request = asked(world, school)
    payer.get(choose(payer, request, "vietqr").location)
    page = soup(payer.get(f"/pay/requests/{request.id}/vietqr"))
    place = page.find(attrs={"data-live": True})
    assert place["data-about"] == request.id
    assert events(payer.get(place["data-live"])) == []
    pay_by_transfer(payer, world, school, memo=request.code, amount=450_000)
    answer = payer.get(place["data-live"])
    news = events(answer)
    assert news == [
        {
            "about": request.id,
            "tone": "paid",
            "says": "₫450,000 received",
            "detail": "",
            "link": f"/pay/requests/{request.id}",
        }
    ]
    found = re.search(r"^id: (.*)$", answer.get_data(as_text=True), re.M)
    assert found
    over = payer.get(place["data-live"], headers={"Last-Event-ID": found[1]})
    assert (over.status_code, over.get_data()) == (204, b"")


def test_looking_has_the_worker_ask_the_provider_again(
    payer: Any, world: Any, session: Any, clock: Any, school: School
) -> None:
    request = asked(world, school)
    choose(payer, request, "vnpay")
    before = session.scalars(select(Attempt.next_query_at)).one()
    payer.get(f"/pay/requests/{request.id}")
    session.expire_all()
    assert session.scalars(select(Attempt.next_query_at)).one() == before
    clock.move(seconds=16)
    assert payer.get(f"/pay/requests/{request.id}").status_code == 200
    session.expire_all()
    assert session.scalars(select(Attempt.next_query_at)).one() == clock.now()


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


def test_the_words_of_each_state_in_vietnamese(client: Any, world: Any, school: School) -> None:
    request = asked(world, school)
    choose(client, request, "vnpay")
    assert soup(client.get(f"/pay/requests/{request.id}")).h1.get_text() == "Đang chờ ngân hàng"
    pay_by_transfer(client, world, school, memo=request.code, amount=200_000, number=1, balance=1_200_000)
    assert "Trả thiếu 250.000 đồng" in text(client.get(f"/pay/requests/{request.id}?choose=1"))
    pay_by_transfer(client, world, school, memo=request.code, amount=250_000, number=2, balance=1_450_000)
    assert soup(client.get(f"/pay/requests/{request.id}")).h1.get_text() == "Đã nhận 450.000 đồng"


def test_a_system_without_an_organisation_sees_no_payee(session: Any, school: School) -> None:
    from portal.errors import NotFound
    from portal.pay.owners import own_payee

    with pytest.raises(NotFound):
        own_payee(session, Acting.system("x"), school.payee.id)
