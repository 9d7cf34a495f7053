"""Importing a settlement file in one transaction: all of it or nothing, and the same bytes once for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.days import business_date
from payments.settlement import comparing, payouts
from payments.settlement.differences import note_differences
from payments.settlement.errors import KeyDiffers
from payments.settlement.payouts import take_turn
from payments.settlement.reading import FileReader, Totals
from payments.settlement.staging import describe, make_room, staging
from payments.settlement.tables import Difference, FileRow, Match, Outcome, SettlementFile
from payments.types import new_id

_MOST_NAME, _MOST_WAIVER = 200, 200
# So many chunks are read while those before them are matched.
PORTION = 25
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to: the file, its rows, how many had which outcome, whether it was known before."""

    file_id: str
    rows: int
    counts: Mapping[str, int]
    already_imported: bool

    def as_json(self) -> dict[str, Any]:
        """Return the figures as the command prints them."""
        return {"rows": self.rows, **self.counts, "already_imported": self.already_imported}


def import_file(
    session: Session,
    *,
    path: Path,
    provider: str,
    now: datetime,
    actor: str,
    given: Totals | None = None,
    waiver: str | None = None,
    progress: Progress | None = None,
) -> Imported:
    """Read, store and match a provider's file of a day, book its fees, and expect its payouts.

    `given` is count and net from the covering letter, `waiver` a person's reason to go without them. Raises FileRefused
    and stores nothing then, provided that the caller rolls back.
    """
    sha256 = sha256_of(path)
    take_turn(session, now=now)
    known = session.scalar(select(SettlementFile).where(SettlementFile.sha256 == sha256))
    if known is not None:
        return Imported(known.id, known.rows, known.counts, already_imported=True)
    reader = FileReader(path, provider=provider, given=given, waived=bool(waiver))
    file = SettlementFile(
        id=new_id("sf"), provider=provider, business_date=business_date(now), sha256=sha256,
        name=path.name[:_MOST_NAME], rows=0, amount_minor=0, fee_minor=0, net_minor=0, counts={},
        waiver=waiver[:_MOST_WAIVER] if waiver else None, imported_at=now, imported_by=actor,
    )  # fmt: skip
    session.add(file)
    session.flush()
    _stage_all(session, file, reader, progress)
    comparing.compare(session, file, repeats=reader.repeats)
    note_differences(session, file, now=now)
    payouts.expect(session, file, settles=reader.settles, now=now, actor=actor)
    file.counts = _counts(session, file)
    session.flush()
    payouts.take_bank_lines(session, now=now, actor=actor)
    return Imported(file.id, file.rows, file.counts, already_imported=False)


def _stage_all(session: Session, file: SettlementFile, reader: FileReader, progress: Progress | None) -> None:
    """Store and match all rows; SQLite matches what is stored while the next rows are read, on a processor of its own.

    PostgreSQL, a process of its own, stores beside our reading, and joins best at once.
    """
    make_room(session)
    connection = session.connection()
    match = partial(comparing.match_by_id, connection, file_no=file.no, provider=file.provider)
    day = reader.day if connection.dialect.name == "sqlite" else None
    chunks = reader.chunks()
    with staging(session, file_no=file.no) as stage, ThreadPoolExecutor(1) as beside:
        matching: Future[None] | None = None
        while portion := list(islice(chunks, PORTION)):
            if matching is not None:
                matching.result()  # one at a time has the connection
            for chunk in portion:
                stage(chunk)
                if progress is not None:
                    progress(chunk.last_row)
            if day is not None:
                rows = {"first_row": portion[0].first_row, "last_row": portion[-1].last_row}
                matching = beside.submit(match, day=day, **rows)
        if matching is not None:
            matching.result()
    own_day, totals = reader.finish()
    if reader.repeats:
        _require_equal_repeats(session, file)
    file.business_date, file.rows, file.net_minor = own_day, totals.rows, totals.net
    file.amount_minor, file.fee_minor = totals.amount or 0, totals.fee or 0
    session.flush()
    if day is None:
        describe(session, FileRow.__tablename__)
        match(day=own_day, first_row=1, last_row=totals.rows)
    describe(session, Match.__tablename__)


def _require_equal_repeats(session: Session, file: SettlementFile) -> None:
    """Refuse a file in which one transaction stands twice with other figures."""
    figures = [func.min(column) != func.max(column) for column in (FileRow.amount_minor, FileRow.fee_minor)]
    differs = figures[0] | figures[1] | (func.min(FileRow.net_minor) != func.max(FileRow.net_minor))
    query = (
        select(FileRow.provider_txn_id)
        .where(FileRow.file_no == file.no, FileRow.provider_txn_id != "")
        .group_by(FileRow.type, FileRow.provider_txn_id)
        .having(func.count() > 1)
        .having(differs)
    )
    other = session.scalar(query.limit(1))
    if other is not None:
        raise KeyDiffers(provider_txn_id=other)


def _counts(session: Session, file: SettlementFile) -> dict[str, int]:
    found = comparing.count_outcomes(session, file)
    lacking = select(func.count()).where(
        Difference.file_no == file.no, Difference.outcome == Outcome.MISSING_AT_PROVIDER.value
    )
    found[Outcome.MISSING_AT_PROVIDER] = session.scalar(lacking) or 0
    order = (
        Outcome.MATCHED, Outcome.MISSING_AT_PROVIDER, Outcome.MISSING_HERE, Outcome.AMOUNT_DIFFERS,
        Outcome.STATUS_DIFFERS, Outcome.DUPLICATE, Outcome.WRONG_DAY,
    )  # fmt: skip
    return {outcome.word: found.get(outcome.value, 0) for outcome in order}


def sha256_of(path: Path) -> str:
    """Return by what the bytes of a file are known."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
