"""Where class lists that were sent are kept, sealed."""

from typing import TYPE_CHECKING

from portal.uploads.sealed import SealedFiles

if TYPE_CHECKING:
    from portal.world import World


def kept_lists(world: "World") -> SealedFiles:
    """Return the folder of class lists that were sent."""
    return SealedFiles(world.settings.instance, world.field_keys, folder="class-lists")
