"""Issuing: what is stored, what is given back, and what never happens."""

import tracemalloc
from typing import Any

import pytest
from sqlalchemy import func, select

import traceability as trace
from tests.traceability.making import ESTABLISHMENT, GTIN, ORIGIN, PREFIX, ROOT_KEY, Made
from traceability import errors
from traceability.checkpoints import open_promise
from traceability.merkle import check_inclusion, leaf_hash, node_hash, split_point
from traceability.models import TraceBatch, TraceBatchTile, TraceEntry
from traceability.proofs import stamp_proof
from traceability.serials import MOST_STAMPS, decode_serial
from traceability.stamp_trees import grow_stamp_tree, leaf_tiles


def plain_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word by word."""
    if len(leaves) == 1:
        return leaves[0]
    middle = split_point(len(leaves))
    return node_hash(plain_root(leaves[:middle]), plain_root(leaves[middle:]))


def test_the_demo_s_count_against_the_plain_definition() -> None:
    key = trace.StampKeys({1: ROOT_KEY}).batch_key(version=1, batch=5)
    done: list[int] = []
    tree = grow_stamp_tree(key, 1_761_000, progress=done.append)
    assert tree.root == plain_root([leaf for block in leaf_tiles(key, 1_761_000) for leaf in block])
    assert sum(len(hashes) for _, _, hashes in tree.tiles) == (6_878 + 26) * 32
    assert done == sorted(done)
    assert done[-1] == 1_761_000


def test_growing_a_tree_holds_no_leaves() -> None:
    key = trace.StampKeys({1: ROOT_KEY}).batch_key(version=1, batch=5)
    tracemalloc.start()
    try:
        grow_stamp_tree(key, 100_000)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_issuing_stores_header_tiles_and_entry(made: Made, session: Any) -> None:
    issued = made.issue(1000)
    row = session.get(TraceBatch, issued.batch)
    assert (row.count, row.establishment, row.root) == (1000, ESTABLISHMENT, issued.root)
    entry = session.get(TraceEntry, row.entry)
    assert (
        entry.data
        == (
            f'{{"alg":"blake2s-50/sha256","batch":{issued.batch},"count":1000,"establishment":"{ESTABLISHMENT}",'
            f'"gtin":"{GTIN}","issued_at":"2026-11-22T03:00:00.000000Z","key_version":1,"origin":"{ORIGIN}",'
            f'"root":"{issued.root.hex()}","type":"batch_issued","url_prefix":"{PREFIX}","v":1}}'
        ).encode()
    )
    promise = open_promise(issued.promise, made.log_keys.verifiers(ORIGIN))
    assert promise.leaf_hash == entry.leaf_hash == leaf_hash(entry.data)
    assert trace.log_keys(session) == [made.log_keys.verifiers(ORIGIN)[0].text()]
    stored = session.execute(select(func.sum(func.length(TraceBatchTile.hashes)))).scalar_one()
    assert stored == 3 * 32  # 1,000 stamps: three whole tiles of leaves, of which nothing else is kept


def test_a_household_is_logged_as_a_salted_hash(made: Made, session: Any) -> None:
    first, second = (made.issue(1, establishment="hh_1", natural_person=True) for _ in range(2))
    logged = [session.get(TraceBatch, issued.batch).establishment_logged for issued in (first, second)]
    assert all(text.startswith("sha256:") for text in logged)
    assert logged[0] != logged[1]
    assert not any(b"hh_1" in data for data in session.scalars(select(TraceEntry.data)))


def test_a_batch_number_is_never_given_twice(made: Made, session: Any) -> None:
    first = trace.reserve_batch(session, keys=made.keys, count=10)
    second = made.issue(10)
    assert second.batch == first.batch + 1
    late = trace.derive_batch(first, keys=made.keys)
    facts: dict[str, Any] = {"establishment": "e", "product": "p", "gtin": None, "prefix": "X/S/"}
    trace.issue_batch(session, now=made.ledger._clock(), derived=late, log_keys=made.log_keys, **facts)
    with pytest.raises(errors.BatchAlreadyIssued):
        trace.issue_batch(session, now=made.ledger._clock(), derived=late, log_keys=made.log_keys, **facts)


@pytest.mark.parametrize("count", [0, -1, MOST_STAMPS + 1])
def test_counts_that_are_refused(made: Made, session: Any, count: int) -> None:
    with pytest.raises(errors.CountOutOfRange):
        trace.reserve_batch(session, keys=made.keys, count=count)


def test_every_url_is_upper_case_and_names_its_stamp(made: Made, session: Any) -> None:
    batch = made.issue(300).batch
    codes = list(trace.stamp_codes(session, book=made.book, batch=batch, first=250, last=299))
    assert [code.index for code in codes] == list(range(250, 300))
    for code in codes:
        assert code.url == code.url.upper() == PREFIX + code.serial
        parts = decode_serial(code.serial)
        assert parts is not None
        assert (parts.batch, parts.index) == (batch, code.index)
    assert trace.url_prefix(public_url="http://127.0.0.1:8000/", gtin=None) == "HTTP://127.0.0.1:8000/S/"
    for first, last, error in (
        (5, 4, errors.RangeReversed),
        (0, 300, errors.RangeOutsideBatch),
        (-1, 4, errors.RangeOutsideBatch),
    ):
        with pytest.raises(error):
            trace.stamp_codes(session, book=made.book, batch=batch, first=first, last=last)


@pytest.mark.parametrize("count", [1, 255, 256, 257, 1000])
def test_a_stored_tree_proves_every_stamp(made: Made, session: Any, count: int) -> None:
    issued = made.issue(count)
    header, key = made.book.open(session, issued.batch)
    for index in sorted(
        {0, count - 1, count // 2, max(0, count - count % 256 - 1), count - count % 256 - (count % 256 == 0)}
    ):
        proof = stamp_proof(session, header=header, key=key, index=index)
        leaf = leaf_hash(key.leaf_data(index))
        check_inclusion(index=index, size=count, leaf=leaf, proof=proof, root=issued.root)


def test_a_wrong_root_key_is_noticed_before_any_scan(made: Made, session: Any) -> None:
    batch = made.issue(3).batch
    assert trace.key_problems(session, made.keys) == ()
    wrong = trace.StampKeys({1: bytes(32)})
    assert [problem.code for problem in trace.key_problems(session, wrong)] == ["stamp_key_differs"]
    missing = trace.StampKeys({2: bytes(32)})
    assert [problem.code for problem in trace.key_problems(session, missing)] == ["stamp_key_missing"]
    with pytest.raises(errors.StampKeyDiffers):
        trace.BatchBook(wrong).header(session, batch)


def test_a_rotated_root_key_leaves_old_batches_whole(made: Made, session: Any) -> None:
    old = made.issue(3)
    serial = made.code(old.batch, 2).serial
    made.keys = trace.StampKeys({1: ROOT_KEY, 2: bytes([5]) * 32})
    made.book = trace.BatchBook(made.keys)
    new = made.issue(3)
    assert session.get(TraceBatch, new.batch).key_version == 2
    assert made.code(old.batch, 2).serial == serial
    assert made.fsck() == []


def test_an_unknown_batch_is_named(made: Made, session: Any) -> None:
    with pytest.raises(errors.BatchUnknown):
        made.code(77, 0)
