"""A bill that the simulated national portal looks up over real HTTP, by its own code, and collects by KeyPay."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

import payments
from payments.models import Attempt, Transaction
from tests.contracts.ways import Way, open_way
from tests.engines import NAMES
from tests.payments.scene import ask, books, count, school


@pytest.fixture(params=NAMES)
def way(request: Any, engines: Any, tmp_path: Any) -> Iterator[Way]:
    with open_way(engines, tmp_path, "keypay", request.param) as opened:
        yield opened


@pytest.fixture
def asked(way: Way) -> tuple[Any, Any]:
    with way.town.books.begin() as session:
        payee = school(session, now=datetime.now(UTC) - timedelta(minutes=1), gateways=("vietqr", "keypay"))
        return payee, ask(session, payee, now=datetime.now(UTC))


def looked_up(way: Way, code: str) -> Any:
    return way.town.post("/keypay/bills", data={"code": code})


def test_a_bill_is_looked_up_paid_and_booked_once(way: Way, asked: tuple[Any, Any]) -> None:
    payee, request = asked
    place = looked_up(way, request.code).headers["Location"]
    assert looked_up(way, request.code).headers["Location"] == place
    way.town.spoil("keypay", "duplicate", copies=10)
    assert way.town.post(place, data={"do": "pay"}).headers["Location"] == place
    assert Counter(way.heard(10)) == {"recorded": 10}
    with way.town.books.begin() as session:
        (attempt,) = session.scalars(select(Attempt))
        assert place == f"/keypay/pay/{attempt.merchant_ref}"
        assert (attempt.status, payments.get_request(session, request.id).status) == ("succeeded", "paid")
        assert (count(session, Transaction), books(session, payee)) == (
            1, {"provider:keypay": 450_000, "owed": -450_000},
        )  # fmt: skip
    over = looked_up(way, request.code)
    assert (over.status_code, "Không có khoản nào phải trả" in over.text) == (404, True)


@pytest.mark.parametrize("how", ["key", "field"])
def test_a_forgery_first_and_the_real_one_after(way: Way, asked: tuple[Any, Any], how: str) -> None:
    payee, request = asked
    place = looked_up(way, request.code).headers["Location"]
    way.town.spoil("keypay", "forge", how=how, seconds=0.3)
    way.town.post(place, data={"do": "pay"})
    assert way.heard(2) == ["not_authentic", "recorded"]
    with way.town.books.begin() as session:
        assert books(session, payee) == {"provider:keypay": 450_000, "owed": -450_000}


def test_who_declines_is_told_the_next_time_of_a_new_bill(way: Way, asked: tuple[Any, Any]) -> None:
    _, request = asked
    place = looked_up(way, request.code).headers["Location"]
    way.town.post(place, data={"do": "decline"})
    assert way.heard(1) == ["recorded"]
    assert looked_up(way, request.code).headers["Location"] != place
    with way.town.books.begin() as session:
        tries = session.scalars(select(Attempt).order_by(Attempt.seq))
        assert [one.status for one in tries] == ["failed", "pending"]
        assert count(session, Transaction) == 0


def test_what_nobody_asked_for_is_not_found(way: Way, asked: tuple[Any, Any]) -> None:
    unknown = looked_up(way, "HP99999999")
    assert (unknown.status_code, "Không tìm thấy mã hồ sơ này" in unknown.text) == (404, True)
    assert "SANDBOX – mô phỏng" in unknown.text
