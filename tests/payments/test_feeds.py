"""A bank account's lines: matched by code, booked once whether pushed or pulled, gaps seen at once."""

from datetime import timedelta

import pytest

import payments
from payments.errors import FeedExists, LeaseLost
from payments.gateways.protocol import BankLine
from payments.models import Feed, StoredNotice, Transaction
from payments.money import Money
from tests.payments.scene import (
    ACCOUNT,
    AT,
    answer,
    ask,
    bank_notice,
    bank_raw,
    books,
    case_kinds,
    count,
    hear,
    school,
    sepay,
    try_vietqr,
)

BANK = f"bank:{ACCOUNT}"


def line(number, amount, memo, accumulated, *, incoming=True, at=AT):
    return BankLine(number, ACCOUNT, incoming, Money(amount), at, memo, None, accumulated)


def feed(session):
    return session.query(Feed).one()


def pull(session, *lines, now=AT):
    claimed = payments.claim_pull(session, now=now)
    assert claimed is not None
    return payments.record_pull(session, pull=claimed, lines=lines, now=now, actor="worker")


def test_a_transfer_with_the_code_pays_and_closes_the_qr(session):
    payee = school(session)
    request = ask(session, payee)
    qr = try_vietqr(session, request)
    applied = hear(session, sepay(), bank_notice(number=1, amount=450_000, memo=f"MBVCB.33.{request.code.lower()} CT"))
    assert answer(applied, sepay()) == {"success": True}
    assert (request.status, qr.status, qr.received_minor) == ("paid", "succeeded", 450_000)
    assert [part.amount_minor for part in applied.allocations] == [450_000]
    assert books(session, payee) == {BANK: 450_000, "owed": -450_000}


def test_less_stays_open_and_the_rest_pays(session):
    payee = school(session)
    request = ask(session, payee)
    hear(session, sepay(), bank_notice(number=1, amount=400_000, memo=request.code))
    assert (request.status, request.exceptions, request.due_minor) == ("open", "partial", 50_000)
    hear(session, sepay(), bank_notice(number=2, amount=50_000, memo=request.code))
    assert (request.status, request.exceptions) == ("paid", "")


def test_more_is_the_payers_credit(session):
    payee = school(session)
    request = ask(session, payee, subject_ref="su_7")
    applied = hear(session, sepay(), bank_notice(number=1, amount=500_000, memo=request.code))
    assert (request.status, request.exceptions, request.over_minor) == ("paid", "over", 50_000)
    assert applied.allocations[0].amount_minor == 450_000
    assert books(session, payee) == {BANK: 500_000, "owed": -450_000, "payer_credit:su_7": -50_000}


def test_without_a_code_it_waits_for_a_person_with_candidates(session):
    payee = school(session)
    request, _other = ask(session, payee), ask(session, payee, 1_000)
    applied = hear(session, sepay(), bank_notice(number=1, amount=450_000, memo="nop hoc phi thang 3"))
    assert (answer(applied, sepay()), applied.allocations) == ({"success": True}, ())
    assert case_kinds(session) == ["unmatched"]
    assert session.query(Transaction).one().exceptions == "unmatched"
    assert books(session, payee) == {BANK: 450_000, "suspense": -450_000}
    found = payments.candidates(session, payee_id=payee.id, amount_minor=450_000, paid_at=AT)
    assert [row.id for row in found] == [request.id]


def test_two_codes_are_split_only_when_the_sum_fits(session):
    payee = school(session)
    one, two = ask(session, payee), ask(session, payee, 100_000)
    memo = f"{one.code} {two.code}"
    hear(session, sepay(), bank_notice(number=1, amount=549_999, memo=memo))
    assert (one.status, two.status, case_kinds(session)) == ("open", "open", ["unmatched"])
    applied = hear(session, sepay(), bank_notice(number=2, amount=550_000, memo=memo))
    assert (one.status, two.status) == ("paid", "paid")
    assert {part.transaction_id for part in applied.allocations} == {
        session.query(Transaction).order_by(Transaction.seq).all()[1].id
    }
    assert sorted(part.amount_minor for part in applied.allocations) == [100_000, 450_000]
    assert books(session, payee) == {BANK: 1_099_999, "owed": -550_000, "suspense": -549_999}


