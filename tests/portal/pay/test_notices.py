"""Notices: kept raw, judged by five checks, applied once, answered as each provider wants it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

import payments
from payments.models import Allocation, Attempt, Case, Movement, Receipt, Request, StoredNotice, Transaction
from portal.audit import AuditRow, broken_rows
from portal.counting import live_cells
from portal.counting.periods import parse_period
from portal.pay import taking
from portal.worker import work
from tests.portal.pay.making import (
    TAN_THANH,
    School,
    asked,
    pay_by_transfer,
    sent_to_vnpay,
    sepay_notice,
    vnpay_query,
)


def fresh(session: Any, request: Request) -> Request:
    session.expire_all()
    return session.get_one(Request, request.seq)  # type: ignore[no-any-return]


def count(session: Any, model: Any) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def live(app: Any, session: Any, code: str, cut: str = "_T") -> int:
    return live_cells(session, app.extensions["catalogue"].get(code), parse_period("2026-11"), cut=cut).get(
        TAN_THANH.id, 0
    )


def test_a_paid_notice_is_booked_once(payer: Any, app: Any, world: Any, session: Any, school: School) -> None:
    request = asked(world, school)
    query = vnpay_query(world, sent_to_vnpay(payer, request))
    answer = payer.get(f"/hooks/vnpay?{query}")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == {"RspCode": "00", "Message": "Confirm Success"}
    request = fresh(session, request)
    assert (request.status, request.allocated_minor, request.exceptions) == ("paid", 450_000, "")
    receipt = session.scalars(select(Receipt)).one()
    assert receipt.number_text == "HP-BL-2026-000001"
    assert payments.balances(session, school.payee.id) == {
        ("provider:vnpay", "VND"): 450_000,
        ("owed", "VND"): -450_000,
    }
    assert payments.check(session).breaches == ()
    assert (live(app, session, "PAY_N"), live(app, session, "PAY_VND")) == (1, 450_000)
    assert (live(app, session, "PAY_N", "type@school"), live(app, session, "PAY_VND", "partner@vnpay")) == (1, 450_000)

    assert payer.get(f"/hooks/vnpay?{query}").json["RspCode"] == "02"
    session.expire_all()
    assert (count(session, Movement), count(session, Receipt), count(session, StoredNotice)) == (1, 1, 2)
    assert (live(app, session, "PAY_N"), live(app, session, "PAY_VND")) == (1, 450_000)
    acts = session.scalars(select(AuditRow.act).where(AuditRow.chain == school.organisation.id)).all()
    assert acts.count("payment.booked") == acts.count("receipt.issued") == 1
    assert broken_rows(session) == []


@pytest.mark.parametrize("spoil", ["field", "hash", "none", "doubled", "terminal"])
def test_a_forged_notice_books_nothing_and_blocks_no_real_one(
    payer: Any, world: Any, session: Any, school: School, spoil: str
) -> None:
    request = asked(world, school)
    order = sent_to_vnpay(payer, request)
    good = vnpay_query(world, order)
    forged = {
        "field": good.replace("vnp_BankCode=NCB", "vnp_BankCode=VCB"),
        "hash": good[:-1] + ("0" if good[-1] != "0" else "1"),
        "none": good.partition("&vnp_SecureHash")[0],
        "doubled": good + "&vnp_Amount=45000000",
        "terminal": vnpay_query(world, order, vnp_TmnCode="OTHER001"),
    }[spoil]
    assert payer.get(f"/hooks/vnpay?{forged}").json == {"RspCode": "97", "Message": "Invalid signature"}
    assert fresh(session, request).status == "open"
    assert (count(session, Transaction), count(session, Movement), count(session, Allocation)) == (0, 0, 0)
    assert session.scalars(select(StoredNotice.status)).all() == ["refused"]
    assert payer.get(f"/hooks/vnpay?{good}").json["RspCode"] == "00"
    assert fresh(session, request).status == "paid"


@pytest.mark.parametrize("amount", ["45000100", "450000", "4500000000"])
def test_another_amount_books_nothing_and_asks_a_person(
    payer: Any, world: Any, session: Any, school: School, amount: str
) -> None:
    request = asked(world, school)
    query = vnpay_query(world, sent_to_vnpay(payer, request), vnp_Amount=amount)
    assert payer.get(f"/hooks/vnpay?{query}").json["RspCode"] == "04"
    assert fresh(session, request).status == "open"
    assert count(session, Movement) == 0
    assert session.scalars(select(Case.kind)).all() == ["amount_differs"]


def test_an_unknown_order_is_kept_as_money_for_nobody(payer: Any, world: Any, session: Any, school: School) -> None:
    request = asked(world, school)
    query = vnpay_query(world, sent_to_vnpay(payer, request), vnp_TxnRef="nobody00000000000000")
    assert payer.get(f"/hooks/vnpay?{query}").json["RspCode"] == "01"
    assert fresh(session, request).status == "open"
    assert session.scalars(select(Case.kind)).all() == ["order_unknown"]
    assert payments.check(session).breaches == ()


def test_paid_needs_both_codes(payer: Any, world: Any, session: Any, school: School) -> None:
    request = asked(world, school)
    query = vnpay_query(world, sent_to_vnpay(payer, request), vnp_TransactionStatus="02")
    assert payer.get(f"/hooks/vnpay?{query}").json["RspCode"] == "00"
    assert fresh(session, request).status == "open"
    assert session.scalars(select(Attempt.status)).all() == ["failed"]
    assert count(session, Receipt) == 0


def test_a_bank_transfer_pays_by_its_code(payer: Any, app: Any, world: Any, session: Any, school: School) -> None:
    request = asked(world, school)
    memo = f"MBVCB.{request.code.lower()}.hoc phi"
    first = pay_by_transfer(payer, world, school, memo=memo, amount=450_000)
    assert (first.status_code, first.json) == (200, {"success": True})
    assert fresh(session, request).status == "paid"
    assert pay_by_transfer(payer, world, school, memo=memo, amount=450_000).status_code == 200
    session.expire_all()
    assert (count(session, Movement), count(session, Receipt), live(app, session, "PAY_N", "partner@sepay")) == (
        1,
        1,
        1,
    )


def test_a_transfer_of_less_is_part_and_the_rest_pays(
    payer: Any, app: Any, world: Any, session: Any, school: School
) -> None:
    request = asked(world, school)
    pay_by_transfer(payer, world, school, memo=request.code, amount=200_000, number=1, balance=1_200_000)
    request = fresh(session, request)
    assert (request.status, request.exceptions, request.due_minor) == ("open", "partial", 250_000)
    assert count(session, Receipt) == 0
    pay_by_transfer(payer, world, school, memo=request.code, amount=300_000, number=2, balance=1_500_000)
    request = fresh(session, request)
    assert (request.status, request.exceptions, request.received_minor) == ("paid", "over", 500_000)
    assert session.scalars(select(Receipt.amount_minor)).all() == [450_000]
    assert (live(app, session, "PAY_N"), live(app, session, "PAY_VND")) == (2, 450_000)
    assert payments.check(session).breaches == ()


def test_an_unsigned_or_old_line_is_refused(payer: Any, world: Any, clock: Any, session: Any, school: School) -> None:
    request = asked(world, school)
    body, headers = sepay_notice(world, school, memo=request.code, amount=450_000)
    for name in ("X-SePay-Signature", "X-SePay-Timestamp"):
        less = {key: value for key, value in headers.items() if key != name}
        assert payer.post("/hooks/sepay", data=body, headers=less).status_code == 401
    assert payer.post("/hooks/sepay", data=body.replace(b'"in"', b'"in "'), headers=headers).json == {"success": False}
    clock.move(seconds=301)
    assert payer.post("/hooks/sepay", data=body, headers=headers).status_code == 401
    assert fresh(session, request).status == "open"
    assert count(session, Transaction) == 0


def test_what_no_provider_of_ours_sends(payer: Any, session: Any) -> None:
    assert payer.post("/hooks/nosuch", data=b"{}").status_code == 404
    assert payer.post("/hooks/vnpay").status_code == 405
    assert payer.get("/hooks/sepay").status_code == 405
    assert payer.head("/hooks/vnpay?vnp_TxnRef=x").status_code == 405
    assert payer.post("/hooks/sepay", data=b"x" * (256 * 1024 + 1)).status_code == 413
    assert count(session, StoredNotice) == 0


def test_a_notice_that_could_not_be_applied_is_applied_by_the_worker_once(
    payer: Any, app: Any, world: Any, session: Any, clock: Any, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The web process dies between storing and applying: the fact stays, the worker does the rest."""
    request = asked(world, school)
    query = vnpay_query(world, sent_to_vnpay(payer, request))

    def die(*_: object, **__: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(taking, "apply_stored", die)
        assert payer.get(f"/hooks/vnpay?{query}").json["RspCode"] == "00"
    assert fresh(session, request).status == "open"
    assert session.scalars(select(StoredNotice.status)).all() == ["parked"]
    clock.move(seconds=6)
    work(app, once=True)
    assert fresh(session, request).status == "paid"
    assert session.scalars(select(StoredNotice.status)).all() == ["applied"]
    work(app, once=True)
    assert payer.get(f"/hooks/vnpay?{query}").json["RspCode"] == "02"
    session.expire_all()
    assert (count(session, Movement), count(session, Receipt), live(app, session, "PAY_N")) == (1, 1, 1)


def test_an_authentic_notice_is_not_lost_when_it_cannot_be_judged_but_a_forged_one_is_still_refused(
    payer: Any, world: Any, session: Any, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(world, school)
    good = vnpay_query(world, sent_to_vnpay(payer, request))

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(taking, "apply_stored", fail)
    assert payer.get(f"/hooks/vnpay?{good[:-3]}abc").json["RspCode"] == "97"
    assert payer.get(f"/hooks/vnpay?{good}").json["RspCode"] == "00"
    assert count(session, StoredNotice) == 2


def test_a_payment_counts_in_the_month_of_the_provider(
    payer: Any, app: Any, world: Any, session: Any, clock: Any, school: School
) -> None:
    """17:00 UTC on the last day begins the next month in Vietnam."""
    clock.at = datetime(2026, 11, 30, 16, 59, 0, tzinfo=UTC)
    request = asked(world, school)
    paid_at = clock.at
    clock.move(minutes=3)
    pay_by_transfer(payer, world, school, memo=request.code, amount=450_000, at=paid_at)
    assert fresh(session, request).status == "paid"
    assert live(app, session, "PAY_N") == 1
