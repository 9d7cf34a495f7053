"""A province's list against its floor: same workbook, same engine settings, turn by turn, each in a process of its own.

Ours is `roster import`: read, judged, sealed, counted and audited. The floor reads the
same workbook and inserts its 12 columns as text into one table with a primary key alone, in as large chunks, one
commit a chunk. Bars: at most 3 × on both engines, below 300 MB; the same workbook again takes less than the first time.
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
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.counting import app_over, prepare

MOST_RATIO, MOST_MB = 3.0, 300
# Running number, name, sex, year, ID number, phone, hamlet, commune, district, goods, food safety, bank transfer.
COLUMNS = tuple(range(12))
Env = dict[str, str]


def write_list(env: Env, path: Path, rows: int) -> None:
    """Write the invented list of the demo as a workbook, twelve of its columns."""
    import xlsxwriter

    from portal.db import reading
    from portal.demo.delta_people import Plan, households
    from portal.demo.tien_giang import communes_then

    with app_over(env).app_context():
        places = communes_then(reading())
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet()
    plan = Plan(rows - 2, int(rows * 0.6), 1, 1, 0, 0)
    for number, line in enumerate(islice(households(places, plan), rows + 1)):
        for column, place in enumerate(COLUMNS):
            sheet.write_string(number, column, line[place])
    book.close()


def import_ours(env: Env, path: Path) -> dict[str, int]:
    """Import the list as the command does."""
    from portal.acting import Acting
    from portal.demo.tien_giang import BEGINS
    from portal.onboarding.rosters.commands import Asked, import_list
    from portal.places.areas import day_of
    from portal.world import current_world

    with app_over(env).app_context():
        asked = Asked(path=path, source="bench", captured_on=day_of(BEGINS))
        return dict(import_list(current_world(), asked, acting=Acting.system("bench")).outcomes)


def import_floor(env: Env, path: Path) -> dict[str, int]:
    """Read the workbook and insert its cells as they are."""
    import sqlalchemy as sa
    from python_calamine import CalamineWorkbook

    from portal.db import configure_engine
    from portal.onboarding.rosters.importing import CHUNK

    engine = sa.create_engine(env["DATABASE_URL"])
    configure_engine(engine)
    table = sa.Table(
        f"floor_{time.time_ns()}", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(f"c{place}", sa.Text) for place in range(len(COLUMNS))),
    )  # fmt: skip
    with engine.begin() as connection:
        table.create(connection)
    count = 0
    with CalamineWorkbook.from_path(str(path)) as book:
        lines = enumerate(book.get_sheet_by_index(0).iter_rows())
        while chunk := list(islice(lines, CHUNK)):
            rows = [{"id": number, **{f"c{place}": cell for place, cell in enumerate(line)}} for number, line in chunk]
            with engine.connect().execution_options(write=True) as connection, connection.begin():
                connection.execute(sa.insert(table), rows)
            count += len(rows)
    engine.dispose()
    return {"rows": count}


def _one(what: Callable[[Env, Path], dict[str, int]], env: Env, path: Path, answer: Any) -> None:
    sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115  the portal's own log lines
    app_over(env)  # what every process loads is no part of either
    begun = time.perf_counter()
    try:
        said: Any = what(env, path)
    except BaseException as error:  # noqa: BLE001  a process's failure must reach the main one
        said = repr(error)
    answer.put((time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, said))


def turn(what: Callable[[Env, Path], dict[str, int]], env: Env, path: Path) -> tuple[float, float, dict[str, int]]:
    """Run one import in a process of its own; return seconds, megabytes at the peak, and what it says."""
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_one, args=(what, env, path, answer))
    process.start()
    seconds, peak, said = answer.get()
    process.join()
    if not isinstance(said, dict):
        raise RuntimeError(said)  # noqa: TRY004  what it says is its failure
    return seconds, peak, said


@contextmanager
def databases(engine: str, folder: Path) -> Iterator[Callable[[], Env]]:
    """Give what makes one prepared database after the other."""
    from sqlalchemy import create_engine, text

    from tests.postgres import server

    made = 0

    def env(address: str) -> Env:
        return {"DATABASE_URL": address, "INSTANCE_DIR": str(folder / f"{engine}{made}"), "PROVINCE": "82"}

    def sqlite() -> Env:
        nonlocal made
        made += 1
        found = env(f"sqlite:///{folder}/{made}.sqlite")
        prepare(found)
        return found

    if engine == "sqlite":
        yield sqlite
        return
    with server() as address:
        admin = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")

        def postgresql() -> Env:
            nonlocal made
            made += 1
            with admin.connect() as connection:
                connection.execute(text(f"CREATE DATABASE roster{made}"))
            found = env(f"{address}/roster{made}")
            prepare(found)
            return found

        yield postgresql
        admin.dispose()


def measure_engine(engine: str, rows: int, rounds: int) -> dict[str, Any]:
    """Take turns on one engine: the floor, the list, the list again."""
    ours, floor, again, peaks = [], [], [], []
    with tempfile.TemporaryDirectory() as name, databases(engine, Path(name)) as fresh:
        path = Path(name) / "list.xlsx"
        for _ in range(rounds):
            env = fresh()
            if not path.exists():
                write_list(env, path, rows)
            floor.append(turn(import_floor, env, path)[0])
            seconds, peak, said = turn(import_ours, env, path)
            repeated, _peak, same = turn(import_ours, env, path)
            if sum(said.values()) != rows or same["unchanged"] != said["created"]:
                raise RuntimeError(f"outcomes of {rows} rows: {said}, then {same}")
            ours.append(seconds)
            again.append(repeated)
            peaks.append(peak)
    ratio = statistics.median(one / bare for one, bare in zip(ours, floor, strict=True))
    return {
        "ratio": round(ratio, 2),
        "seconds": round(statistics.median(ours), 1),
        "floor_seconds": round(statistics.median(floor), 1),
        "again_seconds": round(statistics.median(again), 1),
        "peak_mb": round(max(peaks)),
        "passed": ratio <= MOST_RATIO and max(peaks) < MOST_MB and statistics.median(again) < statistics.median(ours),
    }


def measure(rows: int, rounds: int, engines: tuple[str, ...] = ("sqlite", "postgresql")) -> dict[str, Any]:
    """Measure the engines; the worse one is what is compared with the bar."""
    found = {engine: measure_engine(engine, rows, rounds) for engine in engines}
    worst = max(found.values(), key=lambda one: float(one["ratio"]))
    return {
        "claim": f"importing a list of {rows:,} households against reading and inserting its cells ({'/'.join(found)})",
        "ratio": worst["ratio"],
        "bar": MOST_RATIO,
        "seconds": worst["seconds"],
        "floor_seconds": worst["floor_seconds"],
        "engines": found,
        "passed": all(one["passed"] for one in found.values()),
    }


def main() -> int:
    """Print one line or one JSON object; exit 1 on a missed bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=170_247)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    engines = (options.engine,) if options.engine else ("sqlite", "postgresql")
    result = measure(options.rows, options.rounds, engines)
    if options.json:
        print(json.dumps(result))
    else:
        for engine, one in result["engines"].items():
            print(f"{engine}: {one}")
        print(f"{result['claim']}: {result['ratio']} x (bar {MOST_RATIO})")
    return 0 if result["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
