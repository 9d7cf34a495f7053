"""Writing many rows as fast as the engine takes them: one COPY on PostgreSQL, some rows at a time on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from itertools import chain
from typing import Any, Final

import polars as pl
from sqlalchemy import String
from sqlalchemy.orm import Session

from payments.settlement.tables import FileRow, Match

# So many rows one statement of SQLite takes: each statement has a price, and so has each place for a value.
_AT_ONCE: Final = 40
# What is written lies in memory until the end: with SQLite's own 2 MB it would be written twice.
_CACHE_KIB: Final = 262_144
# So much of the file SQLite reads where the system has it, without copying each page.
_MAPPED: Final = 1 << 30

# What writes the rows that were made ready.
Write = Callable[[], None]


@contextmanager
def storing(session: Session, model: type[FileRow | Match]) -> Iterator[Callable[[pl.DataFrame], Write]]:
    """Give what makes rows ready, without the connection; what it returns writes them.

    Rows have all columns of the table. PostgreSQL takes all of them in one COPY, so nothing else is asked meanwhile.
    """
    columns = [column.name for column in model.__table__.columns]
    connection = session.connection()
    raw: Any = connection.connection.dbapi_connection
    cursor = raw.cursor()
    try:
        if connection.dialect.name == "postgresql":
            with cursor.copy(_copy(model)) as copy:
                yield lambda rows: partial(copy.write, _csv(rows.select(columns)))
        else:
            yield lambda rows: partial(_insert, cursor, *_statements(model.__tablename__, rows.select(columns)))
    finally:
        cursor.close()


def make_room(session: Session) -> None:
    """Give the engine memory for this import; SQLite's connection keeps it, and uses it only then."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.exec_driver_sql(f"PRAGMA mmap_size = {_MAPPED}")
    else:
        connection.exec_driver_sql(f"SET LOCAL work_mem = '{_CACHE_KIB}kB'")
        connection.exec_driver_sql("SET LOCAL jit = off")  # it compiles what runs once


def _copy(model: type[FileRow | Match]) -> str:
    names = [column.name for column in model.__table__.columns]
    texts = [column.name for column in model.__table__.columns if isinstance(column.type, String)]
    empty = f", FORCE_NOT_NULL ({', '.join(texts)})" if texts else ""  # an empty cell is no NULL
    return f"COPY {model.__tablename__} ({', '.join(names)}) FROM STDIN (FORMAT csv{empty})"


def _csv(rows: pl.DataFrame) -> memoryview:
    lines = BytesIO()
    rows.write_csv(lines, include_header=False)
    return lines.getbuffer()


def _statements(table: str, rows: pl.DataFrame) -> tuple[list[str], list[list[tuple[Any, ...]]]]:
    """Return statements that insert many rows each, and with each the values of its turns.

    What all rows have in common is handed over once for each turn.
    """
    if rows.is_empty():
        return [], []
    alike = rows.select((pl.all() == pl.all().first()).all() & (pl.len() > 1)).row(0)
    same = [rows[0, place] for place, one in enumerate(alike) if one]
    numbers = iter(range(1, len(same) + 1))
    places = [next(numbers) if one else 0 for one in alike]
    differing = [column.to_list() for column, one in zip(rows.iter_columns(), alike, strict=True) if not one]
    flat, width = list(chain.from_iterable(zip(*differing, strict=True))), len(differing)
    whole = rows.height - rows.height % _AT_ONCE
    texts, turns = [], []
    for begins, ends, count in ((0, whole, _AT_ONCE), (whole, rows.height, rows.height - whole)):
        if begins < ends:
            names = ", ".join(rows.columns)
            texts.append(f"INSERT INTO {table} ({names}) VALUES {_marks(places, count)}")  # noqa: S608  own names
            parts = range(begins * width, ends * width, count * width)
            turns.append([(*same, *flat[at : at + count * width]) for at in parts])
    return texts, turns


def _insert(cursor: Any, statements: list[str], turns: list[list[tuple[Any, ...]]]) -> None:
    for statement, values in zip(statements, turns, strict=True):
        cursor.executemany(statement, values)


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
