"""The journal's fifteen invariants, each over days of doubled, reordered and interrupted notices."""

import hashlib
import json
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

import payments
from payments import Money
from payments.errors import AmountInvalid, BalanceTooLow, CurrencyMixed, MovementUnbalanced
from payments.gateways.protocol import Verdict
from payments.journal import Entry, chained_hash, post
from payments.models import Allocation, Balance, Line, Movement, Request, Transaction
from tests.payments.committing import Books, together
from tests.payments.living import Day, days
from tests.payments.scene import AT, ask, bank_notice, hear, ipn, school, sepay, try_vnpay, vnpay

COLUMNS = {"pay_movements": ("kind", "actor", "source_id"), "pay_lines": ("amount_minor", "account_id")}


@pytest.fixture
def real(database_url):
    made = Books(database_url)
    yield made
    made.close()


def refused(day: Day, error: type[Exception], source: str, **sums: int) -> None:
    """Have a movement refused, and nothing of it kept."""
    before = day.own, day.height
    savepoint = day.session.begin_nested()
    with pytest.raises(error):
        day.post(source, **sums)
    savepoint.rollback()
    day.session.expire_all()
    assert (day.own, day.height) == before


@days()
def test_invariant_01_every_movement_balances(day, chance):
    sums: Counter[tuple[int, str]] = Counter()
    for movement, account, line in day.lines:
        sums[movement.seq, account.currency] += line.amount_minor
    assert not any(sums.values())
    one = chance.randrange(1, 10**9)
    refused(day, MovementUnbalanced, "crooked", bank__1=one, owed=1 - one)


@days(3)
def test_invariant_02_what_is_written_stays(day, chance):
    day.post("first", bank__1=5, owed=-5)
    before = [(one.hash, line.amount_minor) for one, _, line in day.lines]
    for table, columns in COLUMNS.items():
        for act in (f"UPDATE {table} SET {chance.choice(columns)} = '1'", f"DELETE FROM {table}"):
            savepoint = day.session.begin_nested()
            with pytest.raises(DatabaseError, match="append-only"):
                day.session.execute(text(act))
            savepoint.rollback()
    day.session.expire_all()
    assert [(one.hash, line.amount_minor) for one, _, line in day.lines] == before


@days()
def test_invariant_03_the_chain_is_unbroken(day, chance):
    lines: dict[int, list[list[object]]] = {}
    movements = {}
    for movement, account, line in day.lines:
        movements[movement.seq] = movement
        lines.setdefault(movement.seq, []).append([account.name, account.currency, line.amount_minor])
    before = bytes(32)
    for seq, one in sorted(movements.items()):
        told = {
            "payee": one.payee_id, "seq": seq, "kind": one.kind, "source": [one.source_kind, one.source_id],
            "business_date": f"{one.business_date:%Y-%m-%d}",
            "booked_at": f"{one.booked_at:%Y-%m-%dT%H:%M:%S.%f}+00:00", "actor": one.actor,
            "prev_hash": before.hex(), "lines": lines[seq],
        }  # fmt: skip
        canonical = json.dumps(dict(sorted(told.items())), separators=(",", ":")).encode()
        assert (one.prev_hash, one.hash) == (before, hashlib.sha256(canonical).digest())
        before = one.hash
    if movements:
        changed = chance.choice(sorted(movements))
        own = [Entry(str(name), Money(int(str(sum_)))) for name, _, sum_ in lines[changed]]
        day.session.expunge(movements[changed])
        movements[changed].actor += "x"
        assert chained_hash(movements[changed], own) != movements[changed].hash


@days()
def test_invariant_04_a_duplicate_is_a_no_op(day, chance):
    before = day.own, day.height, [one.allocated_minor for one in day.requests]
    assert all(applied.allocations == () for applied in day.again(chance))
    day.session.expire_all()
    assert (day.own, day.height, [one.allocated_minor for one in day.requests]) == before


