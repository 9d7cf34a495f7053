"""Alembic's environment: one history over the portal's tables and the two libraries'."""

from typing import Any, Literal

from alembic import context
from flask import current_app

from portal.db import db
from portal.tables import all_metadata


def plain_types(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our time type as what it is in the database, so that a migration imports nothing of the product."""
    if kind == "type" and type(item).__name__ == "UtcDateTime":
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Migrate the app's database; SQLite within one immediate transaction, PostgreSQL with short lock time-outs."""
    engine = db.engine
    with engine.connect().execution_options(write=True) as connection:
        raw: Any = connection.connection.dbapi_connection
        if connection.dialect.name == "sqlite":  # a table made anew is dropped while others point at it
            raw.execute("PRAGMA foreign_keys = OFF")
        context.configure(
            connection=connection, target_metadata=all_metadata(), compare_type=True, render_item=plain_types
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL lock_timeout = '4s'")
            context.run_migrations()
            if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise RuntimeError("a row points at a row that is not there; nothing was migrated")
        connection.commit()
        if connection.dialect.name == "sqlite":
            raw.execute("PRAGMA foreign_keys = ON")


current_app.extensions["log"].debug("migrations.run")
run()
