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
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from payments import rows
from payments.errors import BalanceTooLow, MovementDiffers, MovementUnbalanced
from payments.models import Account, Balance, Chain, Line, Movement
from payments.money import Money

OWED: Final = "owed"
SUSPENSE: Final = "suspense"
# Made once, and on the tables themselves: every movement pays for them.
_CHAINS: Any = Chain.__table__
_LOCK_CHAIN = (
    select(_CHAINS.c.last_seq, _CHAINS.c.last_hash)
    .where(_CHAINS.c.payee_id == bindparam("its_payee"))
    .with_for_update()
)
_LINK = (
    update(_CHAINS)
    .where(_CHAINS.c.payee_id == bindparam("its_payee"))
    .values(last_seq=bindparam("seq"), last_hash=bindparam("link"))
)
_WRITTEN = select(Movement).where(
    Movement.source_kind == bindparam("of_kind"),
    Movement.source_id == bindparam("its_source"),
    Movement.kind == bindparam("its_kind"),
)
_NAMED: Any = Account.__table__
_ACCOUNTS = select(_NAMED.c.id, _NAMED.c.name, _NAMED.c.currency).where(
    _NAMED.c.payee_id == bindparam("its_payee"), _NAMED.c.name.in_(bindparam("names", expanding=True))
)
_LINES = insert(Line.__table__)  # type: ignore[arg-type]
_BALANCES: Any = Balance.__table__
_MOVE = (
    update(_BALANCES)
    .where(_BALANCES.c.account_id == bindparam("its_account"))
    .values(balance_minor=_BALANCES.c.balance_minor + bindparam("by"))
    .returning(_BALANCES.c.balance_minor)
)
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
    session.flush()
    last_seq, last_hash = session.connection().execute(_LOCK_CHAIN, {"its_payee": payee_id}).one()
    before = session.scalar(_WRITTEN, {"of_kind": source_kind, "its_source": source_id, "its_kind": kind})
    if before is not None:
        if before.payee_id != payee_id or Counter(_entries_of(session, before)) != Counter(lines):
            raise MovementDiffers(source_kind=source_kind, source_id=source_id, kind=kind)
        return Posted(before.seq, repeated=True)
    movement = Movement(
        payee_id=payee_id,
        seq=last_seq + 1,
        kind=kind,
        source_kind=source_kind,
        source_id=source_id,
        business_date=business_date,
        booked_at=booked_at,
        actor=actor,
        prev_hash=last_hash,
        hash=b"",
    )
    movement.hash = chained_hash(movement, lines)
    rows.write(session, movement)
    _write_lines(session, movement, lines)
    head = {"its_payee": payee_id, "seq": movement.seq, "link": movement.hash}
    session.connection().execute(_LINK, head)
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


def _write_lines(session: Session, movement: Movement, lines: Sequence[Entry]) -> None:
    connection = session.connection()
    known = {(one.name, one.currency): one.id for one in connection.execute(_ACCOUNTS, _accounts_of(movement, lines))}
    for line in lines:
        if (line.account, line.amount.currency) not in known:
            known[line.account, line.amount.currency] = _open_account(session, movement.payee_id, line)
    accounts = [known[line.account, line.amount.currency] for line in lines]
    connection.execute(
        _LINES,
        [
            {"movement_id": movement.id, "line_no": no, "account_id": account, "amount_minor": line.amount.amount_minor}
            for no, (account, line) in enumerate(zip(accounts, lines, strict=True), start=1)
        ],
    )
    for account, line in zip(accounts, lines, strict=True):
        moved = {"its_account": account, "by": line.amount.amount_minor}
        balance = connection.execute(_MOVE, moved).scalar_one()
        if balance > 0 and not may_go_negative(line.account):
            raise BalanceTooLow(account=line.account.partition(":")[0])


def _accounts_of(movement: Movement, lines: Sequence[Entry]) -> dict[str, object]:
    return {"its_payee": movement.payee_id, "names": [line.account for line in lines]}


def _open_account(session: Session, payee_id: str, entry: Entry) -> int:
    """Open an account, whose number is returned; the chain's lock keeps others out meanwhile."""
    account = Account(payee_id=payee_id, name=entry.account, currency=entry.amount.currency)
    session.add(account)
    session.flush()
    session.add(Balance(account_id=account.id, balance_minor=0))
    session.flush()
    return account.id


def _entries_of(session: Session, movement: Movement) -> list[Entry]:
    statement = (
        select(Account.name, Line.amount_minor, Account.currency)
        .join(Account, Account.id == Line.account_id)
        .where(Line.movement_id == movement.id)
        .order_by(Line.line_no)
    )
    return [Entry(name, Money(amount, currency)) for name, amount, currency in session.execute(statement)]
