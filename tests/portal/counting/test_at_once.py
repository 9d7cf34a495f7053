"""Writers, roll-ups and readers at once, with real commits: nothing is lost and nothing counts twice."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.counting import add, live_cells, roll_up
from portal.counting.models import AdoptCell, AdoptChange, AdoptClock, AdoptDelta
from portal.counting.periods import parse_period
from portal.db import configure_engine
from tests.portal.counting.making import SALES, catalogue

NOW = datetime(2022, 10, 5, tzinfo=UTC)
OCTOBER = parse_period("2022-10")
AREAS = ("27694@20210101", "27697@20210101")
WRITERS, EACH = 6, 40


class Ledger:
    """One database where commits are real."""

    def __init__(self, url: str) -> None:
        self.engine = sa.create_engine(url, **({} if url.startswith("sqlite") else {"pool_size": 20}))
        configure_engine(self.engine)

    @contextmanager
    def session(self, *, write: bool = True) -> Iterator[Session]:
        with self.engine.connect().execution_options(write=write) as connection:
            info = {"catalogue": catalogue()}
            with Session(bind=connection, info=info) as session, session.begin():
                yield session

    def sell(self, area: str) -> None:
        with self.session() as session:
            add(session, "T_SALE", area=area, d=1, effective_at=NOW, values={"type": "school"})

    def roll(self, most: int = 20_000) -> int:
        with self.session() as session:
            return roll_up(session, now=NOW, most=most)

    def live(self) -> int:
        with self.session(write=False) as session:
            return sum(live_cells(session, SALES, OCTOBER).values())


@pytest.fixture
def real(database_url: str) -> Iterator[Ledger]:
    made = Ledger(database_url)
    yield made
    made.engine.dispose()


def test_live_figures_never_lose_a_sale_while_it_is_rolled_up(real: Ledger) -> None:
    """Sold before a reading begins, a sale is in it; and no reading shows more than was begun."""
    sold, begun, faults = [0] * WRITERS, [0] * WRITERS, list[str]()
    stop = threading.Event()

    def write(number: int) -> None:
        for _ in range(EACH):
            begun[number] += 1
            real.sell(AREAS[number % 2])
            sold[number] += 1

    def roll() -> None:
        while not stop.is_set():
            real.roll(most=7)

    def read() -> None:
        while not stop.is_set():
            least = sum(sold)
            found = real.live()
            if not least <= found <= sum(begun):
                faults.append(f"{found} outside {least}..{sum(begun)}")

    helpers = [threading.Thread(target=act) for act in (roll, roll, read)]
    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in (*helpers, *writers):
        thread.start()
    for thread in writers:
        thread.join(120)
    stop.set()
    for thread in helpers:
        thread.join(30)
    assert (sum(sold), faults) == (WRITERS * EACH, [])
    while real.roll():
        pass
    assert real.live() == WRITERS * EACH
    _numbers_have_no_gap(real, total=WRITERS * EACH)


def _numbers_have_no_gap(real: Ledger, *, total: int) -> None:
    with real.session(write=False) as session:
        assert session.scalar(select(func.count()).select_from(AdoptDelta)) == 0
        nets = dict(session.execute(select(AdoptCell.cut, func.sum(AdoptCell.net)).group_by(AdoptCell.cut)).all())
        assert nets == {"_T": total, "type@school": total}
        numbers = session.scalars(select(AdoptChange.seq).order_by(AdoptChange.seq)).all()
        assert numbers == list(range(1, len(numbers) + 1))
        assert session.get_one(AdoptClock, 1).applied_seq == len(numbers)
        assert session.scalar(select(func.sum(AdoptChange.d)).where(AdoptChange.cut == "_T")) == total


def test_who_took_the_lower_id_and_commits_last_is_counted_too(real: Ledger, engine_name: str) -> None:
    held, release = threading.Event(), threading.Event()

    def slow() -> None:
        with real.session() as session:
            add(session, "T_SALE", area=AREAS[0], d=100, effective_at=NOW)
            held.set()
            release.wait(30)

    first = threading.Thread(target=slow)
    first.start()
    assert held.wait(30)
    second = threading.Thread(target=real.sell, args=(AREAS[1],))
    second.start()
    if engine_name == "postgresql":  # on SQLite the second waits for the first
        second.join(30)
        assert real.roll() == 2
        assert real.live() == 1
    release.set()
    first.join(30)
    second.join(30)
    assert real.live() == 101
    while real.roll():
        pass
    assert real.live() == 101
    with real.session(write=False) as session:
        assert session.scalar(select(func.sum(AdoptChange.d)).where(AdoptChange.cut == "_T")) == 101


class _Killed(Exception):
    """Stands for the end of the process."""


def test_a_roll_up_that_ends_at_any_statement_has_changed_nothing(real: Ledger) -> None:
    real.sell(AREAS[0])
    real.roll()
    real.sell(AREAS[0])
    real.sell(AREAS[1])
    before, statements = _everything(real), 0
    while _ends_at(real, statements + 1):
        statements += 1
        assert _everything(real) == before
    assert statements >= 8
    assert real.live() == 3
    assert _everything(real) != before


def _ends_at(real: Ledger, statement: int) -> bool:
    """Roll up and end at that statement; say whether it came so far, else it is done."""
    seen = [0]

    def end(*_: Any) -> None:
        seen[0] += 1
        if seen[0] == statement:
            raise _Killed

    try:
        with real.session() as session:
            sa.event.listen(session.connection(), "before_cursor_execute", end)
            roll_up(session, now=NOW)
    except _Killed:
        return True
    return False


def _everything(real: Ledger) -> list[Any]:
    with real.session(write=False) as session:
        tables = (AdoptDelta, AdoptCell, AdoptChange, AdoptClock)
        return [sorted(tuple(row) for row in session.execute(select(*one.__table__.columns))) for one in tables]
