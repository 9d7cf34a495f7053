"""The journal: balanced, chained, append-only, rebuilt from its movements; random days of notices leave it whole."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

import payments
from payments import journal
from payments.errors import AmountInvalid, BalanceTooLow, MovementDiffers, MovementUnbalanced
from payments.journal import Entry
from payments.models import (
    APPEND_ONLY_DDL,
    APPEND_ONLY_DROP,
    Allocation,
    Balance,
    Chain,
    Movement,
    Request,
    Transaction,
)
from payments.money import Money
from tests.payments.scene import (
    AT,
    DECLINED,
    ask,
    bank_notice,
    books,
    hear,
    ipn,
    school,
    sepay,
    try_vietqr,
    try_vnpay,
    vnpay,
)


def post(session, payee, *entries, source="tx_1", kind="payment"):
    return journal.post(
        session,
        payee_id=payee.id,
        kind=kind,
        source_kind="transaction",
        source_id=source,
        entries=[Entry(account, Money(amount, currency)) for account, amount, currency in entries],
        business_date=AT.date(),
        booked_at=AT,
        actor="worker",
    )


def vnd(account, amount):
    return (account, amount, "VND")


def test_movements_are_numbered_and_chained(session):
    payee = school(session)
    assert post(session, payee, vnd("bank:1", 5), vnd("owed", -5)).seq == 1
    assert post(session, payee, vnd("bank:1", 7), vnd("owed", -7), source="tx_2").seq == 2
    first, second = session.scalars(select(Movement).order_by(Movement.seq))
    assert (first.prev_hash, second.prev_hash) == (bytes(32), first.hash)
    assert books(session, payee) == {"bank:1": 12, "owed": -12}
    assert payments.check(session).movements == 2


@pytest.mark.parametrize(
    "entries",
    [
        (),
        (vnd("owed", 0),),
        (vnd("bank:1", 5),),
        (vnd("bank:1", 5), vnd("owed", -4)),
        (("bank:1", 5, "VND"), ("owed", -5, "USD")),
    ],
)
def test_what_does_not_balance_in_each_currency_is_refused(session, entries):
    payee = school(session)
    with pytest.raises(MovementUnbalanced):
        post(session, payee, *entries)
    assert books(session, payee) == {}


def test_fractions_never_get_in(session):
    payee = school(session)
    with pytest.raises(AmountInvalid):
        post(session, payee, vnd("bank:1", 0.5), vnd("owed", -0.5))


def test_the_same_source_again_is_no_second_movement(session):
    payee = school(session)
    first = post(session, payee, vnd("bank:1", 5), vnd("owed", -5))
    again = post(session, payee, vnd("owed", -5), vnd("bank:1", 5))
    assert (again.seq, first.repeated, again.repeated) == (first.seq, False, True)
    with pytest.raises(MovementDiffers):
        post(session, payee, vnd("bank:1", 6), vnd("owed", -6))
    assert books(session, payee) == {"bank:1": 5, "owed": -5}


def test_what_we_owe_cannot_be_overdrawn_and_a_refusal_is_not_remembered_as_done(session):
    payee = school(session)
    post(session, payee, vnd("bank:1", 5), vnd("suspense", -5))
    for _ in range(2):
        savepoint = session.begin_nested()
        with pytest.raises(BalanceTooLow):
            post(session, payee, vnd("suspense", 6), vnd("owed", -6), source="tx_2")
        savepoint.rollback()
    assert books(session, payee) == {"bank:1": 5, "suspense": -5}
    assert post(session, payee, vnd("suspense", 5), vnd("owed", -5), source="tx_2").repeated is False


@pytest.mark.parametrize("table", ["pay_movements", "pay_lines"])
@pytest.mark.parametrize("act", ["UPDATE {} SET {}", "DELETE FROM {}"])
def test_the_database_refuses_to_change_the_past(session, table, act):
    payee = school(session)
    post(session, payee, vnd("bank:1", 5), vnd("owed", -5))
    column = "actor = 'x'" if table == "pay_movements" else "amount_minor = 1"
    savepoint = session.begin_nested()
    with pytest.raises(DatabaseError, match="append-only"):
        session.execute(text(act.format(table, column)))
    savepoint.rollback()
    assert books(session, payee) == {"bank:1": 5, "owed": -5}


def unlock(session):
    """Take the triggers away, as somebody with the database's password can."""
    name = session.get_bind().dialect.name
    for statement in APPEND_ONLY_DROP[name]:
        session.execute(text(statement))
    session.flush()


@pytest.mark.parametrize(
    ("falsify", "invariants"),
    [
        ("UPDATE pay_lines SET amount_minor = 6 WHERE amount_minor = 5", {1, 3, 8, 13}),
        ("UPDATE pay_lines SET amount_minor = amount_minor * 2 WHERE movement_id = (SELECT min(id) FROM pay_movements)",
         {3, 8, 13}),
        ("UPDATE pay_movements SET actor = 'somebody' WHERE seq = 1", {3}),
        ("UPDATE pay_balances SET balance_minor = balance_minor + 1 WHERE balance_minor > 0", {8, 13}),
        ("UPDATE pay_chains SET last_seq = 9", {3}),
        ("UPDATE pay_movements SET seq = 5 WHERE seq = 2", {3}),
    ],
)  # fmt: skip
def test_a_changed_row_is_found(session, falsify, invariants):
    payee = school(session)
    post(session, payee, vnd("bank:1", 5), vnd("owed", -5))
    post(session, payee, vnd("bank:1", 7), vnd("owed", -7), source="tx_2")
    assert payments.check(session).breaches == ()
    unlock(session)
    session.execute(text(falsify))
    found = payments.check(session).breaches
    assert {breach.invariant for breach in found} == invariants
    assert {breach.payee_id for breach in found} == {payee.id}


