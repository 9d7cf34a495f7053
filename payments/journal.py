"""The double-entry journal: every movement balances, is chained to the payee's last one, and is never changed.

Accounts by name, inside one payee and one currency: provider:{gateway}, bank:{account}, owed, payer_credit:{subject},
suspense, refunds_due, fees, chargeback_hold, adjustments. A debit is above zero, a credit below.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from payments import rows
from payments.errors import BalanceTooLow, MovementDiffers, MovementUnbalanced
from payments.models import Account, Balance, Chain, Line, Movement
from payments.money import Money

OWED: Final = "owed"
SUSPENSE: Final = "suspense"
# What we owe to somebody: its credits may be used up, never overdrawn.
_CREDIT_SIDE: Final = frozenset({OWED, "payer_credit", SUSPENSE, "refunds_due"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a movement: account name and amount, debit above zero, credit below."""

    account: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a movement stands in its payee's chain; repeated if it was there before."""

    seq: int
    repeated: bool


def post(
    session: Session,
    *,
    payee_id: str,
    kind: str,
    source_kind: str,
    source_id: str,
    entries: Sequence[Entry],
    business_date: date,
    booked_at: datetime,
    actor: str,
) -> Posted:
    """Write one movement, once for its source and kind, and bring the balances along.

    Raises MovementUnbalanced, MovementDiffers (the same source with other lines) or BalanceTooLow.
    """
    lines = [entry for entry in entries if entry.amount.amount_minor]
    _require_balance(lines)
    chain = _lock_chain(session, payee_id)
    before = session.scalar(
        select(Movement).where(
            Movement.source_kind == source_kind, Movement.source_id == source_id, Movement.kind == kind
        )
    )
    if before is not None:
        if before.payee_id != payee_id or Counter(_entries_of(session, before)) != Counter(lines):
            raise MovementDiffers(source_kind=source_kind, source_id=source_id, kind=kind)
        return Posted(before.seq, repeated=True)
    movement = Movement(
        payee_id=payee_id,
        seq=chain.last_seq + 1,
        kind=kind,
        source_kind=source_kind,
        source_id=source_id,
        business_date=business_date,
        booked_at=booked_at,
        actor=actor,
        prev_hash=chain.last_hash,
        hash=b"",
    )
    movement.hash = chained_hash(movement, lines)
    session.add(movement)
    session.flush()
    _write_lines(session, movement, lines)
    chain.last_seq, chain.last_hash = movement.seq, movement.hash
    session.flush()
    return Posted(movement.seq, repeated=False)


def balances(session: Session, payee_id: str) -> dict[tuple[str, str], int]:
    """Return a payee's balances in minor units by (account, currency); credits are below zero."""
    statement = (
        select(Account.name, Account.currency, Balance.balance_minor)
        .join(Balance, Balance.account_id == Account.id)
        .where(Account.payee_id == payee_id)
    )
    return {(name, currency): balance for name, currency, balance in session.execute(statement)}


def chained_hash(movement: Movement, lines: Sequence[Entry]) -> bytes:
    """Return SHA-256 of a movement's canonical bytes: sorted JSON with the hash of the one before."""
    content = {
        "payee": movement.payee_id,
        "seq": movement.seq,
        "kind": movement.kind,
        "source": [movement.source_kind, movement.source_id],
        "business_date": movement.business_date.isoformat(),
        "booked_at": movement.booked_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": movement.actor,
        "prev_hash": movement.prev_hash.hex(),
        "lines": [[line.account, line.amount.currency, line.amount.amount_minor] for line in lines],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).digest()


def may_go_negative(account: str) -> bool:
    """Say whether an account may stand on its other side; what we owe to others may not."""
    return account.partition(":")[0] not in _CREDIT_SIDE


def _require_balance(lines: Sequence[Entry]) -> None:
    sums: Counter[str] = Counter()
    for line in lines:
        sums[line.amount.currency] += line.amount.amount_minor
    if not lines or any(sums.values()):
        raise MovementUnbalanced(sums=dict(sums))


def _lock_chain(session: Session, payee_id: str) -> Chain:
    statement = select(Chain).where(Chain.payee_id == payee_id).with_for_update()
    return session.scalars(statement, execution_options=rows.FRESH).one()


def _write_lines(session: Session, movement: Movement, lines: Sequence[Entry]) -> None:
    accounts = [_account_id(session, movement.payee_id, entry) for entry in lines]
    session.execute(
        insert(Line),
        [
            {"movement_id": movement.id, "line_no": no, "account_id": account, "amount_minor": line.amount.amount_minor}
            for no, (account, line) in enumerate(zip(accounts, lines, strict=True), start=1)
        ],
    )
    for account, line in zip(accounts, lines, strict=True):
        _move_balance(session, account, line)


def _account_id(session: Session, payee_id: str, entry: Entry) -> int:
    """Return an account's number, opening it the first time; the chain's lock keeps others out meanwhile."""
    known = select(Account.id).where(
        Account.payee_id == payee_id, Account.name == entry.account, Account.currency == entry.amount.currency
    )
    found = session.scalar(known)
    if found is not None:
        return found
    account = Account(payee_id=payee_id, name=entry.account, currency=entry.amount.currency)
    session.add(account)
    session.flush()
    session.add(Balance(account_id=account.id, balance_minor=0))
    session.flush()
    return account.id


def _move_balance(session: Session, account_id: int, line: Entry) -> None:
    statement = (
        update(Balance)
        .where(Balance.account_id == account_id)
        .values(balance_minor=Balance.balance_minor + line.amount.amount_minor)
        .returning(Balance.balance_minor)
        .execution_options(synchronize_session=False)
    )
    balance = session.execute(statement).scalar_one()
    if balance > 0 and not may_go_negative(line.account):
        raise BalanceTooLow(account=line.account.partition(":")[0])


def _entries_of(session: Session, movement: Movement) -> list[Entry]:
    statement = (
        select(Account.name, Line.amount_minor, Account.currency)
        .join(Account, Account.id == Line.account_id)
        .where(Line.movement_id == movement.id)
        .order_by(Line.line_no)
    )
    return [Entry(name, Money(amount, currency)) for name, amount, currency in session.execute(statement)]
