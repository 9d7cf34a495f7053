"""What a gateway or a bank tells of one refund while there are others: never taken for another's."""

from datetime import timedelta

import pytest

import payments
from payments.gateways.protocol import RefundFinding, RefundOutcome
from tests.payments.scene import AT, bank_notice, books, case_kinds, hear, sepay
from tests.payments.test_refunds import CHECKER, DONE, NOTHING, by_transfer, paid, payee, said, wants

__all__ = ["payee"]


def leaves(session, row, *, number, amount=None):
    """Have the bank tell of a transfer that carries a refund's code."""
    memo = f"{row.code} hoan tien"
    out = bank_notice(number=number, amount=amount or row.amount_minor, memo=memo, transferType="out")
    hear(session, sepay(), out)


@pytest.mark.parametrize("outcome", [RefundOutcome.DONE, RefundOutcome.FAILED])
def test_word_of_the_last_refund_settles_only_whose_number_it_is(session, payee, outcome):
    request = paid(session, payee)
    first, second = wants(session, request, 100_000), wants(session, request, 100_000)
    going = [payments.claim_refund(session, now=AT) for _ in range(2)]

    def told(asked, finding):
        return payments.record_refund(session, asked=asked, finding=finding, now=AT, actor="worker").status

    assert told(going[0], NOTHING) == "unknown"
    # The second is known by its number; the first has none, so word of "the last" is never word of it.
    assert told(going[1], RefundFinding(RefundOutcome.PENDING, "in_progress", provider_ref="14100")) == "pending"
    later = AT + timedelta(hours=2)
    again = [payments.claim_refund(session, now=later) for _ in range(2)]
    word = RefundFinding(outcome, "refused", provider_ref="14100", of_last=True)
    by_id = {one.refund_id: one for one in again}
    assert told(by_id[first.id], word) == "unknown"
    assert told(by_id[second.id], word) == ("succeeded" if outcome is RefundOutcome.DONE else "failed")
    assert first.failure == "another_refund"


def test_word_of_the_last_refund_is_no_word_while_two_of_a_sum_have_no_number(session, payee):
    request = paid(session, payee)
    wants(session, request, 100_000), wants(session, request, 100_000)
    for _ in range(2):
        said(session, NOTHING)
    word = RefundFinding(RefundOutcome.DONE, provider_ref="14100", of_last=True)
    assert [said(session, word, now=AT + timedelta(hours=2)).status for _ in range(2)] == ["unknown"] * 2
    assert books(session, payee)["refunds_due"] == -200_000


def test_the_next_refund_of_a_payment_waits_for_the_last_ones_end(session, payee):
    """VNPay tells of a payment's last refund alone: a second one sent meanwhile would hide how the first ended."""
    request, other = paid(session, payee), paid(session, payee, number=14012346)
    first, second, beside = wants(session, request, 1_000), wants(session, request, 2_000), wants(session, other, 3_000)

    def next_one(now):
        return payments.claim_refund(session, now=now, one_by_one={"vnpay"})

    sent = next_one(AT)
    payments.record_refund(session, asked=sent, finding=NOTHING, now=AT, actor="worker")
    assert (sent.refund_id, next_one(AT).refund_id, next_one(AT)) == (first.id, beside.id, None)
    later = AT + timedelta(minutes=6)
    again = [next_one(later), next_one(later)]
    assert {one.refund_id for one in again} == {first.id, beside.id}
    assert (next_one(later), second.sent_at) == (None, None)
    (asked,) = (one for one in again if one.refund_id == first.id)
    payments.record_refund(session, asked=asked, finding=DONE, now=later, actor="worker")
    assert next_one(later + timedelta(minutes=1)).refund_id == second.id


def test_a_second_transfer_of_one_refund_is_a_question(session, payee):
    request = by_transfer(session, payee)
    row = wants(session, request, 50_000)
    for number, kinds in ((93, []), (94, ["refund_again"])):
        leaves(session, row, number=number)
        assert (row.status, case_kinds(session)) == ("succeeded", kinds)
    assert books(session, payee) == {"bank:1031933430": 400_000, "owed": -400_000}


def test_the_line_of_a_refund_that_a_person_confirmed_is_no_second_one(session, payee):
    row = wants(session, by_transfer(session, payee), 50_000)
    payments.confirm_by_hand(session, refund_id=row.id, reference="FT1", now=AT, actor=CHECKER)
    leaves(session, row, number=93)
    assert case_kinds(session) == []


def test_a_transfer_for_what_was_called_off_or_of_another_sum_is_a_question(session, payee):
    """It left the account all the same: nothing is booked by itself, and a person is asked."""
    request = by_transfer(session, payee)
    called_off, other = wants(session, request, 50_000), wants(session, request, 60_000)
    payments.cancel_refund(session, refund_id=called_off.id, now=AT, actor=CHECKER)
    leaves(session, called_off, number=93)
    assert (called_off.status, case_kinds(session)) == ("canceled", ["refund_unfit"])
    leaves(session, other, number=94, amount=61_000)
    assert (other.status, case_kinds(session)) == ("by_hand", ["refund_unfit"] * 2)
    leaves(session, other, number=95)
    assert (other.status, case_kinds(session)) == ("succeeded", ["refund_unfit"] * 2)
    assert books(session, payee) == {"bank:1031933430": 390_000, "owed": -390_000}
