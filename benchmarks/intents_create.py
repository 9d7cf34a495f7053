"""A payment intent made through the official Stripe SDK, against localstripe with as many stored, turn by turn."""

import statistics
import sys

from benchmarks.alone import Result, tell
from benchmarks.intents import ASKED, STORED, bare, localstripe, portal, seconds_each

LEAST_RATIO = 5.0
TIMES, ROUNDS = 40, 5


def measure() -> Result:
    """Take turns and give the medians; the first turn of each warms up and does not count."""
    mine, peer, least, stored = [], [], [], []
    with portal(STORED) as ours, localstripe(STORED) as theirs, bare() as nothing, bare(stores=True) as one_row:
        for _ in range(ROUNDS + 1):
            peer.append(seconds_each(lambda: theirs.v1.payment_intents.create({**ASKED}), TIMES))
            mine.append(seconds_each(lambda: ours.v1.payment_intents.create({**ASKED}), TIMES))
            least.append(seconds_each(lambda: nothing.v1.payment_intents.create({**ASKED}), TIMES))
            stored.append(seconds_each(lambda: one_row.v1.payment_intents.create({**ASKED}), TIMES))
    ratio = statistics.median(other / own for own, other in zip(mine[1:], peer[1:], strict=True))
    return {
        "claim": f"a payment intent made through the Stripe SDK, {STORED:,} stored, against localstripe",
        "ratio": round(ratio, 2),
        "bar": LEAST_RATIO,
        "milliseconds": round(statistics.median(mine[1:]) * 1e3, 2),
        "peer_milliseconds": round(statistics.median(peer[1:]) * 1e3, 2),
        "bare_milliseconds": round(statistics.median(least[1:]) * 1e3, 2),
        "one_row_milliseconds": round(statistics.median(stored[1:]) * 1e3, 2),
        "passed": ratio >= LEAST_RATIO,
    }


if __name__ == "__main__":
    sys.exit(tell(measure, __doc__))
