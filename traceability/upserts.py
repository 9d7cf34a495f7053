"""INSERT … ON CONFLICT on either engine."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase


def upsert(dialect: str, table: type[DeclarativeBase] | Table) -> postgresql.Insert | sqlite.Insert:
    """Begin an INSERT that can say what to do on conflict, in the engine's own dialect."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
