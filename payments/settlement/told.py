"""Whether two reports are one line of a bank account: a feed's, another feed's, a statement's. Money is booked once.

A statement is whole, so all that a feed told of its days stands in it: the best evidence pairs first (the bank's
reference, the balance behind it, the memo, then sum and day), and what is left over is new. Sums on the same day whose
references and balances both differ are two payments; if their memos are the same too, a person looks whether they are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import cases
from payments.booking import OUTGOING, PAYMENT, is_booked
from payments.days import business_date
from payments.gateways.protocol import BankLine
from payments.models import Feed, Transaction
from payments.settlement.statement_tables import BankStatement, StatementLine

BANK = "bank"
_NEAR = timedelta(days=1)
_NUMBER = re.compile(r"[0-9]{6,}")


@dataclass(frozen=True, slots=True)
class Seen:
    """One report of a line; `amount_minor` below zero is money out. `key` is whose report it is."""

    key: int
    amount_minor: int
    day: date
    reference: str
    balance_minor: int | None
    memo: str
    only_by_reference: bool = False


def pair(lines: Sequence[Seen], told: Sequence[Seen]) -> dict[int, int]:
    """Return which line is which told one, by their keys; each is taken once."""
    met: dict[int, int] = {}
    left = {one.key: one for one in told}
    for evidence in (_by_reference, _by_balance, _by_memo, _by_day):
        open_: defaultdict[Hashable, list[Seen]] = defaultdict(list)
        for one in left.values():
            if (mark := evidence(one)) is not None and (evidence is _by_reference or not one.only_by_reference):
                open_[mark].append(one)
        for line in lines:
            mark = evidence(line)
            if line.key in met or mark is None:
                continue
            found = next((one for one in open_[mark] if _may_be_one(line, one, evidence)), None)
            if found is not None:
                met[line.key] = found.key
                open_[mark].remove(found)
                del left[found.key]
    return met


def alike(lines: Iterable[Seen], told: Iterable[Seen]) -> list[tuple[int, int]]:
    """Return which of the lines left over has the sum, day and memo of which told one left over, each taken once.

    Nothing more can be known: one transfer misreported, or two payments of one payer. Both are in the books.
    """
    open_: defaultdict[Hashable, list[int]] = defaultdict(list)
    for one in told:
        if not one.only_by_reference and (memo := _by_memo(one)) is not None:
            open_[one.day, memo].append(one.key)
    return [(one.key, open_[mark].pop(0)) for one in lines if open_.get(mark := (one.day, _by_memo(one)))]


def note_maybe_twice(session: Session, one: Transaction, *, other: str, now: datetime) -> None:
    """Open a case about a booked line that another report, booked too, may be."""
    reason = f"the sum, day and memo of {other}, another reference and balance"
    cases.open_case(
        session, kind=cases.MAYBE_TWICE, subject_id=one.id, payee_id=one.payee_id, reason=reason, now=now
    )  # fmt: skip


def of_transaction(paid: Transaction) -> Seen:
    """Return a booked transaction as a report; a gateway's own number may be the bank's reference."""
    by_gateway = paid.account is None
    return Seen(
        key=paid.seq,
        amount_minor=paid.amount_minor if paid.kind == PAYMENT else -paid.amount_minor,
        day=paid.business_date,
        reference=(paid.provider_txn_id if by_gateway else paid.bank_reference) or "",
        balance_minor=_known(paid.balance_after_minor, paid.kind == PAYMENT),
        memo=paid.memo or "",
        only_by_reference=by_gateway,
    )


def told_before(session: Session, *, feed: Feed, line: BankLine, now: datetime) -> bool:
    """Say whether another feed or a statement has booked this line of a feed, and remember it; hold the feed's lock."""
    day = business_date(line.paid_at)
    others = session.scalars(
        select(Transaction).where(
            Transaction.payee_id == feed.payee_id,
            Transaction.business_date.between(day - _NEAR, day + _NEAR),
            Transaction.account == feed.account,
            Transaction.amount_minor == line.amount.amount_minor,
            Transaction.kind == (PAYMENT if line.incoming else OUTGOING),
            Transaction.provider != feed.provider,
        ).order_by(Transaction.seq)
    ).all()  # fmt: skip
    number = str(line.number)
    if not others or is_booked(session, provider=feed.provider, provider_txn_id=number):
        return False
    if line.reference and any(one.bank_reference == line.reference for one in others):
        return True
    seen, told_by = _of_line(line, day), f"{feed.provider}:{number}"
    if _told_by_statement(session, others, seen=seen, told_by=told_by):
        return True
    _suspect(session, others, seen=seen, paid_at=line.paid_at, told_by=told_by, now=now)
    return False


