"""Due work of teams: sessions that were left alone end."""

from typing import TYPE_CHECKING

from portal.acting import Acting
from portal.db import begin
from portal.teams.assisting import time_out_one
from portal.worker import Step

if TYPE_CHECKING:
    from portal.world import World

_WORKER = Acting.system("worker")


def _time_out(world: "World") -> bool:
    with begin() as session:
        return time_out_one(session, now=world.clock.now(), acting=_WORKER)


STEPS = (Step("teams.sessions", _time_out, priority=8, every_s=60.0),)
