"""The first two of three ways: a file's rows against our transactions and their accounts in the journal, in SQL.

Key: the provider's transaction id; else our reference, the amount and the day ± 1. Each row that met something leaves
one row of integers; what agrees with nothing is for `differences`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Date, and_, bindparam, exists, func, literal, select, text, update
from sqlalchemy.orm import Session, aliased

from payments.booking import PAYMENT
from payments.models import Account, Attempt, Transaction
from payments.money import VND
from payments.settlement.tables import FileRow, Match, Outcome, SettlementFile

_CHUNK = 500
_OK = "ok"
_BY_ID = """
INSERT INTO pay_settlement_matches (file_no, row_no, transaction_seq, account_id, outcome)
SELECT r.file_no, r.row_no, t.seq, a.id,
    CASE WHEN r.status <> :ok THEN CAST(:status AS INTEGER)
        WHEN r.amount_minor <> t.amount_minor THEN CAST(:amount AS INTEGER)
        WHEN t.business_date <> :day THEN CAST(:other_day AS INTEGER)
        ELSE CAST(:matched AS INTEGER) END
FROM pay_settlement_rows r
{join} pay_transactions t {indexed}
    ON t.provider = :provider AND t.provider_txn_id = r.provider_txn_id AND t.kind = :payment
{join} pay_accounts a ON a.payee_id = t.payee_id AND a.name = :account AND a.currency = 'VND'
WHERE r.file_no = :file_no AND r.row_no BETWEEN :first_row AND :last_row AND r.type = :payment
"""


def match_by_id(
    connection: Connection, *, file_no: int, provider: str, day: date, first_row: int, last_row: int
) -> None:
    """Join staged rows with as many transactions in one statement; the same judgement as `outcome_of`, said in SQL."""
    # SQLite would take the unique key, and then read each transaction; or begin with the accounts.
    sqlite = {"join": "CROSS JOIN", "indexed": "INDEXED BY ix_pay_transactions_settling"}
    own = sqlite if connection.dialect.name == "sqlite" else {"join": "JOIN", "indexed": ""}
    statement = text(_BY_ID.format(**own)).bindparams(bindparam("day", type_=Date))
    given = {
        "file_no": file_no, "provider": provider, "day": day, "first_row": first_row, "last_row": last_row,
        "payment": PAYMENT, "ok": _OK, "account": f"provider:{provider}", "status": Outcome.STATUS_DIFFERS.value,
        "amount": Outcome.AMOUNT_DIFFERS.value, "other_day": Outcome.WRONG_DAY.value, "matched": Outcome.MATCHED.value,
    }  # fmt: skip
    connection.execute(statement, given)


def compare(session: Session, file: SettlementFile, *, repeats: bool) -> None:
    """Match what of a staged file has met nothing by its id; rows twice in it or in another file count once."""
    if repeats:
        _mark_repeats(session, file)
    _match_by_reference(session, file)
    first, last = session.execute(
        select(func.min(Match.transaction_seq), func.max(Match.transaction_seq)).where(Match.file_no == file.no)
    ).one()
    file.first_seq, file.last_seq = first, last
    session.flush()
    _mark_other_files(session, file)


def count_outcomes(session: Session, file: SettlementFile) -> dict[int, int]:
    """Return how many rows of a file met what."""
    query = select(Match.outcome, func.count()).where(Match.file_no == file.no).group_by(Match.outcome)
    return {outcome: int(count) for outcome, count in session.execute(query)}


def has_unmet(session: Session, file: SettlementFile) -> bool:
    """Say whether any row of a file has met nothing yet; counting is quicker than looking for one."""
    met = session.scalar(select(func.count()).select_from(Match).where(Match.file_no == file.no))
    return met != file.rows


def unmet(session: Session, file: SettlementFile, *, after: int, limit: int) -> Sequence[FileRow]:
    """Return the next rows behind a number that have met nothing yet, in their order."""
    met = exists().where(Match.file_no == FileRow.file_no, Match.row_no == FileRow.row_no)
    query = select(FileRow).where(FileRow.file_no == file.no, FileRow.row_no > after, ~met)
    return session.scalars(query.order_by(FileRow.row_no).limit(limit)).all()


def missing_at_provider(session: Session, file: SettlementFile) -> Sequence[tuple[Transaction, int]]:
    """Return our payments of the file's day that no file has, with their account in the journal."""
    day = and_(
        Transaction.provider == file.provider,
        Transaction.business_date == file.business_date,
        Transaction.kind == PAYMENT,
    )
    ours = session.scalar(select(func.count()).select_from(Transaction).where(day)) or 0
    met = select(func.count()).where(
        Match.file_no == file.no, Match.outcome == Outcome.MATCHED, Match.transaction_seq.is_not(None)
    )
    if ours == session.scalar(met):  # each of them is of this day, and stands there once
        return ()
    anywhere = (
        select(Match.transaction_seq)
        .join(SettlementFile, SettlementFile.no == Match.file_no)
        .where(SettlementFile.provider == file.provider, Match.transaction_seq.is_not(None))
    )
    query = (
        select(Transaction, Account.id)
        .join(Account, _is_account(file.provider))
        .where(day, Transaction.seq.not_in(anywhere))
        .order_by(Transaction.seq)
    )
    return [(transaction, account_id) for transaction, account_id in session.execute(query)]


