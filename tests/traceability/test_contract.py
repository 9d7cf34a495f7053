"""The contract: the shipped artefact is what its source compiles to, and it keeps its rules on a real node."""

import json
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractLogicError

from tests.anvil import Anvil
from tests.compile_contract import compiled
from traceability.ledger.contract import ARTEFACT, artefact

ORIGIN = sha256(b"stamps.example/log").digest()
ROOT = bytes([2]) * 32


@pytest.fixture(scope="module")
def web3() -> Iterator[Web3]:
    with Anvil() as node:
        yield Web3(HTTPProvider(node.url))


@pytest.fixture
def contract(web3: Web3) -> Any:
    owner, sender = web3.eth.accounts[:2]
    kind = web3.eth.contract(abi=artefact().abi, bytecode=artefact().creation)
    deployed = web3.eth.wait_for_transaction_receipt(kind.constructor(sender).transact({"from": owner}))
    return web3.eth.contract(deployed["contractAddress"], abi=artefact().abi)


def test_the_shipped_artefact_is_what_the_source_compiles_to() -> None:
    shipped = json.loads(ARTEFACT.read_text("utf-8"))
    assert shipped == compiled()
    assert (shipped["compiler"], shipped["evm_version"]) == ("vyper 0.4.3", "paris")


def test_the_code_at_the_address_is_the_runtime_code(web3: Web3, contract: Any) -> None:
    assert bytes(web3.eth.get_code(contract.address)) == artefact().runtime


def test_it_takes_only_larger_sizes_and_says_so(web3: Web3, contract: Any) -> None:
    sender = web3.eth.accounts[1]
    gas = []
    for size in (5, 6):
        hash_ = contract.functions.anchor(ORIGIN, size, ROOT).transact({"from": sender})
        receipt = web3.eth.wait_for_transaction_receipt(hash_)
        gas.append(receipt["gasUsed"])
        (event,) = contract.events.Anchored().process_receipt(receipt)
        assert dict(event["args"]) == {"origin": ORIGIN, "size": size, "root": ROOT}
        assert contract.functions.sizes(ORIGIN).call() == size
    assert gas[0] < 50_000 and gas[1] < 33_000
    for size in (0, 5, 6):
        with pytest.raises(ContractLogicError, match="not larger"):
            contract.functions.anchor(ORIGIN, size, bytes(32)).transact({"from": sender})
    contract.functions.anchor(bytes(32), 1, ROOT).transact({"from": sender})
    assert contract.functions.sizes(ORIGIN).call() == 6


def test_only_the_sender_anchors_and_only_the_owner_replaces_it(web3: Web3, contract: Any) -> None:
    owner, old, new, stranger = web3.eth.accounts[:4]
    for account in (owner, new, stranger):
        with pytest.raises(ContractLogicError, match="not the sender"):
            contract.functions.anchor(ORIGIN, 1, ROOT).transact({"from": account})
    for account in (old, stranger):
        with pytest.raises(ContractLogicError, match="not the owner"):
            contract.functions.set_sender(account).transact({"from": account})
    with pytest.raises(ContractLogicError, match="no sender"):
        contract.functions.set_sender("0x" + "00" * 20).transact({"from": owner})
    contract.functions.set_sender(new).transact({"from": owner})
    with pytest.raises(ContractLogicError, match="not the sender"):
        contract.functions.anchor(ORIGIN, 1, ROOT).transact({"from": old})
    contract.functions.anchor(ORIGIN, 1, ROOT).transact({"from": new})
    assert contract.functions.sizes(ORIGIN).call() == 1


def test_it_takes_no_money(web3: Web3, contract: Any) -> None:
    with pytest.raises((ContractLogicError, ValueError)):
        web3.eth.send_transaction({"from": web3.eth.accounts[0], "to": contract.address, "value": 1})


_SIGNING = "from traceability.ledger.signing import account_of\naccount_of(bytes([1]) * 32)"
_ASKING = """
from contextlib import suppress
from traceability.errors import LedgerUnreachable
from traceability.ledger.evm import Node
with suppress(LedgerUnreachable):
    Node("http://127.0.0.1:9", name="n", chain_id=1, contract="0x" + "11" * 20).check()
"""


@pytest.mark.parametrize(("use", "brought"), [(_SIGNING, "eth_account"), (_ASKING, "web3")])
def test_a_chain_does_not_raise_how_deep_python_may_go(use: str, brought: str) -> None:
    held = f"assert {brought!r} in sys.modules and sys.getrecursionlimit() == limit"
    code = f"import sys\nlimit = sys.getrecursionlimit()\n{use}\n{held}"
    subprocess.run([sys.executable, "-c", code], check=True)
