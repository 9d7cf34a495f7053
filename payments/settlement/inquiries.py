"""Asking a provider about what its file and our books disagree on; money that it confirms is booked once, late.

claim (tx 1) → gateway.query (no tx) → record or record_no_answer (tx 2), as for attempts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import attempts, cases, rows
from payments.errors import LeaseLost
from payments.gateways.protocol import Asked, Authenticity, Finding, Notice, Outcome
from payments.models import Transaction
from payments.settlement import comparing, payouts
from payments.settlement.differences import lock_difference, settle_difference
from payments.settlement.tables import Difference, FileRow, Match, SettlementFile
from payments.settlement.tables import Outcome as Compared
from payments.settling import Settled, settle
from payments.states import DifferenceState

_LEASE = timedelta(seconds=60)
_AGAIN = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One difference that was claimed, and what to ask about."""

    difference_id: str
    tries: int
    asked: Asked


def claim(session: Session, *, now: datetime) -> Inquiry | None:
    """Take the difference that is due longest for a minute; None if none is due."""
    row = session.scalar(
        select(Difference)
        .where(Difference.state == DifferenceState.OPEN, Difference.next_query_at <= now)
        .order_by(Difference.next_query_at, Difference.seq)
        .limit(1)
        .with_for_update(skip_locked=True),
        execution_options=rows.FRESH,
    )
    if row is None or row.attempt_id is None:
        return None
    row.tries += 1
    row.next_query_at = now + _LEASE
    session.flush()
    return Inquiry(row.id, row.tries, attempts.asked_of(attempts.get_attempt(session, row.attempt_id)))


def record(session: Session, *, inquiry: Inquiry, finding: Finding, now: datetime, actor: str) -> Settled | None:
    """Apply what a provider answered; a payment that it confirms and we lacked is booked now. Raises LeaseLost."""
    payouts.take_turn(session, now=now)
    row = _lock_claimed(session, inquiry)
    if row.outcome == Compared.MISSING_AT_PROVIDER:
        # It is booked already: the answer is for the person who decides, and changes nothing by itself.
        _note(session, row, f"provider says {finding.outcome}", now=now)
        return None
    if finding.outcome is not Outcome.PAID:
        _note(session, row, f"provider says {finding.outcome}", now=now)
        return None
    settled = settle(
        session, provider=inquiry.asked.gateway, notice=Notice(Authenticity.AUTHENTIC, finding=finding),
        source="settlement", now=now, actor=actor,
    )  # fmt: skip
    if not meet(session, row, now=now, actor=actor):
        _note(session, row, f"provider says paid, booked as {settled.verdict}", now=now)
    return settled


def record_no_answer(session: Session, *, inquiry: Inquiry, now: datetime) -> None:
    """Plan the next question, until a day has gone by; raises LeaseLost."""
    row = _lock_claimed(session, inquiry)
    row.next_query_at = now + _AGAIN[row.tries - 1] if row.tries <= len(_AGAIN) else None
    session.flush()


def meet(session: Session, row: Difference, *, now: datetime, actor: str) -> bool:
    """Join a row that was missing here with the transaction that has come since; say whether there is one."""
    file = session.get_one(SettlementFile, row.file_no)
    line = session.get_one(FileRow, (row.file_no, row.row_no))
    found = session.scalar(
        select(Transaction).where(
            Transaction.provider == file.provider, Transaction.provider_txn_id == line.provider_txn_id
        )
    )
    if found is None or found.amount_minor != line.amount_minor:
        return False
    match = session.get_one(Match, (row.file_no, row.row_no))
    again = comparing.counts_in_another(session, file, found)
    match.transaction_seq, match.account_id = found.seq, comparing.account_of(session, found)
    match.outcome = Compared.DUPLICATE.value if again else Compared.MATCHED.value
    file.first_seq = min(file.first_seq or found.seq, found.seq)
    file.last_seq = max(file.last_seq or found.seq, found.seq)
    row.transaction_seq, row.payee_id = found.seq, found.payee_id
    if again:  # as if it had been there when the file was read in: for a person, and its fee is not booked again
        row.outcome, row.ours_minor, row.next_query_at = Compared.DUPLICATE.value, found.amount_minor, None
        session.flush()
        return True
    settle_difference(session, row, note="booked late", now=now, actor=actor)
    payouts.add_share(
        session, payouts.payout_of(session, file, line.batch_id), file, found.payee_id, fee=line.fee_minor,
        net=line.net_minor, now=now, actor=actor,
    )  # fmt: skip
    return True


def meet_late(session: Session, *, now: datetime, actor: str) -> int:
    """Join what files had and we lacked with money that has come since by other ways; return how many."""
    query = (
        select(Difference)
        .join(SettlementFile, SettlementFile.no == Difference.file_no)
        .join(FileRow, (FileRow.file_no == Difference.file_no) & (FileRow.row_no == Difference.row_no))
        .join(
            Transaction,
            (Transaction.provider == SettlementFile.provider)
            & (Transaction.provider_txn_id == FileRow.provider_txn_id)
            & (Transaction.amount_minor == FileRow.amount_minor),
        )
        .where(
            Difference.state == DifferenceState.OPEN,
            Difference.outcome == Compared.MISSING_HERE.value,
            FileRow.type == "payment",
        )
        .order_by(Difference.seq)
    )
    late = session.scalars(query).all()
    return sum(meet(session, row, now=now, actor=actor) for row in late)


def _lock_claimed(session: Session, inquiry: Inquiry) -> Difference:
    row = lock_difference(session, inquiry.difference_id)
    if row.tries != inquiry.tries or row.state != DifferenceState.OPEN:
        raise LeaseLost(difference_id=row.id)
    return row


def _note(session: Session, row: Difference, said: str, *, now: datetime) -> None:
    row.note, row.next_query_at = said, None
    cases.open_case(
        session, kind=cases.FILE_DIFFERS, subject_id=row.id, payee_id=row.payee_id,
        reason=f"{Compared(row.outcome).word}: {said}", now=now,
    )  # fmt: skip
    session.flush()
