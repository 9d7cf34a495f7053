"""What every ledger does. Its calls may take long and fail: never inside a database transaction."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from traceability.canonical import Value, canonical_json
from traceability.errors import BundleUnreadable, EntryNotCanonical
from traceability.notes import Checkpoint


class Finality(StrEnum):
    """How settled an anchor is."""

    SENT = "sent"
    CONFIRMED = "confirmed"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a ledger gave back: the anchored facts, and the ledger's own evidence of them."""

    kind: str
    origin: str
    size: int
    root: bytes
    evidence: Mapping[str, str | int]

    def text(self) -> str:
        """Write the receipt as canonical JSON."""
        facts: dict[str, Value] = {
            "evidence": dict(self.evidence),
            "kind": self.kind,
            "origin": self.origin,
            "root": self.root.hex(),
            "size": self.size,
        }
        return canonical_json(facts).decode()

    @classmethod
    def parse(cls, text: str) -> "Receipt":
        """Read a receipt; raises BundleUnreadable on any other spelling."""
        try:
            facts = json.loads(text)
            receipt = cls(
                facts["kind"], facts["origin"], facts["size"], bytes.fromhex(facts["root"]), facts["evidence"]
            )
            if receipt.text() == text:
                return receipt
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, EntryNotCanonical):
            pass
        raise BundleUnreadable(line="anchor")


@dataclass(frozen=True, slots=True)
class NotAnchored:
    """The ledger's answer that it holds nothing of this origin at this size."""

    origin: str
    size: int


@dataclass(frozen=True, slots=True)
class Head:
    """The ledger's own newest position: a line or a block, and its hash."""

    kind: str
    position: int
    digest: str


class Ledger(Protocol):
    """A place outside the database where checkpoints cannot be unsaid."""

    @property
    def kind(self) -> str:
        """Name the kind of ledger, as receipts do."""

    def anchor(self, checkpoint: Checkpoint) -> Receipt:
        """Place a checkpoint; once it landed, the same one again gives the same receipt.

        On a chain the receipt names no block before it landed, and calling again looks after what was sent.
        Raises LedgerUnreachable, LedgerRefused (`holds`: a larger size is there), LedgerStopped.
        """

    def find(self, origin: str, size: int) -> Receipt | NotAnchored:
        """Find what is anchored at this size; raises LedgerUnreachable, LedgerStopped."""

    def head(self) -> Head:
        """Give the newest position; raises LedgerUnreachable, LedgerStopped."""

    def finality(self, receipt: Receipt) -> Finality:
        """Say how settled a receipt is now; raises ReceiptDiffers if it does not hold, else as `head`."""

    def alarms(self) -> tuple[str, ...]:
        """Name what a person should know of the last call though it went on: a silent node, say."""

    def check_whole(self) -> int:
        """Check the ledger's own structure end to end; gives its newest position. Raises as `head`."""
