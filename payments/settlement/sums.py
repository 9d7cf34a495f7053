"""What a file's rows come to, by account, outcome and batch: grouped by the engine, on SQLite without sorting them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import index
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from payments.settlement.tables import FileRow, Match, SettlementFile

_KEPT: Final = """
CREATE TEMP TABLE pay_settlement_sums (
    account_id INTEGER NOT NULL, outcome INTEGER NOT NULL, fee INTEGER NOT NULL, net INTEGER NOT NULL,
    PRIMARY KEY (account_id, outcome)
) WITHOUT ROWID
"""
_ADDED: Final = """
INSERT INTO temp.pay_settlement_sums AS s
SELECT coalesce(m.account_id, 0), m.outcome, r.fee_minor, r.net_minor
FROM pay_settlement_rows r JOIN pay_settlement_matches m ON m.file_no = r.file_no AND m.row_no = r.row_no
WHERE r.file_no = :file_no
ON CONFLICT DO UPDATE SET fee = s.fee + excluded.fee, net = s.net + excluded.net
"""

# Batch, account, outcome, fee, net.
Sum = tuple[str, int | None, int, int, int]


def of_file(session: Session, file: SettlementFile, batches: Sequence[str]) -> Iterator[Sum]:
    """Yield fee and net of each batch, account and outcome of a matched file."""
    if len(batches) == 1 and session.get_bind().dialect.name == "sqlite":
        return _of_one_batch(session, file, batches[0])
    by_row = (FileRow.file_no == Match.file_no) & (FileRow.row_no == Match.row_no)
    keys = (FileRow.batch_id, Match.account_id, Match.outcome)
    query = (
        select(*keys, func.sum(FileRow.fee_minor), func.sum(FileRow.net_minor))
        .join(Match, by_row)
        .where(FileRow.file_no == file.no)
        .group_by(*keys)
    )
    found = session.execute(query)
    return ((batch_id, account, outcome, int(fee), int(net)) for batch_id, account, outcome, fee, net in found)


def own_fees(session: Session, file: SettlementFile) -> Mapping[str, int]:
    """Return by batch what a file's fees without a payment come to."""
    query = select(FileRow.batch_id, func.sum(FileRow.net_minor)).group_by(FileRow.batch_id)
    fees = query.where(FileRow.file_no == file.no, FileRow.type == "fee")
    return {batch_id: int(net) for batch_id, net in session.execute(fees)}


def _of_one_batch(session: Session, file: SettlementFile, batch_id: str) -> Iterator[Sum]:
    """Add each row to the sum of its account and outcome: SQLite would sort a million rows to group them."""
    session.execute(text(_KEPT))
    session.execute(text(_ADDED), {"file_no": file.no})
    found = session.execute(text("SELECT account_id, outcome, fee, net FROM temp.pay_settlement_sums")).all()
    session.execute(text("DROP TABLE temp.pay_settlement_sums"))
    for account_id, outcome, fee, net in found:
        # A sum beyond 64 bits would have become a fraction: `index` raises then.
        yield batch_id, account_id or None, outcome, index(fee), index(net)
