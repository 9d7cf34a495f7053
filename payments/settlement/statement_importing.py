"""Importing a bank's statement in one transaction: all of it or nothing, the same bytes once, each line's money once.

What a feed or an earlier statement told is only ticked off. What is new is booked as a feed's line would be: by the
payment code in its memo, as the end of a refund by hand, as a gateway's payout, or into suspense with a case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from payments import booking, cases, feeds, rows
from payments.booking import Arrived, Booked
from payments.days import business_date, from_local
from payments.models import Case, Feed, Payee, Transaction
from payments.money import Money
from payments.settlement import payouts
from payments.settlement.errors import ForeignAccount, RowInvalid
from payments.settlement.lines import sha256_of
from payments.settlement.statement_reading import Statement, StatementRow, read_statement, same_account
from payments.settlement.statement_tables import BankStatement, StatementLine
from payments.settlement.told import BANK, Seen, alike, note_maybe_twice, of_transaction, pair
from payments.states import FeedStatus
from payments.types import new_id

SEEN, BOOKED, WAITS, OUT, BEFORE = "seen", "matched", "unmatched", "outgoing", "before"
OUTCOMES = (SEEN, BOOKED, WAITS, OUT, BEFORE)
_MOST_NAME = 200
_NEAR = timedelta(days=1)
_SPACED = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class ImportedStatement:
    """What a statement came to; `booked` is what its new lines changed."""

    statement_id: str
    rows: int
    counts: Mapping[str, int]
    already_imported: bool
    booked: tuple[Booked, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return the figures as the command prints them."""
        return {"rows": self.rows, **self.counts, "already_imported": self.already_imported}


def import_statement(session: Session, *, path: Path, payee_id: str, now: datetime, actor: str) -> ImportedStatement:
    """Read a statement of a payee's account and book what is new in it; raises FileRefused, and stores nothing then."""
    payee, sha256 = rows.payee(session, payee_id), sha256_of(path)
    payouts.take_turn(session, now=now)
    known = session.scalar(select(BankStatement).where(BankStatement.sha256 == sha256))
    if known is not None and known.payee_id == payee.id:
        return ImportedStatement(known.id, known.rows, known.counts, already_imported=True)
    found = read_statement(path)
    _require_own(found, payee, today=business_date(now))
    _wait_for_feeds(session, payee)
    statement = BankStatement(
        id=new_id("bs"), payee_id=payee.id, account=payee.account, sha256=sha256, name=path.name[:_MOST_NAME],
        first_on=found.first_on, last_on=found.last_on, rows=len(found.rows), opening_minor=found.opening_minor,
        closing_minor=found.closing_minor, counts={}, imported_at=now, imported_by=actor,
    )  # fmt: skip
    session.add(statement)
    session.flush()
    counts, booked = _take_all(session, statement, payee, found, now=now, actor=actor)
    lacking = _note_lacking(session, statement, now=now, actor=actor)
    paid_out = payouts.take_bank_lines(session, now=now, actor=actor)
    statement.counts = {name: counts[name] for name in OUTCOMES} | {"missing_at_bank": lacking, "payouts": paid_out}
    session.flush()
    return ImportedStatement(statement.id, statement.rows, statement.counts, already_imported=False, booked=booked)


def _require_own(found: Statement, payee: Payee, *, today: date) -> None:
    """Refuse another account's statement, and days that have not come."""
    if not same_account(found.account, payee.account) or found.bank_bin not in (None, "", payee.bin):
        raise ForeignAccount(account_end=found.account[-4:])
    for one in found.rows:
        if one.day > today:
            raise RowInvalid(row=one.row, column="date")
    if found.last_on > today:
        raise RowInvalid(row=1, column="date")


def _wait_for_feeds(session: Session, payee: Payee) -> None:
    """Let no feed tell a line of this account while the statement is held against what was told."""
    live = select(Feed).where(Feed.account == payee.account, Feed.status != FeedStatus.CLOSED).with_for_update()
    session.scalars(live, execution_options=rows.FRESH).all()


def _take_all(
    session: Session, statement: BankStatement, payee: Payee, found: Statement, *, now: datetime, actor: str
) -> tuple[Counter[str], tuple[Booked, ...]]:
    told = _told(session, payee, found)
    met = pair([_seen(one) for one in found.rows], [of_transaction(one) for one in told])
    counts, made, new = Counter[str](), [], dict[int, int]()
    for one in found.rows:
        seq, outcome = met.get(one.row), SEEN
        if seq is None and _is_before(one, payee):
            outcome = BEFORE
        elif seq is None:
            booked, seq = _book(session, statement, payee, one, now=now, actor=actor)
            outcome = OUT if one.amount_minor < 0 else BOOKED if booked.request_ids else WAITS
            made.append(booked)
            new[one.row] = seq
        counts[outcome] += 1
        session.add(
            StatementLine(
                statement_no=statement.no, row_no=one.row, day=one.day, reference=one.reference,
                amount_minor=one.amount_minor, balance_minor=one.balance_minor, outcome=outcome, transaction_seq=seq,
            )
        )  # fmt: skip
    session.flush()
    met_seqs = set(met.values())
    left = [one for one in told if one.seq not in met_seqs]
    _note_alike(session, [one for one in found.rows if one.row in new], new, left, now=now)
    return counts, tuple(made)


