"""The Merkle tree over a batch's stamps: grown in blocks of 256, or read from tiles (pure)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from traceability.merkle import TILE_WIDTH, Subtree, TileTree
from traceability.serials import MAC_BITS, BatchKey
from traceability.tiles import ReadTile, subtree_from_tiles

# Takes the number of stamps done so far.
Progress = Callable[[int], None]

_LEAF_BYTES = 32
_NONCE_BITS = 128
# Of the 32-byte secret the MAC is the first 50 bits; in the leaf it ends right before the 16-byte nonce.
_MAC_SHIFT = 8 * _LEAF_BYTES - MAC_BITS - _NONCE_BITS
_INDEX_SHIFT = _NONCE_BITS + 56
_BATCH_SHIFT = _INDEX_SHIFT + 32
_LAST_BYTES = [value.to_bytes(1, "big") for value in range(TILE_WIDTH)]
# One bit a stamp: times a small number it writes that number into every stamp's field at once.
_EACH = sum(1 << (8 * _LEAF_BYTES * position) for position in range(TILE_WIDTH))
_MAC_MASK = _EACH * (((1 << MAC_BITS) - 1) << _NONCE_BITS)
_NONCE_MASK = _EACH * ((1 << _NONCE_BITS) - 1)
_POSITIONS = sum(
    (TILE_WIDTH - 1 - position) << (8 * _LEAF_BYTES * position + _INDEX_SHIFT) for position in range(TILE_WIDTH)
)
_BLOCK_BYTES = TILE_WIDTH * _LEAF_BYTES


@dataclass(frozen=True, slots=True)
class StampTree:
    """What is kept of a batch's tree: 0.13 byte a stamp."""

    root: bytes
    edge_root: bytes | None
    check_value: bytes
    tiles: tuple[tuple[int, int, bytes], ...]


def leaf_tile(key: BatchKey, number: int) -> list[bytes]:
    """Derive 256 leaf hashes, of the stamps from 256 · number on.

    A block is cut and joined as one 65,536-bit number: per stamp there are three hashes left and little else.
    """
    state = key.keyed()()
    state.update(number.to_bytes(3, "big"))
    copy = state.copy
    secrets: list[bytes] = []
    add = secrets.append
    for last_byte in _LAST_BYTES:
        keyed = copy()
        keyed.update(last_byte)
        add(keyed.digest())
    joined = int.from_bytes(b"".join(secrets), "big")
    places = _EACH * (key.batch << _BATCH_SHIFT | number << (_INDEX_SHIFT + 8)) + _POSITIONS
    # The leaf's first byte, RFC 6962's 0x00, is the high zero byte that batch numbers never reach.
    leaves = (joined >> _MAC_SHIFT & _MAC_MASK | joined & _NONCE_MASK | places).to_bytes(_BLOCK_BYTES, "big")
    return [sha256(leaves[start : start + _LEAF_BYTES]).digest() for start in range(0, _BLOCK_BYTES, _LEAF_BYTES)]


def leaf_tiles(key: BatchKey, count: int) -> Iterator[list[bytes]]:
    """Derive all leaf hashes of a batch in blocks of 256, the last one cut."""
    for first in range(0, count, TILE_WIDTH):
        leaves = leaf_tile(key, first // TILE_WIDTH)
        yield leaves if count - first >= TILE_WIDTH else leaves[: count - first]


def grow_stamp_tree(key: BatchKey, count: int, *, progress: Progress | None = None) -> StampTree:
    """Derive the tree of `count` stamps in one pass, holding one block and the right edge."""
    tiles: list[tuple[int, int, bytes]] = []
    tree = TileTree(lambda level, number, hashes: tiles.append((level, number, hashes)), lowest_kept=1)
    check_value = b""
    for block, leaves in enumerate(leaf_tiles(key, count)):
        check_value = check_value or leaves[0]
        tree.append_tile(leaves)
        if progress is not None and block % 256 == 255:
            progress(tree.size)
    if progress is not None:
        progress(count)
    return StampTree(tree.root(), tree.edge_root(), check_value, (*tiles, *tree.edge_tiles()))


def stamp_subtree(key: BatchKey, *, count: int, edge_root: bytes | None, read: ReadTile) -> Subtree:
    """Read subtrees of a batch: level 1 and up from storage, leaves derived where they are asked for."""
    derived: dict[int, bytes] = {}

    def tile(level: int, number: int) -> bytes:
        if level:
            return read(level, number)
        if number not in derived:
            derived[number] = b"".join(leaf_tile(key, number))
        return derived[number]

    whole = count - count % TILE_WIDTH
    return subtree_from_tiles(tile, tail=None if edge_root is None else (whole, count, edge_root))


def check_value_of(key: BatchKey) -> bytes:
    """Derive the leaf of index 0, by which a wrong root key is noticed."""
    return sha256(b"\x00" + key.leaf_data(0)).digest()