def _suspect(
    session: Session, others: Iterable[Transaction], *, seen: Seen, paid_at: datetime, told_by: str, now: datetime
) -> None:
    """Open a case where a statement that lists this moment has only a line like a feed's, and it not."""
    booked = {one.seq: one for one in others if one.provider == BANK}
    query = (
        select(StatementLine.transaction_seq)
        .join(BankStatement, BankStatement.no == StatementLine.statement_no)
        .where(
            StatementLine.transaction_seq.in_(booked), StatementLine.outcome != "seen",
            StatementLine.told_by.is_(None), BankStatement.imported_at >= paid_at,
        )
        .order_by(StatementLine.transaction_seq)
    )  # fmt: skip
    waiting = [of_transaction(booked[seq]) for seq in session.scalars(query) if seq is not None]
    for _line, seq in alike([seen], waiting):
        note_maybe_twice(session, booked[seq], other=told_by, now=now)


def _told_by_statement(session: Session, others: Iterable[Transaction], *, seen: Seen, told_by: str) -> bool:
    booked = {one.seq: one for one in others if one.provider == BANK}
    query = select(StatementLine).where(StatementLine.transaction_seq.in_(booked), StatementLine.outcome != "seen")
    lines = {one.transaction_seq: one for one in session.scalars(query)}
    if any(one.told_by == told_by for one in lines.values()):
        return True
    waiting = [of_transaction(booked[seq]) for seq, one in lines.items() if seq is not None and one.told_by is None]
    met = pair([seen], waiting)
    for seq in met.values():
        lines[seq].told_by = told_by
        session.flush()
    return bool(met)


def _of_line(line: BankLine, day: date) -> Seen:
    amount = line.amount.amount_minor if line.incoming else -line.amount.amount_minor
    return Seen(line.number, amount, day, line.reference, _known(line.balance_after_minor, line.incoming), line.memo)


def _known(balance: int | None, incoming: bool) -> int | None:
    """Return a balance; a feed that writes nought behind a credit does not know it."""
    return None if incoming and balance == 0 else balance


def _may_be_one(line: Seen, told: Seen, evidence: Callable[[Seen], Any]) -> bool:
    if abs(line.day - told.day) > _NEAR:
        return False
    if evidence in (_by_reference, _by_balance):
        return True
    other_reference = bool(line.reference and told.reference and line.reference != told.reference)
    known = line.balance_minor is not None and told.balance_minor is not None
    other_balance = known and line.balance_minor != told.balance_minor
    if evidence is _by_day:  # a whole class pays one sum in one day: that alone proves little
        other_words = _other_words(_plain(line.memo), _plain(told.memo))
        return not (_other_numbers(line.memo, told.memo) or (other_balance and (other_reference or other_words)))
    return not (other_reference and other_balance)


def _other_numbers(memo: str, other: str) -> bool:
    """Say whether both memos name numbers, and none of one is of the other; a bank may have cut the last."""
    found, others = _NUMBER.findall(memo), _NUMBER.findall(other)
    shared = any(one.startswith(two) or two.startswith(one) for one in found for two in others)
    return bool(found and others) and not shared


def _other_words(memo: str, other: str) -> bool:
    return bool(memo and other) and memo not in other and other not in memo


def _by_reference(one: Seen) -> Hashable:
    return (one.amount_minor, one.reference) if one.reference else None


def _by_balance(one: Seen) -> Hashable:
    return (one.amount_minor, one.balance_minor) if one.balance_minor is not None else None


def _by_memo(one: Seen) -> Hashable:
    plain = _plain(one.memo)
    return (one.amount_minor, plain) if plain else None


def _plain(memo: str) -> str:
    return re.sub(r"\W", "", memo.upper())


def _by_day(one: Seen) -> Hashable:
    return one.amount_minor, one.day
