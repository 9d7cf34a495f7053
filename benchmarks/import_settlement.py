"""A settlement file of 1,000,000 rows, stored and matched, against polars: same file, same run, turn by turn.

Ours is `settlement import`: read, checked, stored, joined with 1,000,000 transactions, fees and payouts booked, one
commit. The peer reads the same file and our side, as CSV, and joins them fully. Bar: at most 4 × on both engines; the
same file again changes nothing. Processor time is told too, the database server's with ours.
"""

import argparse
import json
import multiprocessing
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.counting import app_over, prepare
from benchmarks.processor import server_seconds

MOST_RATIO = 4.0
PAYEES = 40
DAY = datetime(2026, 11, 20, 5, tzinfo=UTC)
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
Env = dict[str, str]


def write_files(folder: Path, rows: int) -> tuple[Path, Path]:
    """Write a day of invented payments twice: as the gateway lists them, in no order, and as our books do."""
    from payments.settlement.columns import CANONICAL

    chance, lines, own = random.Random(1), [], ["provider_txn_id,merchant_ref,amount,business_date,status,seq\n"]
    sums = [0, 0]
    for number in range(rows):
        amount = chance.randrange(10, 3_000) * 1_000
        fee = amount // 100 + 1_100
        sums[0] += amount
        sums[1] += fee
        ref, txn = "".join(chance.choices(LETTERS, k=20)), 14_000_000 + number
        at = f"{DAY:%Y-%m-%d} 08:{number // 60 % 60:02d}:{number % 60:02d}"
        lines.append(
            f"vnpay,{DAY:%Y-%m-%d},{txn},{ref},,payment,{amount},{fee},{amount - fee},VND,{at},"
            f"{DAY + timedelta(days=1):%Y-%m-%d} 00:00:00,VNP{DAY:%Y%m%d},ok,ATM,,DEMOV210\n"
        )
        own.append(f"{txn},{ref},{amount},{DAY:%Y-%m-%d},succeeded,{number + 1}\n")
    chance.shuffle(lines)
    theirs, ours = folder / "theirs.csv", folder / "ours.csv"
    head = f"#portal-settlement,1,vnpay,{DAY:%Y-%m-%d},{rows},{sums[0]},{sums[1]},{sums[0] - sums[1]}\n"
    theirs.write_text(f"{head}{','.join(CANONICAL)}\n{''.join(lines)}#end,{rows}\n", "utf-8")
    ours.write_text("".join(own), "utf-8")
    return theirs, ours


def book_day(env: Env, ours: Path) -> None:
    """Have the day's payments in the books: a transaction each, and each payee's account at the gateway."""
    import csv

    import payments
    from payments import journal
    from payments.models import Transaction
    from payments.types import new_ids
    from portal.bulk import insert_rows
    from portal.db import begin

    columns = (
        "id", "provider", "provider_txn_id", "kind", "payee_id", "amount_minor", "currency", "paid_at", "business_date",
        "exceptions", "source", "booked_at",
    )  # fmt: skip
    with app_over(env).app_context(), begin() as session, ours.open(newline="") as file:
        rows = list(csv.DictReader(file))
        payees = [
            payments.create_payee(
                session, name=f"Trường số {number}", holder_name="TRUONG HOC", bank_bin="970436",
                account=f"{number:013d}", prefix="HP", gateways=("vnpay",), now=DAY,
            ).id
            for number in range(PAYEES)
        ]  # fmt: skip
        for place, payee_id in enumerate(payees):
            sum_ = payments.Money(sum(int(one["amount"]) for one in rows[place::PAYEES]))
            journal.post(
                session, payee_id=payee_id, kind="payment", source_kind="bench", source_id=payee_id,
                entries=[
                    journal.Entry("provider:vnpay", sum_),
                    journal.Entry(journal.OWED, payments.Money(-sum_.amount_minor)),
                ],
                business_date=DAY.date(), booked_at=DAY, actor="bench",
            )  # fmt: skip
        ids = new_ids("tx", len(rows))
        insert_rows(
            session, Transaction, columns,
            [
                (ids[at], "vnpay", one["provider_txn_id"], "payment", payees[at % PAYEES], int(one["amount"]), "VND",
                 DAY, DAY.date(), "", "notice", DAY)
                for at, one in enumerate(rows)
            ],
        )  # fmt: skip


def import_ours(env: Env, theirs: Path, _ours: Path) -> dict[str, Any]:
    """Import the file as the command does."""
    from portal.acting import Acting
    from portal.cashier.settlement import read_in
    from portal.db import begin

    with app_over(env).app_context(), begin() as session:
        done = read_in(session, now=DAY, acting=Acting.system("bench"), path=theirs, provider="vnpay")
        return done.as_json()


def join_peer(_env: Env, theirs: Path, ours: Path) -> dict[str, Any]:
    """Read both sides as CSV and join them fully, with all of polars' threads."""
    import polars

    file = polars.read_csv(theirs, comment_prefix="#")
    books = polars.read_csv(ours)
    return {"rows": file.join(books, on="provider_txn_id", how="full").height}


def _one(what: Callable[[Env, Path, Path], dict[str, Any]], env: Env, paths: tuple[Path, Path], answer: Any) -> None:
    sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115  the portal's own log lines
    import polars  # noqa: F401  what every process loads is no part of either

    import portal.cashier.settlement  # noqa: F401

    if what is import_ours:
        app_over(env)
    begun, used = time.perf_counter(), time.process_time()
    try:
        said: Any = what(env, *paths)
    except BaseException as error:  # noqa: BLE001  a process's failure must reach the main one
        said = repr(error)
    answer.put((time.perf_counter() - begun, time.process_time() - used, said))


