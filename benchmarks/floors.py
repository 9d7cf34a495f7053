"""The import of a list against its floor: fresh databases, turn by turn, each turn in a process of its own.

The floor reads the same workbook with python-calamine and inserts its cells as text into one table with a primary key
alone, by Core's executemany, with the same engine settings. The list comes a second time too: all of it is known then.
"""

import argparse
import json
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.counting import app_over, prepare
from benchmarks.processor import server_seconds

ENGINES = ("sqlite", "postgresql")
Env = dict[str, str]
Outcomes = dict[str, int]
Act = Callable[[Env, Path], Outcomes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A way of importing, and what it is held against.

    `set_up` fills a fresh database and writes the list of so many rows unless it is there; `agree` says whether the
    outcomes of both times are what the list holds. `chunk` is the rows that the floor commits at once: None for all.
    """

    claim: str
    ours: Act
    set_up: Callable[[Env, Path, int], None]
    agree: Callable[[Outcomes, Outcomes, int], bool]
    columns: int
    chunk: int | None
    rows: int
    rounds: int
    most_ratio: float = 3.0
    most_mb: int | None = None
    again_faster: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: seconds by the clock and of work, the server's too, megabytes at the peak, and what it says."""

    seconds: float
    cpu: float
    peak_mb: float
    said: Outcomes


def insert_cells(env: Env, path: Path, *, columns: int, chunk: int | None) -> Outcomes:
    """Read the workbook and insert its cells as they are."""
    import sqlalchemy as sa
    from python_calamine import CalamineWorkbook

    from portal.db import configure_engine

    engine = sa.create_engine(env["DATABASE_URL"])
    configure_engine(engine)
    table = _table(columns)
    with engine.begin() as connection:
        table.create(connection)
    count = 0
    with CalamineWorkbook.from_path(str(path)) as book:
        lines = enumerate(book.get_sheet_by_index(0).iter_rows())
        while some := list(islice(lines, chunk)):
            rows = [{"id": n, **{f"c{place}": str(cell) for place, cell in enumerate(line)}} for n, line in some]
            with engine.connect().execution_options(write=True) as connection, connection.begin():
                connection.execute(sa.insert(table), rows)
            count += len(rows)
    engine.dispose()
    return {"rows": count}


def copy_cells(env: Env, path: Path, *, columns: int) -> Outcomes:
    """Read the workbook and COPY its cells as they are, into PostgreSQL alone."""
    import sqlalchemy as sa
    from python_calamine import CalamineWorkbook

    engine = sa.create_engine(env["DATABASE_URL"])
    table = _table(columns)
    count = 0
    with CalamineWorkbook.from_path(str(path)) as book, engine.begin() as connection:
        table.create(connection)
        raw: Any = connection.connection.dbapi_connection
        with raw.cursor() as cursor, cursor.copy(f'COPY "{table.name}" FROM STDIN') as copy:
            for count, line in enumerate(book.get_sheet_by_index(0).iter_rows(), 1):
                copy.write_row((count, *line))
    engine.dispose()
    return {"rows": count}


def _table(columns: int) -> Any:
    import sqlalchemy as sa

    texts = (sa.Column(f"c{place}", sa.Text) for place in range(columns))
    return sa.Table(f"floor_{time.time_ns()}", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), *texts)


def turn(act: Act, env: Env, path: Path) -> Turn:
    """Run one import in a process of its own; raise RuntimeError with what stopped it."""
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    before = server_seconds()
    process = context.Process(target=_one, args=(act, env, path, answer))
    process.start()
    found = answer.get()
    process.join()
    if not isinstance(found, Turn):
        raise RuntimeError(found)  # noqa: TRY004  what it says is its failure
    return replace(found, cpu=found.cpu + server_seconds() - before)


def _one(act: Act, env: Env, path: Path, answer: Any) -> None:
    sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115  the portal's own log lines
    app_over(env)  # what every process loads is no part of either
    begun, worked = time.perf_counter(), time.process_time()
    try:
        said = act(env, path)
    except BaseException as error:  # noqa: BLE001  a process's failure must reach the main one
        answer.put(repr(error))
        return
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer.put(Turn(time.perf_counter() - begun, time.process_time() - worked, peak, said))


