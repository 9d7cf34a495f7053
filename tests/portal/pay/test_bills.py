"""The national portal looks bills up: whom it is told at all, what, under which try, and that paying books once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

import payments
from payments import breaker
from payments.errors import GatewayResting, NoAnswer, RequestBegun
from payments.gateways.wire import hmac_hex
from payments.models import Attempt, Movement, Request
from payments.money import Money
from payments.v1 import intents
from payments.v1.errors import InvalidRequest
from payments.v1.intents import Caller
from portal import limits
from portal.audit import AuditRow
from portal.cashier import actions
from portal.db import begin
from portal.pay.due import _query
from portal.pay.health import note_call
from portal.pay.starting import start
from tests.payments.gates import KEYPAY, keypay
from tests.payments.scene import Peer, json_answer
from tests.portal.pay.making import School, asked, attempts, choose, open_school, pay_by_transfer, text

HERE = "/hooks/keypay/bills"
NOTHING, UNKNOWN = {"error_code": 0, "message": []}, {"error_code": -1, "message": []}
PAGE = {"error": "0", "payment_url": "http://127.0.0.1:8001/keypay/pay/x"}


@pytest.fixture
def peer(app: Any, world: Any, school: School) -> Peer:
    """The school takes KeyPay, whose server answers what a test prepares."""
    take_keypay(app, school)
    made = Peer()
    app.extensions["world"] = replace(world, gateways={**world.gateways, "keypay": keypay(made)})
    return made


def take_keypay(app: Any, school: School) -> None:
    args = ["cashier", "set-ways", school.payee.id, "--way", "vietqr", "--way", "keypay"]
    assert app.test_cli_runner().invoke(args=args).exit_code == 0


def look_up(client: Any, code: object, *, address: str = "127.0.0.1") -> Any:
    return client.post(HERE, json={"MaHoSo": code}, environ_base={"REMOTE_ADDR": address})


def notice(bill: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return KeyPay's notice about a bill, signed by the protocol alone (J)."""
    fields = {
        "client_id": bill["client_id"], "transaction_id": bill["transaction_id"], "transaction_code": "KP77",
        "trans_amount": bill["PhiLePhi"][0]["SoTien"], "payment_fee": "0", "command": "PAY", "addition_fee": "0",
        "version": "3.0", "description": "", "locale": "vi", "country_code": "vn", "currency_code": "VND",
        "environment": "1", "status": "0", **changed,
    }  # fmt: skip
    names = ("addition_fee", "client_id", "command", "trans_amount", "transaction_id", "version")
    signed = "|".join(fields[name] for name in names)
    return fields | {"check_sum": hmac_hex("sha256", KEYPAY["key2"], signed.encode())}


def detail(bill: dict[str, Any], **changed: Any) -> Any:
    told = {"error": "0", "status": "0", "transaction_id": bill["transaction_id"], "transaction_code": "KP77"}
    return json_answer(told | {"trans_amount": bill["PhiLePhi"][0]["SoTien"]} | changed)


def pay(client: Any, app: Any, peer: Peer, bill: dict[str, Any], **changed: Any) -> Any:
    """Have KeyPay tell that a bill was paid, and the worker ask."""
    peer.answers.append(detail(bill, **changed))
    answer = client.post("/hooks/keypay", json=notice(bill)).json
    assert _query(app.extensions["world"])
    return answer


def intent_id(request: Request) -> str:
    return request.id.replace("pr_", "pi_")


@contextmanager
def settings(app: Any, **values: str) -> Iterator[None]:
    """Run with these settings."""
    world = app.extensions["world"]
    own = replace(world.settings, values={**world.settings.values, **values})
    app.extensions["world"] = replace(world, settings=own)
    yield
    app.extensions["world"] = world


def test_what_is_due_is_told_and_nothing_of_the_payer(
    client: Any, world: Any, session: Any, school: School, peer: Peer
) -> None:
    request = asked(world, school)
    answer = look_up(client, request.code)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.json["error_code"] == 1
    bill = answer.json["message"]
    (attempt,) = session.scalars(select(Attempt))
    filled = {name: value for name, value in bill.items() if value not in ("", [])}
    assert filled == {
        "client_id": "HPG01", "transaction_id": attempt.merchant_ref, "MaTraCuuTT": request.code,
        "MaHoSo": request.code, "NoiDungThanhToan": request.code, "TKThuHuong": school.payee.account,
        "MaNHThuHuong": "970436",
        "PhiLePhi": [{"LoaiPhiLePhi": "", "MaPhiLePhi": "", "TenPhiLePhi": request.code, "SoTien": "450000"}],
    }  # fmt: skip
    assert bill["HoTenNguoiNop"] == bill["TenDonVi"] == ""
    assert attempts(session) == [("keypay", "pending")]
    assert (attempt.redirect_url, attempt.qr) == (None, None)
    (row,) = session.scalars(select(AuditRow).where(AuditRow.act == "attempt.looked_up"))
    assert (row.object_id, row.chain, row.role) == (attempt.id, school.organisation.id, "system")
    assert peer.asked == []  # nobody is called


