"""Derive the tree of a large batch on several cores: children fold whole tiles of 256 stamps, here they are joined.

A child is a plain process of this module: its keys come by standard input, its hashes go by standard output, and it
ends with its parent. Nothing of the caller (a server, a session, its locks) is copied into it.
"""

import json
import os
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path
from typing import IO

from traceability.merkle import HASH_BYTES, TILE_WIDTH, TileTree, fold
from traceability.serials import BatchKey, batch_key_of
from traceability.stamp_trees import Progress, StampTree, check_value_of, grow_stamp_tree, leaf_tile

LARGE = 200_000  # below, starting children costs more than they save
_AT_ONCE = 32
_LOOK_S = 0.1


def grow_on_cores(stamp_key: bytes, batch: int, count: int, *, progress: Progress | None = None) -> StampTree:
    """Derive the tree of `count` stamps with a child a core; a small one, or where a child fails, in this process."""
    key, cores = batch_key_of(batch, stamp_key=stamp_key), os.cpu_count() or 1
    if count < LARGE or cores < 2:
        return grow_stamp_tree(key, count, progress=progress)
    whole = count // TILE_WIDTH
    bounds = [whole * core // cores for core in range(cores + 1)]
    children = [_Child(stamp_key, batch, first, end) for first, end in pairwise(bounds) if end > first]
    try:
        for child in children:
            while not child.wait(_LOOK_S):
                if progress is not None:
                    progress(TILE_WIDTH * sum(one.done for one in children))
    finally:
        for child in children:
            child.end()
    if not all(child.whole for child in children):
        return grow_stamp_tree(key, count, progress=progress)
    return _joined(key, count, b"".join(bytes(child.hashes) for child in children), progress)


def _joined(key: BatchKey, count: int, roots: bytes, progress: Progress | None) -> StampTree:
    tiles: list[tuple[int, int, bytes]] = []
    tree = TileTree(lambda level, number, hashes: tiles.append((level, number, hashes)), lowest_kept=1)
    for start in range(0, len(roots), HASH_BYTES):
        tree.append_root(roots[start : start + HASH_BYTES])
    number, rest = divmod(count, TILE_WIDTH)
    if rest:
        tree.append_tile(leaf_tile(key, number)[:rest])
    if progress is not None:
        progress(count)
    return StampTree(tree.root(), tree.edge_root(), check_value_of(key), (*tiles, *tree.edge_tiles()))


class _Child:
    """One process that folds the tiles first..end-1; a thread of ours takes what it writes."""

    def __init__(self, stamp_key: bytes, batch: int, first: int, end: int) -> None:
        self.hashes = bytearray()
        self._expected = (end - first) * HASH_BYTES
        self._process = subprocess.Popen(
            [sys.executable, "-m", "traceability.deriving"],
            env={"PYTHONPATH": str(Path(__file__).parents[1])},  # no secret but the one that it is given
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        order = {"batch": batch, "end": end, "first": first, "key": stamp_key.hex()}
        self._thread = threading.Thread(target=self._take, args=(json.dumps(order).encode(),), daemon=True)
        self._thread.start()

    def _take(self, order: bytes) -> None:
        given, taken = self._process.stdin, self._process.stdout
        if given is None or taken is None:
            return
        try:
            with given:
                given.write(order)
            while part := taken.read(_AT_ONCE * HASH_BYTES):
                self.hashes += part
        except OSError:  # it died: what it wrote is not whole
            return

    @property
    def done(self) -> int:
        """Count the tiles that have come."""
        return len(self.hashes) // HASH_BYTES

    @property
    def whole(self) -> bool:
        """Say whether all its tiles came and it ended well."""
        return len(self.hashes) == self._expected and self._process.returncode == 0

    def wait(self, seconds: float) -> bool:
        """Wait for the last of it; say whether that has come."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def end(self) -> None:
        """End the process, kindly where it has ended by itself."""
        if self._thread.is_alive():
            self._process.kill()
        self._thread.join()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def fold_tiles(order: IO[bytes], out: IO[bytes]) -> None:
    """Read an order for tiles and write the root of each, as they come."""
    facts = json.load(order)
    key = batch_key_of(facts["batch"], stamp_key=bytes.fromhex(facts["key"]))
    for number in range(facts["first"], facts["end"]):
        out.write(fold(leaf_tile(key, number)))
        if number % _AT_ONCE == 0:
            out.flush()  # the parent counts what has come; without it this ends in a broken pipe
    out.flush()


if __name__ == "__main__":
    fold_tiles(sys.stdin.buffer, sys.stdout.buffer)
