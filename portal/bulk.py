"""Insert many rows of one table at the speed of the engine: COPY on PostgreSQL, one prepared statement on SQLite.

For imports alone: no defaults, no ORM events, every column named by the caller, who counts and audits for the whole
chunk. Values pass through the columns' own types, so what is stored is what the ORM would have stored.
"""

import gc
import json
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, String, Table, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection
from sqlalchemy.orm import DeclarativeBase, Session

from portal.db import ALPHABET

Row = tuple[Any, ...]
_Convert = Callable[[Any], Any]
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]


def insert_rows(session: Session, model: type[DeclarativeBase], columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert rows whose values stand in the order of `columns`; what the session holds is flushed first."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101
    session.flush()
    connection = session.connection()
    lines = _converted(connection, table, columns, rows)
    if not lines:
        return
    names = ", ".join(f'"{table.c[name].name}"' for name in columns)
    raw: Any = connection.connection.dbapi_connection
    cursor = raw.cursor()
    try:
        if connection.dialect.name == "postgresql":
            with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
                for line in lines:
                    copy.write_row(line)
        else:
            marks = ", ".join("?" * len(columns))
            cursor.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', lines)  # noqa: S608  own names
    finally:
        cursor.close()


@contextmanager
def without_collecting() -> Iterator[None]:
    """Pause the garbage collector: an import holds many rows and no cycles, and it would walk over them all again."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def among(session: Session, column: Any, values: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that a text column is one of many values, sent as one parameter, however many they are."""
    listed = list(values)
    if session.get_bind().dialect.name == "postgresql":
        return column == any_(literal(listed, ARRAY(String)))
    given = func.json_each(json.dumps(listed)).table_valued("value")
    return column.in_(select(given.c.value))


def rising_ids(prefix: str, count: int) -> list[str]:
    """Return ids in rising order, the time in front: for rows of which knowing an id gives nothing.

    They have the form of `new_id`: 48 bits of time in milliseconds, 50 that start at random and rise, 30 at random.
    """
    first = (time.time_ns() // 1_000_000) << 50 | secrets.randbits(49)
    chance = memoryview(secrets.token_bytes(4 * count)).cast("I")
    found, front, above = [], "", -1
    for number, bits in enumerate(chance, first):
        if number >> 10 != above:  # the front changes hardly ever
            above = number >> 10
            front = f"{prefix}_{_text(above, 9)}"
        found.append(
            front + _PAIRS[number & 1023] + _PAIRS[bits >> 20 & 1023] + _PAIRS[bits >> 10 & 1023] + _PAIRS[bits & 1023]
        )
    return found


def _text(bits: int, pairs: int) -> str:
    return "".join([_PAIRS[(bits >> shift) & 1023] for shift in range(10 * pairs - 10, -1, -10)])


def _converted(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> list[Row]:
    """Pass each column that needs it through its type; equal values are converted once."""
    lines = list(rows)
    needed: list[tuple[int, _Convert]] = []
    for place, name in enumerate(columns):
        kind = table.c[name].type
        found = kind.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        if found is not None:
            needed.append((place, found))
    if not needed or not lines:
        return lines
    by_column = list(zip(*lines, strict=True))
    for place, convert in needed:
        by_column[place] = _through(convert, by_column[place])
    return list(zip(*by_column, strict=True))


def _through(convert: _Convert, values: Row) -> Row:
    try:
        known = {value: convert(value) for value in set(values)}
    except TypeError:  # lists and objects of JSON: each by itself, and nothing but once
        nothing = convert(None)
        return tuple([nothing if value is None else convert(value) for value in values])
    return tuple(map(known.__getitem__, values))
