"""Issuing stamps against the bare RFC 6962 tree over as many leaves: same run, one process, turn by turn.

The peer hashes `sha256(0x00 ‖ data)` for ready 32-byte data and folds the tree by the product's own folding, so what
the ratio shows is the derivation of keyed leaves alone. Ours is all of issuing: keys, leaves, tree, header, tiles and
entry, into a SQLite file. Bars: at most 2.5 × (aim 1.9), under 1 MB stored, at most 0.5 byte a stamp.
"""

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

import traceability as trace
from benchmarks.alone import DEMO_STAMPS, ORIGIN, issue
from traceability import deriving
from traceability.merkle import TILE_WIDTH, TileTree
from traceability.models import TraceBatchTile

MOST_RATIO = 2.5
AIM_RATIO = 1.9
MOST_STORED_BYTES = 1_000_000


def bare_tree(count: int) -> bytes:
    """Build the plain tree over `count` leaves of 32 bytes."""
    tree = TileTree(lambda *_tile: None, lowest_kept=1)
    for first in range(0, count, TILE_WIDTH):
        last = min(count, first + TILE_WIDTH)
        tree.append_tile([sha256(b"\x00" + number.to_bytes(32, "big")).digest() for number in range(first, last)])
    return tree.root()


def database_bytes(session: Session) -> int:
    """Measure the database file after its journal is folded in."""
    session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    pages = session.execute(text("PRAGMA page_count")).scalar_one()
    return int(pages) * int(session.execute(text("PRAGMA page_size")).scalar_one())


def measure(count: int, rounds: int) -> dict[str, object]:
    """Take turns, and give medians and what one batch stores."""
    deriving.LARGE = count + 1  # one process, as the peer
    bare: list[float] = []
    ours: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'bench.sqlite'}")
        trace.TraceBase.metadata.create_all(engine)
        with Session(engine) as session:
            trace.open_log(session, now=datetime.now(UTC), origin=ORIGIN)
            session.commit()
            before = database_bytes(session)
            for _ in range(rounds):
                start = time.perf_counter()
                bare_tree(count)
                bare.append(time.perf_counter() - start)
                start = time.perf_counter()
                issue(session, count)
                ours.append(time.perf_counter() - start)
            stored = (database_bytes(session) - before) / rounds
            hashes = session.execute(select(func.sum(func.length(TraceBatchTile.hashes)))).scalar_one() / rounds
        engine.dispose()
    ratio = statistics.median(one / peer for one, peer in zip(ours, bare, strict=True))
    return {
        "claim": f"issue {count:,} stamps, against the bare RFC 6962 tree",
        "ratio": round(ratio, 3),
        "bar": MOST_RATIO,
        "aim": AIM_RATIO,
        "seconds": round(statistics.median(ours), 3),
        "peer_seconds": round(statistics.median(bare), 3),
        "stored_bytes": round(stored),
        "hash_bytes": round(hashes),
        "stored_bytes_per_stamp": round(stored / count, 3),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "passed": ratio <= MOST_RATIO and stored < MOST_STORED_BYTES and stored / count <= 0.5,
    }


def main() -> int:
    """Print one line or one JSON object; exit 1 on a missed bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=DEMO_STAMPS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = measure(options.count, options.rounds)
    if options.json:
        print(json.dumps(result))
    else:
        print(
            f"{result['claim']}: {result['ratio']} x (bar {MOST_RATIO}, aim {AIM_RATIO}); {result['seconds']} s, "
            f"{result['stored_bytes']} bytes stored, {result['peak_memory_mb']} MB"
        )
    return 0 if result["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
