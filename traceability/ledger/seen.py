"""What an EVM node was seen to hold."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One `Anchored` event and where it stands."""

    origin: bytes
    size: int
    root: bytes
    transaction: str
    block: int
    block_hash: str
    log_index: int


@dataclass(frozen=True, slots=True)
class Mined:
    """A transaction in a block: whether it had effect, and the anchors it made."""

    succeeded: bool
    events: tuple[Event, ...]
    created: str | None


@dataclass(frozen=True, slots=True)
class Fees:
    """What the node asks for a unit of gas, in wei; `tip` None on chains with one plain price."""

    fee: int
    tip: int | None
