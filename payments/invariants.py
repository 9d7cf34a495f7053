"""Re-deriving the journal from its movements alone: invariants 1, 3, 8 and 13, payee by payee."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.journal import Entry, balances, chained_hash
from payments.models import Account, Balance, Chain, Line, Movement
from payments.money import Money
from payments.payees import GENESIS


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule of the journal that does not hold: its number, whose books, and what was seen."""

    invariant: int
    payee_id: str
    what: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found, and how many movements it read."""

    movements: int
    breaches: tuple[Breach, ...]


def check(session: Session) -> Checked:
    """Re-derive invariants 1 (balanced), 3 (chain), 8 (balance = Σ lines), 13 (rebuilt balances agree)."""
    breaches = list(_sums_differ(session))
    read = 0
    for chain in session.scalars(select(Chain).order_by(Chain.payee_id)):
        found, count = _replay(session, chain)
        breaches += found
        read += count
    return Checked(read, tuple(breaches))


def _sums_differ(session: Session) -> Iterator[Breach]:
    statement = (
        select(Account.payee_id, Account.name, Balance.balance_minor, func.coalesce(func.sum(Line.amount_minor), 0))
        .join(Balance, Balance.account_id == Account.id)
        .outerjoin(Line, Line.account_id == Account.id)
        .group_by(Account.id, Account.payee_id, Account.name, Balance.balance_minor)
        .order_by(Account.id)
    )
    for payee_id, name, kept, summed in session.execute(statement):
        if kept != int(summed):
            yield Breach(8, payee_id, f"{name}: {kept} kept, {summed} in lines")


def _replay(session: Session, chain: Chain) -> tuple[list[Breach], int]:
    """Walk one payee's chain from its beginning with nothing but movements and lines."""
    payee_id = chain.payee_id
    breaches: list[Breach] = []
    lines = _lines(session, payee_id)
    rebuilt: Counter[tuple[str, str]] = Counter()
    seq, prev = 0, GENESIS
    for movement in session.scalars(
        select(Movement)
        .where(Movement.payee_id == payee_id)
        .order_by(Movement.seq)
        .execution_options(yield_per=1000, populate_existing=True)
    ):
        own = lines[movement.id]
        sums: Counter[str] = Counter()
        for line in own:
            sums[line.amount.currency] += line.amount.amount_minor
            rebuilt[line.account, line.amount.currency] += line.amount.amount_minor
        if not own or any(sums.values()):
            breaches.append(Breach(1, payee_id, f"movement {movement.seq} does not balance"))
        whole = movement.seq == seq + 1 and movement.prev_hash == prev and movement.hash == chained_hash(movement, own)
        if not whole:
            breaches.append(Breach(3, payee_id, f"the chain breaks at movement {movement.seq}"))
        seq, prev = movement.seq, movement.hash
    if (chain.last_seq, chain.last_hash) != (seq, prev):
        breaches.append(Breach(3, payee_id, f"the head says {chain.last_seq}, the last movement is {seq}"))
    kept = balances(session, payee_id)
    breaches += [
        Breach(13, payee_id, f"{key[0]}: {kept.get(key, 0)} kept, {rebuilt[key]} rebuilt")
        for key in sorted(kept.keys() | rebuilt.keys())
        if kept.get(key, 0) != rebuilt[key]
    ]
    return breaches, seq


def _lines(session: Session, payee_id: str) -> dict[int, list[Entry]]:
    statement = (
        select(Line.movement_id, Account.name, Line.amount_minor, Account.currency)
        .join(Movement, Movement.id == Line.movement_id)
        .join(Account, Account.id == Line.account_id)
        .where(Movement.payee_id == payee_id)
        .order_by(Line.movement_id, Line.line_no)
    )
    lines: defaultdict[int, list[Entry]] = defaultdict(list)
    for movement_id, name, amount, currency in session.execute(statement):
        lines[movement_id].append(Entry(name, Money(amount, currency)))
    return lines
