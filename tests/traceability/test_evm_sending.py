"""The sender, each fault on a real chain: what was meant lands once, and what is strange stops."""

import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.chains import ORIGIN, Chain, Watch, checkpoint, landed, waiting
from traceability import Finality, NotAnchored, errors
from traceability.ledger.evm import Node
from traceability.ledger.sending import MOST_VERSIONS, PATIENCE
from traceability.ledger.signing import SenderKey

SENDER_SLOT = "0x" + "2".zfill(64)


def test_it_waits_for_the_block_and_sends_nothing_twice(chain: Chain) -> None:
    ledger = chain.ledger()
    sent = ledger.anchor(checkpoint(5))
    assert ledger.finality(sent) is Finality.SENT
    assert "block" not in sent.evidence
    for _ in range(3):
        assert chain.ledger().anchor(checkpoint(5)) == sent
    assert waiting(chain) == [sent.evidence["transaction"]]
    chain.node.mine()
    receipt = landed(chain, 5)
    assert receipt.evidence["transaction"] == sent.evidence["transaction"]
    assert ledger.finality(receipt) is Finality.CONFIRMED
    chain.node.mine(3)
    assert ledger.finality(receipt) is Finality.FINAL
    assert chain.sent() == len(chain.anchors()) == 1


def test_a_crash_between_intent_and_sending_sends_the_same_bytes(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(self: Node, raw: bytes) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Node, "send", crash)
        with pytest.raises(KeyboardInterrupt):
            chain.ledger().anchor(checkpoint(5))
    (meant,) = chain.book.after(chain.key_account(), 1)
    assert waiting(chain) == []
    assert chain.ledger().anchor(checkpoint(5)).evidence["transaction"] == meant.hash
    chain.node.mine()
    assert landed(chain, 5).evidence["transaction"] == meant.hash
    assert chain.sent() == 1


def test_d6_a_dropped_transaction_is_sent_again(chain: Chain) -> None:
    sent = chain.ledger().anchor(checkpoint(5))
    chain.node.rpc("anvil_dropTransaction", sent.evidence["transaction"])
    assert waiting(chain) == []
    assert chain.ledger().anchor(checkpoint(5)) == sent
    chain.node.mine()
    assert landed(chain, 5).evidence["transaction"] == sent.evidence["transaction"]
    assert chain.sent() == 1


@pytest.mark.parametrize("depth", [1, 3, 5])
def test_d2_a_reorganisation_brings_the_same_transaction_back(chain: Chain, depth: int) -> None:
    chain.ledger().anchor(checkpoint(5))
    chain.node.mine(depth)
    first = landed(chain, 5)
    chain.node.reorganise(depth)
    ledger = chain.ledger()
    with pytest.raises(errors.ReceiptDiffers):
        ledger.finality(first)
    assert ledger.find(ORIGIN, 5) == NotAnchored(ORIGIN, 5)
    again = ledger.anchor(checkpoint(5))
    assert again.evidence["transaction"] == first.evidence["transaction"]
    assert ledger.finality(again) is Finality.SENT
    chain.node.mine()
    second = landed(chain, 5)
    assert second.evidence["block_hash"] != first.evidence["block_hash"]
    assert ledger.finality(second) is Finality.CONFIRMED
    assert chain.sent() == len(chain.anchors()) == 1


