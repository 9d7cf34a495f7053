"""The root of a tree from ready leaf data, per leaf, against pymerkle: same data, same run, turn by turn."""

import statistics
import sys
import time

from pymerkle import InmemoryTree

from benchmarks.alone import Result, tell
from traceability.merkle import TILE_WIDTH, TileTree, leaf_hash

LEAST_RATIO = 5.0
LEAVES, ROUNDS = 65_536, 5


def ours(data: list[bytes]) -> bytes:
    """Hash leaves and nodes as a batch's tree is grown."""
    tree = TileTree(lambda *_tile: None, lowest_kept=1)
    for first in range(0, len(data), TILE_WIDTH):
        tree.append_tile([leaf_hash(one) for one in data[first : first + TILE_WIDTH]])
    return tree.root()


def theirs(data: list[bytes]) -> bytes:
    """Hash leaves and nodes as pymerkle does."""
    root: bytes = InmemoryTree.init_from_entries(data, algorithm="sha256").get_root()
    return root


def measure() -> Result:
    """Take turns, and give medians."""
    data = [number.to_bytes(31, "big") for number in range(LEAVES)]
    mine: list[float] = []
    peer: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        root = ours(data)
        mine.append(time.perf_counter() - start)
        start = time.perf_counter()
        assert theirs(data) == root
        peer.append(time.perf_counter() - start)
    ratio = statistics.median(other / own for own, other in zip(mine, peer, strict=True))
    return {
        "claim": f"the root of {LEAVES:,} leaves, against pymerkle",
        "ratio": round(ratio, 2),
        "bar": LEAST_RATIO,
        "microseconds_a_leaf": round(statistics.median(mine) / LEAVES * 1e6, 3),
        "peer_microseconds_a_leaf": round(statistics.median(peer) / LEAVES * 1e6, 3),
        "passed": ratio >= LEAST_RATIO,
    }


if __name__ == "__main__":
    sys.exit(tell(measure, __doc__))
