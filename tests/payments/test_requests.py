"""Requests: one form makes one, codes are their own, ends are ends."""

from datetime import timedelta

import pytest

import payments
from payments.errors import (
    AlreadyAsked,
    AmountTooLarge,
    AmountTooSmall,
    ExpiryPassed,
    FormReused,
    IllegalTransition,
    PayeeExists,
    PayeeInvalid,
    PayeeUnknown,
    ReasonMissing,
    RequestUnknown,
    TextMissing,
)
from payments.models import Request
from tests.payments.scene import AT, ask, bank_notice, count, hear, school, sepay, try_vietqr, try_vnpay

LATER = AT + timedelta(minutes=30)


def test_a_request_has_a_code_and_an_id_that_cannot_be_guessed(session):
    payee = school(session)
    first, second = ask(session, payee), ask(session, payee)
    assert (first.code, second.code) == ("HP00000013", "HP00000021")
    assert first.id.startswith("pr_")
    assert len(first.id) == 29
    assert (first.status, first.due_minor) == ("open", 450_000)


def test_the_same_form_twice_makes_one(session):
    payee = school(session)
    form = {"desk_ref": "dk_1", "client_ref": "c1"}
    assert ask(session, payee, **form).id == ask(session, payee, **form).id
    assert ask(session, payee, desk_ref="dk_1", client_ref="c2").id != ask(session, payee, **form).id
    assert count(session, Request) == 2


def test_the_same_form_with_another_amount_is_told_so(session):
    payee = school(session)
    first = ask(session, payee, desk_ref="dk_1", client_ref="c1")
    with pytest.raises(FormReused) as refusal:
        ask(session, payee, 540_000, desk_ref="dk_1", client_ref="c1")
    assert refusal.value.fields == {"request_id": first.id}


def test_a_subject_is_asked_once_for_an_item_and_period(session):
    payee = school(session)
    ask(session, payee, subject_ref="su_1", period="2026-03")
    ask(session, payee, subject_ref="su_1", period="2026-04")
    with pytest.raises(AlreadyAsked):
        ask(session, payee, subject_ref="su_1", period="2026-03")


@pytest.mark.parametrize(
    ("amount", "more", "refusal"),
    [
        (0, {}, AmountTooSmall),
        (999, {}, AmountTooSmall),
        (10**10, {}, AmountTooLarge),
        (5000, {"item": "  "}, TextMissing),
        (5000, {"item": "x" * 121}, TextMissing),
        (5000, {"item": "hoc phi\x00"}, TextMissing),
        (5000, {"expires_at": AT}, ExpiryPassed),
    ],
)
def test_what_is_refused_changes_nothing(session, amount, more, refusal):
    payee = school(session)
    with pytest.raises(refusal):
        ask(session, payee, amount, **more)
    assert count(session, Request) == 0


def test_what_is_paid_is_given_no_time_and_not_issued_again(session):
    request = ask(session, school(session), expires_at=LATER)
    hear(session, sepay(), bank_notice(number=1, amount=450_000, memo=request.code))
    for act, more in ((payments.give_time, {"until": AT + timedelta(days=1)}), (payments.open_request, {})):
        with pytest.raises(IllegalTransition):
            act(session, request_id=request.id, now=AT, **more)
    assert (request.status, request.due_minor) == ("paid", 0)


def test_unknown_ids(session):
    with pytest.raises(PayeeUnknown):
        payments.create_request(session, payee_id="py_x", amount=payments.Money(5000), item="x", now=AT)
    with pytest.raises(RequestUnknown):
        payments.get_request(session, "pr_x")
    with pytest.raises(RequestUnknown):
        payments.cancel_request(session, request_id="pr_x", reason="x", now=AT)


def test_a_draft_is_opened_once(session):
    request = ask(session, school(session), draft=True)
    assert (request.status, request.opened_at) == ("draft", None)
    payments.open_request(session, request_id=request.id, now=LATER)
    assert (request.status, request.opened_at) == ("open", LATER)
    payments.open_request(session, request_id=request.id, now=LATER + timedelta(1))
    assert request.opened_at == LATER


def test_canceling_needs_a_reason_and_ends_what_we_can_end(session):
    request = ask(session, school(session))
    at_provider, qr = try_vnpay(session, request), try_vietqr(session, request)
    with pytest.raises(ReasonMissing):
        payments.cancel_request(session, request_id=request.id, reason=" ", now=AT)
    payments.cancel_request(session, request_id=request.id, reason="trả tiền mặt", now=AT)
    assert (request.status, request.cancel_reason) == ("canceled", "trả tiền mặt")
    # VNPay cannot be told; it is asked until its own time is over.
    assert (at_provider.status, qr.status) == ("pending", "canceled")
    assert at_provider.next_query_at is not None
    payments.cancel_request(session, request_id=request.id, reason="x", now=LATER)
    assert (request.cancel_reason, request.canceled_at) == ("trả tiền mặt", AT)


def test_what_is_paid_cannot_be_canceled(session):
    request = ask(session, school(session))
    hear(session, sepay(), bank_notice(number=1, amount=450_000, memo=request.code))
    with pytest.raises(IllegalTransition):
        payments.cancel_request(session, request_id=request.id, reason="x", now=AT)


def test_the_clock_expires_and_a_person_reopens(session):
    payee = school(session)
    request, other = ask(session, payee, expires_at=LATER), ask(session, payee)
    qr = try_vietqr(session, request)
    assert payments.expire_due(session, now=LATER - timedelta(seconds=1)) == ()
    assert payments.expire_due(session, now=LATER) == (request.id,)
    assert payments.expire_due(session, now=LATER) == ()
    assert (request.status, qr.status, other.status) == ("expired", "expired", "open")
    with pytest.raises(ExpiryPassed):
        payments.open_request(session, request_id=request.id, now=LATER)
    payments.open_request(session, request_id=request.id, now=LATER, expires_at=LATER + timedelta(1))
    assert request.status == "open"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bank_bin", "458761"),
        ("bank_bin", "12345"),
        ("account", "12 34"),
        ("account", ""),
        ("name", " "),
        ("holder_name", ""),
        ("prefix", "h1"),
        ("gateways", ()),
        ("receipt_series", "a b"),
        ("code_digits", 0),
    ],
)
def test_payees_that_could_not_be_paid(session, field, value):
    with pytest.raises(PayeeInvalid):
        school(session, **{field: value})


def test_an_account_belongs_to_one_payee(session):
    school(session)
    with pytest.raises(PayeeExists):
        school(session)
