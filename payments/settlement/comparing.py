"""The second way: what a file's rows met that `joining` did not know by their id, and what another file has, too.

Without a known id our reference, the amount and the day ± 1 decide. Each row that met something leaves one row of
integers; what agrees with nothing is for `differences`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, exists, func, insert, literal, select, update
from sqlalchemy.orm import Session, aliased

from payments.booking import PAYMENT
from payments.models import Account, Attempt, Transaction
from payments.money import VND
from payments.settlement.tables import Difference, FileRow, Match, Outcome, SettlementFile

if TYPE_CHECKING:
    from payments.settlement.met import Met

_CHUNK = 500
OK = "ok"


def compare(session: Session, file: SettlementFile, met: Met) -> None:
    """Match what of a staged file has met nothing by its id; rows that another file has count there."""
    if not met.is_whole:
        describe(session)
        _match_by_reference(session, file, met)
    file.first_seq, file.last_seq = met.seqs
    session.flush()
    _mark_other_files(session, file, met)


def unmet(session: Session, file: SettlementFile, *, after: int, limit: int) -> Sequence[FileRow]:
    """Return the next rows behind a number that have met nothing yet, in their order."""
    met = exists().where(Match.file_no == FileRow.file_no, Match.row_no == FileRow.row_no)
    query = select(FileRow).where(FileRow.file_no == file.no, FileRow.row_no > after, ~met)
    return session.scalars(query.order_by(FileRow.row_no).limit(limit)).all()


def missing_at_provider(session: Session, file: SettlementFile, met: Met) -> Sequence[tuple[Transaction, int]]:
    """Return our payments of the file's day that no file has, with their account in the journal.

    What an earlier file of the day lacked, too, is not told a second time.
    """
    day = and_(
        Transaction.provider == file.provider,
        Transaction.business_date == file.business_date,
        Transaction.kind == PAYMENT,
    )
    ours = session.scalar(select(func.count()).select_from(Transaction).where(day)) or 0
    if ours == met.agreeing():  # each of them is of this day, and stands there once
        return ()
    anywhere = (
        select(Match.transaction_seq)
        .join(SettlementFile, SettlementFile.no == Match.file_no)
        .where(SettlementFile.provider == file.provider, Match.transaction_seq.is_not(None))
    )
    told = exists().where(Difference.transaction_seq == Transaction.seq, Difference.row_no.is_(None))
    query = (
        select(Transaction, Account.id)
        .join(Account, is_account(file.provider))
        .where(day, Transaction.seq.not_in(anywhere), ~told)
        .order_by(Transaction.seq)
    )
    return [(transaction, account_id) for transaction, account_id in session.execute(query)]


def note_matches(session: Session, file: SettlementFile, met: Met, matches: Sequence[Mapping[str, Any]]) -> None:
    """Write what further rows met, or what became of them."""
    if matches:
        session.execute(insert(Match), [{"file_no": file.no, **one} for one in matches])
        met.note(matches)


def describe(session: Session) -> None:
    """Let PostgreSQL look at the new rows before it joins them: it would take a file for a few, one by one."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        for model in (FileRow, Match):
            connection.exec_driver_sql(f"ANALYZE {model.__tablename__}")


def outcome_of(row: FileRow, transaction: Transaction, *, day: date) -> Outcome:
    """Judge one row by the transaction that it names."""
    if row.status != OK:
        return Outcome.STATUS_DIFFERS
    if row.amount_minor != transaction.amount_minor:
        return Outcome.AMOUNT_DIFFERS
    return Outcome.MATCHED if transaction.business_date == day else Outcome.WRONG_DAY


def counts_in_another(session: Session, file: SettlementFile, transaction: Transaction) -> bool:
    """Say whether another file of the provider has a transaction already, and it counts there."""
    query = (
        select(Match.row_no)
        .join(SettlementFile, SettlementFile.no == Match.file_no)
        .where(
            SettlementFile.provider == file.provider,
            SettlementFile.no != file.no,
            SettlementFile.first_seq <= transaction.seq,
            SettlementFile.last_seq >= transaction.seq,
            Match.transaction_seq == transaction.seq,
            Match.outcome != Outcome.DUPLICATE,
        )
    )
    return session.scalar(query.limit(1)) is not None