@contextmanager
def databases(engine: str, folder: Path) -> Iterator[Callable[[], Env]]:
    """Give what makes one prepared database after the other."""
    from sqlalchemy import create_engine, text

    from tests.postgres import server

    made = 0

    def env(address: str) -> Env:
        found = {"DATABASE_URL": address, "INSTANCE_DIR": str(folder / f"{engine}{made}"), "PROVINCE": "82"}
        prepare(found)
        return found

    def sqlite() -> Env:
        nonlocal made
        made += 1
        return env(f"sqlite:///{folder}/{made}.sqlite")

    if engine == "sqlite":
        yield sqlite
        return
    with server() as address:
        admin = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")

        def postgresql() -> Env:
            nonlocal made
            made += 1
            with admin.connect() as connection:
                connection.execute(text(f"CREATE DATABASE list{made}"))
            return env(f"{address}/list{made}")

        yield postgresql
        admin.dispose()


def measure_engine(one: Import, engine: str, *, rows: int, rounds: int) -> dict[str, Any]:
    """Take turns on one engine: the floor, the list, the list again; and on PostgreSQL a bare COPY."""
    floor: Act = partial(insert_cells, columns=one.columns, chunk=one.chunk)
    floors, ours, again, copies = list[Turn](), list[Turn](), list[Turn](), list[Turn]()
    with tempfile.TemporaryDirectory() as name, databases(engine, Path(name)) as fresh:
        path = Path(name) / "list.xlsx"
        for _ in range(rounds):
            env = fresh()
            one.set_up(env, path, rows)
            floors.append(turn(floor, env, path))
            ours.append(turn(one.ours, env, path))
            again.append(turn(one.ours, env, path))
            if not one.agree(ours[-1].said, again[-1].said, rows):
                raise RuntimeError(f"outcomes of {rows} rows: {ours[-1].said}, then {again[-1].said}")
            if engine == "postgresql":
                copies.append(turn(partial(copy_cells, columns=one.columns), env, path))
    return _told(one, floors, ours, again) | ({"copy_ratio": _ratio(ours, copies)} if copies else {})


def _told(one: Import, floors: list[Turn], ours: list[Turn], again: list[Turn]) -> dict[str, Any]:
    ratio, peak = _ratio(ours, floors), max(turn.peak_mb for turn in ours)
    first, second = (statistics.median(turn.seconds for turn in turns) for turns in (ours, again))
    return {
        "ratio": ratio,
        "cpu_ratio": round(statistics.median(mine.cpu / bare.cpu for mine, bare in zip(ours, floors, strict=True)), 2),
        "seconds": round(first, 2),
        "floor_seconds": round(statistics.median(turn.seconds for turn in floors), 2),
        "again_seconds": round(second, 2),
        "peak_mb": round(peak),
        "passed": ratio <= one.most_ratio
        and (one.most_mb is None or peak < one.most_mb)
        and (not one.again_faster or second < first),
    }


def _ratio(ours: list[Turn], theirs: list[Turn]) -> float:
    return round(statistics.median(mine.seconds / bare.seconds for mine, bare in zip(ours, theirs, strict=True)), 2)


def measure(one: Import, rows: int, rounds: int, engines: tuple[str, ...] = ENGINES) -> dict[str, Any]:
    """Measure the engines; the worse one is what is held against the bar."""
    found = {engine: measure_engine(one, engine, rows=rows, rounds=rounds) for engine in engines}
    worst = max(found.values(), key=lambda engine: float(engine["ratio"]))
    return {
        "claim": f"{one.claim.format(rows=rows)} ({'/'.join(found)})",
        "ratio": worst["ratio"],
        "bar": one.most_ratio,
        "seconds": worst["seconds"],
        "floor_seconds": worst["floor_seconds"],
        "engines": found,
        "passed": all(engine["passed"] for engine in found.values()),
    }


def main(one: Import, about: str | None) -> int:
    """Print one line an engine or one JSON object; return 1 on a missed bar."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rows", type=int, default=one.rows)
    parser.add_argument("--rounds", type=int, default=one.rounds)
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = measure(one, options.rows, options.rounds, (options.engine,) if options.engine else ENGINES)
    if options.json:
        print(json.dumps(result))
    else:
        for engine, found in result["engines"].items():
            print(f"{engine}: {found}")
        print(f"{result['claim']}: {result['ratio']} x (bar {one.most_ratio})")
    return 0 if result["passed"] else 1
