"""The balance and its transactions, read from the journal: nothing of them is kept a second time.

Available is what lies at the bank less what is not the payee's (suspense, payers' credit, refunds due); pending is what
gateways still hold. An id carries the 26 characters of what it is about; where one thing moves twice (an assignment and
its undoing, a batch's fee and its payout), the second is read backwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Select, Subquery, and_, case, cast, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from payments import advances, booking, journal
from payments.gateways import test_card
from payments.journal_tables import Account, Line, Movement
from payments.models import Allocation, CreditUse, Refund, Request, Transaction
from payments.refunds import booking as refunded
from payments.states import Purpose
from payments.v1 import shapes
from payments.v1.intents import Caller, missing
from payments.v1.shapes import Shape

_CARD = "card"
_KINDS: Mapping[str, tuple[str, str]] = {
    booking.PAYMENT: ("payment", "charge"),
    _CARD: ("charge", "charge"),
    booking.ASSIGNED: ("payment", "charge"),
    booking.UNDONE: ("adjustment", "other_adjustment"),
    advances.USED: ("payment", "charge"),
    advances.GIVEN_BACK: ("adjustment", "other_adjustment"),
    refunded.RESERVED: ("payment_refund", "refund"),
    refunded.RELEASED: ("payment_failure_refund", "refund_failure"),
    "fee": ("stripe_fee", "fee"),
    "payout": ("payout", "payout"),
    "adjustment": ("adjustment", "other_adjustment"),
}
TYPES = tuple(dict.fromkeys(kind for kind, _ in _KINDS.values()))
_BACKWARDS = (booking.UNDONE, advances.GIVEN_BACK, "payout")
_PREFIXES = ("al", "cu", "re", "rl", "ps", "aj")
_OWN = (journal.OWED, "fees", "chargeback_hold", "adjustments")
_PENDING_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One balance transaction, as the journal's rows tell it."""

    seq: int
    key: str
    kind: str
    owner: str
    amount_minor: int
    booked_at: datetime
    waits: bool


def entries(caller: Caller) -> Subquery:
    """Return every balance transaction of a payee as rows: seq, key, kind, owner, amount, booked_at, waits."""
    own = Movement.payee_id == caller.payee_id
    kind = case((Transaction.provider == test_card.PAYS, literal(_CARD)), else_=Movement.kind)
    paid = _rows(Allocation.id, Allocation.id, Allocation.amount_minor, Transaction.attempt_id.is_not(None), kind)
    money = Transaction.id == Allocation.transaction_id
    used = _rows(CreditUse.id, CreditUse.id, CreditUse.amount_minor, literal(False))
    given_back = _rows(CreditUse.id, CreditUse.id, -CreditUse.amount_minor, literal(False))
    taken = CreditUse.id == Movement.source_id
    direct = paid.join(
        Allocation, and_(Allocation.transaction_id == Movement.source_id, Allocation.suspense_id.is_(None))
    )
    later = _rows(Allocation.id, Allocation.id, Allocation.amount_minor, literal(False)).join(
        Allocation, Allocation.id == Movement.source_id
    )
    undone = _rows(Allocation.id, Allocation.id, -Allocation.amount_minor, literal(False)).join(
        Allocation, Allocation.id == Movement.source_id
    )
    out = _rows(Refund.id, Refund.id, -Refund.amount_minor, literal(False)).join(Refund, _of_refund())
    back = _rows(Refund.release_id, Refund.id, Refund.amount_minor, literal(False)).join(Refund, _of_refund())
    parts: list[Select[Any]] = [
        direct.join(Transaction, money).where(own, Movement.kind == booking.PAYMENT, ~_of_advance()),
        later.where(own, Movement.kind == booking.ASSIGNED, ~_of_advance()),
        undone.where(own, Movement.kind == booking.UNDONE, ~_of_advance()),
        used.join(CreditUse, taken).where(own, Movement.kind == advances.USED),
        given_back.join(CreditUse, taken).where(own, Movement.kind == advances.GIVEN_BACK),
        out.where(own, Movement.kind == refunded.RESERVED),
        back.where(own, Movement.kind == refunded.RELEASED),
        _by_lines(Account.name.in_(_OWN)).where(own, Movement.kind.in_(("fee", "adjustment"))),
        _by_lines(Account.name.like("bank:%")).where(own, Movement.kind == "payout"),
    ]
    return union_all(*parts).subquery("entries")


