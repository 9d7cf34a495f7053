"""Giving money back at the till: asked for by one, agreed to or transferred by another, nothing of another school's."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, inspect, select

from payments.models import Allocation, Refund
from payments.states import LIVE_REFUNDS
from portal.acting import Acting
from portal.audit import AuditRow, broken_rows
from portal.cashier import going_back
from portal.db import begin
from portal.people import actions as people
from portal.people.phones import parse_mobile
from tests.portal.pay.making import CLI, School, asked, cashier_browser, open_school, pay_by_transfer, soup, text


@pytest.fixture
def till(app: Any, client: Any, world: Any, school: School) -> Any:
    return cashier_browser(app, world, school)


def with_duty(app: Any, world: Any, school: School, *duties: str, phone: str = "0901100077") -> Any:
    """Return the browser of somebody else at the school."""
    with begin() as session:
        now = world.clock.now()
        login = people.login_for(session, now=now, acting=CLI, phone=parse_mobile(phone), keys=world.field_keys)
        people.grant_role(
            session, now=now, acting=CLI, login_id=login.id, role="institution",
            organisation_id=school.cashier.organisation_id, duties=list(duties),
        )  # fmt: skip
        login_id = login.id
    other = Acting(login_id=login_id, role="institution", organisation_id=school.cashier.organisation_id)
    return cashier_browser(app, world, replace(school, cashier=other))


def paid(client: Any, world: Any, school: School, *, amount: int = 450_000, number: int = 1) -> Any:
    request = asked(world, school, amount=amount, form_id=f"form{number}")
    pay_by_transfer(client, world, school, memo=request.code, amount=amount, number=number, balance=amount * number)
    return request


def send(browser: Any, request_id: str, **typed: str) -> Any:
    """Fill the page in as it stands and send it."""
    form = soup(browser.get(f"/till/{request_id}/refund")).find("form", action=f"/till/{request_id}/refund")
    assert form is not None
    told = {str(one["name"]): str(one.get("value", "")) for one in form.find_all("input")}
    return browser.post(f"/till/{request_id}/refund", data={**told, "why": "Đóng trùng", **typed})


def token_of(browser: Any) -> str:
    """Return a form token of the browser's session, from the page of roles that everybody signed in may see."""
    found = soup(browser.get("/my/sessions")).find("input", attrs={"name": "csrf_token"})
    assert found is not None
    return str(found["value"])


def press(browser: Any, path: str, **typed: Any) -> Any:
    return browser.post(path, data={"csrf_token": token_of(browser), **typed})


