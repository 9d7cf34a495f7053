"""`begin_few()`: all or nothing, the lock only from `take_lock()` on, and nothing seen by others before the end."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from portal import create_app
from portal.adoption.models import AdoptNote
from portal.db import begin_few, db, insert_new, take_lock
from tests.engines import Engines

AT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def real(engines: Engines, engine_name: str) -> Iterator[Any]:
    app = create_app(engines.settings(engines.fresh(engine_name)))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def _note(connection: Any, name: str) -> None:
    connection.execute(text("CREATE TABLE IF NOT EXISTS noted (name TEXT)"))
    connection.execute(text("INSERT INTO noted VALUES (:name)"), {"name": name})


def _note_and_fail() -> None:
    with begin_few() as connection:
        take_lock(connection)
        _note(connection, "lost")
        raise RuntimeError


def _noted() -> list[str]:
    with db.engine.connect() as connection:
        return list(connection.scalars(text("SELECT name FROM noted ORDER BY name")))


def test_it_commits_at_the_end_and_rolls_back_on_an_error(real: Any) -> None:
    with begin_few() as connection:
        take_lock(connection)
        _note(connection, "kept")
    with pytest.raises(RuntimeError):
        _note_and_fail()
    assert _noted() == ["kept"]


def test_it_locks_nobody_out_before_it_writes(real: Any) -> None:
    with begin_few() as connection:
        take_lock(connection)
        _note(connection, "first")
    with begin_few() as reader:
        assert reader.scalar(text("SELECT count(*) FROM noted")) == 1
        with begin_few() as other:
            take_lock(other)
            other.execute(text("INSERT INTO noted VALUES ('other')"))
        take_lock(reader)
        reader.execute(text("INSERT INTO noted VALUES ('reader')"))
    assert _noted() == ["first", "other", "reader"]


def test_a_writer_that_never_ends_stops_it_in_the_end(
    real: Any, engine_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(vars(sys.modules["portal.db"]), "SQLITE_BUSY_MS", 50)
    with begin_few() as holder:
        take_lock(holder)
        _note(holder, "held")
        if engine_name == "sqlite":
            with pytest.raises(OperationalError), begin_few() as other:
                take_lock(other)
    with begin_few() as other:
        take_lock(other)
        other.execute(text("INSERT INTO noted VALUES ('later')"))
    assert _noted() == ["held", "later"]


def test_a_row_is_inserted_once_and_what_is_there_stays(session: Any) -> None:
    assert insert_new(session, AdoptNote, key="word", value="first", set_at=AT)
    assert not insert_new(session, AdoptNote, key="word", value="second", set_at=AT)
    assert session.get_one(AdoptNote, "word").value == "first"