def test_asked_again_it_is_the_same_bill(client: Any, world: Any, session: Any, school: School, peer: Peer) -> None:
    request = asked(world, school)
    first = look_up(client, request.code).get_data()
    assert look_up(client, f" {request.code.lower()} ").get_data() == first
    assert attempts(session) == [("keypay", "pending")]
    assert session.scalar(select(func.count()).select_from(AuditRow).where(AuditRow.act == "attempt.looked_up")) == 1


@pytest.mark.parametrize(
    ("named", "address", "status"),
    [
        ("", "127.0.0.1", 404),
        ("", "203.0.113.7", 404),
        ("203.0.113.7", "203.0.113.7", 200),
        ("198.51.100.0/24, 203.0.113.7", "198.51.100.9", 200),
        ("203.0.113.7", "::ffff:203.0.113.7", 200),
        ("2001:db8::/64", "2001:db8::9", 200),
        ("203.0.113.7", "203.0.113.8", 404),
        ("203.0.113.7", "127.0.0.1", 404),
        ("203.0.113.7", "", 404),
    ],
)
def test_only_an_address_of_the_list_is_answered(
    app: Any, client: Any, world: Any, session: Any, school: School, peer: Peer, named: str, address: str, status: int
) -> None:
    request = asked(world, school)
    with settings(app, PORTAL_ENV="production", KEYPAY_BILLS_FROM=named):
        answer = look_up(client, request.code, address=address)
        nothing = client.post("/hooks/nothing", json={}, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status
    assert attempts(session) == ([("keypay", "pending")] if status == 200 else [])
    if status == 404:
        assert shape(answer) == shape(nothing)


def shape(answer: Any) -> Any:
    """Return an answer without what differs at every request."""
    return answer.status_code, answer.content_type, {**answer.json, "instance": "", "request_id": ""}


def test_outside_production_the_stand_in_of_this_machine_asks(
    app: Any, client: Any, world: Any, school: School, peer: Peer
) -> None:
    request = asked(world, school)
    assert look_up(client, request.code, address="::1").status_code == 200
    assert look_up(client, request.code, address="203.0.113.7").status_code == 404
    with settings(app, KEYPAY_URL="https://keypay.example/create"):
        assert look_up(client, request.code).status_code == 404


def test_one_address_asks_only_so_often(client: Any, school: School, peer: Peer, monkeypatch: Any) -> None:
    monkeypatch.setattr(limits.BILLS, "most", 2)
    assert [look_up(client, "HP00000013").status_code for _ in range(3)] == [200, 200, 429]
    assert look_up(client, "HP00000013", address="::1").status_code == 200
    assert int(look_up(client, "HP00000013").headers["Retry-After"]) >= 1


@pytest.mark.parametrize("code", ["HP99999999", "", "HP", "x' OR 1=1", "HP0000001\x00", "A" * 70, 5, None, ["HP"], {}])
def test_a_code_of_nobody_is_unknown(
    client: Any, world: Any, session: Any, school: School, peer: Peer, code: object
) -> None:
    asked(world, school)
    answer = look_up(client, code)
    assert (answer.status_code, answer.json) == (200, UNKNOWN)
    assert attempts(session) == []


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"MaHoSo":"HP00000013","MaHoSo":"HP00000013"}'])
def test_what_is_no_look_up_is_unknown(client: Any, school: School, peer: Peer, body: bytes) -> None:
    assert client.post(HERE, data=body).json == UNKNOWN
    assert client.post(HERE, data=b"x" * (256 * 1024 + 1)).status_code == 413
    assert client.get(HERE).status_code == 405


def test_who_does_not_take_keypay_has_no_bills_there(app: Any, client: Any, world: Any, school: School) -> None:
    request = asked(world, school)
    assert look_up(client, request.code).json == UNKNOWN
    take_keypay(app, school)
    assert look_up(client, request.code).json["error_code"] == 1


