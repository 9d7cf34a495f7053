"""Stopping a process at one exact statement, from the database's side: the product has no hook for it.

PostgreSQL: a trigger that sleeps. SQLite has no sleep: its trigger counts for minutes, holding the write lock.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from tests.faults.passing import busy_wait

_SPIN = (
    "CREATE VIEW fault_spin AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 50000000000)"
    " SELECT max(n) AS n FROM c"
)
_SLEEP = (
    "CREATE FUNCTION fault_sleep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(900); RETURN NEW; END'"
)
_SLEEPING = "FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"


class Stop:
    """A place in the database that nobody passes alive."""

    def __init__(self, address: str) -> None:
        self._sqlite = address.startswith("sqlite")
        self._path = address.removeprefix("sqlite:///")
        self._engine = sa.create_engine(address, isolation_level="AUTOCOMMIT", connect_args=busy_wait(address))

    @contextmanager
    def at(self, table: str, *, act: str = "INSERT", when: str = "") -> Iterator["Stop"]:
        """Stop whoever writes such a row, until the block ends; kill them before that."""
        condition = f"WHEN ({when})" if when else ""
        if self._sqlite:
            made = [
                _SPIN,
                f"CREATE TRIGGER fault_stop BEFORE {act} ON {table} {condition} BEGIN SELECT n FROM fault_spin; END",
            ]
            gone = ["DROP TRIGGER IF EXISTS fault_stop", "DROP VIEW IF EXISTS fault_spin"]
        else:
            trigger = f"CREATE TRIGGER fault_stop BEFORE {act} ON {table} FOR EACH ROW {condition}"
            made = [_SLEEP, f"{trigger} EXECUTE FUNCTION fault_sleep()"]
            gone = [f"DROP TRIGGER IF EXISTS fault_stop ON {table}", "DROP FUNCTION IF EXISTS fault_sleep()"]
        try:
            self._run(made)
            yield self
        finally:
            self.bury()
            self._run(gone)

    def reached(self) -> bool:
        """Say whether somebody stands at the stop now: asleep there, or holding the write lock all the while."""
        if self._sqlite:
            return all(self._busy() for _ in range(20))
        with self._engine.connect() as connection:
            return bool(connection.exec_driver_sql(f"SELECT count(*) {_SLEEPING}").scalar())

    def bury(self) -> None:
        """End what the server still does for those who were killed, as it does when it finds them gone."""
        if not self._sqlite:
            with self._engine.connect() as connection:
                connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid) {_SLEEPING}")

    def _run(self, statements: list[str]) -> None:
        with self._engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def _busy(self) -> bool:
        time.sleep(0.05)
        connection = sqlite3.connect(self._path, timeout=0, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
        finally:
            connection.close()
        return False