def test_invariant_05_duplicates_at_once_collapse_to_one(real):
    with real.begin() as session:
        payee = school(session)
        request = ask(session, payee)
        raws = [
            (vnpay(), ipn(try_vnpay(session, ask(session, payee)))),
            (sepay(), bank_notice(number=7, amount=450_000, memo=request.code)),
        ]

    def arrive(number):
        with real.begin() as session:
            return len(hear(session, *raws[number % 2]).allocations)

    assert sum(together(8, arrive)) == 2
    with real.begin() as session:
        assert payments.check(session).breaches == ()
        assert sorted(one.amount_minor for one in session.scalars(select(Transaction))) == [450_000, 450_000]
        assert {name: sum_ for (name, _), sum_ in payments.balances(session, payee.id).items()}["owed"] == -900_000


def test_invariant_06_no_update_is_lost(real):
    with real.begin() as session:
        payee_id = school(session).id
    sums = [3**number for number in range(1, 9)]

    def write(number):
        with real.begin() as session:
            entries = [Entry("bank:1", Money(sums[number])), Entry("owed", Money(-sums[number]))]
            return post(
                session, payee_id=payee_id, kind="test", source_kind="test", source_id=str(number), entries=entries,
                business_date=AT.date(), booked_at=AT, actor="worker",
            ).seq  # fmt: skip

    assert sorted(together(len(sums), write)) == list(range(1, len(sums) + 1))
    with real.begin() as session:
        assert payments.check(session).breaches == ()
        assert payments.balances(session, payee_id) == {("bank:1", "VND"): sum(sums), ("owed", "VND"): -sum(sums)}


@days()
def test_invariant_07_nothing_appears_and_nothing_vanishes(day, chance):
    day.again(chance)
    came = sum(one.amount_minor for one in day.session.scalars(select(Transaction)) if one.kind == "payment")
    assert sum(sum_ for name, sum_ in day.own.items() if name.startswith(("bank:", "provider:"))) == came
    assert sum(day.own.values()) == 0
    live = sum(day.session.scalars(select(Allocation.amount_minor).where(Allocation.undone_at.is_(None))))
    assert -day.own.get("owed", 0) == live == sum(day.session.scalars(select(Request.allocated_minor)))


@days()
def test_invariant_08_a_balance_is_the_sum_of_its_lines(day, chance):
    sums: Counter[int] = Counter()
    for _movement, account, line in day.lines:
        sums[account.id] += line.amount_minor
    kept = {one.account_id: one.balance_minor for one in day.session.scalars(select(Balance))}
    assert kept == dict(sums)
    if kept:
        wrong = update(Balance).where(Balance.account_id == chance.choice(sorted(kept)))
        moved = wrong.values(balance_minor=Balance.balance_minor + chance.choice((-1, 1)))
        day.session.execute(moved, execution_options={"synchronize_session": False})
        assert {breach.invariant for breach in payments.check(day.session).breaches} == {8, 13}


@days()
def test_invariant_09_what_we_owe_is_never_overdrawn(day, chance):
    day.post("first", bank__1=100, suspense=-100)
    for number in range(6):
        account = chance.choice(("owed", "suspense", "refunds_due", "payer_credit__x"))
        sum_ = chance.choice((1, 100, 450_000, 10**9))
        held = -day.own.get(account.replace("__", ":"), 0)
        if sum_ > held:
            refused(day, BalanceTooLow, f"try{number}", **{account: sum_}, bank__1=-sum_)
        else:
            day.post(f"try{number}", **{account: sum_}, bank__1=-sum_)
    owing = ("owed", "suspense", "refunds_due", "payer_credit")
    assert all(sum_ <= 0 for name, sum_ in day.own.items() if name.partition(":")[0] in owing)


@days(3)
def test_invariant_10_whole_numbers_do_not_drift(day, chance):
    before = day.own.get("bank:1", 0)
    sums = [chance.randrange(1, 10**12) for _ in range(8)]
    for number, sum_ in enumerate(sums):
        day.post(str(number), bank__1=sum_, owed=-sum_)
    assert day.own["bank:1"] == before + sum(sums)
    for odd in (0.1, 5.0, Decimal(5), Fraction(1, 3), True, "5"):
        with pytest.raises(AmountInvalid):
            Money(odd)
    assert all(type(line.amount_minor) is int for _, _, line in day.lines)


@given(st.integers(), st.integers(), st.sampled_from(("USD", "EUR", "vnd")))
def test_invariant_11_currencies_do_not_mix(one, other, currency):
    for mixed in (lambda: Money(one) + Money(other, currency), lambda: Money(one) - Money(other, currency)):
        with pytest.raises(CurrencyMixed):
            mixed()
    assert Money(one, currency) + Money(other, currency) == Money(one + other, currency)


