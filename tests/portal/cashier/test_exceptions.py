"""Odd money put right: assigned, undone, sent back; a wrong match taken back, what was too much given to another."""

from typing import Any

import pytest
from sqlalchemy import select

from payments.models import Receipt, Refund, Suspense
from portal.audit import AuditRow
from portal.cashier.invariants import check_invariants
from portal.db import reading
from tests.portal.cashier.test_going_back import press, send, with_duty
from tests.portal.cashier.test_till import live
from tests.portal.pay.making import (
    School,
    asked,
    cashier_browser,
    open_school,
    pay_by_transfer,
    sent_to_vnpay,
    soup,
    text,
    vnpay_query,
)


@pytest.fixture
def desk(app: Any, client: Any, world: Any, school: School) -> Any:
    return with_duty(app, world, school, "reconcile", "approve")


def stray(client: Any, world: Any, school: School, *, amount: int = 450_000, number: int = 1) -> None:
    pay_by_transfer(client, world, school, memo="hoc phi", amount=amount, number=number, balance=amount)


def where(session: Any) -> str:
    return f"/exceptions/{session.scalars(select(Suspense.id).where(Suspense.status == 'open')).one()}"


def test_given_to_a_request_taken_from_it_and_given_to_another(
    desk: Any, app: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    wrong, right = asked(world, school, form_id="a"), asked(world, school, form_id="b")
    stray(client, world, school)
    page = where(session)
    assert [text(desk.get(page)).count(one.code) for one in (wrong, right)] == [1, 1]
    assert press(desk, f"{page}/assign", code=wrong.code).status_code == 303
    assert (live(app, session, "PAY_N"), live(app, session, "PAY_VND")) == (1, 450_000)
    receipt = session.scalars(select(Receipt)).one()
    assert "Given to payment" in text(desk.get(page))
    assert press(desk, f"{page}/undo", why="").status_code == 400
    assert press(desk, f"{page}/undo", why="Nhầm em khác").status_code == 303
    session.expire_all()
    assert (receipt.status, live(app, session, "PAY_N"), live(app, session, "PAY_VND")) == ("voided", 0, 0)
    assert press(desk, f"{page}/assign", code=right.code.lower()).status_code == 303
    session.expire_all()
    assert sorted(session.scalars(select(Receipt.status))) == ["issued", "voided"]
    assert "Nothing is out of the ordinary" in text(desk.get("/exceptions"))
    assert all(one.breaches == () for one in check_invariants(reading()).values())


def test_a_code_that_is_none_of_ours_and_a_closed_request(
    desk: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    stray(client, world, school)
    page = where(session)
    other = open_school(world, name="Trường khác", number="9999999999", phone="0901100088", prefix="KH")
    theirs = asked(world, other, form_id="c")
    for code, said in (
        ("XX1", "find this payment"),
        (theirs.code, "find this payment"),
        ("", "Enter the payment code"),
    ):
        answer = press(desk, f"{page}/assign", code=code)
        assert (answer.status_code, said in text(answer)) == (400, True), code


def test_sent_back_with_nobody_else_it_waits_for_another(
    desk: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    stray(client, world, school)
    answer = press(desk, f"{where(session)}/send-back", reason="Không phải của trường", account="VCB 007")
    assert answer.status_code == 303
    row = session.scalars(select(Refund)).one()
    assert (row.status, row.suspense_id is not None) == ("by_hand", True)
    assert "VCB 007" in text(desk.get(answer.location))
    assert press(desk, f"{answer.location}/sent", reference="FT1").status_code == 403


def test_what_is_over_goes_back_from_the_till(
    desk: Any, app: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    request = asked(world, school)
    pay_by_transfer(client, world, school, memo=request.code, amount=500_000, number=1, balance=500_000)
    till = cashier_browser(app, world, school)
    shown = soup(till.get(f"/till/{request.id}/refund"))
    assert [one["value"] for one in shown.select("input[name=payment][checked]")] == ["over"]
    assert shown.find("input", {"name": "amount"})["value"] == "50,000"
    answer = send(till, request.id, payment="over", amount="50.000", account="VCB 007")
    assert answer.status_code == 303
    assert press(desk, f"{answer.location}/sent", reference="FT1").status_code == 303
    assert "Nothing is out of the ordinary" in text(desk.get("/exceptions"))
    assert live(app, session, "PAY_VND") == 450_000


def test_a_payer_of_too_much_reads_what_to_do_until_it_goes_back(
    client: Any, app: Any, world: Any, school: School
) -> None:
    request, till = asked(world, school), cashier_browser(app, world, school)
    pay_by_transfer(client, world, school, memo=request.code, amount=500_000, number=1, balance=500_000)
    here, nothing = f"/pay/requests/{request.id}", "Nothing more is to be done"
    page = soup(till.get(here))
    assert nothing not in page.get_text()
    assert "You paid too much: see below" in page.select_one(".verdict").get_text()
    assert "Paid too much by ₫50,000" in page.select(".notice.amber")[-1].get_text()
    assert "can give you back what was too much: ask there" in page.get_text()
    assert send(till, request.id, payment="over", amount="50.000", account="VCB 007").status_code == 303
    page = soup(till.get(here))
    assert nothing in page.select_one(".verdict").get_text()
    assert "What was too much goes back to you" in page.get_text()
    assert "ask there" not in page.get_text()
    assert [one.get_text() for one in page.select(".notice.amber")] == ["SANDBOX – simulation: no real money moves."]


def test_nothing_of_another_school_and_no_act_without_the_duty(
    desk: Any, app: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    request = asked(world, school)
    stray(client, world, school)
    page = where(session)
    other = open_school(world, name="Trường khác", number="9999999999", phone="0901100088", prefix="KH")
    stranger = with_duty(app, world, other, "reconcile", phone="0901100099")
    assert stranger.get(page).status_code == 404
    assert press(stranger, f"{page}/assign", code=request.code).status_code == 404
    assert press(stranger, f"{page}/send-back", reason="x").status_code == 404
    till = cashier_browser(app, world, school)
    listed = till.get("/exceptions")
    assert "FT17" in text(listed)
    assert soup(listed).find("a", href=page) is None  # it would lead to a refusal
    assert soup(desk.get("/exceptions")).find("a", href=page)
    assert press(till, f"{page}/assign", code=request.code).status_code == 403
    assert session.scalars(select(Suspense.status)).all() == ["open"]


def test_a_wrong_match_is_undone_by_a_person_and_the_money_finds_its_payment(
    desk: Any, app: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    wrong, right = asked(world, school, form_id="a"), asked(world, school, form_id="b")
    pay_by_transfer(client, world, school, memo=wrong.code, amount=450_000, number=1, balance=None)
    assert (live(app, session, "PAY_N"), live(app, session, "PAY_VND")) == (1, 450_000)
    led = desk.get(f"/exceptions/of?code={wrong.code.lower()}")
    assert led.status_code == 303
    assert "Came at" in text(desk.get(led.location))
    paid = soup(desk.get(led.location)).find("input", attrs={"name": "payment"})
    assert paid is not None
    assert press(desk, f"{led.location}/undo", payment=paid["value"], why="").status_code == 400
    assert press(desk, f"{led.location}/undo", payment="al_none", why="x").status_code == 400
    undone = press(desk, f"{led.location}/undo", payment=paid["value"], why="Ghi nhầm mã")
    assert undone.status_code == 303
    session.expire_all()
    assert (live(app, session, "PAY_N"), live(app, session, "PAY_VND")) == (0, 0)
    assert session.scalars(select(Receipt.status)).all() == ["voided"]
    assert session.scalars(select(AuditRow.act).where(AuditRow.act == "suspense.undone")).all()
    assert press(desk, f"{undone.location}/assign", code=right.code).status_code == 303
    assert (live(app, session, "PAY_N"), live(app, session, "PAY_VND")) == (1, 450_000)
    assert "Nothing has paid this yet" in text(desk.get(led.location))
    assert desk.get("/exceptions/of?code=HP1").location.endswith("/exceptions")
    assert all(one.breaches == () for one in check_invariants(reading()).values())
    other = open_school(world, name="Trường khác", number="9999999999", phone="0901100088", prefix="KH")
    stranger = with_duty(app, world, other, "reconcile", phone="0901100099")
    assert stranger.get(led.location).status_code == 404
    assert press(stranger, f"{led.location}/undo", payment=paid["value"], why="x").status_code == 404


def test_what_was_too_much_is_taken_alone_and_pays_another(
    desk: Any, app: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    one, two = asked(world, school, form_id="a"), asked(world, school, form_id="b")
    pay_by_transfer(client, world, school, memo=one.code, amount=900_000, number=1, balance=None)
    led = soup(desk.get("/exceptions?kind=over")).find("a", string=one.code)["href"]
    page = desk.get(led)
    assert (led, "Only what is too much: ₫450,000" in text(page)) == (f"/exceptions/of/{one.id}", True)
    offered = [str(way["value"]) for way in soup(page).find_all("input", attrs={"name": "payment"})]
    assert [way.partition("_")[0] for way in offered] == ["al", "over:tx"]
    taken = press(desk, f"{led}/undo", payment=offered[1], why="Trả cả phần của em")
    assert press(desk, f"{led}/undo", payment=offered[1], why="x").status_code == 400
    assert press(desk, f"{taken.location}/assign", code=two.code).status_code == 303
    session.expire_all()
    assert [(each.status, each.received_minor, each.exceptions) for each in (one, two)] == [("paid", 450_000, "")] * 2
    assert (live(app, session, "PAY_N"), live(app, session, "PAY_VND")) == (1, 900_000)
    assert session.scalars(select(Receipt.status)).all() == ["issued", "issued"]
    assert all(each.breaches == () for each in check_invariants(reading()).values())


def test_of_one_transfer_for_two_the_count_stays_while_one_of_them_is_paid(
    desk: Any, app: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    one, two = asked(world, school, form_id="a"), asked(world, school, form_id="b")
    pay_by_transfer(client, world, school, memo=f"{one.code} {two.code}", amount=900_000, number=1, balance=None)
    page = f"/exceptions/of/{one.id}"
    paid = soup(desk.get(page)).find("input", attrs={"name": "payment"})
    assert paid is not None
    assert press(desk, f"{page}/undo", payment=paid["value"], why="x").status_code == 303
    assert (live(app, session, "PAY_N"), live(app, session, "PAY_VND")) == (1, 450_000)
    assert press(desk, f"{where(session)}/assign", code=one.code).status_code == 303
    assert (live(app, session, "PAY_N"), live(app, session, "PAY_VND")) == (1, 900_000)


def test_money_goes_back_also_of_what_is_part_paid_late_or_canceled(
    desk: Any, app: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    till = cashier_browser(app, world, school)
    part, gone = asked(world, school, form_id="a"), asked(world, school, form_id="b")
    assert soup(till.get(f"/till/{part.id}")).find("a", href=f"/till/{part.id}/refund").parent.has_attr("hidden")
    pay_by_transfer(client, world, school, memo=part.code, amount=200_000, number=1, balance=None)
    assert not soup(till.get(f"/till/{part.id}")).find("a", href=f"/till/{part.id}/refund").parent.has_attr("hidden")
    assert "still open" in text(till.get(f"/till/{part.id}/refund"))
    assert send(till, part.id, amount="50.000", account="VCB 007").status_code == 303
    press(till, f"/till/{part.id}/cancel", reason="nghỉ học")
    assert send(till, part.id, amount="150.000", account="VCB 007").status_code == 303
    press(till, f"/till/{gone.id}/cancel", reason="nhầm")
    pay_by_transfer(client, world, school, memo=gone.code, amount=450_000, number=2, balance=None)
    session.expire_all()
    assert "came after this was canceled" in text(till.get(f"/till/{gone.id}/refund"))
    assert sorted(session.scalars(select(Refund.amount_minor))) == [50_000, 150_000]


def test_what_a_closed_request_still_holds_is_listed_until_it_has_gone_back(
    desk: Any, app: Any, client: Any, world: Any, school: School
) -> None:
    till, request = cashier_browser(app, world, school), asked(world, school)
    pay_by_transfer(client, world, school, memo=request.code, amount=200_000)
    press(till, f"/till/{request.id}/cancel", reason="nghỉ học")
    pay_by_transfer(client, world, school, memo=request.code, amount=1_000, number=2)
    file = desk.get("/exceptions?format=csv").get_data(as_text=True).splitlines()
    assert sorted(line.split(",")[0] for line in file[1:]) == ["partial", "unmatched"]
    assert send(till, request.id, amount="200.000", account="VCB 007").status_code == 303
    file = desk.get("/exceptions?format=csv").get_data(as_text=True).splitlines()
    assert [line.split(",")[0] for line in file[1:]] == ["unmatched"]


@pytest.mark.parametrize("way", ["vietqr", "vnpay"])
def test_what_came_for_a_canceled_request_names_it(
    desk: Any, app: Any, client: Any, world: Any, school: School, session: Any, way: str
) -> None:
    till, request = cashier_browser(app, world, school), asked(world, school)
    order = sent_to_vnpay(client, request) if way == "vnpay" else None
    press(till, f"/till/{request.id}/cancel", reason="nghỉ học")
    if order:
        client.get(f"/hooks/vnpay?{vnpay_query(world, order)}")
    else:
        pay_by_transfer(client, world, school, memo=f"nop {request.code}", amount=450_000, number=1, balance=None)
    stray(client, world, school, number=2)
    said = f"It came for {request.code}, which was cancelled."
    for browser, link in ((desk, f"/exceptions/of/{request.id}"), (till, f"/till/{request.id}")):
        listed = soup(browser.get("/exceptions"))
        assert listed.get_text().count("It came for") == listed.get_text().count(said) == 1
        assert listed.find("a", href=link).get_text() == request.code
        assert browser.get(link).status_code == 200
    checker = with_duty(app, world, school, "approve", phone="0901100055")
    listed = soup(checker.get("/exceptions"))
    assert said in listed.get_text()
    assert listed.find("a", string=request.code) is None  # it would lead to a refusal
    file = desk.get("/exceptions?format=csv").get_data(as_text=True).splitlines()
    assert sorted(line.split(",")[6:] for line in file[1:]) == [["", ""], [request.code, "canceled"]]
    both = {item.id: soup(desk.get(f"/exceptions/{item.id}")).get_text() for item in session.scalars(select(Suspense))}
    assert sorted(said in page for page in both.values()) == [False, True]
