"""The national portal looks bills up: whom it is told at all, and what, under which try."""

from typing import Any

import pytest
from sqlalchemy import func, select

import payments
from payments.models import Attempt, Payee, Request
from portal import limits
from portal.audit import AuditRow
from portal.cashier import actions
from portal.db import begin
from tests.payments.scene import Peer
from tests.portal.pay.looking_up import HERE, NOTHING, UNKNOWN, keypay_of, look_up, settings, take_keypay
from tests.portal.pay.making import School, asked, attempts, open_school, pay_by_transfer


@pytest.fixture
def peer(app: Any, world: Any, school: School) -> Peer:
    return keypay_of(app, world, school)


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


def test_a_code_of_two_payees_is_nobody_s(client: Any, world: Any, session: Any, school: School, peer: Peer) -> None:
    # Codes are unique within a payee: told by the code alone, a payer would pay another's bill.
    other = open_school(world, name="Trường THCS Tân Thạnh", number="9911002233445", phone="0912345679")
    request = asked(world, school)
    assert asked(world, other).code == request.code
    assert look_up(client, request.code).json["error_code"] == 1  # the other does not take KeyPay
    with begin() as rows:  # as who took KeyPay before one was refused a prefix that another has
        rows.get_one(Payee, other.payee.id).gateways = "vietqr keypay"
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
