"""What gateways must keep whose orders are made by a call: silence, refusals, failures, orders that we do not know."""

from datetime import UTC, datetime, timedelta

import pytest

import payments
from payments.errors import NoAnswer
from payments.gateways.protocol import Order, Outcome, RefundOutcome
from payments.models import Transaction
from payments.money import Money
from tests.contracts.ways import GATES, Way, open_way, refund_order
from tests.engines import NAMES
from tests.payments.loopback import until
from tests.payments.scene import ask, books, case_kinds, count, school

HELD = 3600
REFUNDING = tuple(name for name in GATES if name in ("momo", "zalopay", "stripe_shaped", "paygov", "vnpt_pay"))
CREATED = tuple(name for name in GATES if name != "viettel_qr")


@pytest.fixture
def way(request, engines, tmp_path):
    with open_way(engines, tmp_path, request.param, NAMES[0]) as opened:
        yield opened


def asked_for(way: Way):
    with way.town.books.begin() as session:
        payee = school(session, now=datetime.now(UTC) - timedelta(minutes=1), gateways=GATES)
        return payee, ask(session, payee, now=datetime.now(UTC))


def question(way: Way, attempt_id: str, *, minutes: int):
    """Have the janitor take the attempt as soon as it is due."""
    now = datetime.now(UTC) + timedelta(minutes=minutes)
    with way.town.books.begin() as session:
        asking = payments.claim_query(session, now=now)
    assert asking.attempt_id == attempt_id
    return asking, now


def found(way: Way, asking, now):
    finding = way.gateway.query(asking, now=datetime.now(UTC))  # some look at the time of a call
    with way.town.books.begin() as session:
        payments.record_finding(session, asked=asking, finding=finding, now=now, actor="worker")
    return finding


@pytest.mark.parametrize("way", CREATED, indirect=True)
@pytest.mark.parametrize("act", ["hang_then_success", "unreadable"])
def test_an_order_whose_making_was_not_answered_is_found_and_paid_once(way, act):
    payee, request = asked_for(way)
    with way.town.books.begin() as session:
        attempt_id, order = way.order(session, request)
    way.town.spoil(way.provider, act, seconds=2)
    way.town.hasty.most = 0.8
    with pytest.raises(NoAnswer):
        way.gateway.create(order, now=datetime.now(UTC))
    way.town.hasty.most = 30.0
    with way.town.books.begin() as session:
        payments.record_unknown(session, attempt_id=attempt_id, reason="time_out", now=datetime.now(UTC))
        attempt = payments.get_attempt(session, attempt_id)
    way.town.spoil(way.provider, "delay", seconds=HELD)
    assert way.act(attempt, "pay").status_code == 303
    asking, now = question(way, attempt_id, minutes=2)
    assert found(way, asking, now).outcome is Outcome.PAID
    with way.town.books.begin() as session:
        assert payments.get_request(session, request.id).status == "paid"
        assert books(session, payee) == {f"provider:{way.gateway.name}": 450_000, "owed": -450_000}
        assert count(session, Transaction) == 1
        began = payments.start_attempt(
            session, request_id=request.id, gateway=way.gateway.name, capabilities=way.gateway.capabilities, key="k1",
            now=now,
        )  # fmt: skip
        assert began.repeated, "the key is used up: nothing is created a second time"


@pytest.mark.parametrize("way", CREATED, indirect=True)
def test_an_order_that_never_was_expires(way):
    _, request = asked_for(way)
    with way.town.books.begin() as session:
        attempt_id, order = way.order(session, request)
    way.town.spoil(way.provider, "answer_500")
    with pytest.raises(NoAnswer):
        way.gateway.create(order, now=datetime.now(UTC))
    with way.town.books.begin() as session:
        payments.record_unknown(session, attempt_id=attempt_id, reason="http_500", now=datetime.now(UTC))
    asking, now = question(way, attempt_id, minutes=2)
    finding = found(way, asking, now)
    assert (finding.outcome, finding.reason) == (Outcome.PENDING, "not_found")
    asking, now = question(way, attempt_id, minutes=61)
    found(way, asking, now)
    with way.town.books.begin() as session:
        assert payments.get_attempt(session, attempt_id).status == "expired"
        assert payments.get_request(session, request.id).status == "open"


@pytest.mark.parametrize("way", GATES, indirect=True)
def test_a_query_without_an_answer_is_unknown_then_found(way):
    _, request = asked_for(way)
    with way.town.books.begin() as session:
        attempt = way.begin(session, request)
    way.town.spoil(way.provider, "delay", seconds=HELD)
    way.pay(attempt)
    acts = ((6, "answer_500", {}), (8, "unreadable", {}), (13, "time_out", {"of": "call", "seconds": 2}))
    for minutes, act, options in acts:
        tries = way.tries if act != "unreadable" else 1
        way.town.spoil(way.provider, act, times=tries, **options)
        way.town.hasty.most = 0.8 if act == "time_out" else 30.0
        asking, now = question(way, attempt.id, minutes=minutes)
        with pytest.raises(NoAnswer):
            way.gateway.query(asking, now=datetime.now(UTC))
        with way.town.books.begin() as session:
            payments.record_no_answer(session, asked=asking, reason=act, now=now)
            assert payments.get_attempt(session, attempt.id).status == "unknown"
    way.town.hasty.most = 30.0
    asking, now = question(way, attempt.id, minutes=30)
    assert found(way, asking, now).outcome is Outcome.PAID
    with way.town.books.begin() as session:
        assert payments.get_request(session, request.id).status == "paid"
        assert count(session, Transaction) == 1


