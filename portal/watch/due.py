"""Due work of the watch: a batch whose stamps look copied, or that forged codes claim, becomes a case for a person."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.cases import Case, open_case
from portal.db import begin, reading
from portal.stamps.forged import NO_BATCH
from portal.watch.listing import alarms, forged
from portal.worker import Step
from portal.world import World

_WORKER = Acting.system("worker")
COPIED, FORGED = "stamp.copied", "stamp.forged"
DAYS, MANY_FORGED = 7, 10


def raise_alarms(world: World) -> bool:
    """Open the cases that are due; say whether there were any. One that was closed is opened again by newer scans."""
    now, rows = world.clock.now(), reading()
    asked: dict[str, Any] = {"now": now, "days": DAYS, "text": "", "keys": world.field_keys}
    closed = _closed(rows)
    found = Counter(
        one.alarm.batch
        for one in alarms(rows, _WORKER, show="all", **asked)
        if one.alarm.last_at > closed.get((COPIED, str(one.alarm.batch)), now - timedelta(days=DAYS))
    )
    claimed = {one.batch or NO_BATCH: one.count for one in forged(rows, _WORKER, **asked) if one.count >= MANY_FORGED}
    due = [(COPIED, str(batch), f"{number} stamps of batch {batch} look copied") for batch, number in found.items()]
    due += [
        (FORGED, str(batch), f"{number} scans of codes that were never issued")
        for batch, number in claimed.items()
        if (FORGED, str(batch)) not in closed or closed[FORGED, str(batch)] < now - timedelta(days=DAYS)
    ]
    standing = set(rows.execute(select(Case.kind, Case.subject).where(Case.closed_at.is_(None))).all())
    fresh = [one for one in due if one[:2] not in standing]
    if fresh:
        with begin() as session:
            for kind, subject, reason in fresh:
                open_case(session, now=now, kind=kind, subject=subject, reason=reason)
    return bool(fresh)


def _closed(session: Session) -> dict[tuple[str, str], datetime]:
    query = select(Case.kind, Case.subject, func.max(Case.closed_at)).where(
        Case.kind.in_((COPIED, FORGED)), Case.closed_at.is_not(None)
    )
    rows = session.execute(query.group_by(Case.kind, Case.subject))
    return {(kind, subject): at for kind, subject, at in rows if at is not None}


STEPS = (Step("watch.alarms", raise_alarms, priority=8, every_s=300.0),)
