"""The notary's file: chained, signed, durable, and whole after every crash."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

import traceability as trace
from tests.traceability import racing
from tests.traceability.making import NOW, ORIGIN
from traceability.canonical import canonical_json
from traceability.errors import BundleUnreadable, LedgerRefused, LedgerStopped, LedgerUnreachable
from traceability.ledger.protocol import NotAnchored

KEYS = trace.SigningKeys({1: bytes([9]) * 32})


def open_file(path: Path, *, reading: bool = False) -> trace.NotaryLedger:
    return trace.NotaryLedger(path, keys=None if reading else KEYS, clock=lambda: NOW)


def checkpoint(size: int) -> trace.Checkpoint:
    return trace.Checkpoint(ORIGIN, size, bytes([size % 256]) * 32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "below" / "notary.jsonl"
    ledger = open_file(path)
    for size in (1, 5, 9):
        ledger.anchor(checkpoint(size))
    return path


def test_each_line_names_the_one_before(path: Path) -> None:
    lines = path.read_bytes().splitlines()
    previous = "0" * 64
    for number, line in enumerate(lines, start=1):
        facts = json.loads(line)
        assert (facts["seq"], facts["prev"]) == (number, previous)
        assert canonical_json(facts) == line
        previous = sha256(line).hexdigest()
    assert open_file(path).head() == trace.Head("notary", 3, previous)


@pytest.mark.parametrize("kept", [1, 40, -1])
def test_a_torn_last_line_is_set_aside_and_written_again(path: Path, kept: int) -> None:
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]) + lines[2][:kept])
    assert open_file(path, reading=True).find(ORIGIN, 9) == NotAnchored(ORIGIN, 9)
    ledger = open_file(path)
    ledger.anchor(checkpoint(9))
    assert path.read_bytes() == whole
    assert path.with_name("notary.jsonl.torn").read_bytes() == lines[2][:kept] + b"\n"
    assert ledger.check_whole() == 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: lines[1:],
        lambda lines: [lines[0], lines[2]],
        lambda lines: [lines[0], lines[2], lines[1]],
        lambda lines: [lines[0], lines[1].replace(b'"size":5', b'"size":6'), lines[2]],
        lambda lines: [lines[0], b"\n", *lines[1:]],
        lambda lines: [lines[0], b"[" * 5000 + b"\n"],
        lambda lines: [*lines, lines[2]],
    ],
)
def test_a_broken_chain_stops(path: Path, damage: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(LedgerStopped):
        open_file(path).anchor(checkpoint(12))
    with pytest.raises(LedgerStopped):
        open_file(path, reading=True).find(ORIGIN, 1)


def test_a_well_signed_line_of_another_history_stops(path: Path) -> None:
    other = path.with_name("other.jsonl")
    open_file(other).anchor(checkpoint(2))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(other.read_bytes() + b"".join(lines[1:]))
    with pytest.raises(LedgerStopped):
        open_file(path).check_whole()


def test_a_file_that_shrinks_under_a_reader_stops(path: Path) -> None:
    ledger = open_file(path)
    ledger.head()
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    with pytest.raises(LedgerStopped):
        ledger.head()


def test_a_receipt_that_is_not_in_the_file_is_not_final(path: Path) -> None:
    ledger = open_file(path)
    receipt = ledger.find(ORIGIN, 9)
    assert isinstance(receipt, trace.Receipt)
    forged = trace.Receipt(receipt.kind, receipt.origin, receipt.size, bytes(32), receipt.evidence)
    with pytest.raises(LedgerStopped):
        ledger.finality(forged)


def test_reading_alone_writes_nothing(tmp_path: Path) -> None:
    reader = open_file(tmp_path / "none", reading=True)
    with pytest.raises(LedgerUnreachable):
        reader.head()
    with pytest.raises(LedgerRefused):
        reader.anchor(checkpoint(1))
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnreachable):
        open_file(tmp_path).anchor(checkpoint(1))


def test_two_processes_keep_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "notary.jsonl"
    sizes = [list(range(1, 80, 2)), list(range(2, 81, 2))]
    placed = racing.race(racing.anchor_each, [(str(path), sizes[0]), (str(path), sizes[1])])
    assert open_file(path).check_whole() == sum(placed) >= 40


@pytest.mark.parametrize("text", ["", "none", "{}", "[]", '{"kind":1}', "[" * 5000])
def test_texts_that_are_no_receipt(text: str) -> None:
    with pytest.raises(BundleUnreadable):
        trace.Receipt.parse(text)
