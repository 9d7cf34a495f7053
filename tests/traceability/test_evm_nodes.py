"""The nodes, each fault on a real chain: the wrong chain or contract stops, one node alone settles nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.anvil import CHAIN_ID, Anvil
from tests.chains import ORIGIN, Chain, checkpoint, landed, own_book, waiting
from tests.nodes import answering, refusing
from traceability import Finality, errors
from traceability.ledger.contract import artefact

DEAD = "http://127.0.0.1:9"


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


def test_each_node_is_checked_whole(chain: Chain) -> None:
    chain.ledger().anchor(checkpoint(5))
    chain.node.mine()
    told = refusing(chain.node.url, lambda _call: None)

    def forgetful(call: dict[str, Any]) -> tuple[int, bytes]:
        nothing = {"jsonrpc": "2.0", "id": call["id"], "result": "0x" + "00" * 32}
        return (200, json.dumps(nothing).encode()) if call["method"] == "eth_call" else told(call)

    assert chain.ledger(chain.node.url, chain.node.url).check_whole() == chain.node.height()
    with answering(forgetful) as url, pytest.raises(errors.LedgerStopped) as caught:
        chain.ledger(chain.node.url, url).check_whole()
    assert caught.value.fields["node"] == "node 2"


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
