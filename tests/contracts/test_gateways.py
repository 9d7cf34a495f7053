"""What every way to pay must keep, over real loopback HTTP against the stand-ins, which sign by their own code."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

import payments
from payments.attempts import asked_of
from payments.errors import NoAnswer, NotSupported
from payments.gateways.protocol import Outcome, Raw, RefundOutcome, RefundWay
from payments.models import Feed, Transaction
from tests.contracts.ways import CASES, GATES, Way, open_way, refund_order, way_in
from tests.payments.loopback import until
from tests.payments.scene import ACCOUNT, ask, books, case_kinds, count, school


@pytest.fixture(params=CASES, ids="-".join)
def way(request, engines, tmp_path):
    with open_way(engines, tmp_path, *request.param) as opened:
        yield opened


@pytest.fixture
def asked(way):
    with way.town.books.begin() as session:
        ways, before = ("vnpay", "vietqr", *GATES), datetime.now(UTC) - timedelta(minutes=1)
        payee = school(session, feed=way.feed, now=before, gateways=ways)
        request = ask(session, payee, now=datetime.now(UTC))
        return payee, request, way.begin(session, request)


def paid_books(way: Way, session: Any, payee: Any) -> dict[str, int]:
    """Return the books, with the account that came in under one name."""
    return {name.split(":")[0].replace("provider", "bank"): sum_ for name, sum_ in books(session, payee).items()}


def test_capabilities_are_told_and_kept(way, asked):
    _, _, attempt = asked
    told = way.gateway.capabilities
    assert bool(attempt.redirect_url) is told.redirect
    assert bool(attempt.qr) is told.qr
    assert told.refund in tuple(RefundWay)
    assert told.simulated is (way.gateway.name in ("paygov", "vnpt_pay"))
    assert (told.least.amount_minor, told.most.amount_minor) >= (1, 1)
    with way.town.books.begin() as session:
        found = payments.get_attempt(session, attempt.id)
        asking = asked_of(found)
    if told.query:
        assert way.gateway.query(asking, now=datetime.now(UTC)).outcome is Outcome.PENDING
    else:
        with pytest.raises(NotSupported):
            way.gateway.query(asking, now=datetime.now(UTC))


def test_paid_is_heard_booked_and_counted_once(way, asked):
    payee, request, attempt = asked
    way.pay(attempt)
    assert way.heard(1) == ["recorded"]
    with way.town.books.begin() as session:
        assert payments.get_request(session, request.id).status == "paid"
        assert payments.get_attempt(session, attempt.id).status == "succeeded"
        assert paid_books(way, session, payee) == {"bank": 450_000, "owed": -450_000}
        receipt = payments.issue_receipt(session, request_id=request.id, now=datetime.now(UTC), actor="x")
        assert receipt.amount_minor == 450_000


def test_ten_copies_at_once_are_one_payment(way, asked):
    payee, _, attempt = asked
    way.town.spoil(way.provider, "duplicate", copies=10)
    way.pay(attempt)
    assert Counter(way.heard(10)) == Counter(way.expected("recorded", *["seen"] * 9))
    with way.town.books.begin() as session:
        assert paid_books(way, session, payee) == {"bank": 450_000, "owed": -450_000}
        assert count(session, Transaction) == 1


@pytest.mark.parametrize("how", ["key", "field"])
def test_a_forgery_first_and_the_real_one_after(way, asked, how):
    payee, _, attempt = asked
    way.town.spoil(way.provider, "forge", how=how, seconds=0.3)
    way.pay(attempt)
    assert way.heard(2) == ["not_authentic", "recorded"]
    with way.town.books.begin() as session:
        assert paid_books(way, session, payee) == {"bank": 450_000, "owed": -450_000}


def test_an_answer_that_was_lost_is_asked_for_again_and_booked_once(way, asked):
    payee, _, attempt = asked
    way.town.spoil(way.provider, "time_out")
    way.pay(attempt)
    assert way.heard(2) == way.expected("recorded", "seen")
    with way.town.books.begin() as session:
        assert paid_books(way, session, payee) == {"bank": 450_000, "owed": -450_000}


def test_a_late_notice_is_booked(way, asked):
    _, request, attempt = asked
    way.town.spoil(way.provider, "delay", seconds=0.5)
    way.pay(attempt)
    with way.town.books.begin() as session:
        assert payments.get_request(session, request.id).status == "open"
    way.heard(1)
    with way.town.books.begin() as session:
        assert payments.get_request(session, request.id).status == "paid"


@pytest.mark.parametrize("by", ["+1", "-1", "x100", "/100"])
def test_a_wrong_amount(way, asked, by):
    payee, request, attempt = asked
    way.town.spoil(way.provider, "wrong_amount", by=by)
    way.pay(attempt)
    came = {"+1": 450_001, "-1": 449_999, "x100": 45_000_000, "/100": 4_500}[by]
    way.heard(1)
    with way.town.books.begin() as session:
        found = payments.get_request(session, request.id)
        if way.gateway.capabilities.any_amount:
            assert found.received_minor == came
            assert found.exceptions == ("over" if came > 450_000 else "partial")
        else:
            assert way.town.hooks.applied[0].verdict == "amount_differs"
            assert (found.status, books(session, payee), case_kinds(session)) == ("open", {}, ["amount_differs"])


def test_the_browsers_return_changes_nothing(way, asked):
    _, request, attempt = asked
    way.town.spoil(way.provider, "delay", seconds=3600)
    answer = way.pay(attempt)
    if "/pay/return" in answer.headers.get("Location", ""):
        assert requests.get(answer.headers["Location"], timeout=10).text == "back"
        # What the browser brings may be signed, as VNPay's is, and may be shown; it is no notice.
        returned = Raw("GET", {}, way.town.hooks.returned[0], b"")
        notice = way.gateway.parse_notice(returned, now=datetime.now(UTC))
        assert (notice.finding is not None) is (way.provider == "vnpay")
    with way.town.books.begin() as session:
        assert payments.get_request(session, request.id).status == "open"
        assert count(session, Transaction) == 0


def test_declined_then_tried_again_with_a_new_key(place):
    way = way_in(place, "vnpay")
    with place.books.begin() as session:
        request = ask(session, school(session), now=datetime.now(UTC))
        first = way.begin(session, request)
    requests.get(first.redirect_url, timeout=10)
    place.post(f"/vnpay/pay/{first.merchant_ref}", data={"do": "decline"})
    place.heard(1)
    with place.books.begin() as session:
        assert payments.get_attempt(session, first.id).status == "failed"
        second = way.begin(session, request, key="k2")
    way.pay(second)
    assert place.heard(2) == ["recorded", "recorded"]
    with place.books.begin() as session:
        assert payments.get_request(session, request.id).status == "paid"


@pytest.mark.parametrize(("first", "verdicts"), [("true", ["recorded", "seen"]), ("other", ["recorded", "recorded"])])
def test_failure_and_success_in_either_order_are_paid(place, first, verdicts):
    way = way_in(place, "vnpay")
    with place.books.begin() as session:
        request = ask(session, school(session), now=datetime.now(UTC))
        attempt = way.begin(session, request)
    place.spoil("vnpay", "reorder", first=first, seconds=0.4)
    way.pay(attempt)
    assert place.heard(2) == verdicts
    with place.books.begin() as session:
        found = payments.get_request(session, request.id)
        assert (found.status, found.exceptions) == ("paid", "" if first == "true" else "late")
        assert case_kinds(session) == (["contradiction"] if first == "true" else [])


@pytest.mark.parametrize("act", ["answer_500", "hang_then_success", "time_out"])
def test_a_query_without_an_answer_is_unknown_then_found(place, act):
    way = way_in(place, "vnpay")
    with place.books.begin() as session:
        request = ask(session, school(session), now=datetime.now(UTC))
        attempt = way.begin(session, request)
    place.spoil("vnpay", "delay", seconds=3600)
    way.pay(attempt)
    place.spoil("vnpay", act, seconds=1, **({"of": "call"} if act == "time_out" else {}))
    now = datetime.now(UTC) + timedelta(minutes=6)
    with place.books.begin() as session:
        asking = payments.claim_query(session, now=now)
    with pytest.raises(NoAnswer):
        place.vnpay.query(asking, now=now, seconds=0.5)
    with place.books.begin() as session:
        payments.record_no_answer(session, asked=asking, reason="time_out", now=now)
        assert payments.get_attempt(session, attempt.id).status == "unknown"
    with place.books.begin() as session:
        asking = payments.claim_query(session, now=now + timedelta(minutes=1))
    finding = place.vnpay.query(asking, now=now)
    with place.books.begin() as session:
        payments.record_finding(session, asked=asking, finding=finding, now=now, actor="worker")
        assert payments.get_request(session, request.id).status == "paid"


def test_money_goes_back_as_the_capabilities_say(way, asked):
    _, _, attempt = asked
    way.pay(attempt)
    way.heard(1)
    now = datetime.now(UTC)
    with way.town.books.begin() as session:
        part, rest = refund_order(session, attempt.id, 100_000), refund_order(session, attempt.id, 350_000, "r2")
        whole = refund_order(session, attempt.id, 450_000, "r3")
    told = way.gateway.capabilities.refund
    if told in (RefundWay.BY_HAND, RefundWay.NONE):
        for call in (way.gateway.refund, way.gateway.query_refund):
            with pytest.raises(NotSupported):
                call(part, now=now)
        return
    at_once = RefundOutcome.PENDING if told is RefundWay.ASYNCHRONOUS else RefundOutcome.DONE
    assert way.gateway.query_refund(part, now=now).outcome is RefundOutcome.NOT_FOUND
    done = way.gateway.refund(part, now=now)
    assert (done.outcome, bool(done.provider_ref)) == (at_once, True)
    until(lambda: way.gateway.query_refund(part, now=now).outcome is RefundOutcome.DONE)
    assert way.gateway.query_refund(part, now=now).provider_ref == done.provider_ref
    # The provider takes a reference once, and never gives back more than came.
    assert way.gateway.refund(part, now=now).outcome in (RefundOutcome.PENDING, at_once)
    assert way.gateway.refund(whole, now=now).outcome in (RefundOutcome.UNKNOWN, RefundOutcome.FAILED)
    assert way.gateway.refund(rest, now=now).outcome is at_once


def test_an_order_the_provider_never_saw_is_not_found(place):
    way = way_in(place, "vnpay")
    with place.books.begin() as session:
        attempt = way.begin(session, ask(session, school(session), now=datetime.now(UTC)))
        asking = asked_of(attempt)
    finding = place.vnpay.query(asking, now=datetime.now(UTC))
    assert (finding.outcome, finding.reason) == (Outcome.PENDING, "not_found")


FEEDS = ("sepay", "casso")


def feed_of(place: Any, feed: str) -> Any:
    """Return who lists the account's lines, having it watch the account at the simulated bank."""
    assert place.post("/bank/watch", json={"account": ACCOUNT, "feed": feed}).status_code == 200
    return place.sepay if feed == "sepay" else place.gates["casso"]


