"""What every ledger must do, whichever adapter it is. A new adapter adds one maker to LEDGERS."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from traceability import Checkpoint, Finality, Ledger, NotAnchored, NotaryLedger, Receipt, SigningKeys
from traceability.errors import LedgerRefused, LedgerStopped

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ORIGIN = "stamps.example/log"
Maker = Callable[[Path], Ledger]


def notary(folder: Path) -> Ledger:
    return NotaryLedger(folder / "notary.jsonl", keys=SigningKeys({1: bytes([9]) * 32}), clock=lambda: NOW)


LEDGERS: dict[str, Maker] = {"notary": notary}


def checkpoint(size: int, *, origin: str = ORIGIN, fill: int = 1) -> Checkpoint:
    return Checkpoint(origin, size, bytes([fill]) * 32)


@pytest.fixture(params=sorted(LEDGERS))
def maker(request: pytest.FixtureRequest) -> Maker:
    return LEDGERS[request.param]


@pytest.fixture
def ledger(maker: Maker, tmp_path: Path) -> Ledger:
    return maker(tmp_path)


def test_what_is_anchored_is_found(ledger: Ledger) -> None:
    assert ledger.find(ORIGIN, 5) == NotAnchored(ORIGIN, 5)
    receipt = ledger.anchor(checkpoint(5))
    assert (receipt.kind, receipt.origin, receipt.size, receipt.root) == (ledger.kind, ORIGIN, 5, bytes([1]) * 32)
    assert receipt.evidence
    assert ledger.find(ORIGIN, 5) == receipt
    assert ledger.find(ORIGIN, 4) == NotAnchored(ORIGIN, 4)
    assert ledger.find("other.example/log", 5) == NotAnchored("other.example/log", 5)


def test_the_same_anchor_again_gives_the_same_receipt(ledger: Ledger) -> None:
    first = ledger.anchor(checkpoint(5))
    head = ledger.head()
    assert ledger.anchor(checkpoint(5)) == first
    assert ledger.head() == head


def test_only_larger_sizes_are_taken(ledger: Ledger) -> None:
    ledger.anchor(checkpoint(5))
    with pytest.raises(LedgerRefused) as caught:
        ledger.anchor(checkpoint(4))
    assert caught.value.fields["holds"] == 5
    ledger.anchor(checkpoint(4, origin="other.example/log"))
    ledger.anchor(checkpoint(6))
    assert not isinstance(ledger.find(ORIGIN, 6), NotAnchored)


def test_another_root_at_a_size_stops(ledger: Ledger) -> None:
    ledger.anchor(checkpoint(5))
    with pytest.raises(LedgerStopped):
        ledger.anchor(checkpoint(5, fill=2))


def test_it_becomes_final(ledger: Ledger) -> None:
    receipt = ledger.anchor(checkpoint(5))
    assert ledger.finality(receipt) is Finality.FINAL


def test_a_second_reader_sees_the_same(maker: Maker, tmp_path: Path) -> None:
    one, other = maker(tmp_path), maker(tmp_path)
    receipt = one.anchor(checkpoint(5))
    assert other.find(ORIGIN, 5) == receipt
    assert other.anchor(checkpoint(6)) == one.find(ORIGIN, 6)
    assert one.head() == other.head()
    assert one.check_whole() == other.check_whole() == one.head().position


def test_receipts_read_back(ledger: Ledger) -> None:
    receipt = ledger.anchor(checkpoint(5))
    assert Receipt.parse(receipt.text()) == receipt
