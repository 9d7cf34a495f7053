"""Due work of sellers: drafts that grew old are emptied, places that a reform ended are derived again."""

from typing import TYPE_CHECKING

from portal.acting import Acting
from portal.db import begin
from portal.onboarding.drafts import expire_one
from portal.onboarding.places import derive_again
from portal.worker import Step

if TYPE_CHECKING:
    from portal.world import World

_WORKER = Acting.system("worker")


def _expire(world: "World") -> bool:
    with begin() as session:
        return expire_one(session, now=world.clock.now(), acting=_WORKER)


def _derive(world: "World") -> bool:
    with begin() as session:
        return derive_again(session, now=world.clock.now(), acting=_WORKER) > 0


STEPS = (
    Step("onboarding.drafts", _expire, priority=8, every_s=60.0),
    Step("onboarding.places", _derive, priority=7, every_s=60.0),
)