def test_asked_for_at_the_till_and_transferred_by_somebody_else(
    till: Any, app: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    request = paid(client, world, school)
    assert "Give money back" in text(till.get(f"/till/{request.id}"))
    answer = send(till, request.id, amount="100k", account="VCB 0071000123456 N.V.A.")
    assert answer.status_code == 303
    row = session.scalars(select(Refund)).one()
    assert (row.amount_minor, row.status, "0071000123456" in (row.sealed_to or "")) == (100_000, "by_hand", False)
    mine = text(till.get(answer.location))
    assert "You asked for this. Somebody else notes the transfer." in mine
    assert "0071000123456" not in mine
    assert press(till, f"{answer.location}/sent", reference="FT1").status_code == 403
    checker = with_duty(app, world, school, "approve")
    assert row.code in text(checker.get("/refunds"))
    assert "0071000123456" in text(checker.get(answer.location))
    assert press(checker, f"{answer.location}/sent", reference="").status_code == 400
    assert press(checker, f"{answer.location}/sent", reference="FT26332").status_code == 303
    session.expire_all()
    assert (row.status, row.sealed_to, session.scalars(select(Allocation)).one().refunded_minor) == (
        "succeeded", None, 100_000,
    )  # fmt: skip
    acts = session.scalars(select(AuditRow.act).where(AuditRow.object_id == row.id).order_by(AuditRow.id)).all()
    assert acts == ["refund.asked", "refund.done"]
    assert broken_rows(session) == []
    assert "No refund waits" in text(checker.get("/refunds"))


def test_a_large_one_is_agreed_to_or_refused_by_another(
    till: Any, app: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    request = paid(client, world, school, amount=9_000_000)
    where = send(till, request.id, amount="6.000.000", account="VCB 1").location
    assert "Somebody else must agree" in text(till.get(where))
    assert press(till, f"{where}/decision", do="agree").status_code == 403
    both = with_duty(app, world, school, "approve")
    assert press(both, f"{where}/decision", do="refuse").status_code == 303
    assert session.scalars(select(Refund.status)).all() == ["canceled"]
    assert press(both, f"{where}/decision", do="agree").status_code == 404
    again = send(till, request.id, amount="6.000.000", account="VCB 1").location
    assert press(both, f"{again}/decision", do="agree").status_code == 303
    session.expire_all()
    assert session.scalars(select(Refund.status).order_by(Refund.seq)).all() == ["canceled", "by_hand"]
    assert press(till, f"{again}/cancel").status_code == 303


def test_who_asked_cannot_agree_though_she_has_the_duty(
    app: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    with begin() as rows:
        for grant in people.open_grants(rows, school.cashier.login_id or "", now=world.clock.now()):
            grant.duties = ["collect", "approve"]
    till = cashier_browser(app, world, school)
    request = paid(client, world, school, amount=9_000_000)
    where = send(till, request.id, amount="6.000.000", account="VCB 1").location
    refused = press(till, f"{where}/decision", do="agree")
    assert refused.status_code == 403
    assert "Somebody else must agree: not the person who asked." in text(refused)
    assert session.scalars(select(Refund.status)).all() == ["requested"]


def test_what_the_page_says_when_it_cannot(till: Any, client: Any, world: Any, school: School, session: Any) -> None:
    request = paid(client, world, school)
    for typed, status, said in (
        ({"amount": "450001", "account": "VCB 1"}, 400, "More than is left"),
        ({"amount": "x", "account": "VCB 1"}, 400, "Write the amount like"),
        ({"amount": "1000"}, 400, "Write bank, account number and holder"),
        ({"amount": "1000", "account": "VCB 1", "seen": "449999"}, 412, "Another sum is left by now"),
        ({"amount": "1000", "account": "VCB 1", "payment": "al_none"}, 400, "Not a valid choice"),
    ):
        answer = send(till, request.id, **typed)
        assert (answer.status_code, said in text(answer)) == (status, True), typed
    assert session.scalars(select(Refund)).all() == []
    unpaid = asked(world, school, form_id="unpaid")
    assert "Nothing is left to give back" in text(till.get(f"/till/{unpaid.id}/refund"))


def test_nothing_of_another_school(till: Any, app: Any, client: Any, world: Any, school: School) -> None:
    request = paid(client, world, school)
    where = send(till, request.id, amount="1000", account="VCB 1").location
    other = open_school(world, name="Trường khác", number="9999999999", phone="0901100088", prefix="KH")
    stranger = with_duty(app, world, other, "approve", phone="0901100099")
    for path in (where, f"/till/{request.id}/refund"):
        assert stranger.get(path).status_code in (403, 404)
    assert press(stranger, f"{where}/sent", reference="FT1").status_code == 404
    assert press(stranger, f"{where}/cancel").status_code == 404
    assert "No refund waits" in text(stranger.get("/refunds"))


def test_what_was_paid_too_much_goes_back_once_however_often_the_page_is_sent(
    till: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    request = asked(world, school)
    pay_by_transfer(client, world, school, memo=request.code, amount=550_000)
    form = soup(till.get(f"/till/{request.id}/refund")).find("form", action=f"/till/{request.id}/refund")
    assert form is not None
    told = {str(one["name"]): str(one.get("value", "")) for one in form.find_all("input")}
    typed = {**told, "payment": "over", "amount": "30k", "why": "Dư", "account": "VCB 1"}
    for _tap, status in (1, 303), (2, 412):
        assert till.post(f"/till/{request.id}/refund", data=typed).status_code == status
    assert till.post(f"/till/{request.id}/refund", data={**typed, "seen_over": "9" * 5000}).status_code == 412
    assert session.scalars(select(Refund.amount_minor)).all() == [30_000]


def test_no_refund_that_needs_somebody_hides_behind_others(
    till: Any, app: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    every = [status for group in going_back.GROUPS.values() for status in group]
    assert sorted(every) == sorted(LIVE_REFUNDS)
    first = paid(client, world, school)
    assert send(till, first.id, reason="Nghỉ học", account="VCB 007").status_code == 303
    row = session.scalars(select(Refund)).one()
    kept = {column.key: getattr(row, column.key) for column in inspect(Refund).columns if column.key != "seq"}
    session.execute(
        insert(Refund),
        [
            kept | {"id": f"rf_{n:03}", "code": f"ZZ{n:03}", "status": "requested" if n == 129 else "unknown",
                    "release_id": None, "merchant_ref": f"m{n}"}
            for n in range(130)
        ],
    )  # fmt: skip
    session.commit()
    checker = with_duty(app, world, school, "approve")
    page = soup(checker.get("/refunds"))
    shown = [one.get_text(strip=True) for one in page.select("tbody th")]
    assert shown[0] == "ZZ129"
    assert shown[2:] == [f"ZZ{n:03}" for n in range(50)]
    assert "The oldest 50 of 129: show all" in page.get_text()
    last = soup(checker.get("/refunds?group=under_way&page=3"))
    assert [one.get_text(strip=True) for one in last.select("tbody th")] == [f"ZZ{n:03}" for n in range(100, 129)]
