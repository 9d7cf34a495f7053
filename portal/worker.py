"""Due work: rows with a time, claimed under a lease, done outside any transaction, recorded in a second one.

A step is a function that does at most one piece and says whether there was any. The worker runs the steps of the
smallest priority number first and sleeps at most half a second when there is nothing to do. A step that raises is
logged and tried again after the others: one poison row never blocks the rest.
"""

import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Flask

from portal.db import db

if TYPE_CHECKING:
    from portal.world import World

IDLE_S = 0.3


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of due work: `run(world)` does one piece, and says whether it found any. Payments are priority 1."""

    name: str
    run: "Callable[[World], bool]"
    priority: int = 5
    every_s: float = 0.0


class _Stop:
    """Ends the loop after the piece under way, on SIGTERM or SIGINT."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.ask)

    def ask(self, *_: object) -> None:
        """Note the wish."""
        self.asked = True


def run_steps(app: Flask, steps: Iterable[Step], last: dict[str, float], *, ignore_pauses: bool = False) -> bool:
    """Run every step once, in order of priority; say whether any of them found something to do."""
    did_something = False
    log: Any = app.extensions["log"]
    for step in sorted(steps, key=lambda one: one.priority):
        if not ignore_pauses and step.every_s and time.monotonic() - last.get(step.name, -1e9) < step.every_s:
            continue
        last[step.name] = time.monotonic()
        try:
            did_something |= step.run(app.extensions["world"])
        except Exception as error:
            log.error("worker.step_failed", step=step.name, error=type(error).__name__, exc_info=error)
        finally:
            db.session.rollback()
            db.session.remove()
    return did_something


def work(app: Flask, *, once: bool = False, limit: int = 1_000_000) -> int:
    """Do due work until told to stop, or, with `once`, until a whole round found none; return the rounds."""
    steps: tuple[Step, ...] = app.extensions["steps"]
    last: dict[str, float] = {}
    stop = None if once else _Stop()
    rounds = 0
    while rounds < limit and not (stop and stop.asked):
        rounds += 1
        busy = run_steps(app, steps, last, ignore_pauses=once)
        if once and not busy:
            return rounds
        if not busy:
            time.sleep(IDLE_S)
    return rounds
