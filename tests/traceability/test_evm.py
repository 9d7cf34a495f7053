"""The sender and the nodes, each fault on a real chain: what was meant lands once, and what is strange stops."""

import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.anvil import CHAIN_ID, Anvil
from tests.chains import NOW, Chain, own_book
from tests.nodes import answering, refusing
from traceability import Checkpoint, Finality, NotAnchored, Receipt, errors
from traceability.ledger.contract import artefact
from traceability.ledger.evm import Node
from traceability.ledger.sending import MOST_VERSIONS, PATIENCE
from traceability.ledger.signing import SenderKey

ORIGIN = "stamps.example/log"
DEAD = "http://127.0.0.1:9"


def checkpoint(size: int, *, origin: str = ORIGIN) -> Checkpoint:
    return Checkpoint(origin, size, bytes([size]) * 32)


class Watch:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> Any:
        return self.at


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def chain(tmp_path: Path, watch: Watch) -> Iterator[Chain]:
    """A chain that makes blocks only when it is told to."""
    with Anvil(mining=False) as node:
        yield Chain(node, begin=own_book(tmp_path / "book.sqlite"), clock=watch).deployed()


def landed(chain: Chain, size: int) -> Receipt:
    found = chain.ledger().find(ORIGIN, size)
    assert not isinstance(found, NotAnchored)
    return found


def waiting(chain: Chain) -> list[str]:
    """Return the hashes of what waits at the node."""
    pool = chain.node.rpc("txpool_content")["pending"]
    return [one["hash"] for of_account in pool.values() for one in of_account.values()]


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


def test_where_the_chain_does_not_say_blocks_are_counted(chain: Chain) -> None:
    chain.ledger().anchor(checkpoint(5))
    chain.node.mine()

    def no_tag(call: dict[str, Any]) -> str | None:
        return "unknown block tag" if "finalized" in str(call["params"]) else None

    with answering(refusing(chain.node.url, no_tag)) as url:
        ledger = chain.ledger(url, confirmations=3)
        assert ledger.finality(landed(chain, 5)) is Finality.CONFIRMED
        chain.node.mine()
        assert ledger.finality(landed(chain, 5)) is Finality.CONFIRMED
        chain.node.mine()
        assert ledger.finality(landed(chain, 5)) is Finality.FINAL


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


def test_d7_a_wrong_chain_stops(chain: Chain) -> None:
    with pytest.raises(errors.ChainIdDiffers) as caught:
        chain.ledger(chain_id=1).anchor(checkpoint(5))
    assert (caught.value.fields["found"], caught.value.fields["wanted"]) == (CHAIN_ID, 1)
    chain.node.rpc("anvil_setChainId", 99)
    for call in (chain.ledger().head, lambda: chain.ledger().find(ORIGIN, 5), chain.ledger().check_whole):
        with pytest.raises(errors.ChainIdDiffers):
            call()
    assert waiting(chain) == []


def test_d8_no_code_or_other_code_at_the_address(chain: Chain) -> None:
    ours = chain.contract
    chain.contract = "0x" + "12" * 20
    with pytest.raises(errors.ContractAbsent):
        chain.ledger().find(ORIGIN, 5)
    chain.node.rpc("anvil_setCode", chain.contract, "0x60006000fd")
    with pytest.raises(errors.ContractDiffers):
        chain.ledger().anchor(checkpoint(5))
    chain.contract = ours
    changed = bytearray(artefact().runtime)
    changed[200] ^= 1
    chain.node.rpc("anvil_setCode", ours, "0x" + changed.hex())
    with pytest.raises(errors.ContractDiffers):
        chain.ledger().anchor(checkpoint(5))
    assert waiting(chain) == []


SENDER_SLOT = "0x" + "2".zfill(64)


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


def test_d1_a_node_that_is_down_and_comes_back(tmp_path: Path) -> None:
    with Anvil(state=tmp_path / "state.json") as node:
        chain = Chain(node, begin=own_book(tmp_path / "book.sqlite")).deployed()
        node.stop()
        for call in (chain.ledger().head, lambda: chain.ledger().anchor(checkpoint(5))):
            with pytest.raises(errors.LedgerUnreachable):
                call()
        node.start()
        chain.ledger().anchor(checkpoint(5))
        node.mine()
        assert len(chain.anchors()) == 1


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


