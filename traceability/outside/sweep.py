"""One sweep over a log's entries: bundles → leaves → tiles → root, held against what earlier sweeps found."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from traceability.errors import LogMisbehaves
from traceability.merkle import EMPTY_ROOT, TILE_WIDTH, fold, leaf_hash
from traceability.notes import Checkpoint
from traceability.outside.reader import LogReader
from traceability.outside.told import Told


@dataclass
class Swept:
    """What is known of a log's entries: one hash for each whole bundle of 256, and what those entries tell.

    It is of this log's entries in their order; all of it was held against a signed root.
    """

    bundles: list[bytes]
    told: Told


@dataclass(frozen=True, slots=True)
class Odd:
    """A place where entries and tiles do not say the same."""

    position: int
    from_entry: str
    from_tile: str


class Sweep:
    """Reads the entries of one checkpoint: the new ones, and old ones again, all or as many bundles as asked."""

    def __init__(self, reader: LogReader, checkpoint: Checkpoint, *, now: datetime) -> None:
        self._reader = reader
        self._checkpoint = checkpoint
        self._now = now
        self._odd: list[Odd] = []
        self.read = 0
        self.signs: tuple[str, ...] = ()

    def run(self, known: Swept, *, again: int | None, draw: random.Random) -> Swept:
        """Give what is known afterwards; `again` is how many old bundles are read anew, None for all.

        Raises LogMisbehaves (`entries_missing`, `entry_differs`, `tile_differs`, `root_differs`, and those of `Told`),
        LogUnreachable.
        """
        whole, rest = divmod(self._checkpoint.size, TILE_WIDTH)
        self._read_again(known, again=again, draw=draw)
        found = Swept(list(known.bundles), known.told.copy())
        pending: list[tuple[int, list[bytes]]] = []
        for number in range(len(known.bundles), whole):
            entries, leaves = self._bundle(number, TILE_WIDTH)
            pending.append((number, entries))
            found.bundles.append(fold(leaves))
        last: list[bytes] = []
        edge: list[bytes] = []
        if rest:
            last, leaves = self._bundle(whole, rest)
            edge = [fold(leaves)]
        self._check_root(found.bundles, edge)
        for number, entries in pending:  # what they tell counts only now that the root vouches for them
            self._tell(found.told, number, entries)
        newest = found.told.copy()
        self._tell(newest, whole, last)
        self.signs = newest.signs
        return found

    def _read_again(self, known: Swept, *, again: int | None, draw: random.Random) -> None:
        numbers: Iterable[int] = range(len(known.bundles))
        if again is not None and again < len(known.bundles):
            numbers = sorted(draw.sample(range(len(known.bundles)), again))
        for number in numbers:
            _entries, leaves = self._bundle(number, TILE_WIDTH)
            holds = fold(leaves) == known.bundles[number]
            self._check_odd(holds=holds)
            if not holds:
                raise LogMisbehaves(kind="entry_differs", bundle=number, reason="entries and tile were both changed")

    def _check_odd(self, *, holds: bool) -> None:
        """Name the first place where entries and tiles differ; `holds` says whether the entries are right."""
        if self._odd:
            first = self._odd[0]
            raise LogMisbehaves(
                kind="tile_differs" if holds else "entry_differs",
                position=first.position,
                entry_hash=first.from_entry,
                tile_hash=first.from_tile,
                positions=len(self._odd),
            )

    def _bundle(self, number: int, width: int) -> tuple[list[bytes], list[bytes]]:
        entries = self._reader.entries(number, width=width)
        leaves = [leaf_hash(entry) for entry in entries]
        tile = self._reader.tile(0, number, width=width)
        self.read += width
        for place, leaf in enumerate(leaves):
            in_tile = tile[place * 32 : place * 32 + 32]
            if leaf != in_tile:
                self._odd.append(Odd(number * TILE_WIDTH + place, leaf.hex(), in_tile.hex()))
        return entries, leaves

    def _check_root(self, bundles: list[bytes], edge: list[bytes]) -> None:
        size = self._checkpoint.size
        holds = (fold([*bundles, *edge]) if size else EMPTY_ROOT) == self._checkpoint.root
        self._check_odd(holds=holds)
        if not holds:
            raise LogMisbehaves(kind="root_differs", size=size, signed=self._checkpoint.root.hex())
        self._check_upper_tiles(bundles)

    def _check_upper_tiles(self, hashes: list[bytes]) -> None:
        level = 1
        while hashes:
            parts = [hashes[start : start + TILE_WIDTH] for start in range(0, len(hashes), TILE_WIDTH)]
            for number, part in enumerate(parts):
                if self._reader.tile(level, number, width=len(part)) != b"".join(part):
                    raise LogMisbehaves(kind="tile_differs", level=level, number=number)
            hashes = [fold(part) for part in parts if len(part) == TILE_WIDTH]
            level += 1

    def _tell(self, told: Told, number: int, entries: list[bytes]) -> None:
        for place, entry in enumerate(entries):
            told.take(number * TILE_WIDTH + place, entry, now=self._now)