def test_the_migration_is_given_every_trigger():
    assert {name: len(statements) for name, statements in APPEND_ONLY_DDL.items()} == {"sqlite": 4, "postgresql": 3}
    assert {name: len(statements) for name, statements in APPEND_ONLY_DROP.items()} == {"sqlite": 4, "postgresql": 3}


KINDS = ["vnpay", "vnpay declined", "vnpay wrong amount", "forged", "bank", "bank unmatched", "bank out"]
NOTICES = st.lists(
    st.tuples(
        st.sampled_from(
            ["vnpay", "vnpay declined", "vnpay wrong amount", "forged", "bank", "bank unmatched", "bank out"]
        ),
        st.integers(0, 2),
        st.sampled_from([1, 449_999, 450_000, 450_001, 900_000]),
    ),
    max_size=8,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(NOTICES, st.randoms(use_true_random=False), st.integers(-1, 2))
def test_any_day_of_notices_leaves_the_books_whole(session, notices, random, canceled):
    savepoint = session.begin_nested()
    try:
        _one_day(session, notices, random, canceled)
    finally:
        savepoint.rollback()


def _one_day(session, notices, random, canceled):
    payee = school(session)
    requests = [ask(session, payee) for _ in range(3)]
    attempts = [try_vnpay(session, request) for request in requests]
    for request in requests:
        try_vietqr(session, request)
    if canceled >= 0:
        payments.cancel_request(session, request_id=requests[canceled].id, reason="x", now=AT)
    sent = [_notice(kind, attempts[i], requests[i], amount, n) for n, (kind, i, amount) in enumerate(notices)]
    arrivals = [*sent, *random.sample(sent, len(sent) // 2)]
    random.shuffle(arrivals)
    counted: Counter[str] = Counter()
    for sender, raw in arrivals:
        for part in hear(session, sender, raw).allocations:
            counted[part.request_id] += part.amount_minor
    _whole(session, payee, counted)
    before = books(session, payee)
    for sender, raw in arrivals:
        assert hear(session, sender, raw).allocations == ()
    assert books(session, payee) == before


def _notice(kind, attempt, request, amount, number):
    if kind.startswith("bank"):
        memo = "khong co ma" if kind == "bank unmatched" else request.code
        way = {"transferType": "out"} if kind == "bank out" else {}
        return sepay(), bank_notice(number=number + 1, amount=amount, memo=memo, **way)
    more = {"vnp_TransactionNo": str(100 + number)}
    if kind == "vnpay declined":
        more = DECLINED
    if kind == "vnpay wrong amount":
        more |= {"vnp_Amount": str(amount)}
    return vnpay(), ipn(attempt, **more, **({"key": "wrong"} if kind == "forged" else {}))


def _whole(session, payee, counted):
    """Nothing appeared, nothing vanished: what came in is owed, credit or suspense, and requests say the same."""
    balances = books(session, payee)
    came = sum(row.amount_minor for row in session.scalars(select(Transaction)) if row.kind == "payment")
    assert sum(sum_ for name, sum_ in balances.items() if name.startswith(("bank:", "provider:"))) == came
    assert sum(balances.values()) == 0
    for request in session.scalars(select(Request)):
        live = session.scalars(select(Allocation.amount_minor).where(Allocation.request_id == request.id))
        assert sum(live) == request.allocated_minor == counted[request.id] <= request.amount_minor
        assert (request.status == "paid") is (request.allocated_minor == request.amount_minor)
    assert -balances.get("owed", 0) == sum(counted.values())


def test_a_payees_chain_is_its_own(session):
    one, two = school(session), school(session, account="2", prefix="BV")
    for payee, source in ((one, "tx_1"), (two, "tx_2"), (one, "tx_3")):
        post(session, payee, vnd("bank:1", 5), vnd("owed", -5), source=source)
    assert {chain.payee_id: chain.last_seq for chain in session.scalars(select(Chain))} == {one.id: 2, two.id: 1}
    session.execute(update(Balance).values(balance_minor=0).execution_options(synchronize_session=False))
    assert {breach.payee_id for breach in payments.check(session).breaches} == {one.id, two.id}


def test_the_hash_covers_the_time_it_was_booked(session):
    payee = school(session)
    post(session, payee, vnd("bank:1", 5), vnd("owed", -5))
    movement = session.scalars(select(Movement)).one()
    lines = [Entry("bank:1", Money(5)), Entry("owed", Money(-5))]
    assert journal.chained_hash(movement, lines) == movement.hash
    session.expunge(movement)
    movement.booked_at += timedelta(microseconds=1)
    assert journal.chained_hash(movement, lines) != movement.hash
