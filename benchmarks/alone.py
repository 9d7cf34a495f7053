"""What the small measurements share: one batch as the portal stores it, and how a result is told."""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

import traceability as trace

Result = dict[str, object]
DEMO_STAMPS = 1_761_000
ORIGIN = "stamps.example/log"
KEYS = trace.StampKeys({1: bytes(range(32))})
LOG_KEYS = trace.SigningKeys({1: bytes(32)})


@contextmanager
def database(address: str = "sqlite://") -> Iterator[Session]:
    """Open an empty database with a log."""
    engine = create_engine(address)
    trace.TraceBase.metadata.create_all(engine)
    with Session(engine) as session:
        trace.open_log(session, now=datetime.now(UTC), origin=ORIGIN)
        session.commit()
        yield session
    engine.dispose()


def issue(session: Session, count: int) -> trace.IssuedBatch:
    """Issue one batch as the portal does, with its two commits."""
    order = trace.reserve_batch(session, keys=KEYS, count=count)
    session.commit()
    derived = trace.derive_batch(order, keys=KEYS)
    issued = trace.issue_batch(
        session,
        now=datetime.now(UTC),
        derived=derived,
        establishment="or_bench",
        product="pr_bench",
        gtin="08938505974194",
        prefix="HTTPS://STAMPS.EXAMPLE/01/08938505974194/21/",
        log_keys=LOG_KEYS,
    )
    session.commit()
    return issued


def bare_hash_us() -> float:
    """Measure one SHA-256 of a block, in microseconds: by it a slow machine is told from slow code."""
    data, rounds = bytes(65), 20_000
    start = time.process_time()
    for _ in range(rounds):
        sha256(data).digest()
    return (time.process_time() - start) / rounds * 1e6


def tell(measure: Callable[[], Result], about: str | None) -> int:
    """Print a measurement's result as lines or as one JSON object; give 1 on a missed bar."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = measure()
    if options.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name}: {value}")
    return 0 if result["passed"] else 1