def test_a_code_of_two_payees_is_nobody_s(
    app: Any, client: Any, world: Any, session: Any, school: School, peer: Peer
) -> None:
    # Codes are unique within a payee: told by the code alone, a payer would pay another's bill.
    other = open_school(world, name="Trường THCS Tân Thạnh", number="9911002233445", phone="0912345679")
    request = asked(world, school)
    assert asked(world, other).code == request.code
    assert look_up(client, request.code).json["error_code"] == 1  # the other does not take KeyPay
    take_keypay(app, other)
    assert look_up(client, request.code).json == UNKNOWN
    assert len(attempts(session)) == 1


def test_what_is_over_is_not_due(client: Any, world: Any, session: Any, school: School, peer: Peer, clock: Any) -> None:
    paid, canceled, expired = (asked(world, school, form_id=f"f{number}") for number in range(3))
    pay_by_transfer(client, world, school, memo=paid.code, amount=450_000)
    with begin() as rows:
        actions.cancel(rows, now=world.clock.now(), acting=school.cashier, request_id=canceled.id, reason="sai")
        rows.get_one(Request, expired.seq).expires_at = world.clock.now()
    for request in (paid, canceled, expired):  # the last before the worker has marked it
        assert look_up(client, request.code).json == NOTHING
    clock.move(minutes=1)
    with begin() as rows:
        assert payments.expire_due(rows, now=clock.now()) == (expired.id,)
    assert look_up(client, expired.code).json == NOTHING
    assert attempts(session) == []


def test_paid_after_the_look_up_it_is_booked_once(
    app: Any, client: Any, world: Any, session: Any, school: School, peer: Peer
) -> None:
    request = asked(world, school)
    bill = look_up(client, request.code).json["message"]
    assert pay(client, app, peer, bill) == {"return_code": 0, "return_msg": "success"}
    assert client.post("/hooks/keypay", json=notice(bill)).json["return_code"] == 0
    assert not _query(app.extensions["world"])
    assert attempts(session) == [("keypay", "succeeded")]
    assert session.get_one(Request, request.seq).status == "paid"
    assert session.scalar(select(func.count()).select_from(Movement)) == 1
    assert look_up(client, request.code).json == NOTHING


def test_a_notice_turned_to_paid_is_asked_about(
    app: Any, client: Any, world: Any, session: Any, school: School, peer: Peer
) -> None:
    request = asked(world, school)
    bill = look_up(client, request.code).json["message"]
    pay(client, app, peer, bill, status="2", transaction_code="")
    assert attempts(session) == [("keypay", "failed")]
    again = look_up(client, request.code).json["message"]
    assert again["transaction_id"] != bill["transaction_id"]
    assert session.scalar(select(func.count()).select_from(Movement)) == 0


def test_a_bill_that_was_left_ends_and_money_that_comes_after_is_booked_once(
    app: Any, client: Any, world: Any, session: Any, school: School, peer: Peer, clock: Any
) -> None:
    request = asked(world, school)
    bill = look_up(client, request.code).json["message"]
    clock.move(minutes=32)
    peer.answers.append(json_answer({"error": "1"}))
    assert _query(app.extensions["world"])
    assert attempts(session) == [("keypay", "expired")]
    page = text(client.get(f"/pay/requests/{request.id}", headers={"Accept-Language": "en"}))
    assert "The last try was not paid" not in page
    again = look_up(client, request.code).json["message"]
    assert again["transaction_id"] != bill["transaction_id"]
    pay(client, app, peer, bill)
    assert attempts(session)[0] == ("keypay", "succeeded")
    assert session.get_one(Request, request.seq).status == "paid"
    assert session.scalar(select(func.count()).select_from(Movement)) == 1


def test_another_sum_is_another_bill_and_the_older_one_still_counts(
    app: Any, client: Any, world: Any, session: Any, school: School, peer: Peer
) -> None:
    request = asked(world, school)
    whole = look_up(client, request.code).json["message"]
    pay_by_transfer(client, world, school, memo=request.code, amount=150_000)
    rest = look_up(client, request.code).json["message"]
    assert rest["PhiLePhi"][0]["SoTien"] == "300000"
    assert rest["transaction_id"] != whole["transaction_id"]
    assert look_up(client, request.code).json["message"] == rest
    pay(client, app, peer, whole)  # paid as it was shown an hour ago
    session.expire_all()
    paid = session.get_one(Request, request.seq)
    assert (paid.status, paid.received_minor, paid.over_minor) == ("paid", 600_000, 150_000)
    assert session.scalar(select(func.count()).select_from(Movement)) == 2


