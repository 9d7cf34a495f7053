"""The scan route against a bare Flask route with one read by primary key: same run, same server, turn by turn.

Both run under granian with two workers over one SQLite file. Ours answers as JSON for stamps that were never scanned
before: it finds the stamp, checks its code, counts the scan durably and judges. Bar: at least half the peer's requests
a second. The turns are short, so that a machine's busy moment falls on both. The client opens each connection from
another loopback address, as a crowd would, and keeps it open.
"""

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LEAST_RATIO = 0.5
CLIENTS = 4
REQUESTS_A_CONNECTION = 200
_ADDRESSES = count(2)


def prepare(address: str, instance: Path, stamps: int) -> tuple[str, list[str]]:
    """Make a database with one active batch; return the product's id and the paths of its stamps."""
    from sqlalchemy import inspect

    from portal import create_app
    from portal.acting import Acting
    from portal.catalogue import actions as catalogue
    from portal.catalogue.seeds import load_seeds
    from portal.config import Settings
    from portal.db import begin, db, reading
    from portal.onboarding.actions import create_organisation
    from portal.places.models import AdminUnit
    from portal.stamps import actions
    from portal.stamps.orders import issue_now
    from portal.stamps.wiring import book_of
    from portal.tables import all_metadata
    from traceability import LotFacts, stamp_codes

    app = create_app(Settings.from_env({"DATABASE_URL": address, "INSTANCE_DIR": str(instance)}))
    now, acting = datetime.now(UTC), Acting.system("bench")
    with app.app_context():
        if not inspect(db.engine).has_table("product"):
            for metadata in all_metadata():
                metadata.create_all(db.engine)
        with begin() as session:
            unit = AdminUnit(
                id="80@20210101", code="80", name="Long An", kind="tỉnh", level="province", province_id="80@20210101",
                valid_from=date(2021, 1, 1), legal_doc="bench", name_key="long an",
            )  # fmt: skip
            session.add(unit)
            session.add(
                AdminUnit(
                    id="28006@20210101", code="28006", name="Tân Hòa", kind="xã", level="commune", parent_id=unit.id,
                    province_id=unit.id, valid_from=date(2021, 1, 1), legal_doc="bench", name_key="tan hoa",
                )
            )  # fmt: skip
            load_seeds(session, now=now, acting=acting)
            seller = create_organisation(
                session, now=now, acting=acting, kind="cooperative", name="HTX Tầm Vu", unit_id="28006@20210101"
            )
            product = catalogue.describe_product(
                session, now=now, acting=acting, organisation_id=seller.id, name="Thanh long ruột đỏ",
                category_code="VN-FRUIT-OTHER",
            )  # fmt: skip
        world = app.extensions["world"]
        _order, issued = issue_now(world, now=now, acting=acting, product_id=product.id, count=stamps)
        assert issued is not None
        batch = issued.batch
        with begin() as session:
            lot = actions.note_lot(
                session,
                now=now,
                acting=acting,
                facts=LotFacts(number="L1", product=product.id, establishment=seller.id),
            )
            actions.activate(session, now=now, acting=acting, batch=batch, first=0, last=stamps - 1, lot_id=lot.id)
        book = book_of(world.stamp_keys)
        codes = stamp_codes(reading(), book=book, batch=batch, first=0, last=stamps - 1)
        paths = [f"/s/{code.serial}" for code in codes]
        db.session.remove()
        db.engine.dispose()
    return product.id, paths


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(target: str, port: int, env: dict[str, str]) -> "subprocess.Popen[bytes]":
    """Start granian as `make run` does."""
    command = [str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "2", "--blocking-threads", "2", "--no-access-log"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        [*command, "--log-level", "warning", target], cwd=ROOT, env=env, stdout=quiet, stderr=quiet
    )
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    return process


def _connection(port: int) -> http.client.HTTPConnection:
    number = next(_ADDRESSES)
    source = f"127.{1 + number // 60_000 % 200}.{number // 240 % 250}.{1 + number % 240}"
    return http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(source, 0))


def _client(port: int, paths: Iterable[str], failures: list[BaseException]) -> None:
    """Ask for one path after the other, over connections that are kept open; every answer must be 200."""
    try:
        connection = _connection(port)
        for used, path in enumerate(paths, start=1):
            connection.request("GET", path, headers={"Accept": "application/json"})
            with connection.getresponse() as answer:
                body = answer.read()
                assert answer.status == 200, body[:300]
            if used % REQUESTS_A_CONNECTION == 0:
                connection.close()
                connection = _connection(port)
        connection.close()
    except BaseException as error:  # noqa: BLE001  a thread's failure must reach the main one
        failures.append(error)


def run(port: int, paths: Sequence[str]) -> float:
    """Ask for every path once, by several clients at a time; return requests a second."""
    failures: list[BaseException] = []
    shares = [paths[start::CLIENTS] for start in range(CLIENTS)]
    threads = [threading.Thread(target=_client, args=(port, share, failures)) for share in shares]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return len(paths) / (time.perf_counter() - start)


def measure(requests: int, rounds: int, address: str | None = None) -> dict[str, Any]:
    """Take turns and give the medians; the first turn of each warms up and does not count."""
    with tempfile.TemporaryDirectory() as folder:
        database = address or f"sqlite:///{Path(folder) / 'bench.sqlite'}"
        product, paths = prepare(database, Path(folder), requests * (rounds + 1))
        env = {**os.environ, "DATABASE_URL": database, "INSTANCE_DIR": folder, "PORTAL_ENV": "development"}
        ports = free_port(), free_port()
        servers = [serve("benchmarks.bare_route:app", ports[0], env), serve("wsgi:app", ports[1], env)]
        try:
            peer, ours = [], []
            for turn in range(rounds + 1):
                peer.append(run(ports[0], [f"/p/{product}"] * requests))
                ours.append(run(ports[1], paths[turn * requests : (turn + 1) * requests]))
        finally:
            for server in servers:
                server.terminate()
            for server in servers:
                server.wait(timeout=30)
    ratio = statistics.median(one / bare for one, bare in zip(ours[1:], peer[1:], strict=True))
    return {
        "claim": "scan route (stamps never scanned before), against a bare Flask route with one read by key",
        "engine": database.partition(":")[0],
        "ratio": round(ratio, 3),
        "bar": LEAST_RATIO,
        "requests_per_second": round(statistics.median(ours[1:])),
        "peer_requests_per_second": round(statistics.median(peer[1:])),
        "requests": requests * rounds,
        "passed": ratio >= LEAST_RATIO,
    }


def main() -> int:
    """Print one line or one JSON object; exit 1 on a missed bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=300, help="requests a turn")
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument(
        "--database", default=None, help="another database than a SQLite file of its own; it must be empty"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = measure(options.requests, options.rounds, options.database)
    if options.json:
        print(json.dumps(result))
    else:
        print(
            f"{result['claim']}: {result['ratio']} x (bar {LEAST_RATIO}); {result['requests_per_second']} against "
            f"{result['peer_requests_per_second']} requests a second on {result['engine']}"
        )
    return 0 if result["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
