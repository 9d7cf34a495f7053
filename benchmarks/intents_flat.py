"""A payment intent made through the official Stripe SDK with 100,000 stored, against ourselves with 100."""

import statistics
import sys

from benchmarks.alone import Result, tell
from benchmarks.intents import ASKED, portal, seconds_each

MOST_RATIO = 1.25
FEW, MANY = 100, 100_000
TIMES, ROUNDS = 60, 5


def measure() -> Result:
    """Take turns and give the medians; the first turn of each warms up and does not count."""
    few, many = [], []
    with portal(FEW) as small, portal(MANY) as large:
        for _ in range(ROUNDS + 1):
            few.append(seconds_each(lambda: small.v1.payment_intents.create({**ASKED}), TIMES))
            many.append(seconds_each(lambda: large.v1.payment_intents.create({**ASKED}), TIMES))
    ratio = statistics.median(grown / one for one, grown in zip(few[1:], many[1:], strict=True))
    return {
        "claim": f"a payment intent made with {MANY:,} stored, against one made with {FEW}",
        "ratio": round(ratio, 3),
        "bar": MOST_RATIO,
        "milliseconds": round(statistics.median(many[1:]) * 1e3, 2),
        "peer_milliseconds": round(statistics.median(few[1:]) * 1e3, 2),
        "passed": ratio <= MOST_RATIO,
    }


if __name__ == "__main__":
    sys.exit(tell(measure, __doc__))
