"""Due work: a reform moves the subjects of the units that ended, one transaction a unit."""

from typing import TYPE_CHECKING

from portal.acting import Acting
from portal.db import begin
from portal.places.homes import Moving, apply_reform
from portal.worker import Step

if TYPE_CHECKING:
    from portal.world import World


def reform_step(moving: Moving | None = None) -> Step:
    """Return the step; `moving` counts subjects before and after their move."""

    def run(world: "World") -> bool:
        with begin() as session:
            acting = Acting.system("worker")
            return apply_reform(session, now=world.clock.now(), acting=acting, moving=moving) is not None

    return Step("places.reform", run, priority=6, every_s=60.0)