def test_a_majority_of_the_nodes_is_needed_and_a_silent_one_is_named(chain: Chain) -> None:
    chain.ledger().anchor(checkpoint(5))
    chain.node.mine()
    receipt, url = landed(chain, 5), chain.node.url
    for urls, settled, silent in (
        ((url, url), Finality.CONFIRMED, ()),
        ((DEAD, url, url), Finality.CONFIRMED, ("node 1",)),
        ((url, DEAD), Finality.SENT, ("node 2",)),
        ((DEAD, url, DEAD), Finality.SENT, ("node 1", "node 3")),
    ):
        ledger = chain.ledger(*urls)
        assert ledger.find(ORIGIN, 5) == receipt
        assert ledger.finality(receipt) is settled
        assert tuple(one.partition(":")[0] for one in ledger.alarms()) == silent
    chain.node.mine(3)
    assert chain.ledger(url, DEAD, url).finality(receipt) is Finality.FINAL


def test_a_node_that_holds_something_else_stops_and_one_behind_only_delays(chain: Chain, tmp_path: Path) -> None:
    with Anvil(mining=False) as other:
        twin = Chain(other, begin=own_book(tmp_path / "twin.sqlite")).deployed()
        assert twin.contract == chain.contract
        chain.node.mine(5)
        chain.ledger().anchor(checkpoint(5))
        chain.node.mine()
        receipt, url = landed(chain, 5), chain.node.url
        assert chain.ledger(url, other.url).finality(receipt) is Finality.SENT
        other.mine(20)
        for urls in ((url, other.url), (url, url, other.url)):
            with pytest.raises(errors.ReceiptDiffers):
                chain.ledger(*urls).finality(receipt)


def test_a_node_that_searches_only_short_ranges(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("traceability.ledger.evm._WINDOW", 4)
    for size in (3, 5):
        chain.ledger().anchor(checkpoint(size))
        chain.node.mine(9)

    def long(call: dict[str, Any]) -> str | None:
        if call["method"] != "eth_getLogs":
            return None
        span = int(call["params"][0]["toBlock"], 16) - int(call["params"][0]["fromBlock"], 16)
        return "query returned more than 4 blocks" if span >= 4 else None

    with answering(refusing(chain.node.url, long)) as url:
        ledger = chain.ledger(url)
        assert ledger.find(ORIGIN, 3) == landed(chain, 3)
        assert ledger.find(ORIGIN, 5) == landed(chain, 5)
        assert ledger.check_whole() == chain.node.height()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"<html>busy</html>"),
        (200, b"[]"),
        (200, b'{"jsonrpc":"2.0","id":1}'),
        (200, b'{"jsonrpc":"2.0","id":1,"result":null}'),
        (200, b'{"jsonrpc":"2.0","id":1,"result":"0xzz"}'),
        (302, b""),
        (429, b"slow down"),
        (502, b"bad gateway"),
    ],
)
def test_an_answer_of_another_shape_is_no_answer(chain: Chain, status: int, body: bytes) -> None:
    with answering(lambda call: (status, body)) as url:
        for call in (chain.ledger(url).head, lambda: chain.ledger(url).anchor(checkpoint(5))):
            with pytest.raises(errors.LedgerUnreachable) as caught:
                call()
            assert url not in str(caught.value)
    assert waiting(chain) == []


def test_d14_a_receipt_of_another_contract_does_not_count(chain: Chain, tmp_path: Path) -> None:
    chain.ledger().anchor(checkpoint(5))
    chain.node.mine(4)
    old = landed(chain, 5)
    fresh = Chain(chain.node, begin=own_book(tmp_path / "fresh.sqlite"), key="ab" * 32).deployed()
    assert fresh.contract != chain.contract
    with pytest.raises(errors.ReceiptDiffers):
        fresh.ledger().finality(old)
    fresh.ledger().anchor(checkpoint(9))
    fresh.node.mine(4)
    assert fresh.ledger().finality(landed(fresh, 9)) is Finality.FINAL
    assert fresh.sent() == 1
