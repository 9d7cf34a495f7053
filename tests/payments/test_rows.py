"""Rows that are written past the unit of work: as a flush would leave them."""

from typing import Any

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from payments import rows
from payments.models import Allocation, Transaction
from payments.types import new_id
from tests.payments.scene import AT, ask, school


def _money(payee_id: str, number: str) -> Transaction:
    return Transaction(
        id=new_id("tx"), provider="vnpay", provider_txn_id=number, kind="payment", payee_id=payee_id,
        amount_minor=450_000, currency="VND", paid_at=AT, business_date=AT.date(), exceptions="", source="notice",
        booked_at=AT,
    )  # fmt: skip


def test_a_row_is_there_and_whole_without_being_read_again(session: Session) -> None:
    payee = school(session)
    money = _money(payee.id, "1")
    rows.write(session, money)
    assert (inspect(money).persistent, money.seq > 0, money.memo, inspect(money).expired_attributes) == (
        True, True, None, set(),
    )  # fmt: skip
    part = Allocation(
        id=new_id("al"), transaction_id=money.id, request_id=ask(session, payee).id, amount_minor=1, made_by="lo_x",
        made_at=AT,
    )  # fmt: skip
    rows.write(session, part)
    assert (part.refunded_minor, part.used_minor, part.undone_at) == (0, 0, None)
    money.memo, part.refunded_minor = "hoc phi", 1
    session.flush()
    session.expire_all()
    read = session.execute(select(Transaction.memo, Allocation.refunded_minor).join(Allocation)).one()
    assert tuple(read) == ("hoc phi", 1)


def test_what_waits_is_written_first_and_a_second_row_is_refused(session: Session) -> None:
    payee = school(session)
    waiting = _money(payee.id, "1")
    session.add(waiting)
    assert not rows.write_once(session, _money(payee.id, "1"))
    assert rows.write_once(session, _money(payee.id, "2"))
    with pytest.raises(IntegrityError), session.begin_nested():
        rows.write(session, _money(payee.id, "2"))
    numbers: list[Any] = sorted(session.scalars(select(Transaction.provider_txn_id)))
    assert numbers == ["1", "2"]


def test_a_row_that_was_taken_back_leaves_its_number_to_another(session: Session) -> None:
    payee = school(session)
    savepoint = session.begin_nested()
    gone = _money(payee.id, "1")
    rows.write(session, gone)
    savepoint.rollback()
    money = _money(payee.id, "2")
    rows.write(session, money)
    assert session.scalars(select(Transaction)).all() == [money]
    money.memo = "hoc phi"
    session.flush()
    assert session.scalar(select(Transaction.memo)) == "hoc phi"
