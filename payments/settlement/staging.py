"""Writing the rows of a file as fast as the engine takes them: COPY on PostgreSQL, some at a time on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, repeat
from typing import Any, Final

from sqlalchemy.orm import Session

from payments.settlement.reading import Chunk
from payments.settlement.tables import FileRow

_COLUMNS: Final = (
    "file_no", "row_no", "type", "provider_txn_id", "merchant_ref", "original_ref", "amount_minor", "fee_minor",
    "net_minor", "txn_time", "batch_id", "status",
)  # fmt: skip
_NAMES: Final = ", ".join(_COLUMNS)
_TABLE: Final = FileRow.__tablename__
# So many rows one statement of SQLite takes: each statement has a price, and so has each place for a value.
_AT_ONCE: Final = 40
# A million rows are looked up in an index of as many: with SQLite's own 2 MB each look-up would be a read.
_CACHE_KIB: Final = 262_144
# So much of the file SQLite reads where the system has it, without copying each page.
_MAPPED: Final = 1 << 30
# What COPY's text form gives a meaning of its own.
_MEANT_BY_COPY: Final = ("\\", "\t", "\n", "\r")

# What a provider writes as it likes.
_FREE: Final = ("provider_txn_id", "merchant_ref", "original_ref", "txn_time", "batch_id")

_Column = Iterable[Any]


@contextmanager
def staging(session: Session, *, file_no: int) -> Iterator[Callable[[Chunk], None]]:
    """Give what writes a chunk into the rows of a file; PostgreSQL takes them all in one COPY, beside our reading."""
    connection = session.connection()
    raw: Any = connection.connection.dbapi_connection
    cursor = raw.cursor()
    try:
        if connection.dialect.name == "postgresql":
            with cursor.copy(f"COPY {_TABLE} ({_NAMES}) FROM STDIN") as copy:
                yield lambda chunk: _copy(copy, file_no, chunk)
        else:
            yield lambda chunk: _insert(cursor, _by_column(file_no, chunk), count=len(chunk))
    finally:
        cursor.close()


def make_room(session: Session) -> None:
    """Give the engine memory for the look-ups of this import; SQLite's connection keeps it, and uses it only then."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.exec_driver_sql(f"PRAGMA mmap_size = {_MAPPED}")
    else:
        connection.exec_driver_sql(f"SET LOCAL work_mem = '{_CACHE_KIB}kB'")
        connection.exec_driver_sql("SET LOCAL jit = off")  # it compiles what runs once


def describe(session: Session, table: str) -> None:
    """Let PostgreSQL look at a table's new rows: it would take this file for a few, and join them one by one."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ANALYZE {table}")


def _copy(copy: Any, file_no: int, chunk: Chunk) -> None:
    columns = _by_column(file_no, chunk)
    if any(mark in "".join(chunk.columns[name]) for name in _FREE for mark in _MEANT_BY_COPY):
        for row in zip(*columns, strict=False):  # the first repeats for ever
            copy.write_row(row)
        return
    texts = (
        column if isinstance(column, list | tuple) and isinstance(column[0], str) else map(str, column)
        for column in columns
    )
    copy.write("\n".join(map("\t".join, zip(*texts, strict=False))) + "\n")


def _by_column(file_no: int, chunk: Chunk) -> tuple[_Column, ...]:
    columns = chunk.columns
    return (
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
    )


def _insert(cursor: Any, columns: Sequence[_Column], *, count: int) -> None:
    """Insert rows, many in a statement; what all of them have in common is handed over once for each statement."""
    same: list[Any] = []
    places: list[int] = []  # of each column: of its one value for all rows, or 0
    differing: list[_Column] = []
    for column in columns:
        one = _only_value(column)
        if one is None:
            differing.append(column)
        else:
            same.extend(one)
        places.append(0 if one is None else len(same))
    flat = list(chain.from_iterable(zip(*differing, strict=True)))
    whole = count - count % _AT_ONCE
    for begins, ends, rows in ((0, whole, _AT_ONCE), (whole, count, count - whole)):
        if begins == ends:
            continue
        width = len(differing)
        parts = range(begins * width, ends * width, rows * width)
        statement = f"INSERT INTO {_TABLE} ({_NAMES}) VALUES {_marks(places, rows)}"  # noqa: S608  own names
        cursor.executemany(statement, [(*same, *flat[at : at + rows * width]) for at in parts])


def _only_value(column: _Column) -> list[Any] | None:
    """Return the value that all rows have in this column, alone in a list; None if they differ."""
    if isinstance(column, repeat):
        return [next(column)]
    if isinstance(column, list | tuple) and column.count(column[0]) == len(column):
        return [column[0]]
    return None


def _marks(places: Sequence[int], rows: int) -> str:
    free = max(places)
    lines = []
    for _ in range(rows):
        line = []
        for place in places:
            free += not place
            line.append(f"?{place or free}")
        lines.append(f"({', '.join(line)})")
    return ", ".join(lines)
