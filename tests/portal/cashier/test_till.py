"""The till: one page to ask, the code, green only by the bank's notice, nothing of another's."""

import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import payments
from payments.models import Attempt, Feed, Receipt, Request
from portal.audit import AuditRow, broken_rows
from portal.cashier import actions
from portal.cashier.errors import DeskClosed
from portal.cashier.invariants import check_invariants
from portal.counting import live_cells
from portal.counting.periods import parse_period
from portal.db import begin
from portal.errors import NotFound
from tests.portal.pay.making import CLI, TAN_THANH, School, asked, cashier_browser, open_school, pay_by_transfer, soup

SCRIPTS = ("live", "page", "sound", "till")


@pytest.fixture
def till(app: Any, client: Any, world: Any, school: School) -> Any:
    return cashier_browser(app, world, school)


def fields(page: Any) -> dict[str, str]:
    form = page.find("form", action="/till")
    return {one["name"]: one.get("value", "") for one in form.find_all("input")}


def ask_by_page(till: Any, **typed: str) -> Any:
    page = soup(till.get("/till"))
    return till.post(
        "/till", data={**fields(page), "amount": "450k", "item": "Học phí tháng 11", "payer": "lớp 1A N.V.A.", **typed}
    )


def requests_of(session: Any) -> list[Request]:
    session.expire_all()
    return list(session.scalars(select(Request).order_by(Request.seq)))


def news(answer: Any) -> list[dict[str, Any]]:
    assert answer.mimetype == "text/event-stream"
    return [json.loads(line[6:]) for line in answer.get_data(as_text=True).splitlines() if line.startswith("data: ")]


def live(app: Any, session: Any, code: str, cut: str = "_T") -> int:
    return live_cells(session, app.extensions["catalogue"].get(code), parse_period("2026-11"), cut=cut).get(
        TAN_THANH.id, 0
    )


def test_a_cashier_asks_on_one_page_and_shows_the_code(till: Any, session: Any, school: School) -> None:
    answer = ask_by_page(till)
    request = requests_of(session)[0]
    assert (answer.status_code, answer.location) == (303, f"/till/{request.id}")
    assert (request.amount_minor, request.item) == (450_000, "Học phí tháng 11 · lớp 1A N.V.A.")
    page = soup(till.get(answer.location))
    assert page.h1.get_text() == "Waiting for the bank"
    assert page.find(class_="amount").get_text() == "₫450,000"
    assert page.find(class_="words").get_text() == "bốn trăm năm mươi nghìn đồng"
    shown = page.get_text(" ")
    for fact in (
        "TRUONG TH TAN THANH",
        "Vietcombank",
        "3445",
        request.code,
        f"http://localhost/pay/requests/{request.id}",
    ):
        assert fact in shown
    assert "0011002233445" not in shown
    read = payments.read_vietqr(session.scalars(select(Attempt.qr)).one())
    assert (read.amount_minor, read.purpose) == (450_000, request.code)
    assert len(page.find_all(class_="qr")) == 2
    acts = session.scalars(select(AuditRow.act).where(AuditRow.actor == school.cashier.login_id)).all()
    assert sorted(acts) == ["attempt.started", "request.asked"]
    assert broken_rows(session) == []


def test_a_double_tap_makes_one_request(till: Any, session: Any) -> None:
    page = fields(soup(till.get("/till")))
    typed = {**page, "amount": "450.000", "item": "Học phí"}
    first, second = till.post("/till", data=typed), till.post("/till", data=typed)
    assert first.location == second.location
    assert len(requests_of(session)) == len(session.scalars(select(Attempt)).all()) == 1
    assert session.scalars(select(AuditRow.act).where(AuditRow.act == "request.asked")).all() == ["request.asked"]
    other = till.post("/till", data={**typed, "amount": "460.000"})
    assert other.status_code == 400
    assert "This form was sent before with other figures" in other.get_data(as_text=True)
    assert len(requests_of(session)) == 1
    again = {**fields(soup(other)), "amount": "460.000", "item": "Học phí"}
    assert till.post("/till", data=again).status_code == 303  # the page that said so asks anew
    assert [one.amount_minor for one in requests_of(session)] == [450_000, 460_000]


