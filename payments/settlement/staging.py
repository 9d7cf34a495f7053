"""Writing the rows of a file as fast as the engine takes them: COPY on PostgreSQL, one prepared statement on SQLite."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from typing import Any, Final

from sqlalchemy.orm import Session

from payments.settlement.reading import Chunk
from payments.settlement.tables import FileRow

_COLUMNS: Final = (
    "file_no", "row_no", "type", "provider_txn_id", "merchant_ref", "original_ref", "amount_minor", "fee_minor",
    "net_minor", "txn_time", "batch_id", "status",
)  # fmt: skip
_NAMES: Final = ", ".join(_COLUMNS)
_MARKS: Final = ", ".join("?" * len(_COLUMNS))
_TABLE: Final = FileRow.__tablename__
# A million rows are looked up in an index of as many: with SQLite's own 2 MB each look-up would be a read.
_CACHE_KIB: Final = 262_144


def stage(session: Session, *, file_no: int, chunk: Chunk) -> None:
    """Write one chunk into the rows of a file."""
    columns = chunk.columns
    rows = zip(
        repeat(file_no),
        range(chunk.first_row, chunk.first_row + len(chunk)),
        columns["type"],
        columns["provider_txn_id"],
        columns["merchant_ref"],
        columns["original_ref"],
        chunk.amounts,
        chunk.fees,
        chunk.nets,
        columns["txn_time"],
        columns["batch_id"],
        columns["status"],
        strict=False,  # the first repeats for ever; the others were measured when they were read
    )
    _write(session, rows)


def make_room(session: Session) -> None:
    """Give SQLite memory for the look-ups of this import; the connection keeps it, and uses it only then."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")


def _write(session: Session, rows: Iterable[tuple[Any, ...]]) -> None:
    connection = session.connection()
    raw: Any = connection.connection.dbapi_connection
    cursor = raw.cursor()
    try:
        if connection.dialect.name == "postgresql":
            with cursor.copy(f"COPY {_TABLE} ({_NAMES}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {_TABLE} ({_NAMES}) VALUES ({_MARKS})", rows)  # noqa: S608  own names
    finally:
        cursor.close()
