"""The recipe of stamps is frozen: these vectors are printed on goods."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.errors import KeySettingInvalid, SerialSyntax, StampKeyMissing
from traceability.merkle import fold, leaf_hash
from traceability.serials import (
    ALPHABET,
    SerialParts,
    StampKeys,
    decode_serial,
    encode_serial,
    fold_serial,
    group_serial,
    parse_versioned_keys,
)
from traceability.stamp_trees import grow_stamp_tree, leaf_tile

KEY = StampKeys({1: bytes(range(32))}).batch_key(version=1, batch=5)


def test_the_frozen_vector() -> None:
    assert KEY.serial(0) == "0000500000YAPYPV12HB"
    assert KEY.serial(299) == "000050009BS5G0RQQ22B"
    assert KEY.pin(0) == "150032"
    assert KEY.nonce(0).hex() == "d67c0981a8078532c639f8908a75eb0a"
    leaf = "9a5bf3f5c1ac5e30b99435eb7246c348163a34d9501ff0517b28aa41b47e7ba0"
    assert leaf_hash(KEY.leaf_data(0)).hex() == leaf
    root = "c551437d70f29af27db8b96a481388913e9666d4857ef6caf100bf5947dc9586"
    assert grow_stamp_tree(KEY, 300).root.hex() == root
    assert fold([leaf_hash(KEY.leaf_data(index)) for index in range(300)]).hex() == root


@given(st.integers(0, 2**17 - 1), st.integers(1, 2**25 - 1))
def test_a_block_is_the_leaves_one_by_one(number: int, batch: int) -> None:
    key = StampKeys({3: sha256(b"root").digest()}).batch_key(version=3, batch=batch)
    block = leaf_tile(key, number)
    for inside in (0, 1, 128, 255):
        assert block[inside] == leaf_hash(key.leaf_data(number * 256 + inside))


@given(st.integers(0, 2**25 - 1), st.integers(0, 2**25 - 1), st.integers(0, 2**50 - 1))
def test_serials_read_back(batch: int, index: int, mac: int) -> None:
    serial = encode_serial(batch, index, mac)
    assert len(serial) == 20
    assert set(serial) <= set(ALPHABET)
    assert decode_serial(serial) == SerialParts(batch, index, mac)
    assert fold_serial(group_serial(serial).replace(" ", "-").lower()) == serial


@given(st.text(max_size=24))
def test_folding_gives_a_serial_or_refuses(typed: str) -> None:
    try:
        folded = fold_serial(typed)
    except SerialSyntax:
        return
    assert decode_serial(folded) is not None


def test_people_type_letters_for_digits() -> None:
    assert fold_serial("ooooi-ooool-yapyp-vl2hb") == "0000100001YAPYPV12HB"


@pytest.mark.parametrize("typed", ["", "0" * 19, "0" * 21, "U" * 20, "0" * 19 + "ạ", "0" * 19 + " ", "0" * 19 + "\0"])
def test_what_is_no_serial(typed: str) -> None:
    with pytest.raises(SerialSyntax):
        fold_serial(typed)


def test_only_the_right_mac_is_accepted() -> None:
    parts = decode_serial(KEY.serial(7))
    assert parts is not None
    assert KEY.accepts(parts)
    for bit in range(50):
        assert not KEY.accepts(SerialParts(parts.batch, parts.index, parts.mac ^ 1 << bit))


def test_keys_differ_by_version_and_batch() -> None:
    keys = StampKeys.from_setting(f"1:{'11' * 32}, 2:{'11' * 32}")
    assert keys.current == 2
    assert keys.versions == (1, 2)
    serials = {keys.batch_key(version=v, batch=b).serial(0)[10:] for v in (1, 2) for b in (1, 2)}
    assert len(serials) == 4
    with pytest.raises(StampKeyMissing):
        keys.batch_key(version=3, batch=1)
    assert "11" not in repr(keys)


@pytest.mark.parametrize(
    "text", ["", "1", "1:", "1:zz", "0:" + "11" * 32, "1:" + "11" * 31, "1:" + "11" * 32 + ",1:" + "22" * 32]
)
def test_key_settings_that_are_refused(text: str) -> None:
    with pytest.raises(KeySettingInvalid) as caught:
        parse_versioned_keys(text)
    assert "11" not in str(caught.value)