@pytest.mark.parametrize("feed", FEEDS)
def test_a_feeds_gap_is_pulled_and_everything_is_booked_once(place, feed):
    statement = feed_of(place, feed)
    with place.books.begin() as session:
        payee = school(session, feed=feed, now=datetime.now(UTC) - timedelta(minutes=1))
        three = [ask(session, payee, now=datetime.now(UTC)) for _ in range(3)]
    for number, request in enumerate(three):
        if number == 1:
            place.spoil(feed, "gap")
        sent = {"account": payee.account, "amount": 450_000, "memo": request.code}
        assert place.post("/bank/transfer", json=sent).status_code == 200
        until(lambda number=number: len(place.hooks.applied) >= number + (number == 0))
    assert place.heard(2) == ["recorded", "recorded"]
    assert place.hooks.applied[1].feed_gap
    now = datetime.now(UTC)
    with place.books.begin() as session:
        pull = payments.claim_pull(session, now=now)
    assert pull.after is None  # nothing was pulled yet, so nobody knows what came before the first notice
    lines = statement.lines(pull.account, after=pull.after)
    assert len(lines) == 3
    with place.books.begin() as session:
        payments.record_pull(session, pull=pull, lines=lines, now=now, actor="worker")
        assert session.query(Feed).one().status == "live"
        assert [payments.get_request(session, request.id).status for request in three] == ["paid"] * 3
        assert books(session, payee)["owed"] == -1_350_000


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("act", ["answer_500", "time_out"])
def test_a_list_without_an_answer_is_no_answer(place, feed, act):
    place.spoil(feed, act, seconds=1, **({"of": "call"} if act == "time_out" else {}))
    with pytest.raises(NoAnswer):
        feed_of(place, feed).lines("1031933430", after=None, seconds=0.5)
