"""A stay from its advance to its return: nobody is named on what is forwarded, two people send the rest back."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, inspect, select

import payments
from payments.models import Receipt, Refund, Request
from portal.audit import AuditRow, broken_rows
from portal.cashier.invariants import check_invariants
from portal.counting.models import AdoptDelta
from portal.hospital.models import Stay, StayCharge
from tests.codes import words_on
from tests.portal.cashier.test_going_back import press, with_duty
from tests.portal.pay.making import School, open_school, pay_by_transfer, soup, text

NAME = "Nguyễn Thị Bích Thủy"


def opened(desk: Any, session: Any, *, code: str = "BN-0412", name: str = NAME) -> Stay:
    answer = press(desk, "/hospital/stays", code=code, name=name)
    assert answer.status_code == 303, text(answer)
    return session.scalars(select(Stay).where(Stay.code == code)).one()


def send(desk: Any, stay: Stay, what: str, **typed: str) -> Any:
    """Fill a form of the stay's page in as it stands, and send it."""
    address = f"/hospital/stays/{stay.id}/{what}"
    form = soup(desk.get(f"/hospital/stays/{stay.id}")).find("form", action=address)
    assert form is not None, address
    told = {str(one["name"]): str(one.get("value", "")) for one in form.find_all("input")}
    return desk.post(address, data={**told, **typed})


def advanced(desk: Any, world: Any, hospital: School, session: Any, stay: Stay, amount: int) -> Request:
    led = send(desk, stay, "advance", advance=str(amount))
    assert led.status_code == 303, text(led)
    request = session.scalars(select(Request).where(Request.id == led.location.rsplit("/", 1)[1])).one()
    pay_by_transfer(desk, world, hospital, memo=request.code, amount=amount, number=1, balance=amount)
    session.expire_all()
    return request


def charged(desk: Any, stay: Stay, gross: str, **typed: str) -> Any:
    answer = send(desk, stay, "charges", **({"item": "care", "gross": gross} | typed))
    assert answer.status_code == 303, text(answer)


def acts(session: Any) -> list[str]:
    found = select(AuditRow.act).where(AuditRow.act.like("stay.%") | AuditRow.act.like("advance.%"))
    return list(session.scalars(found.order_by(AuditRow.id)))


def test_an_advance_is_asked_for_half_an_hour_and_its_slip_names_nobody(
    desk: Any, client: Any, world: Any, hospital: School, session: Any, tmp_path: Path
) -> None:
    stay = opened(desk, session)
    assert NAME not in stay.name_sealed
    led = send(desk, stay, "advance", advance="2tr")
    assert (led.status_code, "Write the amount like" in text(led)) == (400, True)
    led = send(desk, stay, "advance", advance="2.000.000")
    request = session.scalars(select(Request)).one()
    assert (request.purpose, request.item) == ("advance", "Tạm ứng viện phí · BN-0412")
    assert request.expires_at == world.clock.now() + timedelta(minutes=30)
    slip = words_on(desk.get(f"/till/{request.id}/slip.pdf").data)
    assert "BN-0412" in slip
    client.set_cookie("lang", "en")
    for forwarded in (slip, text(client.get(f"/pay/requests/{request.id}"))):
        assert not any(word in forwarded for word in NAME.split())
    pay_by_transfer(client, world, hospital, memo=request.code, amount=2_000_000)
    session.expire_all()
    balances = payments.balances(session, hospital.payee.id)
    assert balances[f"payer_credit:{stay.id}", "VND"] == -2_000_000
    assert ("owed", "VND") not in balances
    page = text(desk.get(f"/hospital/stays/{stay.id}"))
    assert NAME in page and "₫2,000,000" in page and "BV-BL-2026-000001" in page
    receipt = session.scalars(select(Receipt)).one()
    assert not any(word in text(client.get(f"/receipts/{receipt.id}")) for word in NAME.split())