def record_met(
    session: Session, *, row: FileRow, transaction: Transaction, account_id: int | None, outcome: Outcome
) -> None:
    """Note what one row met."""
    session.add(
        Match(
            file_no=row.file_no, row_no=row.row_no, transaction_seq=transaction.seq, account_id=account_id,
            outcome=outcome,
        )
    )  # fmt: skip
    session.flush()


def outcome_of(row: FileRow, transaction: Transaction, *, day: date) -> Outcome:
    """Judge one row by the transaction that it names."""
    if row.status != _OK:
        return Outcome.STATUS_DIFFERS
    if row.amount_minor != transaction.amount_minor:
        return Outcome.AMOUNT_DIFFERS
    return Outcome.MATCHED if transaction.business_date == day else Outcome.WRONG_DAY


def account_of(session: Session, transaction: Transaction) -> int | None:
    """Return the number of the journal's account on which a transaction stands."""
    return account_id(session, transaction.payee_id, f"provider:{transaction.provider}")


def account_id(session: Session, payee_id: str, name: str) -> int | None:
    """Return the number of a payee's account in đồng, if anything ever stood on it."""
    query = select(Account.id).where(Account.payee_id == payee_id, Account.name == name, Account.currency == VND)
    return session.scalar(query)


def _is_account(provider: str) -> Any:
    return and_(
        Account.payee_id == Transaction.payee_id,
        Account.name == f"provider:{provider}",
        Account.currency == Transaction.currency,
    )


def _mark_repeats(session: Session, file: SettlementFile) -> None:
    """Count a transaction that stands twice in the file once: the first row stays, the others are duplicates."""
    first = (
        select(Match.transaction_seq.label("seq"), func.min(Match.row_no).label("row_no"))
        .where(Match.file_no == file.no)
        .group_by(Match.transaction_seq)
        .having(func.count() > 1)
        .subquery()
    )
    again = (
        select(Match.row_no)
        .join(first, first.c.seq == Match.transaction_seq)
        .where(Match.file_no == file.no, Match.row_no > first.c.row_no)
    )
    _mark_duplicates(session, file, list(session.scalars(again)))


def _mark_other_files(session: Session, file: SettlementFile) -> None:
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
        _mark_duplicates(session, file, list(session.scalars(again)))


def _mark_duplicates(session: Session, file: SettlementFile, row_nos: Sequence[int]) -> None:
    for at in range(0, len(row_nos), _CHUNK):
        session.execute(
            update(Match)
            .where(Match.file_no == file.no, Match.row_no.in_(row_nos[at : at + _CHUNK]))
            .values(outcome=Outcome.DUPLICATE.value),
            execution_options={"synchronize_session": False},
        )


def _match_by_reference(session: Session, file: SettlementFile) -> None:
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
    if not has_unmet(session, file):
        return
    rows, met = set[int](), set[int]()
    for row, transaction in session.execute(query).all():
        near = abs(transaction.business_date - file.business_date) <= timedelta(days=1)
        if not near or row.row_no in rows or transaction.seq in met or _is_met(session, file, transaction):
            continue
        rows.add(row.row_no)
        met.add(transaction.seq)
        record_met(
            session, row=row, transaction=transaction, account_id=account_of(session, transaction),
            outcome=outcome_of(row, transaction, day=file.business_date),
        )  # fmt: skip


def _is_met(session: Session, file: SettlementFile, transaction: Transaction) -> bool:
    query = select(Match.row_no).where(Match.file_no == file.no, Match.transaction_seq == transaction.seq)
    return session.scalar(query.limit(1)) is not None
