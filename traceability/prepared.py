"""Statements that run for every shopper: built and compiled once, run on the driver's own cursor.

SQLAlchemy's execution of one small statement costs several times the statement itself. Its types still convert what
goes in and comes out, and its errors are still what a caller catches.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Connection, Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.sql import Delete, Insert, Select, Update

Statement = Select[Any] | Insert | Update | Delete
Convert = Callable[[Any], Any]


def _as_it_is(value: Any) -> Any:
    return value


class Prepared:
    """One statement in one driver's words; it gives exactly one row."""

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._sql, self._order, self._constants = str(compiled), compiled.positiontup, compiled.params
        binds = {compiled.bind_names[one]: one.type.dialect_impl(dialect) for one in compiled.binds.values()}
        self._binds = {name: convert for name, one in binds.items() if (convert := one.bind_processor(dialect))}
        columns = statement.exported_columns  # what is selected, or returned by a write
        self._results: list[Convert] = [
            one.type.dialect_impl(dialect).result_processor(dialect, None) or _as_it_is for one in columns
        ]
        self._row = namedtuple("_row", [column.key for column in columns])  # type: ignore[misc]
        self._failure = cast(DefaultDialect, dialect).loaded_dbapi.OperationalError

    def one(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """Run in the connection's transaction and return the row, by column names; raises `OperationalError`."""
        given = {**self._constants, **values}
        for name, convert in self._binds.items():
            given[name] = convert(given[name])
        try:
            cursor = connection.connection.cursor()
            try:
                cursor.execute(self._sql, given if self._order is None else tuple(given[name] for name in self._order))
                found: Any = cursor.fetchone()
            finally:
                cursor.close()
        except self._failure as error:
            raise OperationalError(self._sql, None, error) from error
        return self._row(*(convert(value) for convert, value in zip(self._results, found, strict=True)))


@lru_cache(maxsize=16)
def _prepared(statement: Statement, dialect: Dialect) -> Prepared:
    return Prepared(statement, dialect)


def one_row(session: Session | Connection, statement: Statement, values: Mapping[str, Any]) -> Any:
    """Run a statement that gives one row: on a connection as it was prepared, in a session as any other."""
    if isinstance(session, Connection):
        return _prepared(statement, session.dialect).one(session, values)
    return session.execute(cast(Executable, statement), values).one()
