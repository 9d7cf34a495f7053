"""The book of transactions in the database: the one place where the nonces of the anchoring account are given out."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import Select, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from traceability.errors import NonceTaken
from traceability.ledger.book import Account, StoredTransaction
from traceability.models import TraceTransaction
from traceability.notes import Checkpoint

_T = TraceTransaction


class DatabaseBook:
    """A TransactionBook over the table; `begin` opens a transaction that commits when it is left."""

    def __init__(self, begin: Callable[[], AbstractContextManager[Session]]) -> None:
        self._begin = begin

    def next_nonce(self, account: Account) -> int | None:
        """Give the nonce after the last one used, None for an account that never sent."""
        with self._begin() as session:
            last = session.scalar(_of(account).with_only_columns(func.max(_T.nonce)))
        return None if last is None else last + 1

    def after(self, account: Account, nonce: int) -> Sequence[StoredTransaction]:
        """List what has this nonce or a later one, by nonce and version."""
        return self._read(_of(account).where(_T.nonce >= nonce))

    def of(self, account: Account, checkpoint: Checkpoint) -> Sequence[StoredTransaction]:
        """List the versions of the transaction that is to anchor this checkpoint, and was not given up."""
        wanted = _of(account).where(_T.origin == checkpoint.origin, _T.size == checkpoint.size)
        found = self._read(wanted.where(_T.given_up.is_(None)))
        return [one for one in found if one.checkpoint == checkpoint]

    def keep(self, transaction: StoredTransaction) -> None:
        """Keep a transaction before it is sent; raises NonceTaken if its nonce and version are in use."""
        anchors = transaction.checkpoint
        row = TraceTransaction(
            chain_id=transaction.account.chain_id,
            account=transaction.account.address,
            nonce=transaction.nonce,
            version=transaction.version,
            hash=transaction.hash,
            raw=transaction.raw,
            fee=transaction.fee,
            tip=transaction.tip,
            origin=None if anchors is None else anchors.origin,
            size=None if anchors is None else anchors.size,
            root=None if anchors is None else anchors.root,
            made_at=transaction.made_at,
        )
        try:
            with self._begin() as session:
                session.add(row)
                session.flush()
        except IntegrityError:
            raise NonceTaken(nonce=transaction.nonce, version=transaction.version) from None

    def sent_again(self, transaction: StoredTransaction, *, now: datetime) -> None:
        """Note that a transaction was missing at the node and was sent again: patience with it begins anew."""
        account = transaction.account
        with self._begin() as session:
            session.execute(
                update(_T)
                .where(_T.chain_id == account.chain_id, _T.account == account.address)
                .where(_T.nonce == transaction.nonce, _T.version == transaction.version)
                .values(made_at=now)
            )

    def give_up(self, account: Account, nonce: int, *, reason: str) -> None:
        """Note that the transaction of this nonce landed without effect; another may be made for its checkpoint."""
        with self._begin() as session:
            session.execute(
                update(_T)
                .where(_T.chain_id == account.chain_id, _T.account == account.address, _T.nonce == nonce)
                .values(given_up=reason[:80])
            )

    def _read(self, wanted: Select[TraceTransaction]) -> list[StoredTransaction]:
        with self._begin() as session:
            rows = session.scalars(wanted.order_by(_T.nonce, _T.version)).all()
            return [_stored(row) for row in rows]


def _of(account: Account) -> Select[TraceTransaction]:
    return select(_T).where(_T.chain_id == account.chain_id, _T.account == account.address)


def _stored(row: TraceTransaction) -> StoredTransaction:
    checkpoint = None
    if row.origin is not None and row.size is not None and row.root is not None:
        checkpoint = Checkpoint(row.origin, row.size, row.root)
    account = Account(row.chain_id, row.account)
    return StoredTransaction(
        account, row.nonce, row.version, row.hash, row.raw, row.fee, row.tip, row.made_at, checkpoint
    )
