"""RFC 6962 against an independent implementation, and proofs that must be refused."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from traceability.errors import ProofInvalid, TileAbsent
from traceability.merkle import (
    EMPTY_ROOT,
    TileTree,
    check_consistency,
    check_inclusion,
    consistency_proof,
    fold,
    inclusion_proof,
    leaf_hash,
    subtree_of,
)
from traceability.tiles import edge_of, format_number, parse_number, subtree_from_tiles, width_at

Tiles = dict[tuple[int, int], bytes]


def grown(size: int) -> tuple[list[bytes], Tiles, TileTree]:
    leaves = [leaf_hash(index.to_bytes(4, "big")) for index in range(size)]
    tiles: Tiles = {}
    tree = TileTree(lambda level, number, hashes: tiles.__setitem__((level, number), hashes))
    for leaf in leaves:
        tree.append(leaf)
    tiles.update({(level, number): hashes for level, number, hashes in tree.edge_tiles()})
    return leaves, tiles, tree


def oracle(size: int) -> Any:
    return InmemoryTree.init_from_entries([index.to_bytes(4, "big") for index in range(size)], algorithm="sha256")


def oracle_path(proof: Any) -> list[bytes]:
    return [bytes.fromhex(node) for node in proof.serialize()["path"]]


def test_the_empty_tree() -> None:
    assert TileTree(lambda *tile: None).root() == EMPTY_ROOT == fold([])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 255, 256, 257, 65_536, 65_537])
def test_roots_and_proofs_equal_pymerkles(size: int) -> None:
    leaves, tiles, tree = grown(size)
    theirs = oracle(size)
    assert tree.root() == theirs.get_root() == fold(leaves)
    assert tree.size == size
    subtree = subtree_from_tiles(lambda level, number: tiles[level, number])
    for index in sorted({0, size // 2, size - 1}):
        proof = inclusion_proof(index, size, subtree)
        check_inclusion(index=index, size=size, leaf=leaves[index], proof=proof, root=tree.root())
        # Theirs begins with the leaf itself.
        assert [leaves[index], *proof] == oracle_path(theirs.prove_inclusion(index + 1))
    for old in sorted({1, (size + 1) // 2, size}):
        proof = consistency_proof(old, size, subtree)
        roots = {"old_root": fold(leaves[:old]), "new_root": tree.root()}
        check_consistency(old_size=old, new_size=size, proof=proof, **roots)


@given(st.integers(1, 600), st.data())
@settings(deadline=None, max_examples=60)
def test_every_proof_holds_and_no_changed_one(size: int, data: Any) -> None:
    leaves, _, tree = grown(size)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, subtree_of(leaves))
    given_ = {"index": index, "size": size, "leaf": leaves[index], "root": tree.root()}
    check_inclusion(proof=proof, **given_)
    refused: list[tuple[dict[str, Any], list[bytes]]] = [
        (given_, [*proof, bytes(32)]),
        (given_, [*proof, bytes(31)]),
        ({**given_, "index": size}, proof),
        ({**given_, "leaf": leaves[index][:31]}, proof),
    ]
    if proof:
        refused += [(given_, proof[:-1]), (given_, [*proof[:-1], bytes(32)]), (given_, [bytes(31), *proof[1:]])]
    for facts, changed in refused:
        with pytest.raises(ProofInvalid):
            check_inclusion(proof=changed, **facts)


@given(st.integers(1, 600), st.data())
@settings(deadline=None, max_examples=60)
def test_consistency_holds_and_no_changed_one(size: int, data: Any) -> None:
    leaves, _, tree = grown(size)
    old = data.draw(st.integers(1, size))
    proof = consistency_proof(old, size, subtree_of(leaves))
    sizes = {"old_size": old, "new_size": size}
    roots = {"old_root": fold(leaves[:old]), "new_root": tree.root()}
    check_consistency(proof=proof, **sizes, **roots)
    refused: list[tuple[dict[str, Any], list[bytes]]] = [
        ({**sizes, **roots}, [*proof, bytes(32)]),
        ({**sizes, **roots, "old_root": bytes(32)}, proof),
        ({**sizes, **roots, "new_root": bytes(32)}, proof),
        ({**sizes, **roots, "old_size": 0}, proof),
        ({**sizes, **roots, "old_size": size + 1}, proof),
    ]
    if proof:
        refused.append(({**sizes, **roots}, proof[:-1]))
    for facts, changed in refused:
        with pytest.raises(ProofInvalid):
            check_consistency(proof=changed, **facts)


def test_proofs_outside_the_tree_are_not_made() -> None:
    leaves, _, _ = grown(3)
    wrong: list[Callable[[], list[bytes]]] = [
        lambda: inclusion_proof(3, 3, subtree_of(leaves)),
        lambda: consistency_proof(0, 3, subtree_of(leaves)),
        lambda: consistency_proof(4, 3, subtree_of(leaves)),
    ]
    for make in wrong:
        with pytest.raises(ProofInvalid):
            make()


@given(st.integers(0, 10**12))
def test_tile_numbers_read_back(number: int) -> None:
    assert parse_number(format_number(number)) == (number, None)
    assert parse_number(format_number(number) + ".p/255") == (number, 255)


def test_tile_names_of_the_specification() -> None:
    assert format_number(1_234_067) == "x001/x234/067"


@pytest.mark.parametrize(
    "name",
    ["", "0", "007x", "x000/007", "x001/007/", "1234", "000.p/0", "000.p/256", "000.p/01", "000.p/", "-01", "٠٠٠"],
)
def test_other_spellings_of_a_tile_are_absent(name: str) -> None:
    with pytest.raises(TileAbsent):
        parse_number(name)


@given(st.integers(0, 2**40))
def test_the_edge_agrees_with_the_width_of_each_tile(size: int) -> None:
    assert all(width_at(size, level, number) == width for level, number, width in edge_of(size))


def test_a_leaf_of_a_larger_tree_has_no_proof_in_a_smaller_one() -> None:
    first, second = leaf_hash(b"first"), leaf_hash(b"second")
    whole = fold([first, second])
    check_inclusion(index=1, size=2, leaf=second, proof=[first], root=whole)
    with pytest.raises(ProofInvalid):
        check_inclusion(index=0, size=1, leaf=second, proof=[first], root=whole)
