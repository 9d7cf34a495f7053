"""The first way: a file's payments against ours by the gateway's id of each, joined as two tables in memory.

Each that met one of ours leaves a row of integers. An import reads our side once: a join by an index would look a
million rows up one by one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl
from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from payments.booking import PAYMENT
from payments.models import Account, Transaction
from payments.settlement.comparing import OK, is_account
from payments.settlement.met import Met
from payments.settlement.staging import storing
from payments.settlement.tables import Match, Outcome, SettlementFile

_NEAR: Final = timedelta(days=1)
# So many at once are asked for by their ids, or written.
_AT_ONCE: Final = 20_000
_OURS: Final = {
    "provider_txn_id": pl.String, "transaction_seq": pl.Int64, "account_id": pl.Int64, "ours_minor": pl.Int64,
    "of_day": pl.Int64,
}  # fmt: skip


def match_by_id(session: Session, file: SettlementFile, rows: pl.DataFrame) -> Met:
    """Note what each payment of a file met: one of ours about the file's day, as nearly all do, or of any other day.

    `rows` are all rows of the file (met.COLUMNS). Where a transaction stands twice, the first row counts.
    """
    day = file.business_date
    named = (pl.col("type") == PAYMENT) & (pl.col("provider_txn_id") != "")
    payments = rows.lazy().filter(named).select("row_no", "provider_txn_id", "status", "amount_minor").collect()
    found = _judged(payments, _ours(session, file, Transaction.business_date.between(day - _NEAR, day + _NEAR)))
    rest = payments.join(found, on="row_no", how="anti")
    found = pl.concat([found, *(_judged(some, _named(session, file, some)) for some in rest.iter_slices(_AT_ONCE))])
    met = Met(rows, found.sort("row_no"))
    met.mark_duplicates(met.matches.filter(~pl.col("transaction_seq").is_first_distinct())["row_no"])
    with storing(session, Match) as ready:
        for some in met.matches.iter_slices(_AT_ONCE):
            ready(some.with_columns(file_no=pl.lit(file.no)))()
    return met


def _named(session: Session, file: SettlementFile, payments: pl.DataFrame) -> pl.DataFrame:
    return _ours(session, file, Transaction.provider_txn_id.in_(payments["provider_txn_id"].to_list()))


def _ours(session: Session, file: SettlementFile, which: ColumnElement[bool]) -> pl.DataFrame:
    """Return payments of ours at the file's gateway; as one text, since a million rows would be a million objects."""
    quoted = func.replace(Transaction.provider_txn_id, '"', '""')
    of_day = case((Transaction.business_date == file.business_date, 1), else_=0)
    written = func.printf if session.get_bind().dialect.name == "sqlite" else func.format
    line = written('"%s",%s,%s,%s,%s', quoted, Transaction.seq, Account.id, Transaction.amount_minor, of_day)
    query = (
        select(func.aggregate_strings(line, "\n"))
        .join_from(Transaction, Account, is_account(file.provider))
        .where(Transaction.provider == file.provider, Transaction.kind == PAYMENT, which)
    )
    return pl.read_csv((session.scalar(query) or "").encode(), has_header=False, schema=_OURS, raise_if_empty=False)


def _judged(payments: pl.DataFrame, ours: pl.DataFrame) -> pl.DataFrame:
    """Return the matches; the same judgement as `outcome_of`, over a whole table."""
    outcome = (
        pl.when(pl.col("status") != OK).then(Outcome.STATUS_DIFFERS.value)
        .when(pl.col("amount_minor") != pl.col("ours_minor")).then(Outcome.AMOUNT_DIFFERS.value)
        .when(pl.col("of_day") == 1).then(Outcome.MATCHED.value)
        .otherwise(Outcome.WRONG_DAY.value)
    )  # fmt: skip
    both = payments.join(ours, on="provider_txn_id")
    return both.select("row_no", "transaction_seq", "account_id", outcome.alias("outcome"))
