"""The providers' own books beside ours, to the đồng: from their file and our rows, by none of the product's code.

What a provider took at another amount than asked is no payment: it must not be booked, and a case must name it.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

Row = dict[str, Any]
Ask = Callable[[str], list[Row]]
_WALLETS = ("momo", "zalopay")
# What the accounts that providers know nothing of stand for; each is credited, so the journal shows it below zero.
_LIES = {
    "owed": "SELECT sum(a.amount_minor - a.refunded_minor) AS sum FROM pay_allocations a"
    " JOIN pay_requests q ON q.id = a.request_id WHERE q.payee_id = :payee AND a.undone_at IS NULL",
    "suspense": "SELECT sum(amount_minor) AS sum FROM pay_suspense WHERE payee_id = :payee AND status = 'open'",
    "payer_credit": "SELECT sum(over_minor - over_settled_minor) AS sum FROM pay_requests WHERE payee_id = :payee",
    "refunds_due": "SELECT sum(amount_minor) AS sum FROM pay_refunds WHERE payee_id = :payee"
    " AND status IN ('requested', 'approved', 'by_hand', 'pending', 'unknown')",
}


@dataclass
class Theirs:
    """What the providers say: payments by (provider, id), those of another amount by reference, what went back.

    `left_again` counts, by its text, what transfers a refund a second time: no books of ours can hold that, a case must
    name each. `by_balance` names a bank's line by the balance after it, as a statement tells it. `fees` are those of
    VNPay's payments, by their ids, that stand in a file which was read in.
    """

    paid: dict[tuple[str, str], int] = field(default_factory=dict)
    differing: set[tuple[str, str]] = field(default_factory=set)
    back: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    left_bank: int = 0
    left_again: Counter[str] = field(default_factory=Counter)
    by_balance: dict[int, str] = field(default_factory=dict)
    fees: Mapping[str, int] = field(default_factory=dict)


def theirs(file: Path, *, account: str, refs: Mapping[tuple[str, str], bool]) -> Theirs:
    """Read what the stand-ins wrote down for these (gateway, reference) and this bank account.

    The value says whether we know the order and so what it must be paid with; a stranger's may be paid with anything.
    """
    found = Theirs()
    with closing(sqlite3.connect(file, timeout=120)) as rows:
        for ref, fields, hundredths, number in rows.execute(
            "SELECT txn_ref, fields, paid_hundredths, transaction_no FROM orders WHERE response_code = '00'"
        ):
            asked = int(json.loads(fields)["vnp_Amount"]) // 100
            _order(found, refs, "vnpay", ref, number, int(hundredths) // 100, asked)
        for name, ref, fields, asked, paid, number, status in rows.execute(
            "SELECT provider, ref, fields, amount, paid, number, status FROM provider_orders"
        ):
            if name in _WALLETS and status == "paid":
                _order(found, refs, name, ref, number, paid, asked)
            for one in json.loads(fields).get("transfers", ()) if (name, ref) in refs else ():
                found.paid[name, f"{json.loads(fields)['link_id']}:{one['reference']}"] = one["amount"]
        _bank(found, rows, account)
        for ref, hundredths in rows.execute("SELECT txn_ref, hundredths FROM refunds WHERE status <> '09'"):
            if ("vnpay", ref) in refs:
                found.back["vnpay", ref, hundredths // 100] += 1
        for name, ref, amount in rows.execute(
            "SELECT provider, ref, amount FROM provider_refunds WHERE status <> 'refused'"
        ):
            if (name, ref) in refs:
                found.back[name, ref, amount] += 1
    return found


def _bank(found: Theirs, rows: sqlite3.Connection, account: str) -> None:
    sent = set[str]()
    for number, came, left, memo, balance in rows.execute(
        "SELECT id, amount_in, amount_out, memo, accumulated FROM bank_lines WHERE account = ? ORDER BY id", (account,)
    ):
        found.by_balance[balance] = str(number)
        if left and memo in sent:
            found.left_again[memo] += 1
        elif left:
            found.left_bank += left
            sent.add(memo)
        if came:
            found.paid["sepay", str(number)] = came


def _order(
    found: Theirs, refs: Mapping[tuple[str, str], bool], name: str, ref: str, number: str, paid: int, asked: int
) -> None:
    if (name, ref) not in refs:
        return
    if paid == asked or not refs[name, ref]:
        found.paid[name, number] = paid
    else:
        found.differing.add((name, ref))


def differences(
    engine: Engine,
    file: Path,
    *,
    payee: str,
    account: str,
    refs: Mapping[tuple[str, str], bool],
    fees: Mapping[str, int],
) -> list[str]:
    """Return every way in which providers, journal and requests disagree; `fees` as `Theirs` has them."""
    told = replace(theirs(file, account=account, refs=refs), fees=fees)
    with engine.connect() as connection:

        def ours(statement: str) -> list[Row]:
            return [dict(row) for row in connection.execute(text(statement), {"payee": payee}).mappings()]

        compared = (_payments(ours, told), _returns(ours, told), _settled(ours, told), _journal(ours, told, account))
        return [*chain.from_iterable(compared), *_requests(ours)]


def _payments(ours: Ask, told: Theirs) -> Iterator[str]:
    """Compare each payment, and hold that one of another amount is a case."""
    booked: Counter[tuple[str, str]] = Counter()
    for row in ours(
        "SELECT provider, provider_txn_id, amount_minor, balance_after_minor, payee_id = :payee AS own"
        " FROM pay_transactions WHERE kind = 'payment'"
    ):
        key = (row["provider"], row["provider_txn_id"])
        if row["own"] and row["provider"] == "bank":  # a statement told it first
            key = ("sepay", told.by_balance[row["balance_after_minor"]])
        if row["own"] or key in told.paid:
            booked[key] += row["amount_minor"]
    for key in sorted(booked.keys() | told.paid.keys()):
        if booked.get(key) != told.paid.get(key):
            yield f"{key}: the provider took {told.paid.get(key)}, we booked {booked.get(key)}"
    named = {
        (row["gateway"], row["merchant_ref"])
        for row in ours(
            "SELECT a.gateway, a.merchant_ref FROM pay_cases c JOIN pay_attempts a ON a.id = c.subject_id"
            " WHERE c.kind = 'amount_differs'"
        )
    }
    yield from (f"{key}: another amount than asked, and no case" for key in sorted(told.differing - named))
    again = Counter(
        row["memo"]
        for row in ours(
            "SELECT t.memo FROM pay_cases c JOIN pay_transactions t ON t.id = c.subject_id"
            " WHERE c.kind = 'refund_again' AND c.payee_id = :payee"
        )
    )
    if again != told.left_again:
        yield f"left the bank a second time: {dict(told.left_again)} there, cases of {dict(again)} here"


def _returns(ours: Ask, told: Theirs) -> Iterator[str]:
    """Compare each sum that went back by a gateway."""
    back = Counter(
        (row["gateway"], row["merchant_ref"], row["amount_minor"])
        for row in ours(
            "SELECT r.gateway, a.merchant_ref, r.amount_minor FROM pay_refunds r"
            " JOIN pay_transactions t ON t.id = r.transaction_id JOIN pay_attempts a ON a.id = t.attempt_id"
            " WHERE r.payee_id = :payee AND r.status = 'succeeded' AND r.by_hand = false"
        )
    )
    for key in sorted(back.keys() | told.back.keys()):
        if back[key] != told.back[key]:
            yield f"{key}: went back {told.back[key]} times at the provider, {back[key]} times here"


def _settled(ours: Ask, told: Theirs) -> Iterator[str]:
    """Hold that of each payment of a file its fee is booked once, or that we miss it and say so."""
    booked = {
        row["provider_txn_id"]
        for row in ours("SELECT provider_txn_id FROM pay_transactions WHERE provider = 'vnpay' AND kind = 'payment'")
    }
    missed = {
        row["provider_txn_id"]
        for row in ours(
            "SELECT r.provider_txn_id FROM pay_settlement_differences d JOIN pay_settlement_rows r"
            " ON r.file_no = d.file_no AND r.row_no = d.row_no WHERE d.state = 'open' AND d.outcome = 6"
        )
    }
    if missed != told.fees.keys() - booked:
        yield f"missed in VNPay's files: {sorted(told.fees.keys() - booked)} there, {sorted(missed)} here"
    kept = ours(
        "SELECT coalesce(sum(l.amount_minor), 0) AS sum FROM pay_lines l JOIN pay_accounts a ON a.id = l.account_id"
        " WHERE a.name = 'fees'"
    )
    fees = sum(fee for number, fee in told.fees.items() if number in booked)
    if int(kept[0]["sum"]) != fees:
        yield f"fees of VNPay: {fees} there, {kept[0]['sum']} here"


def _journal(ours: Ask, told: Theirs, account: str) -> Iterator[str]:
    """Compare each account of the journal with what it stands for."""
    kept = Counter(
        {
            row["name"]: int(row["sum"])
            for row in ours(
                "SELECT a.name, sum(l.amount_minor) AS sum FROM pay_lines l JOIN pay_accounts a ON a.id = l.account_id"
                " WHERE a.payee_id = :payee GROUP BY a.name"
            )
        }
    )
    lies: Counter[str] = Counter()
    strangers = {
        (row["provider"], row["provider_txn_id"])
        for row in ours("SELECT provider, provider_txn_id FROM pay_transactions WHERE payee_id <> :payee")
    }
    for (name, number), amount in told.paid.items():
        if (name, number) not in strangers:
            lies[f"bank:{account}" if name == "sepay" else f"provider:{name}"] += amount
            if name == "vnpay":
                lies["fees"] += told.fees.get(number, 0)
                lies["provider:vnpay"] -= told.fees.get(number, 0)
    for (name, _ref, amount), times in told.back.items():
        lies[f"provider:{name}"] -= amount * times
    lies[f"bank:{account}"] -= told.left_bank
    for name, statement in _LIES.items():
        lies[name] -= int(ours(statement)[0]["sum"] or 0)
    credit = sum(amount for name, amount in kept.items() if name.startswith("payer_credit:"))
    kept = Counter({name: amount for name, amount in kept.items() if not name.startswith("payer_credit:")})
    kept["payer_credit"] = credit
    for name in sorted(kept.keys() | lies.keys()):
        if kept[name] != lies[name]:
            yield f"{name}: {kept[name]} in the journal, {lies[name]} by providers and requests"


def _requests(ours: Ask) -> Iterator[str]:
    """Hold each request against what pays it, and its receipt against its state."""
    for row in ours(
        "SELECT q.id, q.status, q.amount_minor, q.allocated_minor,"
        " (SELECT coalesce(sum(a.amount_minor), 0) FROM pay_allocations a"
        "  WHERE a.request_id = q.id AND a.undone_at IS NULL) AS paid,"
        " (SELECT count(*) FROM pay_receipts e WHERE e.request_id = q.id AND e.status = 'issued') AS receipts"
        " FROM pay_requests q WHERE q.payee_id = :payee"
    ):
        whole = int(row["paid"]) >= row["amount_minor"]
        if row["allocated_minor"] != int(row["paid"]) or (row["status"] == "paid") != whole:
            yield f"{row['id']}: {row['status']}, {row['paid']} of {row['amount_minor']} paid"
        if row["receipts"] != int(whole):
            yield f"{row['id']}: {row['receipts']} receipts, {row['paid']} of {row['amount_minor']} paid"
    for row in ours(
        "SELECT t.id, count(m.id) AS n FROM pay_transactions t LEFT JOIN pay_movements m"
        " ON m.source_kind = 'transaction' AND m.source_id = t.id WHERE t.payee_id = :payee AND t.kind = 'payment'"
        " GROUP BY t.id HAVING count(m.id) <> 1"
    ):
        yield f"{row['id']}: {row['n']} movements"
