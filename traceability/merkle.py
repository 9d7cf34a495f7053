"""RFC 6962 trees: hashes, a streaming tree, inclusion and consistency proofs and their checks (pure)."""

from collections.abc import Callable, Sequence
from hashlib import sha256

from traceability.errors import ProofInvalid

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
EMPTY_ROOT = sha256(b"").digest()

# Gives the root of the leaves first..last-1 of a tree.
Subtree = Callable[[int, int], bytes]
# Takes a whole or last partial tile: level, number, the joined hashes.
KeepTile = Callable[[int, int, bytes], None]


def leaf_hash(data: bytes) -> bytes:
    """Hash a leaf, SHA-256(0x00 ‖ data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash a node, SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def split_point(size: int) -> int:
    """Give the largest power of two below `size` (at least 2): where RFC 6962 splits."""
    return 1 << ((size - 1).bit_length() - 1)


def fold(hashes: Sequence[bytes]) -> bytes:
    """Compute the root over hashes of one level; an odd last one is promoted, never doubled."""
    if not hashes:
        return EMPTY_ROOT
    row = list(hashes)
    while len(row) > 1:
        odd = row[-1:] if len(row) % 2 else []
        pairs = iter(row)
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)] + odd
    return row[0]


class TileTree:
    """A tree grown from the left that keeps its right edge only: up to 255 hashes a tile level.

    Whole tiles are given to `keep` as they fill; `lowest_kept` 1 leaves out the leaves' own tiles.
    """

    def __init__(self, keep: KeepTile, *, lowest_kept: int = 0) -> None:
        self._keep = keep
        self._lowest_kept = lowest_kept
        self._edges: list[list[bytes]] = [[]]
        self._filled: list[int] = [0]

    @classmethod
    def resume(cls, edges: Sequence[tuple[int, Sequence[bytes]]], keep: KeepTile) -> "TileTree":
        """Go on from a stored right edge: for each level the number of whole tiles and the hashes after them."""
        tree = cls(keep)
        tree._filled = [filled for filled, _ in edges] or [0]
        tree._edges = [list(hashes) for _, hashes in edges] or [[]]
        return tree

    @property
    def size(self) -> int:
        """Count the leaves."""
        return self._filled[0] * TILE_WIDTH + len(self._edges[0])

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self._push(0, leaf)

    def append_tile(self, leaves: list[bytes]) -> None:
        """Add 256 leaf hashes at once, or fewer as the last; only while the leaf level stands on a tile's border."""
        if self._edges[0] or len(leaves) > TILE_WIDTH:
            raise ValueError("tiles are added whole and in order")
        self._edges[0] = leaves
        if len(leaves) == TILE_WIDTH:
            self._close(0)

    def append_root(self, root: bytes) -> None:
        """Add 256 leaves at once by their root, where `lowest_kept` leaves out their own tile."""
        if self._edges[0] or not self._lowest_kept:
            raise ValueError("tiles are added whole and in order")
        self._filled[0] += 1
        self._push(1, root)

    def _push(self, level: int, hash_: bytes) -> None:
        if level == len(self._edges):
            self._edges.append([])
            self._filled.append(0)
        edge = self._edges[level]
        edge.append(hash_)
        if len(edge) == TILE_WIDTH:
            self._close(level)

    def _close(self, level: int) -> None:
        edge = self._edges[level]
        self._edges[level] = []
        if level >= self._lowest_kept:
            self._keep(level, self._filled[level], b"".join(edge))
        self._filled[level] += 1
        self._push(level + 1, fold(edge))

    def edge_tiles(self) -> list[tuple[int, int, bytes]]:
        """List the partial tiles at the right edge as (level, number, joined hashes); none is empty."""
        return [
            (level, self._filled[level], b"".join(edge))
            for level, edge in enumerate(self._edges)
            if edge and level >= self._lowest_kept
        ]

    def edge_root(self) -> bytes | None:
        """Give the root of the last partial tile of leaves, None if the leaves end on a border."""
        return fold(self._edges[0]) if self._edges[0] else None

    def root(self) -> bytes:
        """Compute the root of all leaves so far."""
        root: bytes | None = None
        for edge in self._edges:
            if edge or root is not None:
                root = fold([*edge, root] if root is not None else edge)
        return EMPTY_ROOT if root is None else root


def subtree_of(leaves: Sequence[bytes]) -> Subtree:
    """Read subtrees from leaf hashes in memory."""
    return lambda first, end: fold(leaves[first:end])


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Collect the siblings from leaf to root; raises ProofInvalid if the index is not below the size."""
    if not 0 <= index < size:
        raise ProofInvalid(index=index, size=size)
    proof: list[bytes] = []
    first, end = 0, size
    while end - first > 1:
        middle = first + split_point(end - first)
        if index < middle:
            proof.append(subtree(middle, end))
            end = middle
        else:
            proof.append(subtree(first, middle))
            first = middle
    proof.reverse()
    return proof


def consistency_proof(old_size: int, new_size: int, subtree: Subtree) -> list[bytes]:
    """Collect the hashes that show the old tree inside the new one (RFC 9162 §2.1.4.1)."""
    if not 0 < old_size <= new_size:
        raise ProofInvalid(old_size=old_size, new_size=new_size)
    proof: list[bytes] = []
    first, end, whole = 0, new_size, True
    while old_size != end:
        middle = first + split_point(end - first)
        if old_size <= middle:
            proof.append(subtree(middle, end))
            end = middle
        else:
            proof.append(subtree(first, middle))
            first, whole = middle, False
    if not whole:
        proof.append(subtree(first, end))
    proof.reverse()
    return proof


def root_from_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """Compute the root that a proof leads to; raises ProofInvalid unless each hash is needed and none is missing."""
    _check_hashes([leaf, *proof])
    if not 0 <= index < size:
        raise ProofInvalid(index=index, size=size)
    node, last, root = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofInvalid(reason="spare hash")
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofInvalid(reason="missing hash")
    return root


def check_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash stands at `index` in the tree; raises ProofInvalid."""
    if root_from_inclusion(index=index, size=size, leaf=leaf, proof=proof) != root:
        raise ProofInvalid(reason="root differs")


def check_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the new tree extends the old one (RFC 9162 §2.1.4.2); raises ProofInvalid."""
    _check_hashes([old_root, new_root, *proof])
    if not 0 < old_size <= new_size:
        raise ProofInvalid(old_size=old_size, new_size=new_size)
    if old_size == new_size:
        if proof or old_root != new_root:
            raise ProofInvalid(reason="equal sizes need equal roots and no proof")
        return
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    # The old root itself is the first hash when the old size is a power of two.
    path = list(proof) if node else [old_root, *proof]
    if not path:
        raise ProofInvalid(reason="missing hash")
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofInvalid(reason="spare hash")
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    if last or old != old_root or new != new_root:
        raise ProofInvalid(reason="root differs")


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(hash_) != HASH_BYTES for hash_ in hashes):
        raise ProofInvalid(reason="hash is not 32 bytes")