def test_the_back_button_shows_nobody_the_green_page_of_the_customer_before(
    till: Any, app: Any, world: Any, session: Any, school: School
) -> None:
    typed = {**fields(soup(till.get("/till"))), "amount": "20k", "item": "Gửi xe"}
    assert till.post("/till", data=typed).status_code == 303
    pay_by_transfer(app.test_client(), world, school, memo=requests_of(session)[0].code, amount=20_000)
    back = till.post("/till", data=typed)
    assert (back.status_code, "that payment is over" in back.get_data(as_text=True)) == (400, True)
    assert till.post("/till", data={**fields(soup(back)), "amount": "20k", "item": "Gửi xe"}).status_code == 303
    assert [one.status for one in requests_of(session)] == ["paid", "open"]


def test_an_empty_form_says_what_is_missing(till: Any, session: Any) -> None:
    page = fields(soup(till.get("/till")))
    answer = till.post("/till", data={**page, "amount": "", "item": ""})
    shown = soup(answer)
    assert answer.status_code == 400
    assert shown.title.get_text().startswith("Error: ")
    assert [one["href"] for one in shown.find(class_="error-summary").find_all("a")] == ["#amount", "#item"]
    assert requests_of(session) == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"amount": "45.00"}, "Write the amount like 450000"),
        ({"amount": "999"}, "The smallest amount is 1,000 đồng."),
        ({"payer": "Nguyễn Văn An"}, "never a full name"),
        ({"item": "x" * 81}, "Use at most 80 letters."),
    ],
)
def test_bad_answers_stay_as_typed(till: Any, session: Any, typed: dict[str, str], sentence: str) -> None:
    answer = ask_by_page(till, **typed)
    assert answer.status_code == 400
    page = soup(answer)
    assert sentence in page.find(class_="error-summary").get_text()
    kept = fields(page)
    assert {**{"amount": "450k", "item": "Học phí tháng 11"}, **typed}.items() <= kept.items()
    assert requests_of(session) == []


def test_the_page_turns_green_by_the_notice_alone(
    till: Any, app: Any, world: Any, session: Any, school: School
) -> None:
    path = ask_by_page(till).location
    waiting = soup(till.get(path))
    assert "paid" not in waiting.body["class"]
    request = requests_of(session)[0]
    pay_by_transfer(app.test_client(), world, school, memo=request.code, amount=450_000)
    page = soup(till.get(path))
    assert "paid" in page.body["class"]
    assert page.h1.get_text() == "₫450,000 received"
    receipt = session.scalars(select(Receipt)).one()
    assert page.find("a", href=f"/receipts/{receipt.id}")
    assert page.find(class_="qr") is None
    assert page.find("table").find("tbody").find_all("tr")[0].get_text(" ").count("₫450,000") == 1
    assert soup(till.get("/till")).find("table")


def test_the_stream_brings_the_news_once(till: Any, app: Any, world: Any, session: Any, school: School) -> None:
    path = ask_by_page(till).location
    place = soup(till.get(path)).find(attrs={"data-live": True})
    assert place["data-cut"] == "Not confirmed: don't hand over the goods"
    assert news(till.get(place["data-live"])) == []
    request = requests_of(session)[0]
    assert place["data-about"] == request.id
    pay_by_transfer(app.test_client(), world, school, memo=request.code, amount=450_000)
    answer = till.get(place["data-live"])
    (told,) = news(answer)
    receipt = session.scalars(select(Receipt)).one()
    assert told == {
        "about": request.id, "tone": "paid", "says": "₫450,000 received", "detail": "",
        "link": f"/receipts/{receipt.id}", "aloud": "đã nhận bốn trăm năm mươi nghìn đồng",
    }  # fmt: skip
    found = re.search(r"^id: (\d+)$", answer.get_data(as_text=True), re.M)
    assert found
    assert news(till.get(place["data-live"], headers={"Last-Event-ID": found[1]})) == []
    assert news(till.get("/cashier/live?after=0")) == [told]
    assert till.get("/cashier/live?after=x").get_data(as_text=True) == "retry: 1000\n\n"


