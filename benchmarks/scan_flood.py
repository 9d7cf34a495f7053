"""A flood of scans: one stamp and random serials at once, while others scan stamps of their own at their own pace.

Bars: the others' 99th percentile under 500 ms; of the flooded stamp no more scans a minute are counted than its row
can remember, and none that a limit refused; not one random serial gets a row. The peer is the same crowd without the
flood, in the same run. Served as `make run` does: granian, two workers, one SQLite file.
"""

import argparse
import http.client
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from benchmarks.scan_route import free_port, prepare, serve
from traceability.scans import MOST_A_MINUTE_IN_ALL

LONGEST_MS = 500.0
OTHERS, PAUSE_S = 8, 0.1
FLOODERS, GUESSERS = 4, 4
NETWORKS = 40  # of those who flood one stamp: a botnet, not one phone
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Crowd:
    """Clients in threads of their own, until they are told to stop; notes what was answered and how fast."""

    def __init__(self, port: int) -> None:
        self.port, self.stop = port, threading.Event()
        self.answers: dict[str, Counter[int]] = {}
        self.ms: list[float] = []
        self._lock, self._threads = threading.Lock(), []  # type: ignore[var-annotated]

    def ask(self, address: str, path: str) -> tuple[int, float]:
        """Ask once from a loopback address; return status and milliseconds."""
        start = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(address, 0))
        try:
            connection.request("GET", path, headers={"Accept": "application/json"})
            with connection.getresponse() as answer:
                answer.read()
                return answer.status, (time.perf_counter() - start) * 1000
        finally:
            connection.close()

    def add(self, name: str, address: Callable[[], str], path: Callable[[], str], *, pause_s: float) -> None:
        """Let one more client in; only those who pause are the others, whose time is noted."""

        def walk() -> None:
            counted = self.answers.setdefault(name, Counter())
            while not self.stop.is_set():
                status, ms = self.ask(address(), path())
                with self._lock:
                    counted[status] += 1
                    if pause_s:
                        self.ms.append(ms)
                time.sleep(pause_s)

        self._threads.append(threading.Thread(target=walk, daemon=True))

    def run(self, seconds: float) -> None:
        """Let all of them ask for a while."""
        for thread in self._threads:
            thread.start()
        time.sleep(seconds)
        self.stop.set()
        for thread in self._threads:
            thread.join(timeout=60)


def others(crowd: Crowd, paths: list[str]) -> None:
    """Add people who scan stamps of their own, each from an address of the own."""
    for number in range(OTHERS):
        own = iter(paths[number::OTHERS])
        crowd.add("others", lambda n=number: f"127.9.0.{n + 1}", lambda own=own: next(own), pause_s=PAUSE_S)  # type: ignore[misc]


def flood(crowd: Crowd, stamp: str) -> None:
    """Add those who ask for one stamp from many addresses, and those who try serials from few."""
    deal = random.Random(4)
    for _ in range(FLOODERS):
        crowd.add("flood", lambda: f"127.7.{deal.randrange(NETWORKS)}.1", lambda: stamp, pause_s=0)
    for number in range(GUESSERS):
        crowd.add(
            "guesses",
            lambda n=number: f"127.8.0.{n + 1}",  # type: ignore[misc]
            lambda: stamp[:13] + "".join(deal.choices(ALPHABET, k=10)),
            pause_s=0,
        )


def percentile(values: list[float], share: float) -> float:
    """Return the value below which a share of them lies."""
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1]


def measure(seconds: float) -> dict[str, Any]:
    """Scan in peace, then in the flood; read what was counted from the database."""
    with tempfile.TemporaryDirectory() as name:
        database = f"sqlite:///{Path(name) / 'bench.sqlite'}"
        people = int(OTHERS * seconds / PAUSE_S) + OTHERS
        _product, paths = prepare(database, Path(name), 2 * people + 2)
        env = {**os.environ, "DATABASE_URL": database, "INSTANCE_DIR": name, "PORTAL_ENV": "development"}
        port = free_port()
        server = serve("wsgi:app", port, env)
        try:
            warm, quiet, loud = Crowd(port), Crowd(port), Crowd(port)
            for _ in range(20):
                warm.ask("127.9.1.1", paths[-1])
            others(quiet, paths[:people])
            quiet.run(seconds)
            others(loud, paths[people : 2 * people])
            flood(loud, paths[2 * people])
            loud.run(seconds)
            time.sleep(2)  # details are written in groups
        finally:
            server.terminate()
            server.wait(timeout=60)
        return judged(database, paths[2 * people], people, loud, quiet, seconds)


def judged(database: str, stamp: str, people: int, loud: Crowd, quiet: Crowd, seconds: float) -> dict[str, Any]:
    """Hold times and counts to the bars."""
    engine = create_engine(database)
    with engine.connect() as rows:
        counts = dict(rows.execute(text('SELECT "index", scans FROM trace_stamps')).all())  # type: ignore[arg-type]
        noted = rows.execute(text('SELECT count(*) FROM trace_scans WHERE "index" = :at'), {"at": 2 * people}).scalar()
    engine.dispose()
    asked = quiet.answers["others"][200] + loud.answers["others"][200]
    flooded = counts.pop(2 * people, 0)
    counts.pop(2 * people + 1, None)  # the warming up
    most = MOST_A_MINUTE_IN_ALL * (int(seconds // 60) + 1)
    honest = 0 < flooded <= most and noted == flooded and sum(counts.values()) == asked == len(counts)
    refused = loud.answers["flood"][429] + loud.answers["guesses"][429]
    p99, calm = percentile(loud.ms, 0.99), percentile(quiet.ms, 0.99)
    served = set(loud.answers["others"]) == {200}
    return {
        "claim": f"others' p99 in a flood of one stamp ({stamp[:8]}…) and random serials, against the same without it",
        "ratio": round(p99 / calm, 2),
        "bar": f"{LONGEST_MS:.0f} ms",
        "p99_ms": round(p99, 1),
        "peer_p99_ms": round(calm, 1),
        "others": len(loud.ms),
        "flood": sum(loud.answers["flood"].values()),
        "guesses": sum(loud.answers["guesses"].values()),
        "refused": refused,
        "counted_of_the_flooded_stamp": flooded,
        "counts_honest": honest,
        "passed": p99 <= LONGEST_MS and honest and served and refused > 0,
    }


def main() -> int:
    """Print one line or one JSON object; exit 1 on a missed bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = measure(options.seconds)
    print(json.dumps(result) if options.json else "\n".join(f"{key}: {value}" for key, value in result.items()))
    return 0 if result["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
