"""What every ledger must do, whichever adapter it is. A new adapter adds one rig to RIGS."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from tests.anvil import Anvil
from tests.chains import Chain, own_book
from traceability import Checkpoint, Finality, Ledger, NotAnchored, NotaryLedger, Receipt, SigningKeys
from traceability.errors import LedgerRefused, LedgerStopped

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ORIGIN = "stamps.example/log"


class Rig(Protocol):
    """A ledger's place: any number of adapters open on it, and it can be brought to rest."""

    def open(self) -> Ledger: ...

    def settle(self) -> None: ...


class NotaryRig:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "notary.jsonl"

    def open(self) -> Ledger:
        return NotaryLedger(self.path, keys=SigningKeys({1: bytes([9]) * 32}), clock=lambda: NOW)

    def settle(self) -> None:
        """A line is final when it is written."""


class EvmRig:
    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    def open(self) -> Ledger:
        return self.chain.ledger()

    def settle(self) -> None:
        """Make the block that takes what was sent, and those that make it final."""
        self.chain.node.mine(4)


@contextmanager
def notary(folder: Path) -> Iterator[Rig]:
    yield NotaryRig(folder)


@contextmanager
def evm(folder: Path) -> Iterator[Rig]:
    with Anvil(mining=False) as node:
        yield EvmRig(Chain(node, begin=own_book(folder / "book.sqlite")).deployed())


RIGS = {"evm": evm, "notary": notary}


def checkpoint(size: int, *, origin: str = ORIGIN, fill: int = 1) -> Checkpoint:
    return Checkpoint(origin, size, bytes([fill]) * 32)


@pytest.fixture(params=sorted(RIGS))
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    made: AbstractContextManager[Rig] = RIGS[request.param](tmp_path)
    with made as rig:
        yield rig


@pytest.fixture
def ledger(rig: Rig) -> Ledger:
    return rig.open()


def place(rig: Rig, ledger: Ledger, wanted: Checkpoint) -> Receipt:
    """Anchor, let it land, and give what the ledger then holds."""
    ledger.anchor(wanted)
    rig.settle()
    found = ledger.find(wanted.origin, wanted.size)
    assert not isinstance(found, NotAnchored)
    return found


def test_what_is_anchored_is_found(rig: Rig, ledger: Ledger) -> None:
    assert ledger.find(ORIGIN, 5) == NotAnchored(ORIGIN, 5)
    receipt = place(rig, ledger, checkpoint(5))
    assert (receipt.kind, receipt.origin, receipt.size, receipt.root) == (ledger.kind, ORIGIN, 5, bytes([1]) * 32)
    assert receipt.evidence
    assert ledger.find(ORIGIN, 5) == receipt
    assert ledger.find(ORIGIN, 4) == NotAnchored(ORIGIN, 4)
    assert ledger.find("other.example/log", 5) == NotAnchored("other.example/log", 5)
    assert ledger.alarms() == ()


def test_the_same_anchor_again_gives_the_same_receipt(rig: Rig, ledger: Ledger) -> None:
    first = place(rig, ledger, checkpoint(5))
    head = ledger.head()
    assert ledger.anchor(checkpoint(5)) == first
    assert ledger.head() == head
    rig.settle()
    assert ledger.find(ORIGIN, 5) == first


def test_only_larger_sizes_are_taken(rig: Rig, ledger: Ledger) -> None:
    place(rig, ledger, checkpoint(5))
    with pytest.raises(LedgerRefused) as caught:
        ledger.anchor(checkpoint(4))
    assert caught.value.fields["holds"] == 5
    place(rig, ledger, checkpoint(4, origin="other.example/log"))
    place(rig, ledger, checkpoint(6))
    assert not isinstance(ledger.find(ORIGIN, 5), NotAnchored)


def test_another_root_at_a_size_stops(rig: Rig, ledger: Ledger) -> None:
    place(rig, ledger, checkpoint(5))
    with pytest.raises(LedgerStopped):
        ledger.anchor(checkpoint(5, fill=2))


def test_it_becomes_final(rig: Rig, ledger: Ledger) -> None:
    receipt = place(rig, ledger, checkpoint(5))
    assert ledger.finality(receipt) is Finality.FINAL


def test_a_receipt_that_the_ledger_never_gave_is_not_settled(rig: Rig, ledger: Ledger) -> None:
    receipt = place(rig, ledger, checkpoint(5))
    changed = Receipt(receipt.kind, receipt.origin, receipt.size, bytes(32), receipt.evidence)
    with pytest.raises(LedgerStopped):
        ledger.finality(changed)


def test_a_second_reader_sees_the_same(rig: Rig) -> None:
    one, other = rig.open(), rig.open()
    receipt = place(rig, one, checkpoint(5))
    assert other.find(ORIGIN, 5) == receipt
    assert place(rig, other, checkpoint(6)) == one.find(ORIGIN, 6)
    assert one.head() == other.head()
    assert one.check_whole() == other.check_whole() == one.head().position


def test_receipts_read_back(rig: Rig, ledger: Ledger) -> None:
    receipt = place(rig, ledger, checkpoint(5))
    assert Receipt.parse(receipt.text()) == receipt