def test_less_than_asked_is_said_with_both_sums(till: Any, app: Any, world: Any, session: Any, school: School) -> None:
    path = ask_by_page(till).location
    code = requests_of(session)[0].code
    pay_by_transfer(app.test_client(), world, school, memo=code, amount=200_000, number=1, balance=1_200_000)
    page = soup(till.get(path))
    assert page.h1.get_text() == "Paid too little by ₫250,000"
    assert "Asked: ₫450,000. Came: ₫200,000." in page.get_text()
    assert page.find(class_="qr-figure").find_parent("details")  # the old code is gone
    again = till.send(f"{path}/code", page=path)
    assert again.status_code == 303
    session.expire_all()
    newest = session.scalars(select(Attempt).order_by(Attempt.seq.desc())).first()
    assert payments.read_vietqr(newest.qr).amount_minor == 250_000
    pay_by_transfer(app.test_client(), world, school, memo=code, amount=300_000, number=2, balance=1_500_000)
    page = soup(till.get(path))
    assert page.h1.get_text() == "₫500,000 received"
    assert "Paid too much by ₫50,000. Asked: ₫450,000. Came: ₫500,000." in page.get_text()


def test_check_again_makes_the_bank_due(till: Any, world: Any, session: Any, clock: Any, school: School) -> None:
    path = ask_by_page(till).location
    feed = session.scalars(select(Feed)).one()
    feed.next_pull_at = clock.now().replace(year=2027)
    session.commit()
    assert till.send(f"{path}/check", page=path).status_code == 303
    session.expire_all()
    assert session.scalars(select(Feed.next_pull_at)).one() == clock.now()
    assert "We are asking the bank again." in till.get(path).get_data(as_text=True)


def test_a_request_is_canceled_with_a_reason(till: Any, session: Any) -> None:
    path = ask_by_page(till).location
    assert till.send(f"{path}/cancel", {"reason": " "}, page=path).status_code == 400
    assert requests_of(session)[0].status == "open"
    assert till.send(f"{path}/cancel", {"reason": "paid in cash"}, page=path).status_code == 303
    request = requests_of(session)[0]
    assert (request.status, request.cancel_reason) == ("canceled", "paid in cash")
    assert soup(till.get(path)).h1.get_text() == "This request was cancelled"
    assert till.send(f"{path}/cancel", {"reason": "again"}, page="/till").status_code == 303  # from another tab
    told = session.scalars(select(AuditRow.act).where(AuditRow.object_id == request.id)).all()
    assert (request.cancel_reason, list(told).count("request.canceled")) == ("paid in cash", 1)


def test_no_nul_that_a_program_writes_reaches_the_books(till: Any, session: Any) -> None:
    path = ask_by_page(till).location
    assert till.get("/till/search?q=%00hoc&on=%00").status_code == 200
    assert till.send("/till/day", {"desk": "\0"}, page="/till").status_code == 404
    assert till.send(f"{path}/cancel", {"reason": "paid \0in cash"}, page=path).status_code == 303
    assert requests_of(session)[0].cancel_reason == "paid in cash"


def test_the_till_of_another_school_is_not_there(till: Any, app: Any, world: Any, session: Any, school: School) -> None:
    path = ask_by_page(till).location
    request = requests_of(session)[0]
    pay_by_transfer(app.test_client(), world, school, memo=request.code, amount=450_000)
    other = open_school(world, name="Trường B", number="0071000999999", prefix="TB", phone="0987654321")
    stranger = cashier_browser(app, world, other)
    token = stranger.token("/till")
    assert stranger.get(path).status_code == 404
    for act in ("code", "check", "cancel"):
        answer = stranger.post(f"{path}/{act}", data={"csrf_token": token, "reason": "mine"})
        assert answer.status_code == 404, act
    assert stranger.get(f"/cashier/live?desk={school.desk.desk_ref}&after=0").status_code == 404
    assert news(stranger.get("/cashier/live?after=0")) == []
    form = {
        "csrf_token": token,
        "desk": school.desk.desk_ref,
        "amount": "1000",
        "item": "x",
        "form_id": uuid.uuid4().hex,
    }
    assert stranger.post("/till", data=form).status_code == 400
    assert len(requests_of(session)) == 1
    assert school.payee.name not in stranger.get("/till").get_data(as_text=True)


