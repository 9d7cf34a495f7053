"""What does not agree yet, to be worked through or kept as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from payments.models import Transaction
from payments.settlement.tables import Difference, FileRow, SettlementFile
from payments.states import DifferenceState

_AT_ONCE = 1_000
_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])


def open_differences(
    session: Session,
    *,
    payee_ids: Sequence[str] | None = None,
    file_no: int | None = None,
    days: tuple[date, date] | None = None,
    limit: int | None = None,
) -> Iterator[tuple[Difference, SettlementFile, FileRow | None, Transaction | None]]:
    """Give what does not agree yet, oldest first: of some payees or of all, of one file or of some days' files."""
    query = (
        _open(select(Difference, SettlementFile, FileRow, Transaction), payee_ids, file_no)
        .join(SettlementFile, SettlementFile.no == Difference.file_no)
        .outerjoin(FileRow, (FileRow.file_no == Difference.file_no) & (FileRow.row_no == Difference.row_no))
        .outerjoin(Transaction, Transaction.seq == Difference.transaction_seq)
        .order_by(Difference.seq)
        .limit(limit)
    )  # fmt: skip
    if days is not None:
        query = query.where(SettlementFile.business_date.between(*days))
    yield from session.execute(query.execution_options(yield_per=_AT_ONCE))


def count_open(session: Session, *, payee_ids: Sequence[str] | None = None, file_no: int | None = None) -> int:
    """Return how many do not agree yet."""
    return session.scalar(_open(select(func.count(Difference.seq)), payee_ids, file_no)) or 0


def next_open(session: Session, *, payee_ids: Sequence[str] | None, after: str) -> str | None:
    """Return the id of what a person works on after another: the oldest that waits for no file."""
    query = _open(select(Difference.id), payee_ids, None).where(Difference.state == DifferenceState.OPEN)
    return session.scalar(query.where(Difference.id != after).order_by(Difference.seq).limit(1))


def _open(query: _Query, payee_ids: Sequence[str] | None, file_no: int | None) -> _Query:
    query = query.where(Difference.state.in_((DifferenceState.WAITING, DifferenceState.OPEN)))
    if payee_ids is not None:
        query = query.where(Difference.payee_id.in_(payee_ids))
    return query if file_no is None else query.where(Difference.file_no == file_no)