def _note_alike(
    session: Session,
    lines: Sequence[StatementRow],
    booked: Mapping[int, int],
    left: Sequence[Transaction],
    *,
    now: datetime,
) -> None:
    """Open a case for each new line that looks like one a feed told and the statement does not list."""
    told = {one.seq: one for one in left}
    for row, seq in alike([_seen(one) for one in lines], [of_transaction(one) for one in left]):
        made = session.get_one(Transaction, booked[row])
        note_maybe_twice(session, made, other=told[seq].id, now=now)


def _told(session: Session, payee: Payee, found: Statement) -> Sequence[Transaction]:
    """Return what the books have of these days: the account's lines, and payments that a gateway told about."""
    query = select(Transaction).where(
        Transaction.business_date.between(found.first_on - _NEAR, found.last_on + _NEAR),
        or_(
            Transaction.account == payee.account,
            (Transaction.payee_id == payee.id) & Transaction.account.is_(None),
        ),
    )
    return session.scalars(query.order_by(Transaction.seq)).all()


def _book(
    session: Session, statement: BankStatement, payee: Payee, one: StatementRow, *, now: datetime, actor: str
) -> tuple[Booked, int]:
    number = f"{one.reference[:40] or one.day.isoformat()}/{statement.no}.{one.row}"
    incoming = one.amount_minor > 0
    arrived = Arrived(
        provider=BANK, provider_txn_id=number, amount=Money(abs(one.amount_minor)), paid_at=_paid_at(one, now=now),
        source="statement", kind=booking.PAYMENT if incoming else booking.OUTGOING, account=payee.account,
        memo=one.memo, balance_after_minor=one.balance_minor, bank_reference=one.reference or None,
    )  # fmt: skip
    booked = feeds.book_line(session, payee=payee, arrived=arrived, now=now, actor=actor)
    if booked is None:  # its number holds the statement's own, which is new
        raise RowInvalid(row=one.row, column="reference")
    return booked, booked.transaction_seq


def _paid_at(one: StatementRow, *, now: datetime) -> datetime:
    """Return when a line was booked; of a bare day its end, as far as it has passed."""
    if one.has_time:
        return min(from_local(one.at.strftime(_SPACED), _SPACED), now)
    return min(from_local(f"{one.day} 23:59:59", _SPACED), now)


def _is_before(one: StatementRow, payee: Payee) -> bool:
    """Say whether a line is of the account's life before it was ours."""
    return one.day < business_date(payee.created_at)


def _seen(one: StatementRow) -> Seen:
    return Seen(one.row, one.amount_minor, one.day, one.reference, one.balance_minor, one.memo)


def _note_lacking(session: Session, statement: BankStatement, *, now: datetime, actor: str) -> int:
    """Open a case for what a feed told and the bank does not list, neither on its day nor on the next."""
    _close_found(session, statement, now=now, actor=actor)
    begins = statement.first_on - _NEAR
    before = select(BankStatement.no).where(BankStatement.account == statement.account, BankStatement.last_on == begins)
    first = begins if session.scalar(before.limit(1)) is not None else statement.first_on
    listed = select(StatementLine.row_no).where(StatementLine.transaction_seq == Transaction.seq).exists()
    query = select(Transaction).where(
        Transaction.account == statement.account,
        Transaction.business_date.between(first, statement.last_on - _NEAR),
        ~listed,
    )
    lacking: Sequence[Transaction] = session.scalars(query.order_by(Transaction.seq)).all()
    for one in lacking:
        cases.open_case(
            session, kind=cases.BANK_LACKS, subject_id=one.id, payee_id=one.payee_id, reason="not in the statement",
            now=now,
        )  # fmt: skip
    return len(lacking)


def _close_found(session: Session, statement: BankStatement, *, now: datetime, actor: str) -> None:
    query = (
        select(Transaction.id)
        .join(StatementLine, StatementLine.transaction_seq == Transaction.seq)
        .join(Case, (Case.subject_id == Transaction.id) & Case.closed_at.is_(None))
        .where(StatementLine.statement_no == statement.no, Case.kind == cases.BANK_LACKS)
    )
    for subject_id in session.scalars(query).all():
        cases.close_cases(session, kind=cases.BANK_LACKS, subject_id=subject_id, actor=actor, now=now)


def lines_by_outcome(session: Session, statement: BankStatement) -> Mapping[str, tuple[int, int]]:
    """Return how many lines had which outcome, and what they come to."""
    query = select(StatementLine.outcome, func.count(), func.sum(StatementLine.amount_minor))
    mine = query.where(StatementLine.statement_no == statement.no).group_by(StatementLine.outcome)
    return {outcome: (int(count), int(amount)) for outcome, count, amount in session.execute(mine)}
