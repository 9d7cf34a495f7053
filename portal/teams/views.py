"""All pages of this subject: the officer's, the member's, the owner's."""

from portal.teams import assist_views, flag_views, household_views, officer_views, owner_views, team_views
from portal.teams.blueprint import blueprint

__all__ = [
    "assist_views",
    "blueprint",
    "flag_views",
    "household_views",
    "officer_views",
    "owner_views",
    "team_views",
]
