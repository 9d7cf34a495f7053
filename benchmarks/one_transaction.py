"""All batches of the demo province on a ledger: 1,761,000 stamps of 14 establishments, counted on the EVM node."""

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import traceability as trace
from benchmarks.alone import DEMO_STAMPS, LOG_KEYS, Result, database, issue, tell
from tests.anvil import Anvil
from tests.chains import Chain, own_book

ESTABLISHMENTS = 14
MOST = 1


def measure() -> Result:
    """Issue, publish, anchor; give the transactions that the node holds of the sending account."""
    now = datetime.now(UTC)
    share, rest = divmod(DEMO_STAMPS, ESTABLISHMENTS)
    with tempfile.TemporaryDirectory() as folder, database() as session, Anvil() as node:
        for number in range(ESTABLISHMENTS):
            issue(session, share + (number < rest))
        trace.integrate_entries(session, now=now)
        session.commit()
        signed = trace.publish_checkpoint(session, now=now, keys=LOG_KEYS, head=trace.HeadFile(Path(folder) / "head"))
        session.commit()
        assert signed is not None
        chain = Chain(node, begin=own_book(Path(folder) / "book.sqlite")).deployed()
        start = time.perf_counter()
        ledger = chain.ledger()
        ledger.anchor(signed.checkpoint)
        node.mine(4)
        found = ledger.find(signed.checkpoint.origin, signed.checkpoint.size)
        assert isinstance(found, trace.Receipt)
        assert (found.root, len(chain.anchors())) == (signed.checkpoint.root, 1)
        sent, seconds = chain.sent(), time.perf_counter() - start
    return {
        "claim": f"ledger transactions for {DEMO_STAMPS:,} stamps",
        "transactions": sent,
        "batches": ESTABLISHMENTS,
        "seconds": round(seconds, 3),
        "bar": MOST,
        "passed": sent <= MOST,
    }


if __name__ == "__main__":
    sys.exit(tell(measure, __doc__))