@pytest.mark.parametrize("way", ["payos"], indirect=True)
@pytest.mark.parametrize("act", ["answer_500", "time_out"])
def test_a_question_that_failed_once_is_asked_again_at_once(way, act):
    _, request = asked_for(way)
    with way.town.books.begin() as session:
        attempt = way.begin(session, request)
    way.town.spoil(way.provider, "delay", seconds=HELD)
    way.pay(attempt)
    way.town.spoil(way.provider, act, **({"of": "call", "seconds": 2} if act == "time_out" else {}))
    way.town.hasty.most = 0.8
    asking, now = question(way, attempt.id, minutes=6)
    assert found(way, asking, now).outcome is Outcome.PAID
    with way.town.books.begin() as session:
        assert payments.get_request(session, request.id).status == "paid"
        assert count(session, Transaction) == 1


@pytest.mark.parametrize("way", CREATED, indirect=True)
def test_declined_then_tried_again_with_a_new_key(way):
    _, request = asked_for(way)
    with way.town.books.begin() as session:
        first = way.begin(session, request)
    way.visit(first)
    way.act(first, "decline")
    if way.tells_failures:
        assert way.heard(1) == ["recorded"]
    else:
        way.ask_what_is_due(datetime.now(UTC) + timedelta(minutes=6))
    with way.town.books.begin() as session:
        assert payments.get_attempt(session, first.id).status in ("failed", "canceled")
        second = way.begin(session, request, key="k2")
    way.pay(second)
    way.heard(2 if way.tells_failures else 1)
    with way.town.books.begin() as session:
        assert payments.get_request(session, request.id).status == "paid"


@pytest.mark.parametrize("way", GATES, indirect=True)
@pytest.mark.parametrize("first", ["true", "other"])
def test_failure_and_success_in_either_order_are_paid(way, first):
    if not way.tells_failures:
        assert way.gateway.name in ("zalopay", "payos", "viettel_qr")
        return
    _, request = asked_for(way)
    with way.town.books.begin() as session:
        attempt = way.begin(session, request)
    way.town.spoil(way.provider, "reorder", first=first, seconds=1)
    way.pay(attempt)
    way.heard(1)
    way.heard(2)
    with way.town.books.begin() as session:
        found = payments.get_request(session, request.id)
        assert found.status == "paid"
        if not way.hints:  # a hint of a failure is asked about, and the provider itself never contradicts
            assert found.exceptions == ("" if first == "true" else "late")
            assert case_kinds(session) == (["contradiction"] if first == "true" else [])


@pytest.mark.parametrize("way", CREATED, indirect=True)
def test_money_for_an_order_that_nobody_knows_waits_for_a_person(way):
    now = datetime.now(UTC)
    order = Order(
        merchant_ref="123456789012345", amount=Money(450_000), code="HP00000013", bank_bin="970436",
        bank_account="1031933430", created_at=now, expires_at=now + timedelta(minutes=15),
        return_url=f"{way.town.portal}/pay/return/{way.gateway.name}", payer_ip="127.0.0.1",
    )  # fmt: skip
    way.visit(way.gateway.create(order, now=now))
    way.town.post(f"/{way.provider}/pay/{order.merchant_ref}", data={"do": "pay"})
    assert way.town.heard(1) == ["order_unknown"]
    with way.town.books.begin() as session:
        # A hint is no proof, so it is no money either.
        assert case_kinds(session) == ([] if way.hints else ["order_unknown"])


@pytest.mark.parametrize("way", ["payos"], indirect=True)
@pytest.mark.parametrize("by_query", [False, True])
def test_a_link_that_several_transfers_pay_counts_each_once(way, by_query):
    payee, request = asked_for(way)
    with way.town.books.begin() as session:
        attempt = way.begin(session, request)
    way.visit(attempt)
    for amount in ("200000", "250000"):
        if by_query:
            way.town.spoil(way.provider, "delay", seconds=HELD)
        way.act(attempt, "pay_other", amount=amount)
    if by_query:
        way.ask_what_is_due(datetime.now(UTC) + timedelta(minutes=6))
    else:
        assert way.heard(2) == ["recorded", "recorded"]
    with way.town.books.begin() as session:
        found = payments.get_request(session, request.id)
        assert (found.status, found.exceptions) == ("paid", "")
        assert books(session, payee) == {"provider:payos": 450_000, "owed": -450_000}
        assert count(session, Transaction) == 2


@pytest.mark.parametrize("way", REFUNDING, indirect=True)
def test_a_refund_that_is_late_refused_or_unheard(way):
    _, request = asked_for(way)
    with way.town.books.begin() as session:
        attempt = way.begin(session, request)
    way.pay(attempt)
    way.heard(1)
    now, gateway = datetime.now(UTC), way.gateway
    cases = (
        ("refund_refused", RefundOutcome.FAILED, RefundOutcome.FAILED),
        ("refund_later", RefundOutcome.PENDING, RefundOutcome.DONE),
        ("hang_then_success", None, RefundOutcome.DONE),
        ("answer_500", None, RefundOutcome.NOT_FOUND),
        ("unreadable", None, RefundOutcome.DONE),
    )
    for number, (fault, first, then) in enumerate(cases):
        with way.town.books.begin() as session:
            order = refund_order(session, attempt.id, 100_000, f"r{number}")
        way.town.spoil(way.provider, fault, seconds=2)
        way.town.hasty.most = 0.8 if fault == "hang_then_success" else 30.0
        if first is None:
            with pytest.raises(NoAnswer):
                gateway.refund(order, now=now)
        else:
            assert gateway.refund(order, now=now).outcome is first, fault
        way.town.hasty.most = 30.0
        until(lambda order=order, then=then: gateway.query_refund(order, now=now).outcome is then)