def test_a_sum_is_not_changed_while_its_bill_is_out(
    app: Any, client: Any, world: Any, session: Any, school: School, peer: Peer, clock: Any
) -> None:
    request = asked(world, school)
    page = Caller(school.payee.id, False, "http://localhost/pay/requests/%s")
    bill = look_up(client, request.code).json["message"]
    with pytest.raises(RequestBegun), begin() as rows:
        payments.revise_request(
            rows, request_id=request.id, amount=Money(400_000), item=request.item, expires_at=None, now=clock.now()
        )
    with pytest.raises(InvalidRequest), begin() as rows:
        intents.modify(rows, page, intent_id(request), {"amount": 400_000})
    clock.move(minutes=32)
    peer.answers.append(json_answer({"error": "1"}))
    assert _query(app.extensions["world"])
    with begin() as rows:
        intents.modify(rows, page, intent_id(request), {"amount": 500_000})
    assert look_up(client, request.code).json["message"]["PhiLePhi"][0]["SoTien"] == "500000"
    pay(client, app, peer, bill)  # money for the older sum is money: booked once, and the rest is due
    session.expire_all()
    paid = session.get_one(Request, request.seq)
    assert (paid.status, paid.received_minor, paid.due_minor) == ("open", 450_000, 50_000)
    assert session.scalar(select(func.count()).select_from(Movement)) == 1


def test_the_payer_s_page_goes_on_as_before_a_look_up(
    app: Any, payer: Any, world: Any, session: Any, school: School, peer: Peer
) -> None:
    request = asked(world, school)
    here = f"/pay/requests/{request.id}"
    before = payer.get(here)
    bill = look_up(payer, request.code).json["message"]
    assert text(payer.get(here)) == text(before)
    assert "Waiting for the bank" not in text(before)
    page = Caller(school.payee.id, False, "http://localhost/pay/requests/%s")
    shown = intents.find(session, page, intent_id(request))
    assert (shown.live, intents.shapes.status_of(shown)) == (None, "requires_payment_method")
    # Who chooses KeyPay here is led to a page of its own, the same twice.
    peer.answers.append(json_answer(PAGE))
    first = choose(payer, request, "keypay")
    assert (first.status_code, first.location) == (303, PAGE["payment_url"])
    assert choose(payer, request, "keypay").location == PAGE["payment_url"]
    assert (len(peer.asked), attempts(session)) == (1, [("keypay", "pending"), ("keypay", "pending")])
    assert json.loads(peer.asked[0]["body"])["transaction_id"] != bill["transaction_id"]
    assert look_up(payer, request.code).json["message"] == bill


def test_a_bill_that_ends_begins_no_second_page(
    payer: Any, world: Any, session: Any, school: School, peer: Peer, clock: Any
) -> None:
    request = asked(world, school)
    look_up(payer, request.code)
    clock.move(minutes=10)
    peer.answers.append(json_answer(PAGE))
    choose(payer, request, "keypay")
    clock.move(minutes=6)
    assert choose(payer, request, "keypay").location == PAGE["payment_url"]
    assert (len(peer.asked), len(attempts(session))) == (1, 2)


def test_a_bill_does_not_have_a_resting_keypay_called(
    app: Any, payer: Any, world: Any, session: Any, school: School, peer: Peer
) -> None:
    request = asked(world, school)
    look_up(payer, request.code)
    with begin() as rows:
        for _ in range(breaker.OPENS_AFTER):
            note_call(rows, world, "keypay", NoAnswer(reason="time_out"))
    with pytest.raises(GatewayResting):
        start(
            app.extensions["world"], acting=school.cashier, request_id=request.id, way="keypay", payer_ip="127.0.0.1",
            language="vi",
        )  # fmt: skip
    assert (peer.asked, attempts(session)) == ([], [("keypay", "pending")])


def test_the_payer_s_page_waits_once_keypay_said_something(
    payer: Any, world: Any, session: Any, school: School, peer: Peer
) -> None:
    request = asked(world, school)
    bill = look_up(payer, request.code).json["message"]
    payer.post("/hooks/keypay", json=notice(bill))
    assert attempts(session) == [("keypay", "unknown")]
    assert "Waiting for the bank" in text(payer.get(f"/pay/requests/{request.id}"))
    assert look_up(payer, request.code).json["message"] == bill  # one transaction at KeyPay, which takes it once
