"""Due work of rosters: a run that nobody carries on is carried on, some seconds at a time; old lists are forgotten."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from portal.acting import Acting
from portal.db import begin, reading
from portal.onboarding.rosters import importing, runs
from portal.onboarding.rosters.errors import LeaseLost, RosterRefused
from portal.uploads.errors import FileRefused
from portal.uploads.sealed import SealedFiles
from portal.worker import Step

if TYPE_CHECKING:
    from portal.world import World

LONGEST_S = 8.0
GRACE_S = 5.0  # whoever began it a moment ago is about to carry it on
_WORKER = Acting.system("worker")


def carry_on(world: "World") -> bool:
    """Carry on the oldest run that stands still, or its rehearsal; one whose list can't be read any more is stopped."""
    now = datetime.now(UTC)
    run = runs.stalled(reading(), at=now)
    if run is None or (run.state != "mapped" and (now - run.uploaded_at).total_seconds() < GRACE_S):
        return False
    run_id = run.id
    reading().rollback()
    files = SealedFiles(world.settings.instance, world.field_keys)
    try:
        with files.opened(run_id) as path:
            importing.carry_on(
                world, run_id, path, acting=_WORKER, machine_time=lambda: datetime.now(UTC), longest_s=LONGEST_S
            )
    except LeaseLost:
        return False
    except (FileRefused, RosterRefused) as error:
        _stop(world, run_id, error.code)
    return True


def _stop(world: "World", run_id: str, code: str) -> None:
    with begin() as session:
        run = runs.locked(session, run_id)
        if run.state != "aborted":
            runs.abort(session, run, now=world.clock.now(), acting=_WORKER, note=code)


def forget(world: "World") -> bool:
    """Forget one list that has been kept for ninety days, and what a killed process left unsealed."""
    files = SealedFiles(world.settings.instance, world.field_keys)
    files.clear_opened(now=datetime.now(UTC))
    old = files.old(now=datetime.now(UTC))
    for run_id in old[:1]:
        files.drop(run_id)
    return bool(old)


STEPS = (
    Step("rosters.carry_on", carry_on, priority=6, every_s=1.0),
    Step("rosters.forget", forget, priority=9, every_s=3600.0),
)
