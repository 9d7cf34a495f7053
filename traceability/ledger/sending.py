"""Sending from our account: nonces are ours, every transaction is kept before it leaves, none is made twice.

`place` may be called any number of times for one checkpoint. It sends what is missing (one that was dropped, one of an
earlier nonce, one whose fee became too low) and otherwise only looks.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from traceability.errors import (
    FeeTooLow,
    LedgerRefused,
    LedgerStopped,
    LedgerUnreachable,
    NoFunds,
    NonceTaken,
    TransactionUnknown,
)
from traceability.ledger.book import Account, StoredTransaction, TransactionBook
from traceability.ledger.evm import Node
from traceability.ledger.seen import Fees
from traceability.ledger.signing import SenderKey, account_of, sign_transaction
from traceability.notes import Checkpoint

PATIENCE = timedelta(minutes=3)
MOST_VERSIONS = 6
_MOST_FILLED = 16


class Sender:
    """One account that sends; safe for several processes through the book."""

    def __init__(self, key: SenderKey, *, book: TransactionBook, clock: Callable[[], datetime]) -> None:
        self._key = key
        self._book = book
        self._clock = clock

    def account(self, node: Node) -> Account:
        """Give the account that sends; raises LedgerKeyUnreadable."""
        return Account(node.chain_id, account_of(self._key.read()))

    def place(self, node: Node, checkpoint: Checkpoint) -> StoredTransaction:
        """See to it that a checkpoint's transaction is on its way; gives the version that was sent last.

        Raises LedgerUnreachable, LedgerRefused and LedgerStopped as `Ledger.anchor` does.
        """
        account, mined, own = self._ready(node)
        versions = self._book.of(account, checkpoint)
        if versions:
            return self._go_on(node, checkpoint, versions, mined=mined)
        self._fill_gap(node, account, mined=mined, below=own)
        return self._make(node, _anchoring(node, account, own, checkpoint))

    def deploy(self, node: Node, *, sender: str | None) -> StoredTransaction:
        """Send the transaction that puts the contract on the chain, owned by this account."""
        account, mined, own = self._ready(node)
        self._fill_gap(node, account, mined=mined, below=own)
        data = node.creation(sender or account.address)
        return self._make(node, _Call(account, own, to=None, data=data))

    def _ready(self, node: Node) -> tuple[Account, int, int]:
        """Give the account, how many of its transactions are in blocks, and our next nonce."""
        account = self.account(node)
        mined, pending = node.counts(account.address)
        own = self._book.next_nonce(account) or 0
        if max(mined, pending) > own:
            raise TransactionUnknown(node=node.name, nonce=own)
        return account, mined, own

    def take_over(self, node: Node) -> int:
        """Accept what the account did without us, on a person's word; gives the nonce at which we go on."""
        account = self.account(node)
        count = max(node.counts(account.address))
        if (self._book.next_nonce(account) or 0) < count:
            self._book.keep(StoredTransaction(account, count - 1, 0, f"before {count}", b"", 0, 0, self._clock(), None))
        return count

    def _go_on(
        self, node: Node, checkpoint: Checkpoint, versions: Sequence[StoredTransaction], *, mined: int
    ) -> StoredTransaction:
        landed = self._landed(node, versions)
        if landed is not None:
            return landed
        newest = versions[-1]
        account = newest.account
        if newest.nonce < mined:
            landed = self._landed(node, versions)  # it may have landed between the two questions
            if landed is not None:
                return landed
            raise TransactionUnknown(node=node.name, nonce=newest.nonce)
        self._fill_gap(node, account, mined=mined, below=newest.nonce)
        waited = self._clock() - newest.made_at
        try:
            if not any(node.knows(one.hash) for one in versions):
                node.send(newest.raw)
                self._book.sent_again(newest, now=self._clock())
                return newest
        except FeeTooLow:
            waited = PATIENCE
        if waited < PATIENCE:
            return newest
        if len(versions) >= MOST_VERSIONS:
            raise LedgerStopped(reason="no block takes the transaction", nonce=newest.nonce, versions=len(versions))
        return self._make(node, _anchoring(node, account, newest.nonce, checkpoint), before=newest)

    def _landed(self, node: Node, versions: Sequence[StoredTransaction]) -> StoredTransaction | None:
        for one in reversed(versions):
            mined = node.mined(one.hash)
            if mined is None:
                continue
            if not mined.succeeded:
                self._book.give_up(one.account, one.nonce, reason="reverted")
                raise LedgerRefused(reason="the transaction was reverted", transaction=one.hash)
            return one
        return None

    def _fill_gap(self, node: Node, account: Account, *, mined: int, below: int) -> None:
        """Send again what our earlier nonces hold and the node lacks: nothing later can land before it."""
        if mined >= below:
            return
        newest = {one.nonce: one for one in self._book.after(account, mined) if one.nonce < below}
        for nonce in range(mined, min(below, mined + _MOST_FILLED)):
            one = newest.get(nonce)
            if one is None or not one.raw:
                raise LedgerStopped(reason="an earlier nonce has no stored transaction", nonce=nonce)
            if not node.knows(one.hash):
                node.send(one.raw)

    def _make(self, node: Node, call: "_Call", *, before: StoredTransaction | None = None) -> StoredTransaction:
        account = call.account
        fees = _above(node.fees(), before)
        gas = node.gas(sender=account.address, to=call.to, data=call.data) * 5 // 4
        if node.balance(account.address) < gas * fees.fee:
            raise NoFunds(node=node.name, account=account.address, needed=gas * fees.fee)
        key = self._key.read()
        hash_, raw = sign_transaction(
            key, chain_id=account.chain_id, nonce=call.nonce, to=call.to, data=call.data, gas=gas, fees=fees
        )
        made = StoredTransaction(
            account=account,
            nonce=call.nonce,
            version=0 if before is None else before.version + 1,
            hash=hash_,
            raw=raw,
            fee=fees.fee,
            tip=fees.tip or 0,
            made_at=self._clock(),
            checkpoint=call.checkpoint,
        )
        try:
            self._book.keep(made)  # durable before it leaves: after a crash the same bytes are sent, not others
        except NonceTaken:
            raise LedgerUnreachable(reason="another worker is sending") from None
        with suppress(FeeTooLow):  # the next look makes a version that pays more
            node.send(raw)
        return made


@dataclass(frozen=True, slots=True)
class _Call:
    account: Account
    nonce: int
    to: str | None
    data: bytes
    checkpoint: Checkpoint | None = None


def _anchoring(node: Node, account: Account, nonce: int, checkpoint: Checkpoint) -> _Call:
    digest = sha256(checkpoint.origin.encode()).digest()
    data = node.calldata(digest, checkpoint.size, checkpoint.root)
    return _Call(account, nonce, node.contract_address, data, checkpoint)


def _above(asked: Fees, before: StoredTransaction | None) -> Fees:
    """Give fees with which a node lets the new version replace the old one: an eighth more, at least."""
    if before is None:
        return asked
    fee = max(asked.fee, before.fee * 5 // 4 + 1)
    return Fees(fee, None if asked.tip is None else min(fee, max(asked.tip, before.tip * 5 // 4 + 1)))
