"""Which parts are degraded: the portal goes on, and says so."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments import breaker
from portal.people.models import SmsMessage
from portal.stamps.readiness import late_ledgers, missing_keys
from portal.world import World

LATE = timedelta(minutes=5)


def degraded(session: Session, world: World) -> list[str]:
    """Return the names of parts that are late: messages and anchors that should have left long ago."""
    now = world.clock.now()
    late: list[str] = []
    oldest = session.scalar(select(func.min(SmsMessage.created_at)).where(SmsMessage.status == "due"))
    if oldest is not None and now - oldest > LATE:
        late.append("sms")
    late += [f"gateway_{one.gateway}" for one in breaker.down(session)]
    return late + late_ledgers(session, now=now, ledgers=world.ledgers) + missing_keys(session, world.stamp_keys)
