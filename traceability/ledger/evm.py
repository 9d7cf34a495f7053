"""One node of an EVM chain, and the anchors' contract on it. The only module that imports web3, and only when it asks.

What a node says is evidence, never an order: `check` comes first, and any answer that is not of the documented shape
counts as none.
"""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import requests

from traceability.errors import (
    ChainIdDiffers,
    ContractAbsent,
    ContractDiffers,
    FeeTooLow,
    LedgerProblem,
    LedgerRefused,
    LedgerUnreachable,
    NoFunds,
)
from traceability.ledger.contract import artefact
from traceability.ledger.depth import import_at_own_depth
from traceability.ledger.seen import Event, Fees, Mined

if TYPE_CHECKING:
    from eth_typing import HexStr
    from web3 import Web3
    from web3.contract import Contract

T = TypeVar("T")
CALL_S = 10
_WINDOW = 5_000  # blocks a look-up, on nodes that refuse to search the whole chain at once
_GWEI = 10**9


class Node:
    """One node. `name` stands for its address in messages: an address may hold a key."""

    def __init__(self, url: str, *, name: str, chain_id: int, contract: str | None) -> None:
        import_at_own_depth()  # here, before any of the ways in which web3 is imported below
        self._url = url
        self.name = name
        self.chain_id = chain_id
        self.address = contract

    @cached_property
    def _web3(self) -> "Web3":
        from web3 import HTTPProvider, Web3

        session = requests.Session()
        session.max_redirects = 0
        session.trust_env = False
        kwargs = {"timeout": CALL_S}
        return Web3(HTTPProvider(self._url, kwargs, session=session, exception_retry_configuration=None))

    @cached_property
    def _contract(self) -> "Contract":
        if self.address is None:
            raise ContractAbsent(node=self.name)
        kind = self._web3.eth.contract(abi=artefact().abi)
        return kind(self._web3.to_checksum_address(self.address))

    @property
    def contract_address(self) -> str:
        """Give the contract's address as nodes write it; raises ContractAbsent."""
        return str(self._contract.address)

    def _ask(self, question: Callable[[], T]) -> T:
        from web3.exceptions import Web3Exception

        try:
            return question()
        except LedgerProblem:
            raise
        except requests.RequestException as error:
            raise LedgerUnreachable(node=self.name, reason=type(error).__name__) from None
        except (Web3Exception, ValueError, TypeError, KeyError, AttributeError, OSError) as error:
            raise LedgerUnreachable(node=self.name, reason=f"{type(error).__name__}: {error}"[:200]) from None

    def check(self) -> None:
        """Make sure that this is our chain and that our contract's code stands at the address.

        Raises LedgerUnreachable, ChainIdDiffers, ContractAbsent, ContractDiffers.
        """
        self.check_chain()
        code = self._ask(lambda: bytes(self._web3.eth.get_code(self._contract.address)))
        if not code:
            raise ContractAbsent(node=self.name)
        if code != artefact().runtime:
            raise ContractDiffers(node=self.name, reason="the code at the address is not the contract's")

    def check_chain(self) -> None:
        """Make sure that this is our chain; raises LedgerUnreachable, ChainIdDiffers."""
        found = self._ask(lambda: int(self._web3.eth.chain_id))
        if found != self.chain_id:
            raise ChainIdDiffers(node=self.name, found=found, wanted=self.chain_id)

    def head(self) -> tuple[int, str]:
        """Give the number and the hash of the newest block."""
        block = self._ask(lambda: self._web3.eth.get_block("latest"))
        return self._ask(lambda: (int(block["number"]), _text(block["hash"])))

    def block_hash(self, number: int) -> str:
        """Give the hash of the block of this number."""
        return self._ask(lambda: _text(self._web3.eth.get_block(number)["hash"]))

    def finalized(self) -> int | None:
        """Give the number of the newest finalized block, None where the chain has no such notion."""
        try:
            return self._ask(lambda: int(self._web3.eth.get_block("finalized")["number"]))
        except LedgerUnreachable:
            self.check_chain()  # the node answers, so it was the question that it did not know
            return None

    def size_of(self, origin: bytes) -> int:
        """Give the largest size anchored for an origin's hash."""
        return self._ask(lambda: int(self._contract.functions.sizes(origin).call()))

    def event(self, origin: bytes, size: int) -> Event | None:
        """Find the anchor of this size."""
        found = self._search({"origin": origin, "size": size})
        return found[0] if found else None

    def events(self) -> list[Event]:
        """List all anchors, oldest first."""
        return self._search({})

    def _search(self, wanted: dict[str, Any]) -> list[Event]:
        from web3.exceptions import Web3RPCError

        newest, _ = self.head()
        since = self._ask(lambda: int(self._contract.functions.since().call()))
        anchored = self._contract.events.Anchored

        def look(first: int, last: int) -> list[Event]:
            logs = anchored.get_logs(argument_filters=wanted, from_block=first, to_block=last)
            return [_event(log) for log in logs]

        def whole() -> list[Event] | None:
            try:
                return look(since, newest)
            except Web3RPCError:
                return None

        found = self._ask(whole)
        if found is not None:
            return found
        pieces: list[Event] = []
        for last in range(newest, since - 1, -_WINDOW):
            first = max(since, last - _WINDOW + 1)
            pieces = self._ask(lambda: look(first, last)) + pieces  # noqa: B023 (called at once)
            if pieces and wanted:
                break
        return pieces

    def mined(self, transaction: str) -> Mined | None:
        """Give what became of a transaction, None while it is in no block."""
        from web3.exceptions import TransactionNotFound
        from web3.logs import DISCARD

        def look() -> Mined | None:
            try:
                receipt = self._web3.eth.get_transaction_receipt(_hash(transaction))
            except TransactionNotFound:
                return None
            created = receipt.get("contractAddress")
            if self.address is None:
                return Mined(receipt["status"] == 1, (), created)
            logs = self._contract.events.Anchored().process_receipt(receipt, errors=DISCARD)
            ours = tuple(_event(log) for log in logs if log["address"] == self._contract.address)
            return Mined(receipt["status"] == 1, ours, created)

        return self._ask(look)

    def knows(self, transaction: str) -> bool:
        """Tell whether the node holds a transaction, waiting or mined."""
        from web3.exceptions import TransactionNotFound

        def look() -> bool:
            try:
                return self._web3.eth.get_transaction(_hash(transaction)) is not None
            except TransactionNotFound:
                return False

        return self._ask(look)

    def counts(self, account: str) -> tuple[int, int]:
        """Give how many transactions of an account are in blocks, and how many with those that wait."""
        address = self._web3.to_checksum_address(account)
        count = self._web3.eth.get_transaction_count
        return self._ask(lambda: (int(count(address, "latest")), int(count(address, "pending"))))

    def balance(self, account: str) -> int:
        """Give an account's money, in wei."""
        return self._ask(lambda: int(self._web3.eth.get_balance(self._web3.to_checksum_address(account))))

    def fees(self) -> Fees:
        """Ask what gas costs now; twice the base fee leaves room for six full blocks."""
        base = self._ask(lambda: self._web3.eth.get_block("latest").get("baseFeePerGas"))
        if base is None:
            return Fees(self._ask(lambda: int(self._web3.eth.gas_price)), None)
        try:
            tip = self._ask(lambda: int(self._web3.eth.max_priority_fee))
        except LedgerUnreachable:
            tip = _GWEI
        return Fees(2 * int(base) + tip, tip)

    def calldata(self, origin: bytes, size: int, root: bytes) -> bytes:
        """Write the call that anchors."""
        return _bytes(self._contract.encode_abi("anchor", args=[origin, size, root]))

    def creation(self, sender: str) -> bytes:
        """Write the data that deploys the contract for a sender."""
        kind = self._web3.eth.contract(abi=artefact().abi, bytecode=artefact().creation)
        return _bytes(kind.constructor(self._web3.to_checksum_address(sender)).data_in_transaction)

    def gas(self, *, sender: str, to: str | None, data: bytes) -> int:
        """Estimate a call's gas; raises LedgerRefused with the contract's reason if it would revert."""
        from web3.exceptions import ContractLogicError, Web3RPCError

        call: Any = {"from": self._web3.to_checksum_address(sender), "data": data}
        if to is not None:
            call["to"] = self._web3.to_checksum_address(to)

        def estimate() -> int:
            try:
                return int(self._web3.eth.estimate_gas(call))
            except ContractLogicError as error:
                raise LedgerRefused(reason=f"the contract says: {error.message}"[:200]) from None
            except Web3RPCError as error:
                raise _refusal(error.message, node=self.name) from None

        return self._ask(estimate)

    def send(self, raw: bytes) -> None:
        """Hand a signed transaction to the node; one that it has already is no error.

        Raises NoFunds, FeeTooLow, LedgerUnreachable.
        """
        from web3.exceptions import Web3RPCError

        def push() -> None:
            try:
                self._web3.eth.send_raw_transaction(raw)
            except Web3RPCError as error:
                words = error.message.lower()
                # Which of the two it is, the next look at receipts and counts will say.
                if not any(
                    part in words for part in ("already known", "already imported", "known tr", "nonce too low")
                ):
                    raise _refusal(error.message, node=self.name) from None

        self._ask(push)


def _refusal(message: str, *, node: str) -> LedgerProblem:
    # Clients agree on no error codes for these, only nearly on their words.
    words = message.lower()
    if "insufficient funds" in words:
        return NoFunds(node=node)
    if "underpriced" in words or "base fee" in words or "fee too low" in words:
        return FeeTooLow(node=node)
    return LedgerUnreachable(node=node, reason=message[:200])


def _event(log: Any) -> Event:
    facts = log["args"]
    return Event(
        origin=bytes(facts["origin"]),
        size=int(facts["size"]),
        root=bytes(facts["root"]),
        transaction=_text(log["transactionHash"]),
        block=int(log["blockNumber"]),
        block_hash=_text(log["blockHash"]),
        log_index=int(log["logIndex"]),
    )


def _hash(text: str) -> "HexStr":
    from eth_typing import HexStr

    return HexStr(text)


def _text(digest: bytes) -> str:
    return "0x" + bytes(digest).hex()


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
