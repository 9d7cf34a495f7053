"""All pages of this subject."""

from portal.teams import officer_views
from portal.teams.blueprint import blueprint

__all__ = ["blueprint", "officer_views"]