def test_another_payees_code_is_not_this_accounts(session):
    request = ask(session, school(session))
    other = school(session, account="999", prefix="BV")
    hear(session, sepay(), bank_notice(number=1, amount=450_000, memo=request.code, accountNumber="999"))
    assert request.status == "open"
    assert books(session, other) == {"bank:999": 450_000, "suspense": -450_000}


@pytest.mark.parametrize(("end", "status"), [("canceled", "canceled"), ("expired", "paid")])
def test_money_after_the_end(session, end, status):
    payee = school(session)
    request = ask(session, payee, expires_at=AT + timedelta(minutes=5))
    if end == "canceled":
        payments.cancel_request(session, request_id=request.id, reason="x", now=AT)
    else:
        payments.expire_due(session, now=AT + timedelta(minutes=5))
    hear(session, sepay(), bank_notice(number=1, amount=450_000, memo=request.code))
    assert (request.status, request.exceptions) == (status, "late")
    assert case_kinds(session) == (["money_for_canceled"] if end == "canceled" else [])


def test_paid_before_the_clock_came_round_but_after_its_time_is_late(session):
    request = ask(session, school(session), expires_at=AT - timedelta(minutes=1), now=AT - timedelta(minutes=9))
    hear(session, sepay(), bank_notice(number=1, amount=450_000, memo=request.code))
    assert (request.status, request.exceptions) == ("paid", "late")


def test_money_that_leaves_credits_nothing(session):
    payee = school(session)
    request = ask(session, payee)
    applied = hear(session, sepay(), bank_notice(number=1, amount=450_000, memo=request.code, transferType="out"))
    assert (answer(applied, sepay()), applied.status) == ({"success": True}, "applied")
    assert (request.status, books(session, payee)) == ("open", {})
    assert session.query(Transaction).one().kind == "outgoing"


def test_an_account_nobody_opened_is_money_all_the_same(session):
    payee = school(session)
    applied = hear(session, sepay(), bank_notice(number=1, amount=5_000, memo="x", accountNumber="777"))
    assert (answer(applied, sepay()), case_kinds(session)) == ({"success": True}, ["account_unknown"])
    assert payments.balances(session, "py_house") == {("bank:777", "VND"): 5_000, ("suspense", "VND"): -5_000}
    assert books(session, payee) == {}


def test_a_gap_is_seen_pulled_and_closed_and_the_late_notice_books_nothing(session):
    payee = school(session)
    one, two, three = (ask(session, payee) for _ in range(3))
    hear(session, sepay(), bank_notice(number=1, amount=450_000, memo=one.code, accumulated=1_450_000))
    gap = hear(session, sepay(), bank_notice(number=3, amount=450_000, memo=three.code, accumulated=2_350_000))
    assert (gap.feed_gap, three.status, two.status) == (True, "paid", "open")
    assert (feed(session).status, case_kinds(session), feed(session).next_pull_at) == ("gap", ["feed_gap"], AT)
    taken = pull(session, line(2, 450_000, two.code, 1_900_000), line(3, 450_000, three.code, 2_350_000), now=AT)
    assert [found.seen for found in taken] == [False, True]
    assert (two.status, feed(session).status, case_kinds(session)) == ("paid", "live", [])
    late = hear(session, sepay(), bank_notice(number=2, amount=450_000, memo=two.code, accumulated=1_900_000))
    assert (late.status, late.feed_gap) == ("duplicate", False)
    assert books(session, payee) == {BANK: 1_350_000, "owed": -1_350_000}