def test_what_no_block_takes_is_sent_at_a_higher_fee_and_not_for_ever(chain: Chain, watch: Watch) -> None:
    hashes = [chain.ledger().anchor(checkpoint(5)).evidence["transaction"]]
    for _ in range(MOST_VERSIONS - 1):
        assert chain.ledger().anchor(checkpoint(5)).evidence["transaction"] == hashes[-1]
        watch.at += PATIENCE
        hashes.append(chain.ledger().anchor(checkpoint(5)).evidence["transaction"])
        assert waiting(chain) == hashes[-1:]
    watch.at += PATIENCE
    with pytest.raises(errors.LedgerStopped, match="no block takes"):
        chain.ledger().anchor(checkpoint(5))
    versions = chain.book.of(chain.key_account(), checkpoint(5))
    assert len({one.nonce for one in versions}) == 1
    assert [one.hash for one in versions] == hashes
    assert all(later.fee > one.fee * 9 // 8 for one, later in pairwise(versions))
    chain.node.mine()
    assert landed(chain, 5).evidence["transaction"] == hashes[-1]
    assert chain.sent() == 1


def test_a_version_that_lands_late_counts(chain: Chain, watch: Watch) -> None:
    first = chain.ledger().anchor(checkpoint(5))
    raw = chain.book.of(chain.key_account(), checkpoint(5))[0].raw
    watch.at += PATIENCE
    second = chain.ledger().anchor(checkpoint(5))
    assert second != first
    chain.node.rpc("anvil_dropTransaction", second.evidence["transaction"])
    chain.node.rpc("eth_sendRawTransaction", "0x" + raw.hex())
    chain.node.mine()
    assert landed(chain, 5).evidence["transaction"] == first.evidence["transaction"]
    assert chain.ledger().anchor(checkpoint(5)) == landed(chain, 5)


def test_d5_a_nonce_gap_is_filled_with_what_was_stored(chain: Chain) -> None:
    lost = chain.ledger().anchor(checkpoint(5))
    chain.node.rpc("anvil_dropTransaction", lost.evidence["transaction"])
    later = chain.ledger().anchor(checkpoint(6, origin="other.example/log"))
    assert waiting(chain) == [lost.evidence["transaction"], later.evidence["transaction"]]
    chain.node.mine()
    assert landed(chain, 5).evidence["transaction"] == lost.evidence["transaction"]
    assert chain.sent() == len(chain.anchors()) == 2


def by_hand(chain: Chain, **more: Any) -> None:
    """Send from our account without our knowing, as somebody with the key would."""
    chain.node.rpc("anvil_impersonateAccount", chain.account)
    chain.node.rpc("eth_sendTransaction", {"from": chain.account, "to": chain.account, **more})
    chain.node.mine()


def test_a_transaction_that_we_do_not_know_stops_until_a_person_takes_it_over(chain: Chain) -> None:
    by_hand(chain)
    for _ in range(2):
        with pytest.raises(errors.TransactionUnknown) as caught:
            chain.ledger().anchor(checkpoint(5))
    assert caught.value.fields["nonce"] == 1
    assert waiting(chain) == []
    assert chain.ledger().take_over() == 2
    chain.ledger().anchor(checkpoint(5))
    chain.node.mine()
    assert len(chain.anchors()) == 1


def test_a_transaction_in_our_transaction_s_place_stops(chain: Chain) -> None:
    ours = chain.ledger().anchor(checkpoint(5))
    chain.node.rpc("anvil_dropTransaction", ours.evidence["transaction"])
    by_hand(chain, nonce="0x1")
    with pytest.raises(errors.TransactionUnknown):
        chain.ledger().anchor(checkpoint(5))
    assert chain.anchors() == []


def test_d8_what_the_contract_will_refuse_is_not_sent(chain: Chain) -> None:
    chain.node.rpc("anvil_setStorageAt", chain.contract, SENDER_SLOT, "0x" + "34" * 32)
    with pytest.raises(errors.LedgerRefused, match="not the sender"):
        chain.ledger().anchor(checkpoint(5))
    assert waiting(chain) == []
    assert chain.book.next_nonce(chain.key_account()) == 1


def test_a_reverted_transaction_is_given_up_and_another_may_follow(chain: Chain) -> None:
    sender = chain.node.rpc("eth_getStorageAt", chain.contract, SENDER_SLOT, "latest")
    chain.ledger().anchor(checkpoint(5))
    chain.node.rpc("anvil_setStorageAt", chain.contract, SENDER_SLOT, "0x" + "34" * 32)
    chain.node.mine()
    with pytest.raises(errors.LedgerRefused, match="reverted"):
        chain.ledger().anchor(checkpoint(5))
    chain.node.rpc("anvil_setStorageAt", chain.contract, SENDER_SLOT, sender)
    chain.ledger().anchor(checkpoint(5))
    chain.node.mine()
    assert landed(chain, 5).root == checkpoint(5).root
    assert (chain.sent(), len(chain.anchors())) == (2, 1)


def test_d11_no_money(chain: Chain) -> None:
    chain.node.fund(chain.account, 0)
    for _ in range(2):
        with pytest.raises(errors.NoFunds):
            chain.ledger().anchor(checkpoint(5))
    assert chain.book.next_nonce(chain.key_account()) == 1
    chain.node.fund(chain.account)
    chain.ledger().anchor(checkpoint(5))
    chain.node.mine()
    assert chain.sent() == 1


@pytest.mark.parametrize("content", [None, b"", b"abc", b"\xff" * 64])
def test_d11_a_key_that_cannot_be_read(chain: Chain, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(errors.LedgerKeyUnreadable):
        chain.ledger(key=SenderKey(str(path))).anchor(checkpoint(5))
    path.write_text("0x" + chain.key.read().hex() + "\n")
    chain.ledger(key=SenderKey(str(path))).anchor(checkpoint(5))
    assert len(waiting(chain)) == 1
    assert chain.key.read().hex() not in repr(SenderKey(chain.key.read().hex()))


def test_d9_two_anchorers_make_one_transaction(chain: Chain) -> None:
    gate, seen = threading.Barrier(4), []

    def run() -> None:
        gate.wait(timeout=60)
        try:
            seen.append(str(chain.ledger().anchor(checkpoint(5)).evidence["transaction"]))
        except errors.LedgerUnreachable as error:  # the other one was first
            seen.append(error.code)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert len(seen) == 4
    assert len(set(seen) - {"ledger_unreachable"}) == 1
    chain.ledger().anchor(checkpoint(5))
    chain.node.mine()
    assert chain.sent() == len(chain.anchors()) == 1