def query_of(rows: Subquery, values: Mapping[str, Any]) -> Select[Any]:
    """Select entries by type and source."""
    query = select(rows)
    if values.get("type"):
        query = query.where(rows.c.kind.in_([kind for kind, (name, _) in _KINDS.items() if name == values["type"]]))
    if values.get("source"):
        prefix, _, chars = values["source"].partition("_")
        query = query.where(rows.c.owner == f"{'al' if prefix == shapes.CHARGE else prefix}_{chars}")
    return query


def named(rows: Subquery, txn_id: str) -> Select[Any]:
    """Select the entry that an id names."""
    chars = txn_id.partition("_")[2]
    forward = and_(rows.c.key.in_([f"{one}_{chars}" for one in _PREFIXES]), rows.c.kind.not_in(_BACKWARDS))
    backward = and_(rows.c.key.in_([f"{one}_{chars[::-1]}" for one in _PREFIXES]), rows.c.kind.in_(_BACKWARDS))
    return select(rows).where(or_(forward, backward))


def find(session: Session, caller: Caller, txn_id: str) -> Shape:
    """Return one balance transaction of the caller's payee. Raises ResourceMissing."""
    row = session.execute(named(entries(caller), txn_id)).one_or_none()
    if row is None or not txn_id.startswith("txn_"):
        raise missing("balance_transaction", txn_id)
    return shape(Entry(*row))


def shape(entry: Entry) -> Shape:
    """Return a balance transaction."""
    kind, category = _KINDS[entry.kind]
    chars = entry.key.partition("_")[2]
    owner_prefix = entry.owner.partition("_")[0]
    sources = {"al": shapes.renamed(entry.owner, shapes.CHARGE), "re": entry.owner}
    return {
        "id": f"{shapes.TXN}_{chars[::-1] if entry.kind in _BACKWARDS else chars}",
        "object": "balance_transaction", "amount": entry.amount_minor,
        "available_on": shapes.seconds(entry.booked_at + (_PENDING_FOR if entry.waits else timedelta())),
        "balance_type": "payments", "created": shapes.seconds(entry.booked_at), "currency": "vnd", "description": None,
        "exchange_rate": None, "fee": 0, "fee_details": [], "net": entry.amount_minor, "reporting_category": category,
        "source": sources.get(owner_prefix), "status": "pending" if entry.waits else "available", "type": kind,
    }  # fmt: skip


def balance(session: Session, caller: Caller) -> Shape:
    """Return what is available, and what gateways still hold."""
    sums = {"bank": 0, "provider": 0, "suspense": 0, "payer_credit": 0, "refunds_due": 0}
    for (name, _), minor in journal.balances(session, caller.payee_id).items():
        account = name.partition(":")[0]
        if account in sums:
            sums[account] += minor
    pending = sums.pop("provider")  # what we owe to others is below zero, so a sum takes it off

    def told(minor: int) -> list[Shape]:
        return [{"amount": minor, "currency": "vnd", "source_types": {}}]

    return {
        "object": "balance", "available": told(sum(sums.values())), "livemode": caller.livemode,
        "pending": told(pending),
    }  # fmt: skip


def _rows(key: Any, owner: Any, amount: Any, waits: Any, kind: Any = Movement.kind) -> Select[Any]:
    columns = (
        Movement.seq.label("seq"), key.label("key"), kind.label("kind"), owner.label("owner"),
        amount.label("amount_minor"), Movement.booked_at.label("booked_at"), waits.label("waits"),
    )  # fmt: skip
    return select(*columns).select_from(Movement)


def _of_advance() -> Any:
    """Hold that an allocation's money stays the payer's."""
    mine = select(Request.seq).where(Request.id == Allocation.request_id, Request.purpose == Purpose.ADVANCE)
    return mine.correlate(Allocation).exists()


def _of_refund() -> Any:
    return and_(Refund.id == Movement.source_id, Refund.source_account == journal.OWED)


def _by_lines(accounts: Any) -> Select[Any]:
    """Tell a movement by the sum of its lines on some accounts, turned round: what the payee has more or less by it."""
    lines = select(-func.sum(Line.amount_minor)).join(Account, Account.id == Line.account_id)
    summed = lines.where(Line.movement_id == Movement.id, accounts).correlate(Movement).scalar_subquery()
    amount = cast(func.coalesce(summed, 0), BigInteger)  # PostgreSQL's sums are decimal
    return _rows(Movement.source_id, Movement.source_id, amount, literal(False))
