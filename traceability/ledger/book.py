"""The sending account's transactions as we keep them: written here before they leave, found here after a crash."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from traceability.notes import Checkpoint


@dataclass(frozen=True, slots=True)
class Account:
    """An account of one chain; its nonces are ours alone."""

    chain_id: int
    address: str


@dataclass(frozen=True, slots=True)
class StoredTransaction:
    """A signed transaction; the versions of one nonce differ in their fees (wei per gas) and only one can land.

    `made_at` is when it was made, or last sent again.
    Without a checkpoint it deployed the contract, or stands for what the account had done before us.
    """

    account: Account
    nonce: int
    version: int
    hash: str
    raw: bytes
    fee: int
    tip: int
    made_at: datetime
    checkpoint: Checkpoint | None = None


class TransactionBook(Protocol):
    """Keeps the transactions on our side. Each call is a database transaction of its own, durable when it returns."""

    def next_nonce(self, account: Account) -> int | None:
        """Give the nonce after the last one used, None for an account that never sent."""

    def after(self, account: Account, nonce: int) -> Sequence[StoredTransaction]:
        """List what has this nonce or a later one, by nonce and version."""

    def of(self, account: Account, checkpoint: Checkpoint) -> Sequence[StoredTransaction]:
        """List the versions of the transaction that is to anchor this checkpoint, and was not given up."""

    def keep(self, transaction: StoredTransaction) -> None:
        """Keep a transaction before it is sent; raises NonceTaken if its nonce and version are in use."""

    def sent_again(self, transaction: StoredTransaction, *, now: datetime) -> None:
        """Note that a transaction was missing at the node and was sent again: patience with it begins anew."""

    def give_up(self, account: Account, nonce: int, *, reason: str) -> None:
        """Note that the transaction of this nonce landed without effect; another may be made for its checkpoint."""