@days(3)
def test_invariant_11_each_currency_balances_by_itself(day, chance):
    sum_ = chance.randrange(1, 10**9)
    made = {
        "payee_id": day.payee.id, "kind": "test", "source_kind": "test", "business_date": AT.date(), "booked_at": AT,
        "actor": "worker",
    }  # fmt: skip
    before = day.own
    with pytest.raises(MovementUnbalanced):
        post(day.session, entries=[Entry("bank:1", Money(sum_)), Entry("owed", Money(-sum_, "USD"))], source_id="a",
             **made)  # fmt: skip
    assert day.own == before
    post(day.session, entries=[Entry("bank:1", Money(sum_, "USD")), Entry("owed", Money(-sum_, "USD"))], source_id="b",
         **made)  # fmt: skip
    balances = payments.balances(day.session, day.payee.id)
    assert balances["bank:1", "USD"] == sum_
    assert {name: sum_ for (name, currency), sum_ in balances.items() if currency == "VND"} == before


@days()
def test_invariant_12_a_reversal_is_a_movement_of_its_own(day, chance):
    hear(day.session, sepay(), bank_notice(number=90, amount=chance.choice((1_000, 70_000)), memo="khong ro"))
    before, height = {name: sum_ for name, sum_ in day.own.items() if sum_}, day.height
    given_ = day.assign_strays()
    there = {movement.hash for movement, _, _ in day.lines}
    for one in given_:
        payments.undo_allocation(day.session, allocation_id=one.id, why="nhầm", now=AT, actor="lo_checker")
    assert {name: sum_ for name, sum_ in day.own.items() if sum_} == {
        name: sum_ for name, sum_ in before.items() if sum_
    }
    assert day.height == height + 2 * len(given_)
    assert there < {movement.hash for movement, _, _ in day.lines}
    assert payments.check(day.session).breaches == ()


@days()
def test_invariant_13_movements_alone_rebuild_every_balance(day, chance):
    rebuilt: Counter[str] = Counter()
    for _movement, account, line in chance.sample(day.lines, len(day.lines)):
        rebuilt[account.name] += line.amount_minor
    assert dict(rebuilt) == day.own
    assert payments.check(day.session).breaches == ()


@days()
def test_invariant_14_the_order_on_each_account_is_total(day, chance):
    day.again(chance)
    seqs = [movement.seq for movement, _, line in day.lines if line.line_no == 1]
    assert seqs == list(range(1, day.height + 1))
    written = list(day.session.scalars(select(Movement.seq).order_by(Movement.id)))
    assert written == seqs
    places = [(account.id, movement.seq, line.line_no) for movement, account, line in day.lines]
    assert len(set(places)) == len(places) == len(list(day.session.scalars(select(Line.line_no))))


@days()
def test_invariant_15_a_refused_command_repeated_is_still_refused(day, chance):
    day.again(chance)
    due = day.own.get("owed", 0)
    for _ in range(2):
        refused(day, BalanceTooLow, "too much", owed=1 - due, bank__1=due - 1)
    day.post("more", bank__1=10**9, owed=-(10**9))
    assert day.post("too much", owed=1 - due, bank__1=due - 1).repeated is False
    assert day.post("too much", owed=1 - due, bank__1=due - 1).repeated is True
    attempt = try_vnpay(day.session, ask(day.session, day.payee), key="k9")
    height = day.height
    for key, amount, verdict in (
        ("wrong", "45000000", Verdict.NOT_AUTHENTIC),
        (None, "1", Verdict.AMOUNT_DIFFERS),
    ):
        raw = ipn(attempt, vnp_TransactionNo="777", vnp_Amount=amount, **({"key": key} if key else {}))
        for _ in range(2):
            applied = hear(day.session, vnpay(), raw)
            assert (applied.verdict, applied.allocations) == (verdict, ())
    assert day.height == height
    true = hear(day.session, vnpay(), ipn(attempt, vnp_TransactionNo="777"))
    assert (true.verdict, len(true.allocations), day.height) == (Verdict.RECORDED, 1, height + 1)