def account_of(session: Session, transaction: Transaction) -> int | None:
    """Return the number of the journal's account on which a transaction stands."""
    return account_id(session, transaction.payee_id, f"provider:{transaction.provider}")


def account_id(session: Session, payee_id: str, name: str) -> int | None:
    """Return the number of a payee's account in đồng, if anything ever stood on it."""
    query = select(Account.id).where(Account.payee_id == payee_id, Account.name == name, Account.currency == VND)
    return session.scalar(query)


def is_account(provider: str) -> ColumnElement[bool]:
    """Return which account of the journal a transaction of a provider stands on."""
    return and_(
        Account.payee_id == Transaction.payee_id,
        Account.name == f"provider:{provider}",
        Account.currency == Transaction.currency,
    )


def _mark_other_files(session: Session, file: SettlementFile, met: Met) -> None:
    """Count a transaction that another file has once: there it stays, here it is a duplicate."""
    if file.first_seq is None or file.last_seq is None:
        return
    others = session.scalars(
        select(SettlementFile).where(
            SettlementFile.provider == file.provider,
            SettlementFile.no != file.no,
            SettlementFile.last_seq >= file.first_seq,
            SettlementFile.first_seq <= file.last_seq,
        )
    ).all()
    if others:
        describe(session)
    for other in others:
        own, there = aliased(Match), aliased(Match)
        low = max(file.first_seq, other.first_seq or 0)
        again = (
            select(own.row_no)
            .join(there, there.transaction_seq == own.transaction_seq)
            .where(
                own.file_no == file.no,
                own.transaction_seq >= low,
                there.file_no == other.no,
                there.transaction_seq >= low,
                there.outcome != Outcome.DUPLICATE,
            )
        )
        _mark_duplicates(session, file, met, list(session.scalars(again)))


def _mark_duplicates(session: Session, file: SettlementFile, met: Met, row_nos: Sequence[int]) -> None:
    met.mark_duplicates(row_nos)
    for at in range(0, len(row_nos), _CHUNK):
        session.execute(
            update(Match)
            .where(Match.file_no == file.no, Match.row_no.in_(row_nos[at : at + _CHUNK]))
            .values(outcome=Outcome.DUPLICATE.value),
            execution_options={"synchronize_session": False},
        )


def _match_by_reference(session: Session, file: SettlementFile, met: Met) -> None:
    """Match rows whose id we don't know by our reference, the amount and the day ± 1."""
    query = (
        select(FileRow, Transaction)
        .join(Attempt, and_(Attempt.gateway == literal(file.provider), Attempt.merchant_ref == FileRow.merchant_ref))
        .join(Transaction, and_(Transaction.attempt_id == Attempt.id, Transaction.amount_minor == FileRow.amount_minor))
        .where(
            FileRow.file_no == file.no,
            FileRow.type == PAYMENT,
            FileRow.merchant_ref != "",
            Transaction.kind == PAYMENT,
            ~exists().where(Match.file_no == FileRow.file_no, Match.row_no == FileRow.row_no),
        )
        .order_by(FileRow.row_no, Transaction.seq)
    )
    found: dict[int, dict[str, Any]] = {}
    seqs = set[int]()
    for row, transaction in session.execute(query).all():
        near = abs(transaction.business_date - file.business_date) <= timedelta(days=1)
        if not near or row.row_no in found or transaction.seq in seqs or met.has_met(transaction.seq):
            continue
        seqs.add(transaction.seq)
        found[row.row_no] = {
            "row_no": row.row_no, "transaction_seq": transaction.seq,
            "account_id": account_of(session, transaction),
            "outcome": outcome_of(row, transaction, day=file.business_date).value,
        }  # fmt: skip
    note_matches(session, file, met, list(found.values()))
