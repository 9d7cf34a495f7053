"""An EVM ledger over a real node: a funded account, the contract deployed by it, and a book of its transactions."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.anvil import CHAIN_ID, Anvil
from traceability import Checkpoint, NotAnchored, Receipt
from traceability.ledger.book import Account
from traceability.ledger.chain import EvmLedger, open_chain
from traceability.ledger.signing import SenderKey, account_of
from traceability.models import TraceTransaction
from traceability.transactions import DatabaseBook

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ORIGIN = "stamps.example/log"
KEY = sha256(b"the account of a test").hexdigest()
Begin = Callable[[], AbstractContextManager[Session]]


def own_book(path: Path) -> Begin:
    """Return a `begin` over a SQLite file with the transactions' table."""
    engine = sa.create_engine(f"sqlite:///{path}")
    TraceTransaction.__table__.create(engine, checkfirst=True)

    @contextmanager
    def begin() -> Iterator[Session]:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    return begin


class Chain:
    """The chain of one test: `ledger()` opens as many adapters on it as the test wants."""

    def __init__(
        self, node: Anvil, *, begin: Begin, key: str = KEY, clock: Callable[[], datetime] = lambda: NOW
    ) -> None:
        self.node = node
        self.key = SenderKey(key)
        self.account = account_of(self.key.read())
        self.book = DatabaseBook(begin)
        self.clock = clock
        self.contract = ""
        node.fund(self.account)

    def deployed(self) -> "Chain":
        """Deploy the contract from our account."""
        ledger = self.ledger()
        until = time.monotonic() + 60
        self.contract = ledger.deploy(wait=lambda: self.node.mine() is None and time.monotonic() < until)
        return self

    def ledger(self, *urls: str, chain_id: int = CHAIN_ID, **more: Any) -> EvmLedger:
        """Open the ledger through these nodes; through the one node where none is named."""
        facts: dict[str, Any] = {"key": self.key, "book": self.book, "clock": self.clock, **more}
        return open_chain(urls or (self.node.url,), chain_id=chain_id, contract=self.contract or None, **facts)

    def key_account(self) -> Account:
        """Return the sending account as the book knows it."""
        return Account(CHAIN_ID, self.account)

    def sent(self) -> int:
        """Count the account's transactions in blocks, the deployment left out."""
        return len([one for one in self.node.transactions(self.account) if one["to"]])

    def anchors(self) -> list[dict[str, Any]]:
        """Return the anchors' events, read at the node without the adapter."""
        signature = self.node.rpc("web3_sha3", "0x" + b"Anchored(bytes32,uint64,bytes32)".hex())
        return [log for log in self.node.logs(self.contract) if log["topics"][0] == signature]


def checkpoint(size: int, *, origin: str = ORIGIN) -> Checkpoint:
    """Return a checkpoint of this size with a root of its own."""
    return Checkpoint(origin, size, bytes([size]) * 32)


class Watch:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> Any:
        return self.at


def landed(chain: Chain, size: int) -> Receipt:
    """Return the receipt of what stands on the chain."""
    found = chain.ledger().find(ORIGIN, size)
    assert not isinstance(found, NotAnchored), found
    return found


def waiting(chain: Chain) -> list[str]:
    """Return the hashes of what waits at the node."""
    pool = chain.node.rpc("txpool_content")["pending"]
    return [one["hash"] for of_account in pool.values() for one in of_account.values()]
