"""Due work of people: messages that leave, roles that follow a reform."""

from typing import TYPE_CHECKING

from portal.acting import Acting
from portal.db import begin
from portal.people.reach import follow_reform
from portal.people.sms import send_due
from portal.worker import Step

if TYPE_CHECKING:
    from portal.world import World


def _follow(world: "World") -> bool:
    with begin() as session:
        return follow_reform(session, now=world.clock.now(), acting=Acting.system("worker")) > 0


STEPS = (Step("sms", send_due, priority=2), Step("people.reach", _follow, priority=7, every_s=60.0))