def test_a_pull_that_does_not_add_up_leaves_the_gap_open(session):
    payee = school(session)
    request = ask(session, payee)
    pull(session, line(1, 1_000, "x", 1_000))
    pull(session, line(3, 450_000, request.code, 460_000), now=AT + timedelta(minutes=5))
    assert (feed(session).status, feed(session).last_line, request.status) == ("gap", 1, "paid")
    pull(session, now=AT + timedelta(minutes=10))
    assert feed(session).status == "gap"
    lines = (line(2, 9_000, "y", 10_000), line(3, 450_000, request.code, 460_000))
    pull(session, *lines, now=AT + timedelta(minutes=15))
    assert (feed(session).status, feed(session).last_line, feed(session).last_balance_minor) == ("live", 3, 460_000)


@pytest.mark.parametrize("pulled_before", [False, True])
def test_the_very_first_line_of_an_account_is_found_though_its_notice_is_lost(session, pulled_before):
    payee = school(session)
    one, two = ask(session, payee), ask(session, payee)
    if pulled_before:
        pull(session)  # there was nothing yet
    heard = hear(session, sepay(), bank_notice(number=2, amount=450_000, memo=two.code, accumulated=900_000))
    assert (heard.feed_gap, one.status, two.status) == (False, "open", "paid")
    claimed = payments.claim_pull(session, now=AT + timedelta(minutes=5))
    assert claimed.after is None
    lines = (line(1, 450_000, one.code, 450_000), line(2, 450_000, two.code, 900_000))
    payments.record_pull(session, pull=claimed, lines=lines, now=AT + timedelta(minutes=5), actor="worker")
    assert (one.status, feed(session).last_line, feed(session).status) == ("paid", 2, "live")
    assert books(session, payee) == {BANK: 900_000, "owed": -900_000}


def test_a_notice_that_comes_twice_before_the_first_pull_is_no_gap(session):
    payee = school(session)
    request = ask(session, payee)
    for _ in range(2):
        heard = hear(session, sepay(), bank_notice(number=1, amount=450_000, memo=request.code, accumulated=450_000))
        assert heard.feed_gap is False
    hear(session, sepay(), bank_notice(number=2, amount=1_000, memo="x", accumulated=451_000))
    assert (feed(session).status, case_kinds(session)) == ("live", ["unmatched"])


def test_all_that_came_is_known_until_the_last_pull_that_added_up(session):
    school(session)
    pull(session, line(1, 1_000, "x", 1_000))
    assert feed(session).complete_until == AT
    gap = AT + timedelta(minutes=5)
    assert payments.claim_pull(session, now=gap).since == AT
    feed(session).next_pull_at = gap
    pull(session, line(3, 450_000, "y", 460_000), now=gap)
    assert (feed(session).status, feed(session).complete_until) == ("gap", AT)
    pull(session, now=gap + timedelta(minutes=5))  # nothing listed yet: the missing line is missing still
    assert (feed(session).status, feed(session).complete_until) == ("gap", AT)


def test_without_balances_only_a_pull_moves_on(session):
    payee = school(session)
    one, two = ask(session, payee), ask(session, payee)
    pull(session, line(1, 1_000, "x", None))
    hear(session, sepay(), bank_notice(number=3, amount=450_000, memo=two.code, accumulated=None))
    assert feed(session).last_line == 1
    lines = (line(2, 450_000, one.code, None), line(3, 450_000, two.code, None))
    pull(session, *lines, now=AT + timedelta(minutes=5))
    assert (one.status, two.status, feed(session).last_line) == ("paid", "paid", 3)


def test_a_bank_tells_whole_seconds_so_the_second_of_the_opening_is_ours(session):
    payee = school(session, now=AT + timedelta(milliseconds=400))
    request = ask(session, payee)
    pull(session, line(1, 450_000, request.code, 450_000, at=AT), now=AT + timedelta(seconds=2))
    assert request.status == "paid"


