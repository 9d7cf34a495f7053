"""C2SP tlog-tiles: names of tiles, and roots and proofs read from tiles (pure)."""

import re
from collections.abc import Callable

from traceability.errors import TileAbsent
from traceability.merkle import HASH_BYTES, TILE_HEIGHT, TILE_WIDTH, Subtree, fold, node_hash, split_point

HIGHEST_LEVEL = 63
_NUMBER = re.compile(r"(?:x[0-9]{3}/)*[0-9]{3}")

# Gives the joined hashes of a tile, at least as many as a size asks for: level, number.
ReadTile = Callable[[int, int], bytes]


def format_number(number: int) -> str:
    """Write a tile's number in groups of three, `x001/x234/067`."""
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03d}")
    return "/".join(reversed(groups))


def parse_number(text: str) -> tuple[int, int | None]:
    """Read `x001/x234/067[.p/8]` as number and width (None: whole); raises TileAbsent on any other spelling."""
    path, partial, width_text = text.partition(".p/")
    if _NUMBER.fullmatch(path) is None or len(path) > 40:
        raise TileAbsent(tile=text[:60])
    number = int(path.replace("x", "").replace("/", ""))
    if format_number(number) != path:
        raise TileAbsent(tile=text[:60])
    if not partial:
        return number, None
    if not re.fullmatch(r"[1-9][0-9]{0,2}", width_text) or int(width_text) >= TILE_WIDTH:
        raise TileAbsent(tile=text[:60])
    return number, int(width_text)


def width_at(size: int, level: int, number: int) -> int:
    """Count the hashes that a tile has in a tree of `size` leaves: 0 to 256."""
    return max(0, min(TILE_WIDTH, (size >> (TILE_HEIGHT * level)) - number * TILE_WIDTH))


def edge_of(size: int) -> list[tuple[int, int, int]]:
    """List the partial tiles of a tree of `size` leaves as (level, number, width)."""
    edge = []
    level = 0
    while hashes := size >> (TILE_HEIGHT * level):
        if width := hashes % TILE_WIDTH:
            edge.append((level, hashes // TILE_WIDTH, width))
        level += 1
    return edge


def split_hashes(tile: bytes) -> list[bytes]:
    """Cut a tile into its hashes."""
    return [tile[start : start + HASH_BYTES] for start in range(0, len(tile), HASH_BYTES)]


def subtree_from_tiles(read: ReadTile, *, tail: tuple[int, int, bytes] | None = None) -> Subtree:
    """Read subtrees from tiles; `tail` = (first, end, root) of a last partial tile whose root is known already."""

    def whole(height: int, position: int) -> bytes:
        level, inside = divmod(height, TILE_HEIGHT)
        count = 1 << inside
        number, offset = divmod(position * count, TILE_WIDTH)
        hashes = read(level, number)[offset * HASH_BYTES : (offset + count) * HASH_BYTES]
        if len(hashes) != count * HASH_BYTES:
            raise TileAbsent(tile=f"{level}/{format_number(number)}")
        return fold(split_hashes(hashes))

    def subtree(first: int, end: int) -> bytes:
        if tail is not None and (first, end) == tail[:2]:
            return tail[2]
        count = end - first
        if count & (count - 1) == 0:
            height = count.bit_length() - 1
            return whole(height, first >> height)
        middle = first + split_point(count)
        return node_hash(subtree(first, middle), subtree(middle, end))

    return subtree
