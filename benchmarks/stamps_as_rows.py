"""Issuing 1,761,000 stamps against issuing the same stamps as rows, by COPY into PostgreSQL with a unique serial.

Both from the order to the commit, on one server with its own durability, turn by turn, each on as many cores as it
takes. A row is found by its serial when it is scanned, by batch and number when a range is put on goods: its two keys
stand before the rows come, as they do when a second batch is issued. Serials are derived on both sides;
`peer_storing_seconds` is the COPY alone, of rows that were written out beforehand.
"""

import statistics
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import pairwise

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks.alone import DEMO_STAMPS, KEYS, Result, database, issue, tell
from tests.postgres import server

LEAST_RATIO = 2.0
MOST_BYTES = 0.5
ROUNDS = 3
_BLOCK = 20_000
_OURS = ("trace_batches", "trace_batch_tiles", "trace_entries", "trace_counters")


def rows_of_stamps() -> Iterator[bytes]:
    """Derive the stamps of a batch, and write their rows as COPY reads them."""
    key = KEYS.batch_key(version=1, batch=1)
    for first, end in pairwise([*range(0, DEMO_STAMPS, _BLOCK), DEMO_STAMPS]):
        yield "".join([f"1\t{index}\t{key.serial(index)}\n" for index in range(first, end)]).encode()


def copy(address: str, blocks: Iterable[bytes]) -> tuple[float, int]:
    """Store the rows; give seconds and bytes."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS stamps")
        connection.execute(
            "CREATE TABLE stamps (batch integer, number integer, serial text UNIQUE, PRIMARY KEY (batch, number))"
        )
        start = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy("COPY stamps FROM STDIN") as stream:
            for block in blocks:
                stream.write(block)
        seconds = time.perf_counter() - start
        size = connection.execute("SELECT pg_total_relation_size('stamps')").fetchone()
        assert size is not None
        return seconds, int(size[0])


def stored(session: Session) -> int:
    """Measure all that issuing writes to, indexes and overflow included."""
    session.commit()
    return sum(session.execute(text(f"SELECT pg_total_relation_size('{name}')")).scalar_one() for name in _OURS)


def measure() -> Result:
    """Take turns, and give medians."""
    ours: list[float] = []
    peer: list[float] = []
    sizes: list[int] = []
    with server(durable=True) as host:
        address = f"{host}/postgres"
        plain = address.replace("postgresql+psycopg://", "postgresql://", 1)
        with database(address) as rows:
            before = stored(rows)
            for _ in range(ROUNDS):
                seconds, size = copy(plain, rows_of_stamps())
                peer.append(seconds)
                sizes.append(size)
                start = time.perf_counter()
                issue(rows, DEMO_STAMPS)
                ours.append(time.perf_counter() - start)
            grown = (stored(rows) - before) / ROUNDS
        storing, _size = copy(plain, list(rows_of_stamps()))
    ratio = statistics.median(other / own for own, other in zip(ours, peer, strict=True))
    bytes_a_stamp = grown / DEMO_STAMPS
    return {
        "claim": f"issue {DEMO_STAMPS:,} stamps, against them as rows by COPY",
        "ratio": round(ratio, 2),
        "bar": LEAST_RATIO,
        "seconds": round(statistics.median(ours), 3),
        "peer_seconds": round(statistics.median(peer), 3),
        "peer_storing_seconds": round(storing, 3),
        "stored_bytes_per_stamp": round(bytes_a_stamp, 3),
        "peer_stored_bytes_per_stamp": round(statistics.median(sizes) / DEMO_STAMPS, 1),
        "passed": ratio >= LEAST_RATIO and bytes_a_stamp <= MOST_BYTES,
    }


if __name__ == "__main__":
    sys.exit(tell(measure, __doc__))
