"""Attempts: the row comes first, a key makes one, a late record never undoes what money did."""

from datetime import timedelta

import pytest

import payments
from payments.errors import AmountTooSmall, AttemptUnknown, GatewayNotEnabled, KeyReused, RequestNotOpen
from payments.models import Attempt
from tests.payments.scene import (
    AT,
    DECLINED,
    ask,
    bank_notice,
    count,
    hear,
    ipn,
    order,
    school,
    sepay,
    try_vietqr,
    try_vnpay,
    vnpay,
)


def start(session, request, *, key="k1", gateway=None, now=AT):
    gateway = gateway or vnpay()
    return payments.start_attempt(
        session, request_id=request.id, gateway=gateway.name, capabilities=gateway.capabilities, key=key, now=now
    )


def test_the_reference_exists_before_any_call(session):
    attempt = payments.get_attempt(session, start(session, ask(session, school(session))).attempt_id)
    assert attempt.status == "created"
    assert len(attempt.merchant_ref) == 20
    assert attempt.merchant_ref.isalnum()
    assert attempt.merchant_ref.islower() or attempt.merchant_ref.isdecimal()
    # Should the process die now, somebody asks in a minute.
    assert attempt.next_query_at == AT + timedelta(minutes=1)


def test_a_key_makes_one_and_replays_it(session):
    request = ask(session, school(session))
    first = start(session, request)
    again = start(session, request)
    assert (again.attempt_id, again.repeated) == (first.attempt_id, True)
    with pytest.raises(KeyReused):
        start(session, request, gateway=payments.VietQr())


def test_a_decline_never_blocks_the_next_try(session):
    request = ask(session, school(session))
    declined = try_vnpay(session, request)
    hear(session, vnpay(), ipn(declined, **DECLINED))
    assert (declined.status, declined.reason) == ("failed", "insufficient")
    second = try_vnpay(session, request, key="k2")
    hear(session, vnpay(), ipn(second))
    assert (second.status, request.status) == ("succeeded", "paid")
    assert start(session, request).status == "failed"
    assert count(session, Attempt) == 2


@pytest.mark.parametrize("end", ["expired", "canceled", "paid", "time over"])
def test_only_an_open_request_takes_attempts(session, end):
    payee = school(session)
    request = ask(session, payee, expires_at=AT + timedelta(minutes=1))
    now = AT
    if end == "paid":
        hear(session, sepay(), bank_notice(number=1, amount=450_000, memo=request.code))
    elif end == "canceled":
        payments.cancel_request(session, request_id=request.id, reason="x", now=AT)
    else:
        now = AT + timedelta(minutes=1)
        if end == "expired":
            payments.expire_due(session, now=now)
    with pytest.raises(RequestNotOpen):
        start(session, request, now=now)


def test_a_payee_takes_only_its_own_ways(session):
    request = ask(session, school(session, gateways=("vietqr",)))
    with pytest.raises(GatewayNotEnabled):
        start(session, request)


def test_an_attempt_asks_for_what_is_still_due(session):
    request = ask(session, school(session))
    qr = try_vietqr(session, request)
    hear(session, sepay(), bank_notice(number=1, amount=449_500, memo=request.code))
    assert (qr.status, qr.received_minor) == ("succeeded", 449_500)
    rest = try_vietqr(session, request, key="q2")
    assert rest.amount_minor == 500
    assert payments.read_vietqr(rest.qr).amount_minor == 500
    with pytest.raises(AmountTooSmall):
        start(session, request, key="k2")


def test_a_notice_that_overtakes_the_answer_stays(session):
    request = ask(session, school(session))
    attempt = payments.get_attempt(session, start(session, request).attempt_id)
    started = vnpay().create(order(session, attempt.id), now=AT)
    hear(session, vnpay(), ipn(attempt))
    assert attempt.status == "succeeded"
    payments.record_started(session, attempt_id=attempt.id, started=started, now=AT)
    payments.record_unknown(session, attempt_id=attempt.id, reason="time_out", now=AT)
    payments.record_refused(session, attempt_id=attempt.id, reason="x", now=AT)
    assert (attempt.status, attempt.reason) == ("succeeded", None)


def test_an_unknown_call_is_asked_about_and_a_refused_one_is_over(session):
    request = ask(session, school(session))
    lost = payments.get_attempt(session, start(session, request).attempt_id)
    refused = payments.get_attempt(session, start(session, request, key="k2").attempt_id)
    payments.record_unknown(session, attempt_id=lost.id, reason="time_out", now=AT)
    payments.record_refused(session, attempt_id=refused.id, reason="no_contract", now=AT)
    assert (lost.status, lost.next_query_at) == ("unknown", AT + timedelta(minutes=1))
    assert (refused.status, refused.reason, refused.next_query_at) == ("failed", "no_contract", None)
    assert [attempt.id for attempt in payments.live_attempts(session, request.id)] == [lost.id]


def test_a_page_ends_soon_and_a_qr_with_its_request(session):
    payee = school(session)
    request = ask(session, payee, expires_at=AT + timedelta(days=3))
    assert try_vnpay(session, request).expires_at == AT + timedelta(minutes=15)
    assert try_vietqr(session, request).expires_at == AT + timedelta(days=3)
    endless = try_vietqr(session, ask(session, payee))
    assert endless.expires_at > AT + timedelta(days=300)


def test_the_qr_carries_account_amount_and_code_and_no_name(session):
    request = ask(session, school(session))
    code = payments.read_vietqr(try_vietqr(session, request).qr)
    assert (code.bin, code.account, code.amount_minor) == ("970436", "1031933430", 450_000)
    assert (code.purpose, code.dynamic, code.name) == (request.code, True, None)


def test_an_unknown_attempt(session):
    with pytest.raises(AttemptUnknown):
        payments.get_attempt(session, "pa_x")
