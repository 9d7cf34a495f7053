"""Send what waits: claim, send outside any transaction, record; the worker's piece and a person's command."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import current_app

from portal.adoption.feed import Claimed, claim, settle
from portal.adoption.feed_models import AdoptBatch
from portal.adoption.feed_wire import Lgsp
from portal.counting import Catalogue
from portal.db import begin, reading

if TYPE_CHECKING:
    from portal.world import World


@dataclass(slots=True)
class Pushed:
    """What a round of sending did."""

    sent: int = 0
    acknowledged: int = 0
    failed: int = 0
    last: dict[str, str] = field(default_factory=dict)


def lgsp_of(world: "World") -> Lgsp | None:
    """Return the recipient of the settings, one a process: it keeps its token."""
    known = current_app.extensions.get("lgsp")
    if known is None or known[0] is not world.settings:
        current_app.extensions["lgsp"] = known = (world.settings, Lgsp.from_settings(world.settings))
    found: Lgsp | None = known[1]
    return found


def push(world: "World", lgsp: Lgsp, *, longest_s: float, at_once: bool = False) -> Pushed:
    """Send batches for so long, until nothing is due; with `at_once` each series until it fails once."""
    done, until, past = Pushed(), time.monotonic() + longest_s, set[tuple[str, str]]()
    catalogue: Catalogue = current_app.extensions["catalogue"]
    while time.monotonic() < until:
        with begin() as session:
            claimed = claim(session, catalogue, lgsp, now=world.clock.now(), at_once=at_once, past=past)
        if claimed is None:
            break
        done.sent += 1
        if _send(world, lgsp, claimed):
            done.acknowledged += 1
        else:
            done.failed += 1
            batch = reading().get_one(AdoptBatch, claimed.id)
            past.add((batch.indicator, batch.cut))
            done.last[f"{batch.indicator}/{batch.cut}"] = batch.answer
    return done


def _send(world: "World", lgsp: Lgsp, claimed: Claimed) -> bool:
    outcome = lgsp.send(
        claimed.id, claimed.body, prev_seq=claimed.prev_seq, to_seq=claimed.to_seq, now=world.clock.now()
    )
    with begin() as session:
        return settle(session, lgsp, claimed, outcome, now=world.clock.now())
