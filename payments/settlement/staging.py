"""Writing the rows of a file as fast as the engine takes them: COPY on PostgreSQL, one prepared statement on SQLite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
# What COPY's text form gives a meaning of its own.
_MEANT_BY_COPY: Final = ("\\", "\t", "\n", "\r")

_Column = Iterable[Any]


def stage(session: Session, *, file_no: int, chunk: Chunk) -> None:
    """Write one chunk into the rows of a file."""
    columns = chunk.columns
    own = ("provider_txn_id", "merchant_ref", "original_ref", "txn_time", "batch_id")
    texts = {name: columns[name] for name in (*own, "type", "status")}
    numbers: Sequence[_Column] = (chunk.amounts, chunk.fees, chunk.nets)
    row_nos: _Column = range(chunk.first_row, chunk.first_row + len(chunk))
    connection = session.connection()
    raw: Any = connection.connection.dbapi_connection
    cursor = raw.cursor()
    try:
        if connection.dialect.name == "postgresql":
            with cursor.copy(f"COPY {_TABLE} ({_NAMES}) FROM STDIN") as copy:
                if any(mark in "".join(texts[name]) for name in own for mark in _MEANT_BY_COPY):
                    for row in _rows(file_no, row_nos, texts, numbers):
                        copy.write_row(row)
                else:
                    plain = [map(str, column) for column in numbers]
                    rows = _rows(str(file_no), map(str, row_nos), texts, plain)
                    copy.write("\n".join(map("\t".join, rows)) + "\n")
        else:
            rows = _rows(file_no, row_nos, texts, numbers)
            cursor.executemany(f"INSERT INTO {_TABLE} ({_NAMES}) VALUES ({_MARKS})", rows)  # noqa: S608  own names
    finally:
        cursor.close()


def make_room(session: Session) -> None:
    """Give SQLite memory for the look-ups of this import; the connection keeps it, and uses it only then."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")


def _rows(
    file_no: int | str, row_nos: _Column, texts: dict[str, Sequence[str]], numbers: Sequence[_Column]
) -> Iterable[tuple[Any, ...]]:
    return zip(
        repeat(file_no),
        row_nos,
        texts["type"],
        texts["provider_txn_id"],
        texts["merchant_ref"],
        texts["original_ref"],
        *numbers,
        texts["txn_time"],
        texts["batch_id"],
        texts["status"],
        strict=False,  # the first repeats for ever; the others were measured when they were read
    )
