"""Issuing 1,761,000 stamps against the same stamps as rows: COPY into PostgreSQL, then its unique index.

Both on one server, turn by turn. The rows' serials are ready before the clock starts, and the index is built after the
COPY, which is the quicker way: the peer pays for storing alone, ours derives every stamp too.
"""

import statistics
import sys
import time
from itertools import pairwise

import psycopg
from sqlalchemy import make_url, text
from sqlalchemy.orm import Session

from benchmarks.alone import DEMO_STAMPS, KEYS, Result, database, issue, tell
from tests.engines import Engines

LEAST_RATIO = 2.0
MOST_BYTES = 0.5
ROUNDS = 3
_BLOCK = 20_000
_OURS = ("trace_batches", "trace_batch_tiles", "trace_entries", "trace_counters")


def blocks_of_rows() -> list[bytes]:
    """Write the rows of a batch as COPY reads them."""
    key = KEYS.batch_key(version=1, batch=1)
    bounds = [*range(0, DEMO_STAMPS, _BLOCK), DEMO_STAMPS]
    return [
        "".join(f"1\t{index}\t{key.serial(index)}\n" for index in range(first, end)).encode()
        for first, end in pairwise(bounds)
    ]


def copy(address: str, blocks: list[bytes]) -> tuple[float, int]:
    """Store the rows; give seconds and bytes."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS stamps")
        connection.execute("CREATE TABLE stamps (batch integer, number integer, serial text)")
        start = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy("COPY stamps FROM STDIN") as stream:
            for block in blocks:
                stream.write(block)
        connection.execute("CREATE UNIQUE INDEX ON stamps (serial)")
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
    engines = Engines()
    ours: list[float] = []
    peer: list[float] = []
    sizes: list[int] = []
    try:
        address = engines.fresh("postgresql", migrated=False)
        plain = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
        blocks = blocks_of_rows()
        with database(
            make_url(plain).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        ) as rows:
            before = stored(rows)
            for _ in range(ROUNDS):
                seconds, size = copy(plain, blocks)
                peer.append(seconds)
                sizes.append(size)
                start = time.perf_counter()
                issue(rows, DEMO_STAMPS)
                ours.append(time.perf_counter() - start)
            grown = (stored(rows) - before) / ROUNDS
    finally:
        engines.close()
    ratio = statistics.median(other / own for own, other in zip(ours, peer, strict=True))
    bytes_a_stamp = grown / DEMO_STAMPS
    return {
        "claim": f"issue {DEMO_STAMPS:,} stamps, against COPY of them as rows",
        "ratio": round(ratio, 2),
        "bar": LEAST_RATIO,
        "seconds": round(statistics.median(ours), 3),
        "peer_seconds": round(statistics.median(peer), 3),
        "stored_bytes_per_stamp": round(bytes_a_stamp, 3),
        "peer_stored_bytes_per_stamp": round(statistics.median(sizes) / DEMO_STAMPS, 1),
        "passed": ratio >= LEAST_RATIO and bytes_a_stamp <= MOST_BYTES,
    }


if __name__ == "__main__":
    sys.exit(tell(measure, __doc__))
