"""Settings become the stamps' keys, the log's signer and the ledgers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from portal.config import Settings, SettingsError
from traceability import BatchBook, HeadFile, HeadKeeper, Ledger, NotaryLedger, SigningKeys, StampKeys

NOTARY = "notary:"
NOTARY_FILE = "notary.jsonl"
HEAD_FILE = "log-head"


@dataclass(frozen=True, kw_only=True)
class LogSigner:
    """Who signs for the log: its keys, its name, and what remembers the last head outside the database."""

    keys: SigningKeys = field(repr=False)
    origin: str
    head: HeadKeeper


def make_stamp_keys(settings: Settings) -> StampKeys:
    """Return the root keys from which every stamp is derived."""
    return StampKeys(settings.versioned("STAMP_ROOT_KEY"))


def make_log_signer(settings: Settings) -> LogSigner:
    """Return the log's signer; its last head is a file beside the database, which no backup puts back."""
    keys = SigningKeys(settings.versioned("LOG_SIGNING_KEY"))
    return LogSigner(keys=keys, origin=settings.log_origin, head=HeadFile(settings.instance / HEAD_FILE))


def make_ledgers(settings: Settings) -> Mapping[str, Ledger]:
    """Return the ledgers by kind; the notary always runs. Raises `SettingsError` for an address it cannot serve."""
    if not settings.ledger_url.startswith(NOTARY):
        raise SettingsError(["LEDGER_URL is neither `notary:` nor `notary:/path/to/file`"])
    path = settings.ledger_url.removeprefix(NOTARY)
    file = Path(path) if path else settings.instance / NOTARY_FILE
    keys = SigningKeys({1: bytes.fromhex(settings.notary_key)})
    return {"notary": NotaryLedger(file, keys=keys, clock=lambda: datetime.now(UTC))}


@lru_cache(maxsize=8)
def book_of(keys: StampKeys) -> BatchBook:
    """Return this process's book of batch headers: they never change, so each is read once."""
    return BatchBook(keys)