def test_discharge_takes_the_charges_and_the_rest_goes_back_to_a_checked_account(
    desk: Any, approver: Any, world: Any, hospital: School, session: Any
) -> None:
    stay = opened(desk, session)
    advanced(desk, world, hospital, session, stay, 2_000_000)
    charged(desk, stay, "1.200.000", reduction="200k", reduction_reason="Bảo hiểm y tế 80%")
    charged(desk, stay, "300k", item="bed", reduction="300k", reduction_reason="Hộ nghèo")
    assert "return" not in desk.get(f"/hospital/stays/{stay.id}").get_data(as_text=True)
    assert press(desk, f"/hospital/stays/{stay.id}/discharge").status_code == 303
    assert press(desk, f"/hospital/stays/{stay.id}/discharge").status_code == 303
    rows = session.scalars(select(StayCharge).order_by(StayCharge.made_at, StayCharge.gross_minor.desc())).all()
    assert [(one.gross_minor, one.reduction_minor, one.request_id is None) for one in rows] == [
        (1_200_000, 200_000, False), (300_000, 300_000, True),
    ]  # fmt: skip
    charge = session.scalars(select(Request).where(Request.purpose == "charge")).one()
    assert (charge.status, charge.amount_minor) == ("paid", 1_000_000)
    back = f"/hospital/stays/{stay.id}/return"
    assert press(desk, back, seen="1000000").status_code == 409
    assert send(desk, stay, "account", account="VCB 0071000123456 Nguyễn Thị Bích Thủy").status_code == 303
    assert press(desk, back, seen="1000000").status_code == 409
    assert press(desk, f"/hospital/stays/{stay.id}/account/check").status_code == 403
    assert "0071000123456" in text(approver.get(f"/hospital/stays/{stay.id}"))
    assert press(approver, f"/hospital/stays/{stay.id}/account/check").status_code == 303
    assert press(desk, back, seen="999").status_code == 303 and session.scalars(select(Refund)).all() == []
    led = send(desk, stay, "return")
    refund = session.scalars(select(Refund)).one()
    assert (refund.amount_minor, refund.status, refund.by_hand) == (1_000_000, "requested", True)
    assert press(desk, f"{led.location}/decision", do="agree").status_code == 403
    assert press(approver, f"{led.location}/decision", do="agree").status_code == 303
    assert "0071000123456" in text(approver.get(led.location))
    assert press(approver, f"{led.location}/sent", reference="FT26332").status_code == 303
    session.expire_all()
    balances = {name: minor for (name, _), minor in payments.balances(session, hospital.payee.id).items() if minor}
    assert balances == {f"bank:{hospital.payee.account}": 1_000_000, "owed": -1_000_000}
    assert check_invariants(session)["I1"].breaches == ()
    paid = session.scalars(select(AdoptDelta.d).where(AdoptDelta.indicator == "PAY_VND", AdoptDelta.cut == "_T")).all()
    assert sum(paid) == 1_000_000
    assert acts(session) == [
        "stay.opened", "advance.asked", "stay.charged", "stay.charged", "stay.discharged", "stay.account_noted",
        "stay.account_checked",
    ]  # fmt: skip
    assert broken_rows(session) == []


def test_what_the_advance_does_not_cover_stays_due_and_is_paid_by_its_own_code(
    desk: Any, world: Any, hospital: School, session: Any
) -> None:
    stay = opened(desk, session)
    advanced(desk, world, hospital, session, stay, 500_000)
    charged(desk, stay, "800k")
    press(desk, f"/hospital/stays/{stay.id}/discharge")
    session.expire_all()
    charge = session.scalars(select(Request).where(Request.purpose == "charge")).one()
    assert (charge.status, charge.due_minor, charge.expires_at) == ("open", 300_000, None)
    page = text(desk.get(f"/hospital/stays/{stay.id}"))
    assert "The advance did not cover everything" in page
    assert charge.code in text(desk.get(f"/till/{charge.id}"))
    pay_by_transfer(desk, world, hospital, memo=charge.code, amount=300_000, number=2, balance=800_000)
    session.expire_all()
    assert charge.status == "paid"
    numbers = session.scalars(select(Receipt.amount_minor).order_by(Receipt.number)).all()
    assert numbers == [500_000, 800_000]
    for what, typed in (("advance", {"advance": "5000"}), ("charges", {"item": "care", "gross": "5000"})):
        late = press(desk, f"/hospital/stays/{stay.id}/{what}", desk=hospital.desk.desk_ref, form_id="late", **typed)
        assert (late.status_code, "The patient is discharged" in text(late)) == (400, True)


def test_a_charge_taken_by_mistake_goes_back_to_the_advance_by_who_reconciles(
    desk: Any, accountant: Any, world: Any, hospital: School, session: Any
) -> None:
    stay = opened(desk, session)
    advanced(desk, world, hospital, session, stay, 500_000)
    charged(desk, stay, "200k")
    press(desk, f"/hospital/stays/{stay.id}/discharge")
    form = soup(accountant.get(f"/hospital/stays/{stay.id}")).find("form", action=lambda to: to and "/uses/" in to)
    assert press(desk, form["action"], why="x").status_code == 403
    assert press(accountant, form["action"], why=" ").status_code == 400
    assert press(accountant, form["action"], why="Nhầm người bệnh").status_code == 303
    assert press(accountant, form["action"], why="x").status_code == 404
    session.expire_all()
    charge = session.scalars(select(Request).where(Request.purpose == "charge")).one()
    assert (charge.status, charge.due_minor) == ("open", 200_000)
    assert sorted(session.scalars(select(Receipt.status))) == ["issued", "voided"]
    assert check_invariants(session)["I1"].breaches == ()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"code": "BN", "name": NAME}, "3 to 20 letters and digits"),
        ({"code": "THUY", "name": NAME}, "3 to 20 letters and digits"),
        ({"code": "BN-0412", "name": " "}, "Enter the patient's name"),
        ({"code": "bn-0001", "name": NAME}, "There is a stay with this code already"),
    ],
)
def test_a_stay_that_cannot_be_opened(desk: Any, session: Any, typed: dict[str, str], said: str) -> None:
    opened(desk, session, code="BN-0001")
    answer = press(desk, "/hospital/stays", **typed)
    assert (answer.status_code, said in text(answer), soup(answer).title.get_text()[:7]) == (400, True, "Error: ")


