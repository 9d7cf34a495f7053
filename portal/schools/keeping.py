"""Where class lists that were sent are kept, sealed."""

from typing import TYPE_CHECKING

from portal.onboarding.rosters.keeping import RosterFiles

if TYPE_CHECKING:
    from portal.world import World


def kept_lists(world: "World") -> RosterFiles:
    """Return the folder of class lists that were sent."""
    return RosterFiles(world.settings.instance, world.field_keys, folder="class-lists")