def test_a_cashier_without_the_duty_and_a_stranger_stay_outside(
    app: Any, client: Any, world: Any, session: Any, school: School
) -> None:
    from portal.people.models import RoleGrant

    assert client.get("/till").status_code == 302
    grant = session.scalars(select(RoleGrant)).one()
    grant.duties = ["read"]
    session.commit()
    assert cashier_browser(app, world, school).get("/till").status_code == 403


def test_a_closed_desk_asks_for_nothing_and_the_points_follow(
    till: Any, app: Any, world: Any, session: Any, clock: Any, school: School
) -> None:
    assert [live(app, session, code) for code in ("PAY_POINT", "INST_LISTED", "INST_CASHLESS")] == [1, 1, 1]
    assert live(app, session, "PAY_POINT", "type@school") == 1
    clock.move(minutes=1)
    for _ in range(2):
        with begin() as rows:
            actions.close_desk(rows, now=clock.now(), acting=CLI, desk_ref=school.desk.desk_ref)
    assert [live(app, session, code) for code in ("PAY_POINT", "INST_LISTED", "INST_CASHLESS")] == [0, 1, 0]
    with pytest.raises(DeskClosed):
        asked(world, school)
    assert "No desk is open" in till.get("/till").get_data(as_text=True)


def test_a_desk_of_another_institution_is_not_ones_own(world: Any, session: Any, school: School) -> None:
    other = open_school(world, name="Trường B", number="0071000999999", prefix="TB", phone="0987654321")
    with pytest.raises(NotFound), begin() as rows:
        actions.ask(
            rows, now=world.clock.now(), acting=other.cashier, desk_ref=school.desk.desk_ref, amount_minor=1000,
            item="x", payer="", form_id="f",
        )  # fmt: skip
    assert requests_of(session) == []


def test_the_till_is_small_and_its_script_too(till: Any, app: Any) -> None:
    path = ask_by_page(till).location
    assert len(till.get(path).get_data()) < 30_000
    scripts = [(Path(app.static_folder) / "js" / f"{name}.js").read_text("utf-8") for name in SCRIPTS]
    assert max(len(script.encode()) for script in scripts) <= 5 * 1024
    assert sum(len(script.encode()) for script in scripts) <= 15 * 1024
    assert not any(word in script for word in ("innerHTML", "eval") for script in scripts)
    assert (Path(app.static_folder) / "voice" / "vi.wav").stat().st_size <= 300 * 1024


def test_invariants_hold_and_name_what_is_broken(till: Any, app: Any, world: Any, session: Any, school: School) -> None:
    ask_by_page(till)
    request = requests_of(session)[0]
    pay_by_transfer(app.test_client(), world, school, memo=request.code, amount=450_000)
    held = check_invariants(session)
    assert held["I1"].breaches == held["I5"].breaches == ()
    assert held["I1"].checked == 2
    runner = app.test_cli_runner()
    assert runner.invoke(args=["invariants", "--json"]).exit_code == 0
    request = requests_of(session)[0]
    request.allocated_minor = 449_999
    session.commit()
    broken = runner.invoke(args=["invariants", "--json"])
    assert broken.exit_code == 1
    assert request.id in json.loads(broken.output)["I1"]["breaches"][0]


def test_the_words_of_the_till_in_vietnamese(app: Any, till: Any, world: Any, session: Any, school: School) -> None:
    till.delete_cookie("lang")
    path = ask_by_page(till).location
    page = soup(till.get(path))
    assert page.h1.get_text() == "Đang chờ ngân hàng"
    assert page.find(attrs={"data-cut": True})["data-cut"] == "Chưa xác nhận được – đừng giao hàng"
    assert page.find("button", string=re.compile("Kiểm tra lại"))
    pay_by_transfer(app.test_client(), world, school, memo=requests_of(session)[0].code, amount=450_000)
    assert soup(till.get(path)).h1.get_text() == "Đã nhận 450.000 đồng"
