"""A prepared statement gives what SQLAlchemy itself gives, converts by its types, and fails as its errors."""

from datetime import UTC, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import bindparam, func, select, text
from sqlalchemy.exc import OperationalError, StatementError

import traceability as trace
from tests.traceability.making import NOW, Made
from traceability.models import TraceStamp
from traceability.prepared import one_row

_ROW = select(TraceStamp.batch, TraceStamp.first_at, TraceStamp.last_at, TraceStamp.recent).where(
    TraceStamp.batch == bindparam("of"), TraceStamp.last_at == bindparam("at", type_=TraceStamp.last_at.type)
)


def test_a_row_reads_the_same_in_a_session_and_on_a_connection(made: Made, session: Any) -> None:
    batch = made.issue(20).batch
    made.scan(made.code(batch, 3))
    hanoi = NOW.astimezone(timezone(timedelta(hours=7)))
    in_session = one_row(session, _ROW, {"of": batch, "at": hanoi})
    prepared = one_row(session.connection(), _ROW, {"of": batch, "at": hanoi})
    assert tuple(prepared) == tuple(in_session)
    assert (prepared.first_at, prepared.last_at, prepared.last_at.tzinfo) == (None, NOW, UTC)


def test_a_scan_is_counted_the_same_on_a_connection(made: Made, session: Any) -> None:
    batch = made.issue(20).batch
    made.activate(batch, 0, 9, made.lot())
    counted = []
    for index, on in enumerate((session, session.connection())):
        stamp = trace.identify(lambda: session, book=made.book, code=trace.ScanCode(made.code(batch, index).serial))
        sight = trace.see(on, stamp)
        detail = trace.ScanDetail(batch, index, NOW, "80", "ab")
        counted.append([trace.record_scan(on, sight=sight, detail=detail) for _ in range(12)])
        assert (sight.standing.active, sight.activated_at) == (True, NOW)
    assert counted[0] == counted[1]
    assert [one.counted for one in counted[1]] == [True] * 10 + [False] * 2


def test_types_still_refuse_what_they_refuse(made: Made, session: Any) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(StatementError):
        one_row(session, _ROW, {"of": 1, "at": naive})
    with pytest.raises(ValueError, match="offset"):
        one_row(session.connection(), _ROW, {"of": 1, "at": naive})


def test_the_driver_s_failure_is_sqlalchemy_s(made: Made, session: Any) -> None:
    connection = session.connection()
    failing = func.json("{")
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = '50ms'"))
        failing = func.pg_sleep(60)
    with pytest.raises(OperationalError):
        one_row(connection, select(failing.label("failing")), {})
