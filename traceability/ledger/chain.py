"""The EVM ledger: checkpoints in a contract's events, believed when a majority of our nodes hold the same ones.

A node that is silent delays nobody while the others are a majority; one that holds something else stops us.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import Enum, auto
from hashlib import sha256

from traceability.errors import (
    LedgerRefused,
    LedgerStopped,
    LedgerUnreachable,
    ReceiptDiffers,
)
from traceability.ledger.book import TransactionBook
from traceability.ledger.evm import Node
from traceability.ledger.protocol import Finality, Head, NotAnchored, Receipt
from traceability.ledger.seen import Event
from traceability.ledger.sending import Sender
from traceability.ledger.signing import SenderKey
from traceability.notes import Checkpoint

KIND = "evm"


class _Sight(Enum):
    SAME = auto()
    FINAL = auto()
    NOT_YET = auto()


class EvmLedger:
    """One contract on one chain, through one or more nodes. Without a sender it only reads.

    `confirmations` counts where the chain does not say itself which blocks are final.
    """

    kind = KIND

    def __init__(self, nodes: Sequence[Node], *, sender: Sender | None = None, confirmations: int = 12) -> None:
        if not nodes:
            raise ValueError("an EVM ledger needs a node")
        self._nodes = tuple(nodes)
        self._sender = sender
        self._confirmations = confirmations
        self._silent: dict[str, str] = {}

    def anchor(self, checkpoint: Checkpoint) -> Receipt:
        """Send a checkpoint, or look after what was sent for it; the receipt names a block once it landed."""
        node = self._answering()[0]
        found = self._held(node, checkpoint)
        if found is not None:
            return found
        if self._sender is None:
            raise LedgerRefused(reason="opened for reading only")
        try:
            sent = self._sender.place(node, checkpoint)
        except LedgerRefused:
            found = self._held(node, checkpoint)  # raises with what the contract holds, where that is why
            if found is not None:
                return found
            raise
        mined = node.mined(sent.hash)
        if mined is not None and mined.events:
            return self._receipt(node, checkpoint.origin, mined.events[0])
        evidence: dict[str, str | int] = {
            "chain_id": node.chain_id,
            "contract": node.contract_address,
            "transaction": sent.hash,
        }
        return Receipt(KIND, checkpoint.origin, checkpoint.size, checkpoint.root, evidence)

    def _held(self, node: Node, checkpoint: Checkpoint) -> Receipt | None:
        digest = _digest(checkpoint.origin)
        holds = node.size_of(digest)
        if holds < checkpoint.size:
            return None
        event = node.event(digest, checkpoint.size)
        if event is None:
            raise LedgerRefused(reason="a larger size is anchored", holds=holds)
        if event.root != checkpoint.root:
            raise LedgerStopped(reason="another root is anchored at this size", size=checkpoint.size)
        return self._receipt(node, checkpoint.origin, event)

    def find(self, origin: str, size: int) -> Receipt | NotAnchored:
        """Find the anchor of this size at the first node that has it."""
        digest = _digest(origin)
        for node in self._answering():
            if node.size_of(digest) < size:
                continue
            event = node.event(digest, size)
            if event is not None:
                return self._receipt(node, origin, event)
        return NotAnchored(origin, size)

    def head(self) -> Head:
        """Give the newest block of the first node that answers."""
        number, digest = self._answering()[0].head()
        return Head(KIND, number, digest)

    def finality(self, receipt: Receipt) -> Finality:
        """Ask every node for the same event in the same block; raises ReceiptDiffers where one holds something else."""
        block = receipt.evidence.get("block")
        if not isinstance(block, int):
            return Finality.SENT
        ours = {"chain_id": self._nodes[0].chain_id, "contract": self._nodes[0].contract_address}
        if {name: receipt.evidence.get(name) for name in ours} != ours:
            raise ReceiptDiffers(reason="it is of another contract", size=receipt.size)
        self._silent = {}
        sights: list[_Sight] = []
        for node in self._nodes:
            try:
                node.check()
                sights.append(self._look(node, receipt, block))
            except LedgerUnreachable as error:
                self._silent[node.name] = str(error)
        final, same = sights.count(_Sight.FINAL), sights.count(_Sight.SAME)
        majority = len(self._nodes) // 2 + 1
        if final >= majority:
            return Finality.FINAL
        return Finality.CONFIRMED if final + same >= majority else Finality.SENT

    def _look(self, node: Node, receipt: Receipt, block: int) -> _Sight:
        newest, _ = node.head()
        if newest < block:
            return _Sight.NOT_YET
        mined = node.mined(str(receipt.evidence["transaction"]))
        told = [] if mined is None else [self._receipt(node, receipt.origin, event) for event in mined.events]
        # The block is asked for by its number too: a node may still tell of a receipt in a block that it left.
        if receipt not in told or node.block_hash(block) != receipt.evidence["block_hash"]:
            raise ReceiptDiffers(node=node.name, size=receipt.size, block=block)
        finalized = node.finalized()
        deep = newest - block + 1 >= self._confirmations if finalized is None else finalized >= block
        return _Sight.FINAL if deep else _Sight.SAME

    def alarms(self) -> tuple[str, ...]:
        """Name the nodes that did not answer the last time, and why."""
        return tuple(f"{name}: {why}" for name, why in sorted(self._silent.items()))

    def check_whole(self) -> int:
        """Check chain, code and order of the sizes at every node that answers; gives the first one's newest block."""
        answering = self._answering()
        for node in answering:
            _check_events(node)
        return answering[0].head()[0]

    def _answering(self) -> list[Node]:
        """List the nodes that answer, in our order; any of the wrong chain or code stops us.

        Raises LedgerUnreachable if none does.
        """
        self._silent = {}
        found: list[Node] = []
        for node in self._nodes:
            try:
                node.check()
            except LedgerUnreachable as error:
                self._silent[node.name] = str(error)
            else:
                found.append(node)
        if not found:
            raise LedgerUnreachable(reason="; ".join(self.alarms())[:250])
        return found

    def _receipt(self, node: Node, origin: str, event: Event) -> Receipt:
        if event.origin != _digest(origin):
            raise ReceiptDiffers(node=node.name, size=event.size, block=event.block)
        evidence: dict[str, str | int] = {
            "block": event.block,
            "block_hash": event.block_hash,
            "chain_id": node.chain_id,
            "contract": node.contract_address,
            "log_index": event.log_index,
            "transaction": event.transaction,
        }
        return Receipt(KIND, origin, event.size, event.root, evidence)

    def deploy(self, *, wait: Callable[[], bool], sender: str | None = None) -> str:
        """Put the contract on the chain, owned by our account; gives its address. `sender` anchors, else we do.

        `wait` is called between looks and says whether to look again. Raises as `anchor`.
        """
        if self._sender is None:
            raise LedgerRefused(reason="opened for reading only")
        node = self._nodes[0]
        node.check_chain()
        sent = self._sender.deploy(node, sender=sender)
        while True:
            mined = node.mined(sent.hash)
            if mined is not None:
                if not mined.succeeded or mined.created is None:
                    raise LedgerRefused(reason="the deployment was reverted", transaction=sent.hash)
                return mined.created
            if not wait():
                raise LedgerUnreachable(reason="no block holds the deployment yet", transaction=sent.hash)

    def take_over(self) -> int:
        """Accept what the account did without us, on a person's word; gives the nonce at which we go on."""
        if self._sender is None:
            raise LedgerRefused(reason="opened for reading only")
        node = self._nodes[0]
        node.check_chain()
        return self._sender.take_over(node)


def open_chain(
    urls: Sequence[str],
    *,
    chain_id: int,
    contract: str | None,
    confirmations: int = 12,
    key: SenderKey | None = None,
    book: TransactionBook | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> EvmLedger:
    """Open the ledger at these nodes; with a key and a book it sends, without it only reads. Calls nobody yet."""
    nodes = [
        Node(url, name=f"node {number}", chain_id=chain_id, contract=contract)
        for number, url in enumerate(urls, start=1)
    ]
    sender = None if key is None or book is None else Sender(key, book=book, clock=clock)
    return EvmLedger(nodes, sender=sender, confirmations=confirmations)


def _digest(origin: str) -> bytes:
    return sha256(origin.encode()).digest()


def _check_events(node: Node) -> None:
    largest: dict[bytes, int] = {}
    for event in node.events():
        if event.size <= largest.get(event.origin, 0):
            raise LedgerStopped(reason="sizes do not grow", block=event.block, node=node.name)
        largest[event.origin] = event.size
    for origin, size in largest.items():
        if node.size_of(origin) < size:
            raise LedgerStopped(reason="the contract holds less than its events say", size=size, node=node.name)
