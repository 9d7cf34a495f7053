"""Due work of registers: what begins or ends by the calendar is written, with its figure, on its day."""

from sqlalchemy import select

from portal.acting import Acting
from portal.db import begin, reading
from portal.registers.actions import SAFE_CHAIN, follow_one
from portal.worker import Step
from portal.world import World
from traceability.models import TraceCertificate

_WORKER = Acting.system("worker")


def follow(world: World) -> bool:
    """Let one establishment follow the calendar; say whether there was one."""
    if reading().scalar(select(TraceCertificate.id).where(TraceCertificate.kind == SAFE_CHAIN).limit(1)) is None:
        return False
    with begin() as session:
        return follow_one(session, now=world.clock.now(), acting=_WORKER)


STEPS = (Step("registers.calendar", follow, priority=7, every_s=60.0),)
