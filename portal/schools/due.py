"""Due work of class lists: their files, sealed, are forgotten after 90 days."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from portal.schools.keeping import kept_lists
from portal.worker import Step

if TYPE_CHECKING:
    from portal.world import World


def forget(world: "World") -> bool:
    """Forget the files of old lists, and what a killed process left unsealed."""
    files, at = kept_lists(world), datetime.now(UTC)  # files know the machine's time alone
    files.clear_opened(now=at)
    old = files.old(now=at)
    for list_id in old:
        files.drop(list_id)
    return bool(old)


STEPS = (Step("schools.forget", forget, priority=9, every_s=3600.0),)
