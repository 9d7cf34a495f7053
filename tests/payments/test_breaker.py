"""A gateway that does not answer is left in peace, tried by one alone, and is back by itself (reliability B21, B8)."""

from datetime import UTC, datetime, timedelta

import pytest

import payments
from payments import HttpTransport, breaker
from payments.errors import BadAnswer, GatewayMisconfigured, GatewayResting, NoAnswer, ProviderRefused
from payments.gateways.clocks import Clocks, ahead
from payments.gateways.protocol import RefundFinding, RefundOutcome
from tests.payments.scene import AT, ask, case_kinds, school, try_vnpay
from tests.payments.test_http import peer, reply
from tests.payments.test_refunds import paid, wants

SILENT = NoAnswer(reason="time_out")


def ends(session, error=SILENT, *, now=AT, times=1):
    """Let calls of VNPay end so; return whether one of them began a rest."""
    return [breaker.after_call(session, gateway="vnpay", error=error, now=now) for _ in range(times)]


def test_after_five_silences_in_a_row_it_rests_one_probes_and_it_is_back_by_itself(session):
    assert ends(session, times=4) == [False] * 4
    assert ends(session, None) == [False]  # an answer in between: they were not in a row
    assert ends(session, times=4) == [False] * 4
    assert (breaker.resting(session, now=AT), case_kinds(session)) == (frozenset(), [])
    breaker.before_call(session, gateway="vnpay", now=AT)
    assert ends(session) == [True]
    (down,) = breaker.down(session)
    assert (down.failures, down.reason, down.since) == (5, "time_out", AT)
    assert (breaker.resting(session, now=AT), case_kinds(session)) == ({"vnpay"}, ["gateway_down"])
    with pytest.raises(GatewayResting):
        breaker.before_call(session, gateway="vnpay", now=AT + timedelta(seconds=29))
    now, waits = AT, []
    for _ in range(7):
        now = down.retry_at
        assert breaker.resting(session, now=now) == frozenset()
        breaker.before_call(session, gateway="vnpay", now=now)
        with pytest.raises(GatewayResting):  # one alone tries
            breaker.before_call(session, gateway="vnpay", now=now)
        ends(session, now=now)
        waits.append((down.retry_at - now).total_seconds())
    assert waits == [60, 120, 240, 300, 300, 300, 300]
    assert case_kinds(session) == ["gateway_down"]
    ends(session, None, now=down.retry_at)
    assert (breaker.down(session), breaker.resting(session, now=AT)) == ([], frozenset())
    assert payments.open_cases(session) == []


def test_one_who_probed_and_died_does_not_end_the_probing(session):
    ends(session, times=5)
    (down,) = breaker.down(session)
    breaker.before_call(session, gateway="vnpay", now=down.retry_at)
    breaker.before_call(session, gateway="vnpay", now=down.retry_at)


@pytest.mark.parametrize(("error", "is_down"), [
    (NoAnswer(reason="time_out"), True), (NoAnswer(reason="ConnectionError"), True),
    (BadAnswer(reason="http_503"), True), (BadAnswer(reason="unreadable_200"), False),
    (BadAnswer(reason="http_404"), False),
    (GatewayMisconfigured(gateway="vnpay", response_code="02"), False), (ProviderRefused(reason="no"), False),
])  # fmt: skip
def test_what_speaks_of_the_gateway_itself(error, is_down):
    assert breaker.is_down(error) is is_down


def test_who_rests_is_not_asked_and_what_was_due_is_asked_afterwards(session):
    payee = school(session)
    going = wants(session, paid(session, payee), 1_000)
    attempt = try_vnpay(session, ask(session, payee), key="k2")
    later = AT + timedelta(minutes=6)
    assert payments.claim_query(session, now=later, resting={"vnpay"}) is None
    assert payments.claim_refund(session, now=later, resting={"vnpay"}) is None
    assert going.sent_at is None
    assert payments.claim_query(session, now=later, resting={"momo"}).attempt_id == attempt.id
    asked = payments.claim_refund(session, now=later)
    finding = RefundFinding(RefundOutcome.DONE, provider_ref="1")
    assert payments.record_refund(session, asked=asked, finding=finding, now=later, actor="w").status == "succeeded"


def test_a_clock_minutes_apart_is_a_case_until_it_is_right_again(session):
    def heard(ahead_s):
        return breaker.heard_clock(session, gateway="momo", ahead_s=ahead_s, now=AT)

    assert [heard(0.0), heard(119.0), heard(-120.0)] == [False] * 3
    assert case_kinds(session) == []
    assert [heard(600.0), heard(601.0), heard(-600.0)] == [True, False, False]
    assert (case_kinds(session), breaker.down(session)) == (["clock_skew"], [])
    assert breaker.resting(session, now=AT) == frozenset()  # it answers: it is called as ever
    assert heard(3.0) is False
    assert payments.open_cases(session) == []
    assert heard(-121.0) is True


def test_a_date_is_held_against_the_time_of_its_call():
    before, after = AT, AT + timedelta(seconds=8)

    def far(said):
        return ahead(said, before=before, after=after)

    assert AT.tzinfo is UTC
    http = "%a, %d %b %Y %H:%M:%S GMT"
    assert [far((AT + timedelta(seconds=n)).strftime(http)) for n in (0, 8, -1, 9)] == [0.0] * 4
    assert far((AT + timedelta(seconds=608)).strftime(http)) == 600.0
    assert far((AT - timedelta(minutes=10)).strftime(http)) == -600.0
    assert [far(None), far("yesterday"), far("")] == [None] * 3


def test_the_transport_hears_the_date_of_each_answer():
    clocks = Clocks()
    late = (datetime.now(UTC) - timedelta(minutes=10)).strftime("%a, %d %b %Y %H:%M:%S GMT").encode()
    with peer(reply(b"HTTP/1.1 200 x\r\nDate: " + late + b"\r\nContent-Length: 0\r\n\r\n")) as url:
        transport = HttpTransport(heard=lambda far: clocks.hear("momo", far))
        assert transport.send("GET", url, headers={}, body=b"", seconds=60.0).status == 200
    assert -700 < clocks.take("momo") < -590
    assert clocks.take("momo") is None
