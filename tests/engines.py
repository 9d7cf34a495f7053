"""Both engines, migrated once: a template that each test rolls back to, and scratch copies that may commit."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa

from portal import create_app
from portal.config import Settings
from tests import postgres

NAMES = ("sqlite", "postgresql")
MIGRATED_SQLITE = "MIGRATED_SQLITE"
"""The variable with the address of a template, for many short runs over one schema."""


class Engines:
    """The databases of one test run; PostgreSQL is started at its first use."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="cho-so-tests-"))
        self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        ready = os.environ.get(MIGRATED_SQLITE)
        self._templates: dict[str, str] = {"sqlite": ready} if ready else {}
        self._count = 0

    @cached_property
    def server(self) -> str:
        """Return the address of the PostgreSQL server."""
        return self.stack.enter_context(postgres.server(more=("jit=off",)))  # compiles what runs once

    def fresh(self, engine: str, *, migrated: bool = True) -> str:
        """Return the address of a new database, copied from the migrated template or empty."""
        self._count += 1
        name = f"t{self._count}"
        if migrated and engine not in self._templates:
            self._templates[engine] = ""
            address = self.fresh(engine, migrated=False)
            migrate(address, self.folder)
            self._templates[engine] = address
        if engine == "sqlite":
            path = self.folder / f"{name}.sqlite"
            if migrated:
                shutil.copy(self._templates[engine].removeprefix("sqlite:///"), path)
            return f"sqlite:///{path}"
        source = f" TEMPLATE {self._templates[engine].rsplit('/', 1)[1]}" if migrated else ""
        admin = sa.create_engine(f"{self.server}/postgres", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}{source}")
        admin.dispose()
        return f"{self.server}/{name}"

    def leave(self, address: str) -> None:
        """End the connections that a test left open to its database: a server has so many, and others need them."""
        if not address.startswith("sqlite"):
            server, _, name = address.rpartition("/")
            admin = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
            with admin.connect() as connection:
                connection.execute(
                    sa.text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name"),
                    {"name": name},
                )
            admin.dispose()

    def settings(self, address: str, **more: str) -> Settings:
        """Return development settings over one database."""
        instance = self.folder / ("i" + address.rsplit("/", 1)[1].split(".")[0])
        return Settings.from_env(
            {"DATABASE_URL": address, "INSTANCE_DIR": str(instance), "PUBLIC_URL": "http://localhost", **more}
        )

    def close(self) -> None:
        """Stop what was started and remove what was written."""
        self.stack.close()


def migrate(address: str, folder: Path) -> None:
    """Bring an empty database to the newest schema."""
    from flask_migrate import upgrade

    from portal.db import db

    app = create_app(Settings.from_env({"DATABASE_URL": address, "INSTANCE_DIR": str(folder / "migrating")}))
    with app.app_context():
        upgrade()
        db.session.remove()
        with db.engine.connect() as connection:
            if db.engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()


def both() -> Iterator[str]:
    """Give the names of both engines."""
    yield from NAMES
