"""Processes of their own that work on one database at the same instant."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import traceability as trace
from portal.db import configure_engine
from tests.traceability.making import NOW, ROOT_KEY
from traceability.errors import LedgerRefused
from traceability.log import add_entry


def open_engine(url: str, *, pool_size: int = 5) -> sa.Engine:
    """Open a database as the portal does: immediate writers on SQLite."""
    engine = sa.create_engine(url, pool_size=pool_size)
    configure_engine(engine)
    return engine.execution_options(write=True)


@contextmanager
def writing(engine: sa.Engine) -> Iterator[Session]:
    with Session(engine) as session, session.begin():
        yield session


def scan_each(url: str, serials: list[str], barrier: Any, answers: Any) -> None:
    """Scan each stamp at the moment when the other process does, too."""
    engine = open_engine(url)
    book = trace.BatchBook(trace.StampKeys({1: ROOT_KEY}))
    verdicts = []
    for serial in serials:
        barrier.wait()
        with writing(engine) as session:
            sight = trace.look(session, book=book, code=trace.ScanCode(serial))
            detail = trace.ScanDetail(sight.header.batch, sight.index, NOW, None, "ab")
            counts = trace.record_scan(session, sight=sight, detail=detail).counts
        outcome = trace.conclude(sight, counts, now=NOW, thresholds=trace.Thresholds(), far=lambda one, other: False)
        verdicts.append(outcome.verdict.value)
    answers.put(verdicts)


def add_each(url: str, names: list[str], barrier: Any, answers: Any) -> None:
    """Add entries at the moment when the other process does, too."""
    engine = open_engine(url)
    barrier.wait()
    answers.put(add_some(engine, names))


def add_some(engine: sa.Engine, names: list[str]) -> int:
    """Add entries, every third in a transaction that is rolled back, and integrate now and then; give how many stay."""
    kept = 0
    for number, name in enumerate(names):
        try:
            with writing(engine) as session:
                add_entry(session, now=NOW + timedelta(seconds=number), kind="event_recorded", facts={"hash": name})
                if number % 3 == 2:
                    raise InterruptedError
            kept += 1
        except InterruptedError:
            pass
        with writing(engine) as session:
            trace.integrate_entries(session, now=NOW, most=2)
    return kept


def anchor_each(path: str, sizes: list[int], barrier: Any, answers: Any) -> None:
    """Anchor sizes on one notary file at the same time as others."""
    keys = trace.SigningKeys({1: bytes([9]) * 32})
    ledger = trace.NotaryLedger(Path(path), keys=keys, clock=lambda: NOW)
    placed = 0
    barrier.wait()
    for size in sizes:
        try:
            ledger.anchor(trace.Checkpoint("race.example/log", size, bytes([size % 256]) * 32))
            placed += 1
        except LedgerRefused:
            continue  # the other was faster with a larger size
    answers.put(placed)


def race(target: Any, arguments: list[tuple[Any, ...]]) -> list[Any]:
    """Run the processes and give their answers; each must end by itself and well."""
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(len(arguments)), context.Queue()
    processes = [context.Process(target=target, args=(*given, barrier, answers)) for given in arguments]
    for process in processes:
        process.start()
    found = [answers.get(timeout=120) for _ in processes]
    for process in processes:
        process.join(timeout=30)
        assert process.exitcode == 0
    return found
