"""Telling a real code from a guess: decode, derive the MAC, compare; at most 10 µs, the batch's key being known."""

import statistics
import sys
import time

from benchmarks.alone import KEYS, Result, bare_hash_us, tell
from traceability.serials import decode_serial

MOST_US = 10.0
CODES, ROUNDS = 5_000, 7


def measure() -> Result:
    """Check real codes and guesses by turns; give the median round, in microseconds a code."""
    key = KEYS.batch_key(version=1, batch=5)
    real = [key.serial(index) for index in range(CODES)]
    guessed = [serial[:-1] + ("0" if serial[-1] != "0" else "1") for serial in real]
    codes = [code for pair in zip(real, guessed, strict=True) for code in pair]
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        accepted = 0
        for code in codes:
            parts = decode_serial(code)
            accepted += parts is not None and key.accepts(parts)
        rounds.append((time.process_time() - start) / len(codes) * 1e6)
        assert accepted == CODES
    ours, bare = statistics.median(rounds), bare_hash_us()
    return {
        "claim": "a code's MAC checked",
        "microseconds": round(ours, 2),
        "bare_sha256_us": round(bare, 3),
        "bar": MOST_US,
        "passed": ours <= MOST_US,
    }


if __name__ == "__main__":
    sys.exit(tell(measure, __doc__))
