"""Refunds at a gateway that answers late, refuses, is not heard, or tells of the last one alone (VNPay's querydr)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import payments
from payments import Wanted
from payments.errors import NoAnswer
from payments.gateways.protocol import RefundFinding, RefundOutcome, RefundWay
from tests.contracts.ways import refund_order, way_in
from tests.payments.loopback import until
from tests.payments.scene import ask, school


@pytest.mark.parametrize(("fault", "first", "then"), [
    ("refund_later", RefundOutcome.PENDING, RefundOutcome.DONE),
    ("refund_refused", RefundOutcome.FAILED, RefundOutcome.FAILED),
    ("hang_then_success", None, RefundOutcome.DONE),
    ("answer_500", None, RefundOutcome.NOT_FOUND),
])  # fmt: skip
def test_a_refund_that_is_late_refused_or_unheard(place, fault, first, then):
    way = way_in(place, "vnpay")
    with place.books.begin() as session:
        request = ask(session, school(session), now=datetime.now(UTC))
        attempt = way.begin(session, request)
    way.pay(attempt)
    place.heard(1)
    with place.books.begin() as session:
        order = refund_order(session, attempt.id, 450_000)
    place.spoil("vnpay", fault, seconds=1)
    now = datetime.now(UTC)
    if first is None:
        with pytest.raises(NoAnswer):
            place.vnpay.refund(order, now=now, seconds=0.5)
    else:
        assert place.vnpay.refund(order, now=now).outcome is first
    found: list[Any] = []

    def settled() -> bool:
        found.append(place.vnpay.query_refund(order, now=now).outcome)
        return found[-1] is then

    until(settled, seconds=60)


def test_refunds_of_one_payment_are_not_taken_for_each_other(place):
    """VNPay's querydr names an order's last transaction: of two refunds of one sum it tells of the second alone."""
    way, now = way_in(place, "vnpay"), datetime.now(UTC)
    with place.books.begin() as session:
        request = ask(session, school(session), now=now)
        attempt = way.begin(session, request)
    way.pay(attempt)
    place.heard(1)
    wanted, ways = Wanted(why="Đóng trùng", amount_minor=100_000), {"vnpay": RefundWay.PARTIAL}

    def reserved():
        with place.books.begin() as session:
            payments.ask_refund(session, request_id=request.id, wanted=wanted, ways=ways, now=now, actor="lo_1")
            return payments.claim_refund(session, now=now)

    def recorded(asked, finding):
        with place.books.begin() as session:
            return payments.record_refund(session, asked=asked, finding=finding, now=now, actor="worker").status

    lost = reserved()
    place.spoil("vnpay", "answer_500")  # it was not taken, and nobody knows
    with pytest.raises(NoAnswer):
        place.vnpay.refund(lost.order, now=now)
    assert recorded(lost, RefundFinding(RefundOutcome.UNKNOWN, "http_500")) == "unknown"
    second = reserved()
    assert recorded(second, place.vnpay.refund(second.order, now=now)) == "succeeded"
    for minutes in (6, 16):
        now += timedelta(minutes=minutes)
        with place.books.begin() as session:
            again = payments.claim_refund(session, now=now)
        assert (again.refund_id, again.again) == (lost.refund_id, True)
        finding = place.vnpay.query_refund(again.order, now=now)
        assert (finding.outcome, finding.of_last) == (RefundOutcome.DONE, True)
        assert recorded(again, finding) == "unknown"
