"""Which steps a seed deals for the run of payments: by the seed alone, never by what happens meanwhile."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

WAYS = ("vietqr", "vnpay", "momo", "zalopay", "payos")
# One deck: each comes so often before any comes again.
DECK = {
    "ask": 11, "pay": 12, "pay_other": 2, "decline": 2, "cancel": 2, "refund": 4, "send": 2, "replay": 3, "disturb": 2,
    "stranger": 1, "assign": 1, "kill": 2, "statement": 1,
    "settlement": 1, "undo": 1, "release": 1, "look": 1,
}  # fmt: skip
LAST = 1 - 1e-9
"""The draw that takes the newest of whatever there is."""
LOST_S = 3600
"""So late comes a notice that is lost: only asking finds the money."""
NOTICE_FAULTS: tuple[dict[str, Any], ...] = (
    {},
    {"do": "duplicate", "copies": 10},
    {"do": "reorder", "first": "true", "seconds": 0.5},
    {"do": "reorder", "first": "other", "seconds": 0.5},
    {"do": "delay", "seconds": 2},
    {"do": "delay", "seconds": LOST_S},
    {"do": "forge", "how": "key"},
    {"do": "forge", "how": "field"},
    {"do": "time_out"},
    {"do": "wrong_amount", "by": "+1"},
    {"do": "wrong_amount", "by": "x100"},
)
CALL_FAULTS: tuple[dict[str, Any], ...] = (
    {"do": "answer_500"},
    {"do": "unreadable"},
    {"do": "hang_then_success", "seconds": 0.5},
    {"do": "time_out", "of": "call", "seconds": 0.5},
)
REFUND_FAULTS: tuple[dict[str, Any], ...] = ({}, {}, {"do": "refund_later"}, {"do": "refund_refused"})
KILLED = (("web",), ("worker",), ("web", "worker"))


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what is done, by which way, for how much, how it goes wrong, and which of those there are it is on."""

    act: str
    way: str
    amount: int
    fault: dict[str, Any]
    killed: tuple[str, ...]
    pick: float

    def of(self, found: list[Any]) -> Any:
        """Choose among what there is, by the draw."""
        return found[int(self.pick * len(found))]


def steps(seed: int) -> Iterator[Step]:
    """Deal the steps like cards, without end."""
    chance = random.Random(f"payments {seed}")
    faults = {"pay": _dealt(chance, NOTICE_FAULTS), "disturb": _dealt(chance, CALL_FAULTS)}
    faults["refund"] = _dealt(chance, REFUND_FAULTS)
    ways, killed = _dealt(chance, WAYS), _dealt(chance, KILLED)
    cards = [act for act, times in DECK.items() for _ in range(times)]
    while True:
        for act in chance.sample(cards, len(cards)):
            yield Step(
                act, next(ways), 1000 * chance.randrange(10, 400), next(faults[act]) if act in faults else {},
                next(killed) if act == "kill" else (), chance.random(),
            )  # fmt: skip


def _dealt(chance: random.Random, cards: tuple[Any, ...]) -> Iterator[Any]:
    while True:
        yield from chance.sample(cards, len(cards))