def test_a_charge_that_cannot_be_written(desk: Any, session: Any) -> None:
    stay = opened(desk, session)
    for typed, said in (
        ({"gross": "100k", "reduction": "200k", "reduction_reason": "x"}, "can't be more than the charge"),
        ({"gross": "100k", "reduction": "10k"}, "Write why the sum is reduced"),
        ({"gross": "0"}, "Write the amount like"),
        ({"gross": "100k", "reduction": "99.500", "reduction_reason": "x"}, "The smallest amount is 1,000"),
        ({"gross": "100k", "item": "ung thư"}, "Not a valid choice"),
    ):
        answer = send(desk, stay, "charges", **({"item": "care"} | typed))
        assert (answer.status_code, said in text(answer)) == (400, True), typed
    assert session.scalars(select(StayCharge)).all() == []
    once = {"item": "care", "gross": "100k", "form_id": "f1"}
    assert [send(desk, stay, "charges", **once).status_code for _ in range(2)] == [303, 303]
    assert len(session.scalars(select(StayCharge)).all()) == len(session.scalars(select(Request)).all()) == 1


def test_nothing_of_another_hospital_and_names_only_for_the_desk(
    desk: Any, accountant: Any, app: Any, world: Any, hospital: School, session: Any
) -> None:
    stay = opened(desk, session)
    assert NAME in text(desk.get("/hospital")) and NAME in text(desk.get("/hospital?q=bn-04"))
    assert "No stay has this code" in text(desk.get("/hospital?q=zz"))
    assert NAME not in text(accountant.get("/hospital")) and "BN-0412" in text(accountant.get("/hospital"))
    other = open_school(world, name="Bệnh viện khác", number="88", phone="0901100088", prefix="BK", kind="hospital")
    stranger = with_duty(app, world, other, "approve", phone="0901100099")
    assert "BN-0412" not in text(stranger.get("/hospital"))
    assert stranger.get(f"/hospital/stays/{stay.id}").status_code == 404
    assert press(stranger, f"/hospital/stays/{stay.id}/account/check").status_code == 404
    assert press(accountant, f"/hospital/stays/{stay.id}/discharge").status_code == 403


def test_money_of_an_advance_goes_back_from_the_till_only_with_a_second_person(
    desk: Any, approver: Any, world: Any, hospital: School, session: Any
) -> None:
    stay = opened(desk, session)
    request = advanced(desk, world, hospital, session, stay, 500_000)
    form = soup(desk.get(f"/till/{request.id}/refund")).find("form", action=f"/till/{request.id}/refund")
    told = {str(one["name"]): str(one.get("value", "")) for one in form.find_all("input")}
    answer = desk.post(f"/till/{request.id}/refund", data={**told, "amount": "1000", "why": "x", "account": "VCB 1"})
    assert answer.status_code == 303
    assert session.scalars(select(Refund.status)).all() == ["requested"]


def test_a_full_hospital_is_walked_page_by_page(desk: Any, session: Any, world: Any) -> None:
    first = opened(desk, session)
    kept = {column.key: getattr(first, column.key) for column in inspect(Stay).columns}
    session.execute(
        insert(Stay),
        [
            kept | {"id": f"st_{n:03}", "code": f"ZZ-{n:03}", "opened_at": first.opened_at + timedelta(minutes=1 + n),
                    "name_sealed": world.field_keys.seal(NAME, place=f"hospital_stay.name.st_{n:03}")}
            for n in range(120)
        ],
    )  # fmt: skip
    session.commit()
    found = []
    for number in (1, 2, 3):
        page = soup(desk.get(f"/hospital?page={number}"))
        found += [row.th.get_text(strip=True) for row in page.select("tbody tr")]
        assert "121 stays" in page.get_text()
    assert found == [*(f"ZZ-{n:03}" for n in range(119, -1, -1)), first.code]
    assert "10 stays" in text(desk.get("/hospital?q=zz-11"))
