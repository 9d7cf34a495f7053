"""Settings become the stamps' keys, the log's signer and the ledgers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from portal.config import Settings
from portal.db import begin
from traceability import (
    BatchBook,
    DatabaseBook,
    HeadFile,
    HeadKeeper,
    Ledger,
    NotaryLedger,
    SigningKeys,
    StampKeys,
    WitnessKey,
)

if TYPE_CHECKING:
    from traceability import EvmLedger
    from traceability.ledger.signing import SenderKey

NOTARY = "notary:"
CHAIN = "evm"
NOTARY_FILE = "notary.jsonl"
HEAD_FILE = "log-head"


@dataclass(frozen=True, kw_only=True)
class LogSigner:
    """Who signs for the log: its keys, its name, and what remembers the last head outside the database."""

    keys: SigningKeys = field(repr=False)
    origin: str
    head: HeadKeeper
    witnesses: tuple[WitnessKey, ...] = ()


def make_stamp_keys(settings: Settings) -> StampKeys:
    """Return the root keys from which every stamp is derived."""
    return StampKeys(settings.versioned("STAMP_ROOT_KEY"))


def make_log_signer(settings: Settings) -> LogSigner:
    """Return the log's signer; its last head is a file beside the database, which no backup puts back."""
    keys = SigningKeys(settings.versioned("LOG_SIGNING_KEY"))
    head = HeadFile(settings.instance / HEAD_FILE)
    return LogSigner(keys=keys, origin=settings.log_origin, head=head, witnesses=settings.witnesses)


def make_ledgers(settings: Settings) -> Mapping[str, Ledger]:
    """Return the ledgers by kind; the notary always runs, beside a chain too."""
    nodes = settings.ledger_nodes
    path = "" if nodes else settings.ledger_url.removeprefix(NOTARY)
    file = Path(path) if path else settings.instance / NOTARY_FILE
    keys = SigningKeys({1: bytes.fromhex(settings.notary_key)})
    ledgers: dict[str, Ledger] = {"notary": NotaryLedger(file, keys=keys, clock=_now)}
    if nodes:
        ledgers[CHAIN] = open_evm(settings)
    return ledgers


def open_evm(settings: Settings, *, key: "SenderKey | None" = None) -> "EvmLedger":
    """Return the ledger on a chain, sending with the settings' key or another; it calls no node before it is asked."""
    from traceability import open_chain
    from traceability.ledger.signing import SenderKey

    return open_chain(
        settings.ledger_nodes,
        chain_id=int(settings.ledger_chain_id),
        contract=settings.ledger_contract or None,
        confirmations=int(settings.ledger_confirmations),
        key=key or SenderKey(settings.ledger_sender_key),
        book=DatabaseBook(begin),
        clock=_now,
    )


def primary(ledgers: Mapping[str, Ledger]) -> str:
    """Return the ledger whose word counts on pages: the chain where there is one."""
    return CHAIN if CHAIN in ledgers else "notary"


def _now() -> datetime:
    return datetime.now(UTC)


@lru_cache(maxsize=8)
def book_of(keys: StampKeys) -> BatchBook:
    """Return this process's book of batch headers: they never change, so each is read once."""
    return BatchBook(keys)