def turn(what: Any, env: Env, paths: tuple[Path, Path]) -> tuple[float, float, dict[str, Any]]:
    """Run one side in a process of its own; return seconds, processor seconds of it and of the server, its answer."""
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    before = server_seconds()
    process = context.Process(target=_one, args=(what, env, paths, answer))
    process.start()
    seconds, used, said = answer.get()
    process.join()
    if not isinstance(said, dict):
        raise RuntimeError(said)  # noqa: TRY004  what it says is its failure
    return seconds, used + server_seconds() - before, said


@contextmanager
def copies(engine: str, folder: Path, ours: Path) -> Iterator[Callable[[], Env]]:
    """Give what makes one copy after the other of a database with the day in its books."""
    made = 0

    def sqlite() -> Env:
        nonlocal made
        made += 1
        shutil.copy(folder / "first.sqlite", folder / "copy.sqlite")
        for rest in ("-wal", "-shm"):
            (folder / f"copy.sqlite{rest}").unlink(missing_ok=True)
        return env(f"sqlite:///{folder}/copy.sqlite")

    def env(address: str) -> Env:
        return {"DATABASE_URL": address, "INSTANCE_DIR": str(folder / engine), "PROVINCE": "82"}

    if engine == "sqlite":
        first = env(f"sqlite:///{folder}/first.sqlite")
        _booked(first, ours)
        yield sqlite
        return
    from sqlalchemy import create_engine, text

    from tests.postgres import server

    with server() as address:
        admin = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")

        def postgresql() -> Env:
            nonlocal made
            made += 1
            with admin.connect() as connection:
                connection.execute(text(f"DROP DATABASE IF EXISTS copy{made - 1}"))
                connection.execute(text(f"CREATE DATABASE copy{made} TEMPLATE first"))
                connection.execute(text("CHECKPOINT"))
            return env(f"{address}/copy{made}")

        with admin.connect() as connection:
            connection.execute(text("CREATE DATABASE first"))
        _booked(env(f"{address}/first"), ours)
        yield postgresql
        admin.dispose()


def _booked(env: Env, ours: Path) -> None:
    """Prepare a database in a process of its own, so that nothing of it stays open here."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_book, args=(env, ours))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError("the books could not be prepared")


def _book(env: Env, ours: Path) -> None:
    from sqlalchemy import create_engine, text

    prepare(env)
    book_day(env, ours)
    engine = create_engine(env["DATABASE_URL"], isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        sqlite = engine.dialect.name == "sqlite"
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)" if sqlite else "VACUUM ANALYZE"))
    engine.dispose()


def measure_engine(engine: str, rows: int, rounds: int) -> dict[str, Any]:
    """Take turns on one engine: the peer, the file, the file again."""
    ours, peer, ours_used, peer_used, again = [], [], [], [], []
    with tempfile.TemporaryDirectory() as name:
        paths = write_files(Path(name), rows)
        with copies(engine, Path(name), paths[1]) as fresh:
            for _ in range(rounds):
                env = fresh()
                seconds, used, joined = turn(join_peer, env, paths)
                peer.append(seconds)
                peer_used.append(used)
                seconds, used, said = turn(import_ours, env, paths)
                ours.append(seconds)
                ours_used.append(used)
                repeated, _used, same = turn(import_ours, env, paths)
                again.append(repeated)
                if (joined["rows"], said["matched"]) != (rows, rows) or not same["already_imported"]:
                    raise RuntimeError(f"outcomes of {rows} rows: {joined}, {said}, then {same}")
    ratio = statistics.median(one / bare for one, bare in zip(ours, peer, strict=True))
    return {
        "ratio": round(ratio, 2),
        "processor_ratio": round(statistics.median(a / b for a, b in zip(ours_used, peer_used, strict=True)), 2),
        "seconds": round(statistics.median(ours), 2),
        "peer_seconds": round(statistics.median(peer), 2),
        "processor_seconds": round(statistics.median(ours_used), 2),
        "peer_processor_seconds": round(statistics.median(peer_used), 2),
        "again_seconds": round(statistics.median(again), 2),
        "passed": ratio <= MOST_RATIO,
    }


def measure(rows: int, rounds: int, engines: tuple[str, ...] = ("sqlite", "postgresql")) -> dict[str, Any]:
    """Measure the engines; the worse one is what is held against the bar."""
    found = {engine: measure_engine(engine, rows, rounds) for engine in engines}
    worst = max(found.values(), key=lambda one: float(one["ratio"]))
    return {
        "claim": f"importing a settlement file of {rows:,} rows against polars reading and joining both sides",
        "ratio": worst["ratio"],
        "bar": MOST_RATIO,
        "seconds": worst["seconds"],
        "peer_seconds": worst["peer_seconds"],
        "engines": found,
        "passed": all(one["passed"] for one in found.values()),
    }


def main() -> int:
    """Print one line or one JSON object; exit 1 on a missed bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    engines = (options.engine,) if options.engine else ("sqlite", "postgresql")
    result = measure(options.rows, options.rounds, engines)
    print(json.dumps(result) if options.json else json.dumps(result, indent=2))
    return 0 if result["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
