"""Putting right what nothing else explains: one person proposes a movement, another approves it, then it is booked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import journal, rows
from payments.days import business_date
from payments.errors import ReasonMissing
from payments.journal import Entry
from payments.models import Account
from payments.money import Money
from payments.settlement.differences import explain
from payments.settlement.errors import AccountsInvalid, AdjustmentUnknown, OwnAdjustment
from payments.settlement.payouts import explain_payout
from payments.settlement.tables import Adjustment
from payments.states import ADJUSTMENT, AdjustmentStatus
from payments.types import new_id

# Accounts that every payee has, whether or not something stands on them yet.
ALWAYS: Final = ("owed", "fees", "chargeback_hold", "adjustments")
_OPENABLE: Final = re.compile(r"provider:[a-z_]{1,16}|bank:[A-Za-z0-9]{1,19}")
_MOST_REASON: Final = 200


def propose(
    session: Session,
    *,
    payee_id: str,
    debit: str,
    credit: str,
    amount: Money,
    reason: str,
    now: datetime,
    actor: str,
    difference_id: str | None = None,
    payout_id: str | None = None,
) -> Adjustment:
    """Propose a movement between two accounts of a payee; nothing is booked yet.

    Raises PayeeUnknown, AccountsInvalid or ReasonMissing.
    """
    rows.payee(session, payee_id)
    known = accounts_of(session, payee_id)
    usable = all(name in known or _OPENABLE.fullmatch(name) for name in (debit, credit))
    if debit == credit or not usable or amount.amount_minor <= 0:
        raise AccountsInvalid
    if not 0 < len(reason.strip()) <= _MOST_REASON:
        raise ReasonMissing
    row = Adjustment(
        id=new_id("aj"), payee_id=payee_id, debit=debit, credit=credit, amount_minor=amount.amount_minor,
        reason=reason.strip(), difference_id=difference_id, payout_id=payout_id,
        status=ADJUSTMENT.move(None, AdjustmentStatus.PROPOSED), made_by=actor, made_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def approve(session: Session, *, adjustment_id: str, now: datetime, actor: str) -> Adjustment:
    """Book a proposed adjustment and close what it explains.

    Raises AdjustmentUnknown, OwnAdjustment, IllegalTransition or BalanceTooLow.
    """
    row = _decide(session, adjustment_id, AdjustmentStatus.APPROVED, now=now, actor=actor)
    journal.post(
        session,
        payee_id=row.payee_id,
        kind="adjustment",
        source_kind="adjustment",
        source_id=row.id,
        entries=[Entry(row.debit, Money(row.amount_minor)), Entry(row.credit, Money(-row.amount_minor))],
        business_date=business_date(now),
        booked_at=now,
        actor=actor,
    )
    if row.difference_id is not None:
        explain(session, difference_id=row.difference_id, note=row.reason, now=now, actor=actor)
    if row.payout_id is not None:
        explain_payout(session, row.payout_id, now=now, actor=actor)
    return row


def refuse(session: Session, *, adjustment_id: str, now: datetime, actor: str) -> Adjustment:
    """Refuse a proposed adjustment; raises as `approve`."""
    return _decide(session, adjustment_id, AdjustmentStatus.REFUSED, now=now, actor=actor)


def withdraw(session: Session, *, adjustment_id: str, now: datetime, actor: str) -> Adjustment:
    """Take back one's own proposal; raises AdjustmentUnknown, OwnAdjustment (another's) or IllegalTransition."""
    row = lock_adjustment(session, adjustment_id)
    if row.made_by != actor:
        raise OwnAdjustment(adjustment_id=row.id)
    return _ended(session, row, AdjustmentStatus.WITHDRAWN, now=now, actor=actor)


def proposed(session: Session, *, payee_ids: Sequence[str] | None = None) -> Sequence[Adjustment]:
    """Return what waits for a second person, oldest first, of some payees or of all."""
    query = select(Adjustment).where(Adjustment.status == AdjustmentStatus.PROPOSED).order_by(Adjustment.seq)
    if payee_ids is not None:
        query = query.where(Adjustment.payee_id.in_(payee_ids))
    return session.scalars(query).all()


def accounts_of(session: Session, payee_id: str) -> list[str]:
    """Return the accounts between which a payee's money may be moved, by name."""
    used = session.scalars(select(Account.name).where(Account.payee_id == payee_id))
    return sorted({*used, *ALWAYS})


def lock_adjustment(session: Session, adjustment_id: str) -> Adjustment:
    """Return an adjustment, locked and fresh, or raise AdjustmentUnknown."""
    statement = select(Adjustment).where(Adjustment.id == adjustment_id).with_for_update()
    found = session.scalar(statement, execution_options=rows.FRESH)
    if found is None:
        raise AdjustmentUnknown(adjustment_id=adjustment_id)
    return found


def _decide(session: Session, adjustment_id: str, status: AdjustmentStatus, *, now: datetime, actor: str) -> Adjustment:
    row = lock_adjustment(session, adjustment_id)
    if row.made_by == actor:
        raise OwnAdjustment(adjustment_id=row.id)
    return _ended(session, row, status, now=now, actor=actor)


def _ended(session: Session, row: Adjustment, status: AdjustmentStatus, *, now: datetime, actor: str) -> Adjustment:
    row.status = ADJUSTMENT.move(row.status, status)
    row.checked_by, row.checked_at = actor, now
    session.flush()
    return row
