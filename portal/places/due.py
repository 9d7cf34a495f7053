"""Due work: a reform moves the subjects of the units that ended, one transaction a unit."""

import time
from typing import TYPE_CHECKING

from portal.acting import Acting
from portal.db import begin
from portal.places.homes import Moving, Parting, apply_reform
from portal.worker import Step

if TYPE_CHECKING:
    from portal.world import World

LONGEST_S = 1.0


def reform_step(moving: Moving | None = None, parting: Parting | None = None) -> Step:
    """Return the step; `moving` counts subjects before and after their move, `parting` asks where parts lie now."""

    def move_one(world: "World") -> bool:
        with begin() as session:
            acting = Acting.system("worker")
            now = world.clock.now()
            return apply_reform(session, now=now, acting=acting, moving=moving, parting=parting) is not None

    def run(world: "World") -> bool:
        until, moved = time.monotonic() + LONGEST_S, False
        while time.monotonic() < until and move_one(world):
            moved = True
        return moved

    return Step("places.reform", run, priority=6, every_s=10.0)
