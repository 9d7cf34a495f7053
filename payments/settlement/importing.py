"""Importing a settlement file in one transaction: all of it or nothing, and the same bytes once for ever."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.days import business_date
from payments.settlement import comparing, joining, payouts
from payments.settlement.differences import note_differences
from payments.settlement.errors import KeyDiffers
from payments.settlement.lines import sha256_of
from payments.settlement.met import COLUMNS, Met
from payments.settlement.payouts import take_turn
from payments.settlement.reading import FileReader
from payments.settlement.staging import make_room, storing
from payments.settlement.tables import Difference, FileRow, Outcome, SettlementFile
from payments.settlement.totals import Totals
from payments.types import new_id

_MOST_NAME, _MOST_WAIVER = 200, 200
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
    met = _stage_all(session, file, reader, progress)
    comparing.compare(session, file, met)
    note_differences(session, file, met, now=now)
    payouts.expect(session, file, met, settles=reader.settles, now=now, actor=actor)
    file.counts = _counts(session, file, met)
    session.flush()
    payouts.take_bank_lines(session, now=now, actor=actor)
    return Imported(file.id, file.rows, file.counts, already_imported=False)


def _stage_all(session: Session, file: SettlementFile, reader: FileReader, progress: Progress | None) -> Met:
    """Store all rows, a chunk beside the reading of the next, and match them."""
    make_room(session)
    kept: list[pl.DataFrame] = []
    with storing(session, FileRow) as ready, ThreadPoolExecutor(1) as beside:
        writing: Future[None] | None = None
        for rows in reader.chunks():
            write = ready(rows.with_columns(file_no=pl.lit(file.no)))
            if writing is not None:
                writing.result()  # one at a time has the connection
            writing = beside.submit(write)
            kept.append(rows.select(COLUMNS))
            if progress is not None:
                progress(rows["row_no"][-1])
        if writing is not None:
            writing.result()
    day, totals = reader.finish()
    rows = pl.concat(kept)
    if reader.repeats:
        _require_equal_repeats(rows)
    file.business_date, file.rows, file.net_minor = day, totals.rows, totals.net
    file.amount_minor, file.fee_minor = totals.amount or 0, totals.fee or 0
    session.flush()
    return joining.match_by_id(session, file, rows)


def _require_equal_repeats(rows: pl.DataFrame) -> None:
    """Refuse a file in which one transaction stands twice with other figures."""
    key = ("type", "provider_txn_id")
    known = rows.filter(pl.col("provider_txn_id") != "").unique((*key, "amount_minor", "fee_minor", "net_minor"))
    differing = known.filter(pl.struct(key).is_duplicated())
    if not differing.is_empty():
        raise KeyDiffers(provider_txn_id=differing["provider_txn_id"].min())


def _counts(session: Session, file: SettlementFile, met: Met) -> dict[str, int]:
    found = met.counts()
    lacking = select(func.count()).where(
        Difference.file_no == file.no, Difference.outcome == Outcome.MISSING_AT_PROVIDER.value
    )
    found[Outcome.MISSING_AT_PROVIDER] = session.scalar(lacking) or 0
    order = (
        Outcome.MATCHED, Outcome.MISSING_AT_PROVIDER, Outcome.MISSING_HERE, Outcome.AMOUNT_DIFFERS,
        Outcome.STATUS_DIFFERS, Outcome.DUPLICATE, Outcome.WRONG_DAY,
    )  # fmt: skip
    return {outcome.word: found.get(outcome.value, 0) for outcome in order}
