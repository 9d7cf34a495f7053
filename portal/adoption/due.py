"""Due work of figures: roll pending changes up, publish what they changed, send what was published."""

import time
from typing import TYPE_CHECKING

from flask import current_app

from portal.adoption.areas import is_known
from portal.adoption.feed import is_due as is_push_due
from portal.adoption.publisher import is_due, publish
from portal.adoption.pushing import lgsp_of, push
from portal.counting import Catalogue, pending_rows, roll_up
from portal.db import begin, reading
from portal.worker import Step

if TYPE_CHECKING:
    from portal.world import World

LONGEST_S = 1.0


def _roll_up(world: "World") -> bool:
    """Fold the pending changes into the cells."""
    if not pending_rows(reading()):
        return False
    with begin() as session:
        return roll_up(session, now=world.clock.now()) > 0


def _publish(world: "World") -> bool:
    """Publish the indicators that are due, each in a transaction of its own, for a second at most.

    Not before the units are loaded: a month that is opened without its province would never get the province's row.
    """
    catalogue: Catalogue = current_app.extensions["catalogue"]
    if not is_known(reading(), world.settings.province):
        return False
    published, until = False, time.monotonic() + LONGEST_S
    while is_due(reading(), catalogue, now=world.clock.now()) and time.monotonic() < until:
        with begin() as session:
            made = publish(session, catalogue, now=world.clock.now(), province=world.settings.province)
        if made is None:
            break
        published = True
    return published


def _push(world: "World") -> bool:
    """Send the operations centre what it has not acknowledged, for a second at most."""
    lgsp = lgsp_of(world)
    if lgsp is None or not is_push_due(reading(), current_app.extensions["catalogue"], now=world.clock.now()):
        return False
    return push(world, lgsp, longest_s=LONGEST_S).sent > 0


STEPS = (
    Step("adoption.roll_up", _roll_up, priority=4, every_s=0.5),
    Step("adoption.publish", _publish, priority=5, every_s=1.0),
    Step("adoption.push", _push, priority=7, every_s=2.0),
)