def test_money_out_keeps_the_balance_right(session):
    school(session)
    hear(session, sepay(), bank_notice(number=1, amount=1_000, memo="x", accumulated=5_000))
    out = bank_notice(number=2, amount=2_000, memo="y", accumulated=3_000, transferType="out")
    assert hear(session, sepay(), out).feed_gap is False
    assert feed(session).last_balance_minor == 3_000


def test_the_accounts_life_before_the_feed_is_not_ours(session):
    payee = school(session)
    taken = pull(session, line(1, 5_000, "old", 5_000, at=AT - timedelta(days=1)), line(2, 1_000, "new", 6_000))
    assert [found.seen for found in taken] == [False]
    assert books(session, payee)[BANK] == 1_000


def test_pulls_come_every_five_minutes_and_a_late_writer_is_refused(session):
    school(session)
    first = payments.claim_pull(session, now=AT)
    assert payments.claim_pull(session, now=AT) is None
    second = payments.claim_pull(session, now=AT + timedelta(minutes=1))
    with pytest.raises(LeaseLost):
        payments.record_pull(session, pull=first, lines=(), now=AT, actor="worker")
    payments.record_pull_failed(session, pull=second, now=AT + timedelta(minutes=1))
    assert payments.claim_pull(session, now=AT + timedelta(minutes=5)) is None
    assert payments.claim_pull(session, now=AT + timedelta(minutes=6)) is not None


def test_one_live_feed_an_account(session):
    payee = school(session)
    with pytest.raises(FeedExists):
        payments.open_feed(session, payee_id=payee.id, provider="casso", now=AT)


@pytest.mark.parametrize("dirt", ["\\u0000", "\\ud800", "\\u0007"])
def test_a_memo_that_no_database_takes_is_money_all_the_same(session, dirt):
    request = ask(session, school(session))
    raw = bank_notice(number=1, amount=450_000, memo=f"DIRT {request.code}")
    dirty = bank_raw(raw.body.replace(b"DIRT", dirt.encode()))
    assert hear(session, sepay(), dirty).status == "applied"
    assert request.status == "paid"


def test_a_test_call_books_nothing(session):
    school(session)
    applied = hear(session, sepay(), bank_notice(number=0, amount=1_000, memo="x"))
    assert (applied.verdict, count(session, Transaction)) == ("unreadable", 0)


def test_only_the_headers_that_are_signed_are_kept(session):
    school(session)
    applied = hear(session, sepay(), bank_notice(number=1, amount=1_000, memo="x"))
    kept = session.get(StoredNotice, applied.notice_id).headers
    assert "x-sepay-signature" in kept
    assert "authorization" not in kept


def test_a_notice_that_waited_for_us_is_judged_as_of_its_arrival(session):
    payee = school(session)
    request = ask(session, payee)
    raw = bank_notice(number=1, amount=450_000, memo=request.code)
    notice_id = payments.store(session, sender=sepay(), raw=raw, now=AT)
    applied = payments.apply_notice(
        session, notice_id=notice_id, sender=sepay(), now=AT + timedelta(hours=2), actor="worker"
    )
    assert (applied.status, request.status) == ("applied", "paid")


def test_the_till_sees_payments_in_the_order_of_the_chain(session):
    payee = school(session)
    request = ask(session, payee)
    opened = payments.last_seq(session, payee_id=payee.id)
    hear(session, sepay(), bank_notice(number=1, amount=400_000, memo=request.code))
    hear(session, sepay(), bank_notice(number=2, amount=9_000, memo="?"))
    first, second = payments.credits_after(session, payee_id=payee.id, after=opened)
    assert (first.came_minor, [row.id for row in first.requests]) == (400_000, [request.id])
    assert (second.came_minor, second.requests) == (9_000, ())
    assert payments.credits_after(session, payee_id=payee.id, after=second.seq) == ()
    assert payments.last_seq(session, payee_id=payee.id) == second.seq
